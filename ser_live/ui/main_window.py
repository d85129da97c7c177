"""The main window: layout, keys, menu, drops."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QIcon,
    QKeySequence,
    QShortcut,
)
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QMainWindow

from ser_live.audio.decode import AUDIO_SUFFIXES
from ser_live.sessions.schema import SUFFIX
from ser_live.ui import theme as themes
from ser_live.ui.about import AboutDialog
from ser_live.ui.engine import Engine, State
from ser_live.ui.main_view import MainView
from ser_live.ui.messages import Message
from ser_live.ui.presenter import Presenter
from ser_live.ui.resources import asset
from ser_live.ui.saving import Saving
from ser_live.ui.settings import Settings

_FRAME_MS = 33
_SLOWEST_FRAME_MS = 150


class MainWindow(QMainWindow):
    """The program's one window.

    Args:
        engine: owns the model, the session and the player.
        settings: what is remembered.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        super().__init__()
        self.engine, self.settings = engine, settings
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self._app = app
        self.theme = themes.apply(app, settings.theme)
        self.setWindowTitle("SER Live")
        self.setMinimumSize(900, 600)
        self.setAcceptDrops(True)
        if path := asset("icon.svg"):
            self.setWindowIcon(QIcon(str(path)))
        self.view = MainView(self.theme, settings.theme)
        self.toolbar, self.banners = self.view.toolbar, self.view.banners
        self.panel, self.plots, self.legend = self.view.panel, self.view.plots, self.view.legend
        self.follow, self.table = self.view.follow, self.view.table
        self.status, self.overview = self.view.status, self.view.overview
        self.setCentralWidget(self.view)
        self.saving = Saving(self, engine, self.plots)
        self._connect()
        self.presenter = Presenter(
            engine, self.toolbar, self.panel, self.plots, self.table, self.status, self.overview
        )
        self.table.chosen.connect(self.presenter.show_selected)
        self.plots.clicked.connect(self.presenter.pick)
        self._add_keys()
        if settings.geometry is None or not self.restoreGeometry(settings.geometry):
            self._first_size()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_timer)
        self._timer.start(_FRAME_MS)
        self.toolbar.toggle.setFocus()
        self._show_state()

    def _first_size(self) -> None:
        room = QGuiApplication.primaryScreen().availableSize()
        self.resize(min(1280, room.width()), min(820, room.height()))

    def _connect(self) -> None:
        engine, toolbar = self.engine, self.toolbar
        engine.changed.connect(self._show_state)
        engine.message.connect(self.banners.show_message)
        engine.settled.connect(self.banners.remove)
        engine.recorder.changed.connect(self._show_state)
        engine.devices.connect(toolbar.picker.set_devices)
        toolbar.picker.device.connect(engine.open_microphone)
        toolbar.picker.refresh.connect(engine.refresh_devices)
        toolbar.picker.open_file.connect(self.ask_for_file)
        toolbar.toggle.clicked.connect(engine.toggle)
        toolbar.open.clicked.connect(self.ask_for_file)
        toolbar.open_action.triggered.connect(self.ask_for_file)
        toolbar.record.clicked.connect(self.saving.toggle_recording)
        toolbar.record_action.triggered.connect(self.saving.toggle_recording)
        toolbar.export.triggered.connect(self.saving.ask_to_export)
        toolbar.picture.triggered.connect(self.saving.ask_for_picture)
        toolbar.theme_chosen.connect(self.choose_theme)
        toolbar.about.triggered.connect(self.show_about)
        toolbar.quit.triggered.connect(self.close)
        self.overview.moved.connect(self.plots.centre)
        self.legend.shown.connect(self.plots.set_visible_emotions)
        self.follow.clicked.connect(self.plots.set_follow)
        self.plots.following.connect(self.follow.setChecked)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_scheme)

    def _add_keys(self) -> None:
        for key, action in (
            ("Space", self._on_space),
            ("O", self.ask_for_file),
            (QKeySequence(QKeySequence.StandardKey.Open), self.ask_for_file),
            ("R", self.saving.toggle_recording),
            ("E", self.saving.ask_to_export),
            ("F", lambda: self.plots.set_follow(True)),
            ("Left", lambda: self._step(-1)),
            ("Right", lambda: self._step(1)),
            ("+", lambda: self.plots.zoom(0.5)),
            ("=", lambda: self.plots.zoom(0.5)),
            ("-", lambda: self.plots.zoom(2.0)),
            ("F1", self.show_about),
        ):
            QShortcut(QKeySequence(key), self, action)

    # -- what the user does

    def ask_for_file(self) -> None:
        """Let the user choose a file."""
        patterns = " ".join(f"*{suffix}" for suffix in [SUFFIX, *sorted(AUDIO_SUFFIXES)])
        kinds = f"Sound and sessions ({patterns});;All files (*)"
        path, _ = QFileDialog.getOpenFileName(self, "Open a sound or session file", "", kinds)
        if path:
            self.engine.open_file(path)

    def choose_theme(self, choice: str) -> None:
        """Use ``light``, ``dark`` or the ``system``'s colours."""
        self.settings.theme = choice
        self.theme = themes.apply(self._app, choice)
        self.view.set_theme(self.theme)
        self.presenter.restyle()
        self._show_state()

    def _on_scheme(self) -> None:
        if self.settings.theme == themes.SYSTEM and themes.system_scheme() != self.theme.name:
            self.choose_theme(themes.SYSTEM)

    def show_about(self) -> None:
        """Open the about dialog."""
        predictor = self.engine.predictor
        model = "not loaded" if predictor is None else predictor.checkpoint.name
        self.about = AboutDialog(self, model)
        self.about.open()

    def _on_space(self) -> None:
        """Start, stop, play, pause; but a button reached by Tab is pressed, as everywhere."""
        focused = self.focusWidget()
        if isinstance(focused, QAbstractButton) and focused is not self.toolbar.toggle:
            focused.click()
        else:
            self.engine.toggle()

    def _step(self, direction: int) -> None:
        """Five seconds back or on: the cursor of a file, the view of a microphone."""
        player = self.engine.player
        if player is not None:
            self.engine.seek(player.position + 5.0 * direction)
        else:
            self.plots.pan(0.25 * direction)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Qt's."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Qt's."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.engine.open_file(Path(paths[0]))

    def report(self, message: Message) -> None:
        """Show a message in the banner."""
        self.banners.show_message(message)

    # -- what the program does

    def _on_timer(self) -> None:
        self.presenter.refresh()
        # On a machine too slow for 30 pictures a second, draw fewer rather than starve the model.
        wanted = min(_SLOWEST_FRAME_MS, max(_FRAME_MS, round(3 * self.presenter.cost_ms)))
        if abs(wanted - self._timer.interval()) > 8:
            self._timer.setInterval(wanted)

    def _show_state(self) -> None:
        engine, toolbar = self.engine, self.toolbar
        file = engine.path.name if engine.path is not None else None
        toolbar.picker.show_current(file, engine.microphone)
        recorded = engine.recorder.path
        toolbar.show_recording(
            engine.capturing, None if recorded is None else str(recorded), engine.can_record
        )
        toolbar.position.setVisible(engine.player is not None)
        usable = engine.model_error is None
        if engine.player is not None:
            playing = engine.player.playing
            toolbar.show_action(
                "Pause" if playing else "Play", "pause" if playing else "play", True
            )
        elif engine.capturing:
            toolbar.show_action("Stop", "stop", True)
        elif engine.state is State.OPENING:
            toolbar.show_action("Opening…", "play", False)
        else:
            toolbar.show_action("Start", "play", usable)
        if engine.predictor is not None:
            toolbar.model.setText(engine.predictor.checkpoint.name)
            toolbar.backend.setText(engine.predictor.backend)
        else:
            toolbar.model.setText("loading model…" if usable else "no model")
            toolbar.backend.setText("")
        toolbar.backend.setVisible(bool(toolbar.backend.text()))
        title = file or (engine.microphone if engine.capturing else None)
        self.setWindowTitle(f"{title} – SER Live" if title else "SER Live")
        if engine.capturing and engine.session is not None and engine.microphone:
            self.settings.input_name = engine.microphone

    def closeEvent(self, event: QCloseEvent) -> None:
        """Qt's: everything is stopped; the caller of the event loop waits for the threads."""
        self._timer.stop()
        self.settings.geometry = self.saveGeometry()
        self.engine.close()
        super().closeEvent(event)
