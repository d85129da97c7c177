"""Graphics items that draw many shapes in one go."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QApplication, QStyleOptionGraphicsItem, QWidget

from ser_live.ui.text_scale import scale

Span = tuple[float, float, bool, str | None]
NOT_SURE = "not sure"
_EDGES_LIMIT = 100  # stretches, up to which their edges are drawn
_LETTER = 7.0  # width of a letter in a label, pixels at 100 %


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
        self._build()

    def set_colours(self, shade: str, selected: str, edge: str) -> None:
        """Of ordinary and selected stretches, and of their edges."""
        self._shade, self._selected = QColor(shade), QColor(selected)
        self._edge = QPen(QColor(edge), 1)
        self._edge.setCosmetic(True)
        self.update()

    def set_high(self, high: float) -> None:
        """Another upper end."""
        if high != self._high:
            self._high = high
            self._build()

    def set_spans(self, spans: list[Span]) -> None:
        """Start, end, whether selected, and the colour of the strip, each."""
        if spans != self._spans:
            self._spans = spans
            self._build()

    def _build(self) -> None:
        """Lists that are drawn in one call each."""
        self.prepareGeometryChange()
        low, high = self._low, self._high
        self._rects: dict[bool, list[QRectF]] = {False: [], True: []}
        self._strips: list[tuple[QRectF, QColor]] = []
        self._lines: list[QLineF] = []
        for start, end, selected, colour in self._spans:
            self._rects[selected].append(QRectF(start, low, end - start, high - low))
            if colour is not None and self._strip:
                top = QRectF(start, high - self._strip, end - start, self._strip)
                self._strips.append((top, QColor(colour)))
            self._lines += [QLineF(at, low, at, high) for at in (start, end)]
        if len(self._spans) > _EDGES_LIMIT:  # they would be all that is seen
            self._lines = []
        self._bounds = QRectF()
        if self._spans:
            start, end = self._spans[0][0], max(span[1] for span in self._spans)
            self._bounds = QRectF(start, low, end - start, high - low)
        self.update()

    def boundingRect(self) -> QRectF:
        """Qt's."""
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget) -> None:
        """Qt's."""
        painter.setPen(Qt.PenStyle.NoPen)
        for selected, colour in ((False, self._shade), (True, self._selected)):
            if self._rects[selected] and colour.alpha():
                painter.setBrush(colour)
                painter.drawRects(self._rects[selected])
        for top, colour in self._strips:
            painter.fillRect(top, colour)
        if self._lines:
            painter.setPen(self._edge)
            painter.drawLines(self._lines)


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
