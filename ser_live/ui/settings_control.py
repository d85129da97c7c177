"""Opens the settings and puts them in force: what at once, what at the next start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ser_live.audio.devices import Device
from ser_live.audio.playback import Player
from ser_live.config import Config
from ser_live.sessions.schema import SUFFIX
from ser_live.ui.messages import Message, explain
from ser_live.ui.settings_dialog import Chosen, SettingsDialog

if TYPE_CHECKING:
    from ser_live.ui.main_window import MainWindow


class SettingsControl(QObject):
    """The settings of one window.

    Args:
        window: whose they are.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._engine = window, window.engine
        self._inputs: list[tuple[str, str]] = []
        # The player that is to be replaced, where it was, and whether it played.
        self._resume: tuple[Player, float, bool] | None = None
        self._model_awaited = False
        self._model_before: object = None
        self.dialog: SettingsDialog | None = None
        window.toolbar.menu.settings.triggered.connect(self.open)
        self._engine.inputs.changed.connect(self._take_devices)
        self._engine.changed.connect(self._on_engine)

    def _take_devices(self, devices: list[Device]) -> None:
        names = [d.name for d in devices]
        # By name, not number: a sound server's source has none.
        self._inputs = [
            (d.full_name if names.count(d.name) > 1 else d.name, d.name) for d in devices
        ]

    @property
    def _defaults(self) -> Config:
        return getattr(self._engine.predictor, "config", None) or Config()

    def open(self) -> None:
        """Open the dialog."""
        settings = self._window.settings
        chosen = Chosen(
            dict(self._window.tuned.values),
            settings.model,
            settings.device,
            settings.theme,
            settings.smoothing,
            ask_unsaved=settings.ask_unsaved,
        )
        dialog = SettingsDialog(
            self._window, self._defaults, chosen, self._inputs, self._check_model
        )
        self._chosen = dialog.chosen
        self.dialog = dialog
        dialog.applied.connect(self.apply)
        dialog.open()

    def apply(self, chosen: Chosen) -> None:
        """Keep the values and put them in force."""
        window, settings, before = self._window, self._window.settings, self._chosen
        self._chosen = chosen
        settings.tuning, settings.model, settings.device = (
            chosen.values, chosen.model, chosen.device,
        )  # fmt: skip
        settings.ask_unsaved = chosen.ask_unsaved
        menu = window.toolbar.menu
        if chosen.theme != before.theme:
            menu.themes[chosen.theme].trigger()
        if chosen.smoothing != before.smoothing:
            menu.smoothing[chosen.smoothing].trigger()
        if chosen.input is not None:
            self._use_input(*chosen.input)
        if (chosen.model, chosen.device) != (before.model, before.device):
            window.tuned.values = chosen.values
            self._model_awaited = True
            self._engine.reload_model(chosen.model, chosen.device)
        elif chosen.values != before.values:
            window.tuned.values = chosen.values
            self.analyse_again()

    def _use_input(self, unique: str, name: str) -> None:
        self._window.settings.input_name = name
        if self._engine.capturing:
            self._engine.open_microphone(unique)

    # -- what is shown is analysed again

    def analyse_again(self) -> None:
        """Let an open file begin anew, where it was; a microphone goes on as it began."""
        engine, files = self._engine, self._window.files
        in_list = files.renew()
        if engine.capturing:
            advice = "Press Space twice to stop and start again now."
            title = "The new settings are used when listening starts again."
            engine.message.emit(Message("settings", "info", title, advice))
            return
        path, player = engine.path, engine.player
        if path is None or path.suffix.lower() == SUFFIX or engine.session is None:
            return
        if engine.predictor is None:  # it has not begun yet
            return
        if player is not None:
            self._resume = (player, player.position, player.playing)
        if in_list and files.shown is not None:
            files.show_file(files.shown)
            return

        def again() -> None:
            if engine.path == path:
                engine.open_file(path)

        def failed(error: Exception) -> None:
            self._resume = None
            told = explain(error, "file")
            advice = "What is shown are the earlier results."
            engine.message.emit(Message("file", "error", told.title, advice))

        # The old results go only when the new ones can begin.
        engine.run_job(lambda: engine.try_file(path), again, failed)

    def _on_engine(self) -> None:
        engine = self._engine
        for problem in self._window.tuned.take_problems():
            advice = "Change them in the settings (Ctrl+,)."
            engine.message.emit(Message("settings", "warning", problem, advice))
        if self._model_awaited and engine.predictor is not self._model_before:
            self._model_awaited = False
            self.analyse_again()
        self._model_before = engine.predictor
        if self._resume is None or engine.player is None:
            return
        before, position, playing = self._resume
        if engine.player is not before:
            self._resume = None
            engine.player.seek(position)
            if not playing:
                engine.player.pause()

    # -- a model file

    def _check_model(
        self, path: Path, good: Callable[[str], None], bad: Callable[[str], None]
    ) -> None:
        found: list[str] = []

        def read() -> None:
            from ser_live.models.checkpoint import load_checkpoint

            checkpoint = load_checkpoint(path)
            own = "" if checkpoint.config.features == self._defaults.features else ", own features"
            found.append(f"✓ {checkpoint.name}: can be used{own}")

        self._engine.run_job(
            read,
            lambda: good(found[0]),
            lambda error: bad(str(error).removeprefix(f"{path}: ")),
        )
