"""The whole session in a strip, with the visible part framed in it; click or drag to go there."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from ser_live.ui.axes import LEFT_WIDTH
from ser_live.ui.text_scale import px
from ser_live.ui.theme import Theme
from ser_live.ui.view_model import TimelineView
from ser_live.ui.waveform_view import WaveformView

_RIGHT = 14  # so that it ends under the plots


class Overview(QWidget):
    """Waveform and utterances from the beginning to the end.

    Signals:
        moved: the time (s) to put into the middle of the view.
    """

    moved = Signal(float)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._total = 0.0
        self._room = True
        self._frame = (0.0, 0.0)
        self._cursor: float | None = None
        self._timeline: TimelineView | None = None
        self._lines: list[QLineF] = []
        self._lines_for: tuple[float, int, int] | None = None
        self._kept: QPixmap | None = None  # all but the frame and the cursor, which move
        self._kept_for: object = None
        self.setFixedHeight(40)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("The whole session")
        self.setToolTip("The whole session; click or drag to go there")
        self.hide()

    def sizeHint(self) -> QSize:
        """Qt's."""
        return QSize(600, 40)

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self.update()

    def set_room(self, room: bool) -> None:
        """Whether there is room for it; it comes with the next picture."""
        self._room = room
        if not room:
            self.hide()

    def show_session(
        self,
        timeline: TimelineView,
        waveform: WaveformView,
        total: float,
        frame: tuple[float, float],
        cursor: float | None,
    ) -> None:
        """Draw a session.

        Args:
            timeline: its utterances.
            waveform: its peaks.
            total: its length so far, s.
            frame: the visible part, s.
            cursor: the moment that is heard, in a file.
        """
        # Of use only when there is more than the plots show.
        self.setVisible(self._room and total > 1.2 * (frame[1] - frame[0]))
        if not self.isVisible():
            return
        self._timeline, self._total = timeline, total
        self._frame, self._cursor = frame, cursor
        width = max(10, self.width() - self._left - _RIGHT)
        if (total, width, waveform.version) != self._lines_for:
            self._lines_for = (total, width, waveform.version)
            times, low, high = waveform.columns(0.0, total, width)
            peak = max(0.02, float(max(high.max(), -low.min())) if len(times) else 0.0)
            middle, half = self.height() / 2 + 2, self.height() / 2 - 8
            self._lines = [
                QLineF(self._x(t), middle - half * h / peak, self._x(t), middle - half * lo / peak)
                for t, lo, h in zip(times, low, high, strict=True)
            ]
        self.update()

    @property
    def _left(self) -> int:
        """Where it begins, so that it stands under the plots."""
        return px(LEFT_WIDTH) + 8

    def _x(self, time: float) -> float:
        width = self.width() - self._left - _RIGHT
        return self._left + width * time / max(self._total, 1e-3)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's."""
        theme, height = self._theme, self.height()
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        results = 0 if self._timeline is None else len(self._timeline.table)
        state = (self.size(), ratio, theme, self._lines_for, id(self._timeline), results)
        if self._kept is None or state != self._kept_for:
            self._kept = QPixmap(self.size() * ratio)
            self._kept.setDevicePixelRatio(ratio)
            self._kept.fill(Qt.GlobalColor.transparent)
            inner = QPainter(self._kept)
            self._draw_session(inner)
            inner.end()
            self._kept_for = state
        painter.drawPixmap(0, 0, self._kept)
        left = max(self._x(self._frame[0]), self._left)
        right = min(self._x(self._frame[1]), self.width() - _RIGHT)
        shade = QColor(theme.accent)
        shade.setAlpha(45)
        painter.setBrush(shade)
        painter.setPen(QPen(QColor(theme.accent), 1.5))
        painter.drawRect(QRectF(left, 2, max(2.0, right - left), height - 4))
        if self._cursor is not None:
            painter.setPen(QPen(QColor(theme.recording), 1))
            x = self._x(self._cursor)
            painter.drawLine(QLineF(x, 1, x, height - 1))
        painter.end()

    def _draw_session(self, painter: QPainter) -> None:
        """Waveform, results and the name of the strip."""
        theme, height = self._theme, self.height()
        painter.fillRect(QRectF(self._left, 2, self.width() - self._left - _RIGHT, height - 4),
                         QColor(theme.window))  # fmt: skip
        painter.setPen(QPen(QColor(theme.wave), 1))
        painter.drawLines(self._lines)
        drawn = -1
        for u in () if self._timeline is None else self._timeline.table:
            left = self._x(u.start)
            # One a pixel is enough: a long recording has thousands.
            if u.reading is not None and not u.reading.low_evidence and int(left) != drawn:
                drawn, right = int(left), self._x(u.end or u.start)
                colour = QColor(theme.emotion(u.reading.emotion))
                painter.fillRect(QRectF(left, 2, max(1.0, right - left), 4), colour)
        painter.setPen(QColor(theme.muted))
        font = self.font()
        font.setPixelSize(px(11))
        painter.setFont(font)
        right_aligned = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(0, 0, self._left - 8, height), right_aligned, "session")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's."""
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt's."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def _go(self, event: QMouseEvent) -> None:
        width = max(1, self.width() - self._left - _RIGHT)
        share = min(1.0, max(0.0, (event.position().x() - self._left) / width))
        self.moved.emit(share * self._total)
