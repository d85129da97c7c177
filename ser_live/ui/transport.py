"""The bar under the plots that plays a file: where it is, around what, how fast, how loud, through
which output."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolButton,
)

from ser_live.ui.elided_combo import ElidedComboBox
from ser_live.ui.icons import icon
from ser_live.ui.text_scale import px
from ser_live.ui.theme import Theme
from ser_live.ui.transport_icons import transport_icon
from ser_live.ui.view_model import clock

SPEEDS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
SYSTEM_OUTPUT = "System default"
_HEIGHT = 28  # pixels at 100 %


class Transport(QFrame):
    """Widgets in a row; what they do is decided by :class:`ser_live.ui.playing.Playing`.

    Signals:
        speed: one of ``SPEEDS`` was chosen.
        volume: 0 … 100.
        output: the name of an output device; empty for the system's default.
    """

    speed = Signal(float)
    volume = Signal(int)
    output = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("transport")
        self.setAccessibleName("Player")
        self.previous = _button("Previous utterance ([ or Ctrl+←)")
        self.play = _button("Play or pause (Space)")
        self.next = _button("Next utterance (] or Ctrl+→)")
        self.time = QLabel("")
        self.time.setAccessibleName("Position in the file")
        self.time.setToolTip("What is heard now, and the length of the file")
        self.loop = _button(
            "Repeat the stretch marked with Shift and the mouse, or the utterance at the cursor (L)"
        )
        self.loop.setCheckable(True)
        self.span = QLabel("")
        self.span.setObjectName("muted")
        self.span.setAccessibleName("Marked stretch")
        self.span.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.speeds = QComboBox()
        self.speeds.setAccessibleName("Speed")
        self.speeds.setToolTip("Speed, at the same pitch")
        for speed in SPEEDS:
            self.speeds.addItem(f"{speed:g}×", speed)
        self.speeds.setCurrentIndex(SPEEDS.index(1.0))
        self.mute = _button("Mute (M)")
        self.mute.setCheckable(True)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setSingleStep(5)
        self.slider.setPageStep(10)
        # Reached by Tab it takes the arrows; after a click they still move in time.
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.slider.setAccessibleName("Volume")
        self.outputs = ElidedComboBox()
        self.outputs.setAccessibleName("Output")
        self.outputs.setToolTip("What it is heard through")
        self.outputs.setMinimumWidth(90)
        self.outputs.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._layout()
        self.speeds.activated.connect(lambda at: self.speed.emit(SPEEDS[at]))
        self.slider.valueChanged.connect(self.volume)
        self.outputs.activated.connect(lambda at: self.output.emit(self.outputs.itemData(at)))
        self._shown: bool | None = None
        self.set_outputs([], "")
        self.set_theme(theme)
        self.hide()

    def _layout(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        # Else its parts would have to have room, and would overlap where they have not.
        row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        for widget, stretch in (
            (self.previous, 0), (self.play, 0), (self.next, 0), (self.time, 0), (self.loop, 0),
            (self.span, 3), (None, 1), (self.speeds, 0), (self.mute, 0), (self.slider, 0),
            (self.outputs, 6),
        ):  # fmt: skip
            if widget is None:
                row.addStretch(stretch)
            else:
                row.addWidget(widget, stretch)
        self.fit_text()

    def minimumSizeHint(self) -> QSize:
        """Qt's: what can be left out needs no room."""
        return QSize(self.play.width(), px(_HEIGHT))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's."""
        super().resizeEvent(event)
        self._fit_width()

    def _fit_width(self) -> None:
        """Leave out what has no room, the least important first; most of it has a key."""
        parts = [self.previous, self.play, self.next, self.time, self.loop, self.speeds, self.mute,
                 self.slider, self.outputs]  # fmt: skip
        needed = {part: max(part.minimumSizeHint().width(), part.minimumWidth()) for part in parts}
        there = set(parts)
        for part in (self.outputs, self.slider, self.speeds, self.loop, self.previous, self.next,
                     self.mute):  # fmt: skip
            gaps = self.layout().spacing() * (len(there) + 1)
            if sum(needed[p] for p in there) + gaps <= self.width():
                break
            there.remove(part)
        for part in parts:
            part.setVisible(part in there)

    def fit_text(self) -> None:
        """Take the size of the text that is in force."""
        for button in (self.previous, self.play, self.next, self.loop, self.mute):
            button.setIconSize(QSize(px(16), px(16)))
            button.setFixedSize(px(34), px(_HEIGHT))
        for box in (self.speeds, self.outputs):
            box.setFixedHeight(px(_HEIGHT))
        self.slider.setFixedWidth(px(84))
        self.outputs.setMaximumWidth(px(170))
        self.time.setMinimumWidth(0)
        self._reserve_time()
        self._fit_width()

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self.previous.setIcon(transport_icon("previous", theme.text))
        self.next.setIcon(transport_icon("next", theme.text))
        self.loop.setIcon(transport_icon("loop", theme.text))
        self.mute.setIcon(transport_icon("muted" if self.mute.isChecked() else "loud", theme.text))
        self._shown = None
        self.show_playing(False)

    def show_playing(self, playing: bool) -> None:
        """Whether it plays."""
        if self._shown != playing:
            self._shown = playing
            self.play.setIcon(icon("pause" if playing else "play", self._theme.text))
            self.play.setAccessibleName("Pause" if playing else "Play")

    def show_time(self, now: float, total: float | None) -> None:
        """What is heard now and the length, s."""
        text = clock(now) if total is None else f"{clock(now)} / {clock(total)}"
        if text != self.time.text():
            self.time.setText(text)
            self._reserve_time()

    def _reserve_time(self) -> None:
        # Grows with the text and never shrinks, or everything beside it would jump about.
        wide = self.time.fontMetrics().horizontalAdvance(self.time.text()) + 10
        if wide > self.time.minimumWidth():
            self.time.setMinimumWidth(wide)
            self._fit_width()

    def show_span(self, span: tuple[float, float] | None, looping: bool) -> None:
        """The marked stretch, and whether it is repeated."""
        text = ""
        if span is not None:
            text = f"{'repeats ' if looping else ''}{clock(span[0])} – {clock(span[1])}"
        self.span.setText(text)
        self.span.setVisible(bool(text))
        self.span.setToolTip(f"{text} (Esc: unmark)" if text else "")
        self.loop.setChecked(looping)
        self.loop.setAccessibleName("Repeating" if looping else "Repeat")

    def show_volume(self, volume: int, muted: bool) -> None:
        """Volume (0 … 100) and whether nothing is heard."""
        self.slider.blockSignals(True)
        self.slider.setValue(volume)
        self.slider.blockSignals(False)
        self.slider.setToolTip(f"Volume {volume} %{' (muted)' if muted else ''}")
        self.mute.setChecked(muted)
        self.mute.setAccessibleName("Muted" if muted else "Mute")
        self.mute.setIcon(transport_icon("muted" if muted else "loud", self._theme.text))

    def show_speed(self, speed: float) -> None:
        """The speed in force."""
        self.speeds.setCurrentIndex(min(range(6), key=lambda i: abs(SPEEDS[i] - speed)))

    def set_outputs(self, names: list[str], chosen: str) -> None:
        """Offer these outputs after the system's; ``chosen`` also when it is not there."""
        self.outputs.clear()
        self.outputs.addItem(SYSTEM_OUTPUT, "")
        for name in names:
            self.outputs.addItem(name, name)
        if chosen and chosen not in names:
            self.outputs.addItem(f"{chosen} (not there)", chosen)
        self.outputs.setCurrentIndex(max(0, self.outputs.findData(chosen)))
        for at in range(self.outputs.count()):
            text = self.outputs.itemText(at)
            self.outputs.setItemData(at, text, Qt.ItemDataRole.ToolTipRole)


def _button(tip: str) -> QToolButton:
    button = QToolButton()
    button.setToolTip(tip)
    button.setAccessibleName(tip.split(" (")[0])
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    button.setStyleSheet("padding: 2px;")
    return button
