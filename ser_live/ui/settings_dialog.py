"""The settings: every value with its range, its unit and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from ser_live.config import Config
from ser_live.config_override import tune
from ser_live.errors import ConfigError
from ser_live.tunables import BY_NAME, GROUPS, STATEMENTS, TUNABLES
from ser_live.ui import theme as themes
from ser_live.ui.model_field import ModelField
from ser_live.ui.settings import DEVICES
from ser_live.ui.smoothing import HALF_LIVES
from ser_live.ui.value_box import ValueBox

_NOTE = (
    "New values hold for a file that is open at once: it is analysed again. A microphone that is "
    "open takes them at its next start. Theme, bars and input change at once."
)
_DEVICE_TIP = (
    "Where the network runs. auto: a graphics processor where there is one, else the processor. "
    "Features and speech detection always run on the processor."
)


@dataclass(frozen=True)
class Chosen:
    """What the dialog holds.

    Attributes:
        values: of the analysis, those that differ from the model's own.
        model: checkpoint file, ``None`` for the shipped one.
        device: of ``DEVICES``.
        theme, smoothing: as in the menu.
        ask_unsaved: before the window closes on a session that is in no file.
        input: a device's number as text and its name; ``None`` leaves it as it is.
    """

    values: dict[str, Any] = field(default_factory=dict)
    model: str | None = None
    device: str = "auto"
    theme: str = themes.SYSTEM
    smoothing: float = 0.0
    input: tuple[str, str] | None = None
    ask_unsaved: bool = True


class SettingsDialog(QDialog):
    """Groups of values, “Restore defaults”, OK, Apply, Cancel.

    Args:
        parent: the window.
        defaults: the model's configuration.
        chosen: what is in force.
        inputs: numbers and names of the input devices.
        check_model: called with a path and two functions; calls one of them with a text.

    Signals:
        applied: a :class:`Chosen` that is to be in force.
    """

    applied = Signal(object)

    def __init__(
        self,
        parent: QWidget | None,
        defaults: Config,
        chosen: Chosen,
        inputs: list[tuple[str, str]],
        check_model: Callable[[Path, Callable[[str], None], Callable[[str], None]], None],
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self._defaults = defaults
        self.boxes = {t.name: ValueBox(t, t.of(defaults)) for t in TUNABLES}
        self.theme = _choice(
            (n, n.capitalize()) for n in (themes.SYSTEM, themes.LIGHT, themes.DARK)
        )
        self.theme.setToolTip("The window's colours; system: as the desktop has them")
        self.smoothing = _choice(HALF_LIVES.items())
        self.smoothing.setToolTip(
            "The bars of the present state follow the estimates with this half-life: calmer, and "
            "later. Plots and results stay as estimated."
        )
        self.device = _choice((name, name) for name in DEVICES)
        self.device.setToolTip(_DEVICE_TIP)
        self.input = _choice([(None, "as it is"), *((i, i[1]) for i in inputs)])
        self.input.setToolTip("The microphone; it is remembered by its name")
        self.ask_unsaved = QCheckBox("Ask about unsaved sessions")
        self.ask_unsaved.setToolTip(
            "Before the window closes on a live session that is in no file; without the check it "
            "is then discarded"
        )
        self.model = ModelField(check_model)
        self.model.changed.connect(self._on_model)
        groups = {name: self._group(name) for name in GROUPS}
        groups[STATEMENTS].addRow("Smooth the bars", self.smoothing)
        program, model = QFormLayout(), QFormLayout()
        program.addRow("Theme", self.theme)
        program.addRow("Input", self.input)
        program.addRow("Closing", self.ask_unsaved)
        model.addRow("Model", self.model)
        model.addRow("Runs on", self.device)
        columns = QHBoxLayout()
        columns.setSpacing(14)
        left = {"Program": program, "Model": model, STATEMENTS: groups[STATEMENTS]}
        right = {n: f for n, f in groups.items() if n != STATEMENTS}
        for side in (left, right):
            column = QVBoxLayout()
            column.setSpacing(10)
            for title, form in side.items():
                box = QGroupBox(title)
                form.setContentsMargins(12, 8, 12, 10)
                form.setVerticalSpacing(7)
                form.setHorizontalSpacing(14)
                box.setLayout(form)
                column.addWidget(box)
            column.addStretch(1)
            columns.addLayout(column, 1)
        note = QLabel(_NOTE)
        note.setObjectName("muted")
        note.setWordWrap(True)
        self.problem = QLabel("")
        self.problem.setObjectName("warning")
        self.problem.setWordWrap(True)
        self.problem.setAccessibleName("What is wrong with the values")
        kinds = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(
            kinds.Ok | kinds.Apply | kinds.Cancel | kinds.RestoreDefaults
        )
        for button in self.buttons.buttons():
            button.setIcon(QIcon())  # the system's pictures do not fit the window's colours
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.buttons.button(kinds.Apply).clicked.connect(self.apply)
        restore = self.buttons.button(kinds.RestoreDefaults)
        restore.setToolTip("All values as the model and the program bring them; Cancel undoes it")
        restore.clicked.connect(lambda: self.show_chosen(Chosen()))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 14, 18, 14)
        layout.setSpacing(12)
        layout.addLayout(columns)
        layout.addWidget(note)
        layout.addWidget(self.problem)
        layout.addWidget(self.buttons)
        self.show_chosen(chosen)
        self._applied = self.chosen

    def _group(self, name: str) -> QFormLayout:
        form = QFormLayout()
        for tunable in TUNABLES:
            if tunable.group == name:
                box = self.boxes[tunable.name]
                form.addRow(box.label, box)
                box.valueChanged.connect(self._check)
        return form

    def show_chosen(self, chosen: Chosen) -> None:
        """Fill the fields."""
        for name, box in self.boxes.items():
            box.setValue(float(chosen.values.get(name, BY_NAME[name].of(self._defaults))))
        _select(self.theme, chosen.theme)
        _select(self.smoothing, chosen.smoothing)
        _select(self.device, chosen.device)
        self.input.setCurrentIndex(0)
        self.ask_unsaved.setChecked(chosen.ask_unsaved)
        self.model.show_path(chosen.model)
        self._check()

    @property
    def chosen(self) -> Chosen:
        """What the fields say."""
        values = {n: box.plain for n, box in self.boxes.items() if box.is_changed}
        return Chosen(
            values,
            self.model.path,
            str(self.device.currentData()),
            str(self.theme.currentData()),
            float(self.smoothing.currentData()),
            self.input.currentData(),
            self.ask_unsaved.isChecked(),
        )

    def _on_model(self) -> None:
        self._check()
        QTimer.singleShot(0, self.adjustSize)  # what is told of a file takes a line or two

    def _check(self) -> None:
        problem = ""
        try:
            tune(self._defaults, self.chosen.values)
        except ConfigError as error:
            name, _, text = str(error).partition(": ")
            title = BY_NAME[name].title if name in BY_NAME else name
            problem = f"{title}: {text}"
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        for kind in (QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Apply):
            self.buttons.button(kind).setEnabled(not problem and self.model.usable)

    def apply(self) -> None:
        """Let the values be in force, if they are others than before."""
        chosen = self.chosen
        if chosen != self._applied:
            self._applied = chosen
            self.applied.emit(chosen)

    def accept(self) -> None:
        """Qt's: OK."""
        self.apply()
        super().accept()


def _choice(entries: Any) -> QComboBox:
    box = QComboBox()
    box.setMinimumWidth(150)
    for value, text in entries:
        box.addItem(text, value)
    return box


def _select(box: QComboBox, value: object) -> None:
    for i in range(box.count()):
        if box.itemData(i) == value:
            box.setCurrentIndex(i)
