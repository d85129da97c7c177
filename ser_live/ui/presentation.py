"""The present state on a full screen, to be read from ten metres."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ser_live.ui.curve_strip import CurveStrip
from ser_live.ui.status_line import NOTE
from ser_live.ui.theme import Theme
from ser_live.ui.view_model import Kind, Present, TimelineView, percent

_DOTS = {"sure": 3, "fairly sure": 2, "not sure": 1}
_MARGIN = 0.06  # of the width, at each side
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class LargeState(QWidget):
    """Emotion, probability, how sure, voice; everything grows with the window.

    Attributes:
        headline_height: letters of the emotion's name, from ascender to descender, pixels.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._present = Present(Kind.MESSAGE, "", "")
        self.headline_height = 0.0
        self.setAccessibleName("Present state")
        self.setToolTip("The likeliest emotion, how sure, and the voice; Esc leaves")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self.update()

    def show_present(self, present: Present) -> None:
        """Show a state; nothing happens when it is the one shown."""
        if present != self._present:
            self._present = present
            self.setAccessibleDescription(f"{present.headline} {present.detail}")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        unit = min(self.window().height(), 0.7 * self.window().width())
        left, width = _MARGIN * self.width(), (1 - 2 * _MARGIN) * self.width()
        name, line, bar = unit / 4.6, unit / 10, unit / 16
        gap = max(0.0, (self.height() - name - 2 * line - bar) / 4)
        top = gap / 2
        self._headline(painter, QRectF(left, top, width, name))
        top += name + gap
        if self._present.reading is None:
            area = QRectF(left, top, width, line)
            self._text(painter, area, self._present.detail, self._font(0.62 * line))
        else:
            self._certainty(painter, QRectF(left, top, width, bar), line, gap)
        painter.end()

    def _headline(self, painter: QPainter, area: QRectF) -> None:
        theme, present = self._theme, self._present
        size = area.height() / 1.2
        font = self._font(size, bold=True)
        wanted = QFontMetricsF(font).horizontalAdvance(present.headline)
        if wanted > area.width():
            font.setPixelSize(max(12, int(size * area.width() / wanted)))
        self.headline_height = QFontMetricsF(font).tightBoundingRect("Hy").height()
        painter.setFont(font)
        said = present.kind is Kind.ESTIMATE
        painter.setPen(QColor(theme.text if said else theme.muted))
        painter.drawText(area, _LEFT, present.headline)

    def _certainty(self, painter: QPainter, bar: QRectF, line: float, gap: float) -> None:
        """The bar of the emotion, how sure, and the voice."""
        theme, reading = self._theme, self._present.reading
        assert reading is not None
        colour = theme.muted if reading.low_evidence else theme.emotion(reading.emotion)
        font = self._font(line, bold=True)
        figure = QFontMetricsF(font).horizontalAdvance("99 %") + 0.4 * line
        self._bar(painter, bar.adjusted(0, 0, -figure, 0), 0.0, reading.confidence, colour)
        over = bar.adjusted(0, -line, 0, line)
        self._text(painter, over, percent(reading.confidence), font, _RIGHT)
        text, small = self._font(0.62 * line), 0.62 * line
        sure = QRectF(bar.left(), bar.bottom() + gap, bar.width(), line)
        how = f"perhaps {reading.emotion}" if reading.low_evidence else reading.sureness
        self._text(painter, sure, how, text)
        at = sure.left() + QFontMetricsF(text).horizontalAdvance(how) + 0.6 * small
        painter.setPen(QPen(QColor(theme.text), max(1.0, small / 20)))
        for i in range(3):
            filled = i < _DOTS[reading.sureness]
            painter.setBrush(QColor(theme.text) if filled else Qt.BrushStyle.NoBrush)
            centre = QPointF(at + (0.3 + 0.75 * i) * small, sure.center().y() + 0.06 * small)
            painter.drawEllipse(centre, small / 4, small / 4)
        voice = sure.translated(0, line + gap / 2)
        said = f"{reading.gender} voice {percent(reading.gender_confidence)}"
        self._text(painter, voice, said, text)
        # A fixed place, so that the bar does not move with the words.
        start = voice.left() + QFontMetricsF(text).horizontalAdvance("female voice 99 %  ")
        track = QRectF(start, voice.center().y() - bar.height() / 5, 0, bar.height() / 2.5)
        track.setRight(bar.right() - figure)
        self._bar(painter, track, *sorted((0.5, reading.female)), theme.gender)

    def _bar(self, painter: QPainter, track: QRectF, start: float, end: float, colour: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        radius = track.height() / 5
        painter.setBrush(QColor(self._theme.grid))
        painter.drawRoundedRect(track, radius, radius)
        painter.setBrush(QColor(colour))
        left, width = track.left() + start * track.width(), (end - start) * track.width()
        filled = QRectF(left, track.top(), width, track.height())
        painter.drawRoundedRect(filled, min(radius, width / 2), radius)

    def _font(self, size: float, bold: bool = False) -> QFont:
        font = QFont(self.font())
        font.setBold(bold)
        font.setPixelSize(max(10, round(size)))
        return font

    def _text(
        self, painter: QPainter, area: QRectF, text: str, font: QFont,
        align: Qt.AlignmentFlag = _LEFT,
    ) -> None:  # fmt: skip
        painter.setFont(font)
        painter.setPen(QColor(self._theme.text))
        painter.drawText(area, align, text)


class PresentationView(QWidget):
    """The large state over a strip of the last half minute; who listens stays in sight."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setAccessibleName("Presentation")
        self.state = LargeState(theme)
        self.strip = CurveStrip(theme)
        self.recording = QLabel("")
        self.recording.setObjectName("recording")
        self.paused = QLabel("view paused")
        self.paused.setObjectName("warning")
        self.hint = QLabel("Esc leaves")
        self.note = QLabel(NOTE)
        self.note.setAccessibleName("Note on use")
        self.note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note.setWordWrap(True)
        for label in (self.hint, self.note):
            label.setObjectName("muted")
        top = QHBoxLayout()
        top.setSpacing(24)
        for label, align in ((self.recording, 0), (self.paused, 1), (self.hint, 0)):
            top.addWidget(label, align)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(28, 18, 28, 14)
        layout.setSpacing(12)
        layout.addLayout(top)
        layout.addWidget(self.state, 70)
        layout.addWidget(self.strip, 20)
        layout.addWidget(self.note)

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self.state.set_theme(theme)
        self.strip.set_theme(theme)

    def show_now(
        self, present: Present, timeline: TimelineView, now: float, recording: str, paused: bool
    ) -> None:
        """Show a moment.

        Args:
            present: the state.
            timeline: for the curves.
            now: where the curves end, s.
            recording: what the microphone does; empty while it is closed.
            paused: the view stands still.
        """
        self.state.show_present(present)
        self.strip.show_until(timeline, now)
        if recording != self.recording.text():
            self.recording.setText(recording)
            self.recording.setAccessibleName(recording or "microphone closed")
        self.paused.setText("view paused" if paused else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's."""
        super().resizeEvent(event)
        size = max(13, round(self.height() / 36))
        for label in (self.recording, self.paused):
            label.setStyleSheet(f"font-size: {size}px;")
