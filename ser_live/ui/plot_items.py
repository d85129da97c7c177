"""Graphics items that draw many shapes in one go, and a time axis."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QApplication, QStyleOptionGraphicsItem, QWidget

from ser_live.ui.text_scale import scale
from ser_live.ui.view_model import clock

Span = tuple[float, float, bool, str | None]
NOT_SURE = "not sure"
_LETTER = 7.0  # width of a letter in a label, pixels at 100 %


class TimeAxis(pg.AxisItem):
    """Seconds as minutes and seconds."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """pyqtgraph's."""
        out = []
        for value in values:
            text = clock(abs(value) * scale)
            if spacing >= 1 and "." in text:
                text = text.split(".")[0]
            out.append(f"−{text}" if value < 0 else text)
        return out


class EnvelopeItem(pg.GraphicsObject):
    """The area between minima and maxima over time."""

    def __init__(self) -> None:
        super().__init__()
        self._polygon = None
        self._bounds = QRectF()
        self._brush = QBrush()
        self._pen = QPen(Qt.PenStyle.NoPen)

    def set_colour(self, colour: str) -> None:
        """Fill and outline."""
        self._brush = QBrush(QColor(colour))
        self._pen = QPen(QColor(colour), 1)
        self._pen.setCosmetic(True)  # so that silence stays visible as a line
        self.update()

    def set_data(self, times: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
        """(n,) arrays; fewer than two points draw nothing."""
        if len(times) < 2:
            polygon, bounds = None, QRectF()
        else:
            x = np.concatenate([times, times[::-1]])
            y = np.concatenate([high, low[::-1]]).astype(np.float64)
            polygon = pg.functions.arrayToQPolygonF(x, y)
            bounds = QRectF(times[0], -1.0, times[-1] - times[0], 2.0)
        if bounds != self._bounds:
            self.prepareGeometryChange()
            self._bounds = bounds
        self._polygon = polygon
        self.update()

    def boundingRect(self) -> QRectF:
        """Qt's."""
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget) -> None:
        """Qt's."""
        if self._polygon is not None:
            painter.setPen(self._pen)
            painter.setBrush(self._brush)
            painter.drawPolygon(self._polygon)


class SpansItem(pg.GraphicsObject):
    """Shaded stretches of time, one of them marked as selected.

    Args:
        low, high: vertical extent.
        strip: height of a coloured strip at the top of each, 0 for none.
    """

    def __init__(self, low: float, high: float, strip: float = 0.0) -> None:
        super().__init__()
        self._low, self._high, self._strip = low, high, strip
        self._spans: list[Span] = []
        self._shade, self._selected, self._edge = QColor(), QColor(), QPen()
        self.setZValue(-20)

    def set_colours(self, shade: str, selected: str, edge: str) -> None:
        """Of ordinary and selected stretches, and of their edges."""
        self._shade, self._selected = QColor(shade), QColor(selected)
        self._edge = QPen(QColor(edge), 1)
        self._edge.setCosmetic(True)
        self.update()

    def set_high(self, high: float) -> None:
        """Another upper end."""
        self.prepareGeometryChange()
        self._high = high
        self.update()

    def set_spans(self, spans: list[Span]) -> None:
        """Start, end, whether selected, and the colour of the strip, each."""
        if spans != self._spans:
            self.prepareGeometryChange()
            self._spans = spans
            self.update()

    def boundingRect(self) -> QRectF:
        """Qt's."""
        if not self._spans:
            return QRectF()
        start, end = self._spans[0][0], max(span[1] for span in self._spans)
        return QRectF(start, self._low, end - start, self._high - self._low)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget) -> None:
        """Qt's."""
        for start, end, selected, colour in self._spans:
            rect = QRectF(start, self._low, end - start, self._high - self._low)
            painter.fillRect(rect, self._selected if selected else self._shade)
            if colour is not None and self._strip:
                top = QRectF(start, self._high - self._strip, end - start, self._strip)
                painter.fillRect(top, QColor(colour))
            painter.setPen(self._edge)
            for at in (start, end):
                painter.drawLine(QPointF(at, self._low), QPointF(at, self._high))


class Labels:
    """A pool of short texts in a plot; what is not used is hidden."""

    def __init__(self, plot: pg.PlotItem, anchor: tuple[float, float]) -> None:
        self._plot, self._anchor = plot, anchor
        self._items: list[pg.TextItem] = []
        self._shown: list[tuple[str, float, float, str]] = []

    def set_font(self, font: QFont) -> None:
        """Use another font."""
        for item in self._items:
            item.setFont(font)

    def show(self, labels: list[tuple[str, float, float, str]]) -> None:
        """Text, x, y, colour, each."""
        if labels == self._shown:
            return
        self._shown = labels
        while len(self._items) < len(labels):
            item = pg.TextItem("", anchor=self._anchor)
            item.setZValue(20)
            item.setFont(QApplication.font())
            self._plot.addItem(item, ignoreBounds=True)
            self._items.append(item)
        for item, label in zip(self._items, labels, strict=False):
            text, x, y, colour = label
            if item.toPlainText() != text:
                item.setText(text)
            item.setColor(colour)
            item.setPos(x, y)
            item.setVisible(True)
        for item in self._items[len(labels) :]:
            item.setVisible(False)


def fitted(text: str, room: float) -> str:
    """A label that fits into so many pixels; empty when nothing sensible does."""
    letters = int(room / (_LETTER * scale()))
    if letters >= len(text):
        return text
    if text == NOT_SURE:
        return "?" if letters >= 1 else ""
    return f"{text[: letters - 1]}…" if letters >= 4 else ""
