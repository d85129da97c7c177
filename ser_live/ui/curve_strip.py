"""A slim strip of the last seconds of the seven emotion curves."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QWidget

from ser_live.labels import EMOTIONS
from ser_live.ui.emotion_bars import emotion_pen
from ser_live.ui.theme import Theme
from ser_live.ui.view_model import TimelineView, Utterance

SECONDS = 30.0


class CurveStrip(QWidget):
    """Thin while someone speaks, thick the results, each result with its name."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._timeline = TimelineView()
        self._until = 0.0
        self.setAccessibleName("Emotions over the last 30 seconds")
        self.setToolTip("Thin while someone speaks, thick the results, newest at the right")
        self.setMinimumHeight(60)

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self.update()

    def show_until(self, timeline: TimelineView, moment: float) -> None:
        """Draw the half minute before a moment (s) of a session."""
        self._timeline, self._until = timeline, moment
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's."""
        theme = self._theme
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.panel))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = self.font()
        font.setPixelSize(max(12, round(self.height() / 8)))
        painter.setFont(font)
        self._head = 1.4 * font.pixelSize()
        # What is finished before the cursor only: nothing of a file's future.
        start, end = self._until - SECONDS, self._until
        heard = [u for u in self._timeline.visible(start, end) if u.start <= end]
        for u in heard:
            self._utterance(painter, u)
        rows = self._timeline.provisional(start, end)
        rows = rows[rows[:, 0] <= end]
        for i, name in enumerate(EMOTIONS):
            painter.setPen(emotion_pen(theme, name, 2))
            for part in _unbroken(rows[:, [0, 1 + i]]):
                line = [QPointF(self._x(t), self._y(p)) for t, p in part]
                painter.drawPolyline(QPolygonF(line))
            painter.setPen(emotion_pen(theme, name, 5))
            for u in heard:
                if u.reading is not None and u.end is not None and u.end <= end:
                    y = self._y(u.reading.emotions[i])
                    painter.drawLine(QLineF(self._x(u.start), y, self._x(u.end), y))
        painter.end()

    def _utterance(self, painter: QPainter, u: Utterance) -> None:
        theme, end = self._theme, self._until if u.end is None else min(u.end, self._until)
        left, right = self._x(max(u.start, self._until - SECONDS)), self._x(end)
        painter.fillRect(QRectF(left, 0, right - left, self.height()), QColor(theme.shade))
        if u.reading is None or u.end is None or u.end > self._until:
            return
        name = "not sure" if u.reading.low_evidence else u.reading.emotion
        if painter.fontMetrics().horizontalAdvance(name) + 8 <= right - left:
            painter.setPen(QColor(theme.text))
            area = QRectF(left + 4, 0, right - left, self._head)
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft, name)

    def _x(self, time: float) -> float:
        return self.width() * (time - self._until + SECONDS) / SECONDS

    def _y(self, p: float) -> float:
        return self.height() - 4 - p * (self.height() - 8 - self._head)


def _unbroken(rows: np.ndarray) -> list[np.ndarray]:
    """The stretches of (n, 2) rows between those that hold NaN."""
    gaps = np.flatnonzero(np.isnan(rows[:, 1]))
    parts = np.split(rows, gaps)
    return [p[~np.isnan(p[:, 1])] for p in parts if len(p) > 1]
