"""Seven bars with names and percentages: the legend of the curves at the same time."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ser_live.labels import EMOTIONS
from ser_live.ui.emotion_marks import EMOTION_DASHES
from ser_live.ui.text_scale import px, scale
from ser_live.ui.theme import Theme
from ser_live.ui.view_model import Reading, percent


def emotion_pen(theme: Theme, name: str, width: float = 1.0) -> QPen:
    """The pen of an emotion: its colour and its dash pattern."""
    pen = QPen(QColor(theme.emotion(name)), width)
    pen.setCosmetic(True)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if EMOTION_DASHES[name]:
        pen.setDashPattern(EMOTION_DASHES[name])
    return pen


class EmotionBars(QWidget):
    """The probabilities of the seven emotions."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._reading: Reading | None = None
        self.setAccessibleName("Probabilities of the seven emotions")
        self.setToolTip("How likely each emotion is; line pattern and colour as in the curves")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(len(EMOTIONS) * 20)

    def sizeHint(self) -> QSize:
        """Qt's."""
        return QSize(280, len(EMOTIONS) * 32)

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self.update()

    def set_reading(self, reading: Reading | None) -> None:
        """Show an estimate, or empty bars."""
        if reading == self._reading:
            return
        self._reading = reading
        text = "no estimate"
        if reading is not None:
            pairs = zip(EMOTIONS, reading.emotions, strict=True)
            text = ", ".join(f"{name} {percent(p)}" for name, p in pairs)
        self.setAccessibleDescription(text)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's."""
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = min(self.height() / len(EMOTIONS), 72.0)
        font = self.font()
        wanted = min(px(21), row * min(0.72, 0.45 * scale()), self.width() / 14)
        font.setPixelSize(int(max(12, wanted)))
        font.setBold(True)  # the widest case
        painter.setFont(font)
        metrics = painter.fontMetrics()
        mark = 24.0
        names = metrics.horizontalAdvance("surprise") + 8.0
        figures = metrics.horizontalAdvance("99 %") + 8.0
        left = mark + names
        width = max(10.0, self.width() - left - figures)
        best = None if self._reading is None else self._reading.emotion
        for i, name in enumerate(EMOTIONS):
            top = i * row
            middle = top + row / 2
            painter.setPen(emotion_pen(theme, name, 3))
            painter.drawLine(QPointF(0, middle), QPointF(mark - 6, middle))
            font.setBold(name == best)
            painter.setFont(font)
            painter.setPen(QColor(theme.text if name == best else theme.muted))
            middle_left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(QRectF(mark, top, names, row), middle_left, name)
            height = max(6.0, min(20.0, row * 0.4))
            track = QRectF(left, middle - height / 2, width, height)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.grid))
            painter.drawRoundedRect(track, height / 2, height / 2)
            if self._reading is None:
                continue
            p = self._reading.emotions[i]
            if p * width >= 1:
                painter.save()
                painter.setClipRect(QRectF(left, top, p * width, row))
                painter.setBrush(QColor(theme.emotion(name)))
                painter.drawRoundedRect(track, height / 2, height / 2)
                painter.restore()
            painter.setPen(QColor(theme.text if name == best else theme.muted))
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(QRectF(left + width, top, figures, row), right, percent(p))
        painter.end()
