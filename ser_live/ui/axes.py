"""Axes that are cheap to paint: times that fit the zoom, and a few marks at the left.

pyqtgraph's own axes look for ticks at every level and replay a picture of them each time; with four
plots that costs more than all curves together.
"""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from ser_live.ui.text_scale import px
from ser_live.ui.time_labels import label, spacing

# Pixels at 100 %.
LEFT_WIDTH = 58
_BOTTOM_HEIGHT = 24
_FONT = 11
_ROOM = 74  # for the label of a time


def _font() -> QFont:
    font = QFont()
    font.setPixelSize(px(_FONT))
    return font


class TimeAxis(pg.AxisItem):
    """Times under a plot.

    Args:
        labelled: write them; else only a line.
    """

    def __init__(self, labelled: bool) -> None:
        super().__init__(orientation="bottom")
        self.enableAutoSIPrefix(False)
        self._labelled = labelled
        self._line, self._text = QColor(), QColor()
        self.fit()

    def fit(self) -> None:
        """Take the size of the text that is in force."""
        height = px(_BOTTOM_HEIGHT) if self._labelled else 4
        self.setHeight(height)
        # pyqtgraph gives the axis of a hidden plot no room, also when the plot is shown again.
        self.setMinimumHeight(height)
        self.setMaximumHeight(height)
        self.update()

    def set_colours(self, line: str, text: str) -> None:
        """Of line and labels."""
        self._line, self._text = QColor(line), QColor(text)
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget) -> None:
        """Qt's."""
        width = self.size().width()
        painter.setPen(self._line)
        painter.drawLine(QPointF(0, 0), QPointF(width, 0))
        start, end = self.range
        if not self._labelled or end <= start or width < 1:
            return
        painter.setFont(_font())
        scale = width / (end - start)
        every = spacing(px(_ROOM) / scale)
        number = math.ceil(max(0.0, start) / every - 1e-9)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        while (x := (number * every - start) * scale) <= width + 0.5:
            painter.setPen(self._line)
            painter.drawLine(QPointF(x, 0), QPointF(x, 5))
            painter.setPen(self._text)
            # The last one stays inside.
            at = min(x, width - px(18))
            place = QRectF(at - px(50), 6, px(100), px(16))
            painter.drawText(place, flags, label(number * every, every))
            number += 1


class ValueAxis(pg.AxisItem):
    """Title and marks at the left of a plot, painted once and kept as a picture.

    Args:
        title: along the axis.
    """

    def __init__(self, title: str) -> None:
        super().__init__(orientation="left")
        self.enableAutoSIPrefix(False)
        self._title = title
        self.marks: list[tuple[float, str]] = []
        self._line, self._text = QColor(), QColor()
        self._kept: QPixmap | None = None
        self._kept_for: object = None
        self._titled = True
        self.fit(titled=True)

    def fit(self, titled: bool) -> None:
        """Take the size of the text that is in force.

        Args:
            titled: with the title beside the marks.
        """
        self._titled = titled
        self._kept = None
        width = px(LEFT_WIDTH)
        self.setWidth(width)
        self.setMinimumWidth(width)  # as for the height of a TimeAxis
        self.setMaximumWidth(width)
        self.update()

    def set_marks(self, marks: list[tuple[float, str]]) -> None:
        """Value and text, each."""
        if marks != self.marks:
            self.marks = marks
            self._kept = None
            self.update()

    def set_colours(self, line: str, text: str) -> None:
        """Of line and texts."""
        self._line, self._text = QColor(line), QColor(text)
        self._kept = None
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget) -> None:
        """Qt's."""
        if widget is None:  # into a file: no picture in the picture
            self._draw(painter)
            return
        if self.size().isEmpty():  # between two layouts
            return
        ratio = widget.devicePixelRatioF()
        state = (self.size(), tuple(self.range), ratio)
        if self._kept is None or state != self._kept_for:
            size = self.size()
            margin = QSizeF(0, 2 * px(_FONT))  # marks at the ends reach over them
            self._kept = QPixmap(((size + margin) * ratio).toSize())
            self._kept.setDevicePixelRatio(ratio)
            self._kept.fill(Qt.GlobalColor.transparent)
            inner = QPainter(self._kept)
            inner.translate(0, px(_FONT))
            self._draw(inner)
            inner.end()
            self._kept_for = state
        painter.drawPixmap(QPointF(0, -px(_FONT)), self._kept)

    def boundingRect(self) -> QRectF:
        """Qt's."""
        size, margin = self.size(), px(_FONT)
        return QRectF(0, -margin, size.width(), size.height() + 2 * margin)

    def _draw(self, painter: QPainter) -> None:
        width, height = self.size().width(), self.size().height()
        painter.setFont(_font())
        painter.setPen(self._line)
        painter.drawLine(QPointF(width, 0), QPointF(width, height))
        painter.setPen(self._text)
        low, high = self.range
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        line = px(16)
        drawn: list[float] = []
        # From the ends inwards: where there is no room for all, those in the middle are left out.
        for value, text in sorted(self.marks, key=lambda m: -abs(m[0] - (low + high) / 2)):
            y = height * (high - value) / (high - low) if high > low else -1.0
            if -0.5 <= y <= height + 0.5 and all(abs(y - other) >= 0.8 * line for other in drawn):
                painter.drawText(QRectF(0, y - line / 2, width - 7, line), flags, text)
                drawn.append(y)
        if not self._titled:
            return
        painter.save()
        painter.translate(0, height)
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, height, px(15)), Qt.AlignmentFlag.AlignCenter, self._title)
        painter.restore()


class GridLines(pg.GraphicsObject):
    """Faint lines across a plot at the marks of its axis."""

    def __init__(self, axis: ValueAxis) -> None:
        super().__init__()
        self._axis = axis
        self._colour = QColor()
        self.setZValue(-10)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption, False)

    def set_colour(self, colour: str) -> None:
        """Of the lines."""
        self._colour = QColor(colour)
        self.update()

    def boundingRect(self) -> QRectF:
        """Qt's: everywhere, so that a view that moves need not tell."""
        return QRectF(-1e7, -1e3, 2e7, 2e3)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget) -> None:
        """Qt's."""
        view = self.getViewBox()
        if view is None:
            return
        (left, right), _ = view.viewRange()
        painter.setPen(pg.mkPen(self._colour, cosmetic=True))
        for value, _ in self._axis.marks:
            painter.drawLine(QPointF(left, value), QPointF(right, value))
