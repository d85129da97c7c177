"""The main window: layout, keys, menu, drops."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QIcon,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QMainWindow,
    QStackedWidget,
)

from ser_live.audio.decode import AUDIO_SUFFIXES
from ser_live.sessions.schema import SUFFIX
from ser_live.ui import text_scale
from ser_live.ui import theme as themes
from ser_live.ui.about import AboutDialog
from ser_live.ui.emotion_row import CURVES, STACKED
from ser_live.ui.engine import Engine
from ser_live.ui.files import Files
from ser_live.ui.growing_sessions import GrowingSessions
from ser_live.ui.hover import Hover
from ser_live.ui.keys import KeysDialog
from ser_live.ui.main_view import MainView
from ser_live.ui.messages import Message
from ser_live.ui.playing import Playing
from ser_live.ui.presentation import PresentationView
from ser_live.ui.presenter import Presenter
from ser_live.ui.recent import RecentFiles
from ser_live.ui.resources import asset
from ser_live.ui.saving import Saving
from ser_live.ui.session_saving import SessionSaving
from ser_live.ui.settings import Settings
from ser_live.ui.settings_control import SettingsControl
from ser_live.ui.toolbar_state import remember_input, show_engine
from ser_live.ui.tuned import Tuned
from ser_live.ui.window_keys import add_keys

_FRAME_MS = 16
_BUSY = 2.5  # times a picture's cost: the rest is for the model
_SLOWEST_FRAME_MS = 150


class MainWindow(QMainWindow):
    """The program's one window.

    Args:
        engine: owns the model, the session and the player.
        settings: what is remembered.
        tuned: the settings of the analysis; from ``settings`` for ``None``.
    """

    def __init__(self, engine: Engine, settings: Settings, tuned: Tuned | None = None) -> None:
        super().__init__()
        self.engine, self.settings = engine, settings
        self.tuned = tuned or Tuned.of(settings)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self._app = app
        text_scale.apply(app, settings.text_scale)
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
        self.presentation = PresentationView(self.theme)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.view)
        self.pages.addWidget(self.presentation)
        self.setCentralWidget(self.pages)
        self.saving = Saving(self, engine, self.plots)
        self.session_saving = SessionSaving(self)
        self.files = Files(self)
        self.setup = SettingsControl(self)
        self._connect()
        self.presenter = Presenter(
            engine, self.toolbar, self.panel, self.plots, self.table, self.status, self.overview
        )
        self.hover = Hover(self.plots, lambda: self.presenter.timeline, self.theme)
        self.table.chosen.connect(self.presenter.show_selected)
        self.plots.clicked.connect(self.presenter.pick)
        self.playing = Playing(self)
        self._arrows = add_keys(self)
        self.choose_style(settings.style)
        self.toolbar.menu.strips[settings.strips].setChecked(True)
        self.plots.set_strips(settings.strips)
        self.toolbar.menu.text_scales[settings.text_scale].setChecked(True)
        self.toolbar.menu.smoothing[settings.smoothing].setChecked(True)
        self.presenter.smoother.half_life = settings.smoothing
        engine.channels = self.settings.channels
        self._growing = GrowingSessions(engine)
        self.recent = RecentFiles(self.toolbar.menu.recent, engine, settings)
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
        engine.inputs.changed.connect(toolbar.picker.set_devices)
        toolbar.picker.device.connect(engine.open_microphone)
        toolbar.picker.refresh.connect(engine.inputs.refresh)
        toolbar.picker.channel.connect(engine.choose_channel)
        toolbar.picker.open_file.connect(self.ask_for_file)
        toolbar.toggle.clicked.connect(engine.toggle)
        toolbar.open.clicked.connect(self.ask_for_file)
        toolbar.open_action.triggered.connect(self.ask_for_file)
        toolbar.record.clicked.connect(self.saving.toggle_recording)
        toolbar.record_action.triggered.connect(self.saving.toggle_recording)
        toolbar.export.triggered.connect(self.saving.ask_to_export)
        toolbar.picture.triggered.connect(self.saving.ask_for_picture)
        toolbar.theme_chosen.connect(self.choose_theme)
        toolbar.menu.strips_chosen.connect(self.choose_strips)
        toolbar.menu.style_chosen.connect(self.choose_style)
        toolbar.menu.fit.triggered.connect(self.plots.fit)
        toolbar.menu.text_scale_chosen.connect(self.choose_text_scale)
        toolbar.menu.pause.triggered.connect(self.toggle_pause)
        toolbar.menu.smoothing_chosen.connect(self.choose_smoothing)
        toolbar.menu.present.triggered.connect(self.toggle_presentation)
        toolbar.menu.messages.triggered.connect(self.banners.show_past)
        toolbar.menu.keys.triggered.connect(self.show_keys)
        toolbar.about.triggered.connect(self.show_about)
        toolbar.quit.triggered.connect(self.close)
        self.overview.moved.connect(self.plots.centre)
        self.legend.shown.connect(self.plots.set_visible_emotions)
        self.follow.clicked.connect(self._on_follow)
        self.plots.following.connect(self.follow.setChecked)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_scheme)

    # -- what the user does

    def ask_for_file(self) -> None:
        """Let the user choose one or more files."""
        patterns = " ".join(f"*{suffix}" for suffix in [SUFFIX, *sorted(AUDIO_SUFFIXES)])
        kinds = f"Sound and sessions ({patterns});;All files (*)"
        paths, _ = QFileDialog.getOpenFileNames(self, "Open sound or session files", "", kinds)
        self.files.open_paths(paths)

    def choose_theme(self, choice: str) -> None:
        """Use ``light``, ``dark`` or the ``system``'s colours."""
        self.settings.theme = choice
        self.theme = themes.apply(self._app, choice)
        self.view.set_theme(self.theme)
        self.presentation.set_theme(self.theme)
        self.playing.selection.set_theme(self.theme)
        self.hover.set_theme(self.theme)
        self.files.panel.set_theme(self.theme)
        self.presenter.restyle()
        self._show_state()

    def choose_text_scale(self, factor: float) -> None:
        """Show all text so much larger."""
        self.settings.text_scale = factor
        text_scale.apply(self._app, factor)
        self.toolbar.menu.text_scales[factor].setChecked(True)
        self.choose_theme(self.settings.theme)  # sets styles and sizes anew

    def choose_strips(self, choice: str) -> None:
        """Show waveform, spectrogram or both above the emotions."""
        self.settings.strips = choice
        self.plots.set_strips(choice)

    def choose_style(self, choice: str) -> None:
        """Draw the emotions as curves or as stacked area."""
        self.settings.style = choice
        self.toolbar.menu.styles[choice].setChecked(True)
        self.view.legend.set_style(choice)
        self.plots.set_style(choice)
        self.presenter.restyle()

    def toggle_style(self) -> None:
        """Curves in place of stacked area, or the other way round."""
        self.choose_style(STACKED if self.settings.style == CURVES else CURVES)

    def choose_smoothing(self, half_life: float) -> None:
        """Smooth the bars of the present state; the plots keep what was estimated."""
        self.settings.smoothing = self.presenter.smoother.half_life = half_life

    def toggle_pause(self) -> None:
        """Let the view stand still while listening goes on, or take it up again."""
        self.presenter.set_paused(not self.presenter.paused)

    def _on_follow(self, on: bool) -> None:
        on = on or self.presenter.paused
        self.presenter.set_paused(False)
        self.plots.set_follow(on)
        self.follow.setChecked(on)

    def _on_scheme(self) -> None:
        if self.settings.theme == themes.SYSTEM and themes.system_scheme() != self.theme.name:
            self.choose_theme(themes.SYSTEM)

    def show_about(self) -> None:
        """Open the about dialog."""
        predictor = self.engine.predictor
        model = "not loaded" if predictor is None else predictor.checkpoint.name
        self.about = AboutDialog(self, model)
        self.about.open()

    def show_keys(self) -> None:
        """Open the list of keys."""
        self.keys = KeysDialog(self)
        self.keys.open()

    @property
    def presenting(self) -> bool:
        """Whether the window shows the present state alone."""
        return self.pages.currentWidget() is self.presentation

    def toggle_presentation(self) -> None:
        """Show the present state alone on the full screen, or all of the window again."""
        if self.presenting:
            self.pages.setCurrentWidget(self.view)
            self.setWindowState(self._state_before)
            self.toolbar.toggle.setFocus()  # wherever Qt has put it: Space plays
        else:
            self._state_before = self.windowState()
            self.settings.geometry = self.saveGeometry()
            self.pages.setCurrentWidget(self.presentation)
            self.setWindowState(self._state_before | Qt.WindowState.WindowFullScreen)
        self.toolbar.menu.present.setChecked(self.presenting)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Qt's."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Qt's."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.files.open_paths(paths)

    def report(self, message: Message) -> None:
        """Show a message in the banner."""
        self.banners.show_message(message)

    # -- what the program does

    def _on_timer(self) -> None:
        self.presenter.refresh()
        self.hover.refresh()
        if self.presenting:
            shown = self.presenter
            label = self.toolbar.recording
            recording = "" if label.isHidden() else label.text()
            self.presentation.show_now(
                shown.present, shown.timeline, shown.moment, recording, shown.paused
            )
        # On a machine too slow for 60 pictures a second, draw fewer rather than starve the model.
        wanted = min(_SLOWEST_FRAME_MS, max(_FRAME_MS, round(_BUSY * self.presenter.cost_ms)))
        if abs(wanted - self._timer.interval()) > 3:
            self._timer.setInterval(wanted)

    def _show_state(self) -> None:
        engine = self.engine
        show_engine(self.toolbar, engine)
        file = engine.path.name if engine.path is not None else None
        title = file or (engine.microphone if engine.capturing else None)
        self.setWindowTitle(f"{title} – SER Live" if title else "SER Live")
        remember_input(self.settings, engine)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Qt's: everything is stopped; the caller of the event loop waits for the threads."""
        self._timer.stop()
        if not self.presenting:  # else it was kept when that began
            self.settings.geometry = self.saveGeometry()
        self.files.close()
        self.engine.close()
        super().closeEvent(event)
