"""The toolbar: input, start and stop, indicators, model, menu."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
)

from ser_live.ui.icons import icon
from ser_live.ui.input_picker import InputPicker
from ser_live.ui.level_meter import LevelMeter
from ser_live.ui.menu import MainMenu
from ser_live.ui.text_scale import px
from ser_live.ui.theme import Theme

# Pixels at 100 %: below, two buttons are icons alone; below, the model is in “About” alone.
_COMPACT_WIDTH, _NARROW_WIDTH = 1060, 880
_ANY_WIDTH = 16_777_215  # Qt's own limit


class Toolbar(QFrame):
    """The widgets in a row; what they do is decided by the window.

    Signals:
        theme_chosen: ``light``, ``dark`` or ``system``.
    """

    theme_chosen = Signal(str)

    def __init__(self, theme: Theme, choice: str) -> None:
        super().__init__()
        self.setObjectName("toolbar")
        self.picker = InputPicker()
        self.toggle = make_button("Start", "Start or stop listening, play or pause a file (Space)")
        self.toggle.setObjectName("primary")
        self.toggle.setMinimumWidth(104)
        self.open = make_button("Open…", "Open a sound or session file (O or Ctrl+O)")
        self.record = make_button("Record", "Record the session into a file, or stop that (R)")
        self.record.setCheckable(True)
        self.recording = QLabel("● microphone open")
        self.recording.setObjectName("recording")
        self.meter = LevelMeter(theme)
        self.speech = QLabel("")
        self.speech.setAccessibleName("Speech indicator")
        self.speech.setToolTip("Whether someone speaks, as the voice activity detector hears it")
        self.speech.setFixedWidth(88)
        self.model = QLabel("loading model…")
        self.model.setAccessibleName("Model")
        self.backend = QLabel("")
        self.backend.setObjectName("muted")
        self.backend.setAccessibleName("Where the model runs")
        model = QVBoxLayout()
        model.setSpacing(0)
        for label in (self.model, self.backend):
            label.setProperty("small", True)
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            model.addWidget(label)
        self.menu_button = make_button("", "Menu: open, record, export, theme, about, quit")
        self.menu_button.setAccessibleName("Menu")
        self.menu_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.menu_button.setFixedWidth(40)
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._build_menu(choice)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 7, 12, 7)
        layout.setSpacing(10)
        for widget, stretch in (
            (self.picker, 3), (self.toggle, 0), (self.open, 0), (self.record, 0),
            (self.recording, 0),
            (self.meter, 2), (self.speech, 0),
        ):  # fmt: skip
            layout.addWidget(widget, stretch)
        layout.addStretch(1)
        layout.addLayout(model)
        layout.addWidget(self.menu_button)
        self.show_recording(False, None, False)
        self.set_theme(theme)

    def _build_menu(self, choice: str) -> None:
        menu = self.menu = MainMenu(self, choice)
        menu.theme_chosen.connect(self.theme_chosen)
        self.open_action, self.record_action = menu.open, menu.record
        self.export, self.picture = menu.export, menu.picture
        self.theme_actions, self.about, self.quit = menu.themes, menu.about, menu.quit
        self.menu_button.setMenu(menu)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's: a narrow window shows these two by their icons alone."""
        super().resizeEvent(event)
        self.fit_width()

    def fit_width(self) -> None:
        """Leave out what has no room."""
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        if self.width() < px(_COMPACT_WIDTH):
            style = Qt.ToolButtonStyle.ToolButtonIconOnly
        for button in (self.open, self.record):
            button.setToolButtonStyle(style)
        for label in (self.model, self.backend):
            label.setMaximumWidth(_ANY_WIDTH if self.width() >= px(_NARROW_WIDTH) else 0)
        for part in (self.speech, self.meter):
            part.show()
        for part in (self.speech, self.meter):
            if self.layout().minimumSize().width() > self.width():
                part.hide()

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self.meter.set_theme(theme)
        self.open.setIcon(icon("open", theme.text))
        self.menu_button.setIcon(icon("menu", theme.text))
        self.record.setIcon(icon("record", theme.recording))
        self._action: tuple[str, str, bool] | None = None
        self.speech.setText("")

    def show_recording(
        self, capturing: bool, file: str | None, possible: bool, playback: bool = False
    ) -> None:
        """Whether the microphone (or system playback) is open, and the file it goes into."""
        source = "System playback" if playback else "The microphone"
        text = "● playback open" if playback else "● microphone open"
        text = text if file is None else "● recording"
        what = f"{source} is open" if file is None else "Recording to a file"
        stored = "nothing is stored or sent" if file is None else f"recording into {file}"
        if text != self.recording.text() or capturing == self.recording.isHidden():
            self.recording.setText(text)
            self.recording.setVisible(capturing)
            self.fit_width()
        self.recording.setAccessibleName(what)
        self.recording.setToolTip(f"{source} is open; {stored}")
        self.record.setChecked(file is not None)
        self.record.setEnabled(possible)
        self.record_action.setChecked(file is not None)
        self.record_action.setEnabled(possible)

    def show_action(self, what: str, symbol: str, enabled: bool) -> None:
        """The text and icon of the one big button."""
        if (what, symbol, enabled) == self._action:
            return
        self._action = (what, symbol, enabled)
        self.toggle.setText(what)
        self.toggle.setAccessibleName(what)
        colour = self._theme.on_accent if enabled else self._theme.muted
        self.toggle.setIcon(icon(symbol, colour))
        focused = self.window().focusWidget()
        if not enabled and focused is self.toggle:
            # Else Qt hands the focus to the list of inputs, whose arrows then choose a device.
            self.toggle.clearFocus()
        self.toggle.setEnabled(enabled)
        if enabled and focused is None:
            self.toggle.setFocus()

    def show_speech(self, speaking: bool | None) -> None:
        """Speech, silence, or nothing to say."""
        text = "" if speaking is None else "◉ speech" if speaking else "○ silence"
        if text != self.speech.text():
            self.speech.setText(text)
            colour = self._theme.good if speaking else self._theme.muted
            weight = 700 if speaking else 400
            self.speech.setStyleSheet(f"color: {colour}; font-weight: {weight};")


def make_button(text: str, tip: str) -> QToolButton:
    """A button of the window's usual look."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(text or tip)
    button.setIconSize(QSize(16, 16))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setMinimumHeight(32)
    return button
