"""Areas on top of each other, one colour each."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from ser_live.stacking import in_parts, outlines

_PART = 48  # points: the time to fill an outline grows faster than the number of its points


class StackItem(pg.GraphicsObject):
    """Shares over time.

    Args:
        count: of shares.
        base, height: where a sum of 0 stands, and how much higher a sum of 1.
    """

    def __init__(self, count: int, base: float, height: float) -> None:
        super().__init__()
        self._base, self._height = base, height
        self._brushes = [QBrush() for _ in range(count)]
        self._shown = np.ones(count, bool)
        self.rows = np.zeros((0, 1 + count))
        self._areas: list[list[QPolygonF]] = []
        self._bounds = QRectF()

    def set_colours(self, colours: list[QColor]) -> None:
        """One a share."""
        self._brushes = [QBrush(colour) for colour in colours]
        self.update()

    def set_shown(self, shown: np.ndarray) -> None:
        """(k,) bool: which shares take part."""
        if (shown != self._shown).any():
            self._shown = shown
            self._build()

    def set_rows(self, rows: np.ndarray) -> None:
        """(n, 1 + k) times and shares; NaN rows are gaps."""
        if rows.shape == self.rows.shape and np.array_equal(rows, self.rows, equal_nan=True):
            return
        self.rows = rows
        self._build()

    def _build(self) -> None:
        bounds = QRectF()
        self._areas = [[] for _ in self._brushes]
        if len(self.rows):
            for part in in_parts(self.rows, _PART):
                found = outlines(part, self._shown, self._base, self._height)
                for area, points in zip(self._areas, found, strict=True):
                    if not len(points):  # gaps only; pyqtgraph has no empty polygon
                        continue
                    area.append(pg.functions.arrayToQPolygonF(points[:, 0], points[:, 1]))
            start, end = self.rows[0, 0], self.rows[-1, 0]
            bounds = QRectF(start, self._base, end - start, self._height)
        if bounds != self._bounds:
            self.prepareGeometryChange()
            self._bounds = bounds
        self.update()

    def boundingRect(self) -> QRectF:
        """Qt's."""
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget) -> None:
        """Qt's."""
        painter.setPen(Qt.PenStyle.NoPen)
        for brush, area, shown in zip(self._brushes, self._areas, self._shown, strict=False):
            painter.setBrush(brush)
            for part in area if shown else ():
                painter.drawPolygon(part)
