"""The window with everything behind it replaced: every button, every key, every message."""

from __future__ import annotations

import itertools
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QToolButton

from ser_live.errors import AudioDeviceError, CheckpointError
from ser_live.labels import EMOTIONS
from ser_live.ui import theme as themes
from ser_live.ui.app import ErrorReporter, begin
from ser_live.ui.engine import State
from ser_live.ui.settings import Settings
from ser_live.ui.status_line import NOTE
from tests.ui_support import press, texts

# ------------------------------------------------------------------ loading


def test_the_window_is_there_while_the_model_loads(qtbot, window, world):
    begin(window.engine, window, None, None)
    qtbot.waitUntil(lambda: "Loading" in window.panel.headline.text())
    assert window.toolbar.model.text() == "loading model…"
    assert not world.sessions
    qtbot.wait(100)
    assert not world.opened  # nothing is captured that could not be used
    assert not window.toolbar.recording.isVisible()
    world.loading.set()
    qtbot.waitUntil(lambda: "Listening" in window.panel.headline.text())
    assert window.toolbar.model.text() == "model_a@1234"
    assert window.toolbar.backend.text() == "cpu test"


def test_a_model_that_cannot_be_loaded_is_explained(qtbot, window, world):
    world.load_error = CheckpointError("model_a.safetensors: no such checkpoint")
    world.loading.set()
    begin(window.engine, window, None, None)
    qtbot.waitUntil(lambda: "no such checkpoint" in texts(window))
    assert "--model" in texts(window)
    qtbot.waitUntil(lambda: window.panel.headline.text() == "No model")
    qtbot.waitUntil(lambda: window.engine.state is State.NONE)
    assert not world.opened
    assert not window.engine.capturing
    assert not window.toolbar.recording.isVisible()
    assert not window.toolbar.toggle.isEnabled()


def test_a_gpu_that_fails_is_told(qtbot, window, world, listening):
    threading.Thread(target=world.on_fallback, args=("cuda failed; going on with the CPU",)).start()
    qtbot.waitUntil(lambda: "going on with the CPU" in texts(window))


def test_the_note_on_use_is_always_there(window):
    assert window.status.note.isVisible()
    assert window.status.note.text() == NOTE


# ------------------------------------------------------------------ microphone


def test_live_speech_is_shown_everywhere(qtbot, window, listening):
    assert window.toolbar.recording.isVisible()
    assert window.toolbar.toggle.text() == "Stop"
    listening.hear(5.0)
    listening.utter(1, 1.0, "happy")
    listening.utter(2, 3.0, "sad", 0.6)
    listening.peak_db, listening.rms_db, listening.speaking = -6.0, -20.0, True
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Sad")
    assert window.panel.detail.text() == "63 % · fairly sure"
    assert "female" in window.panel.gender.text()
    assert window.panel.footer.text() == "result of utterance 2"
    assert window.table.content.rowCount() == 2
    for name in EMOTIONS:
        assert len(window.plots.curves[name].getData()[0]) == 8
        assert len(window.plots.finals[name].getData()[0]) == 4
    assert window.toolbar.speech.text() == "◉ speech"
    assert "peak -6 dBFS" in window.toolbar.meter.accessibleDescription()
    qtbot.waitUntil(lambda: "dropped 2" in window.status.figures.text())


def test_low_evidence_says_not_sure(qtbot, window, listening):
    listening.hear(3.0)
    listening.utter(1, 0.5, "fear", 0.2)
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Not sure")
    assert window.table.content.index(0, 3).data() == "fear ?"


def test_clipping_leaves_a_mark(qtbot, window, listening):
    listening.peak_db = 0.0
    qtbot.waitUntil(lambda: window.toolbar.meter.clipping)


def test_start_and_stop_by_button_and_by_space(qtbot, window, world, listening):
    listening.hear(2.0)
    qtbot.mouseClick(window.toolbar.toggle, Qt.MouseButton.LeftButton)
    assert window.engine.state is State.STOPPED
    assert not window.toolbar.recording.isVisible()
    qtbot.waitUntil(lambda: listening.stopped_in is not None)
    assert listening.stopped_in == "ser-jobs"  # never on the UI thread
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Stopped")
    press(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(world.sessions) == 2 and window.engine.capturing)
    press(window, Qt.Key.Key_Space)
    assert window.engine.state is State.STOPPED


def test_the_view_follows_until_it_is_moved(qtbot, window, listening):
    listening.hear(100.0)
    qtbot.waitUntil(lambda: window.plots.visible_range[1] == pytest.approx(100.0))
    press(window, Qt.Key.Key_Left)
    assert not window.plots.follow
    assert not window.follow.isChecked()
    moved = window.plots.visible_range
    listening.hear(10.0)
    qtbot.wait(100)
    assert window.plots.visible_range == moved
    press(window, Qt.Key.Key_F)
    assert window.follow.isChecked()
    qtbot.waitUntil(lambda: window.plots.visible_range[1] == pytest.approx(110.0))
    press(window, Qt.Key.Key_Minus)
    assert np.diff(window.plots.visible_range)[0] > 31
    press(window, Qt.Key.Key_Plus)
    press(window, Qt.Key.Key_Right)
    assert not window.plots.follow
    qtbot.mouseClick(window.follow, Qt.MouseButton.LeftButton)
    assert window.plots.follow


def test_the_wheel_leaves_follow_mode(qtbot, window, listening):
    listening.hear(5.0)
    qtbot.wait(100)
    window.plots.wave.getViewBox().sigRangeChangedManually.emit([True, False])
    assert not window.follow.isChecked()


def test_all_plots_share_the_time_axis(qtbot, window, listening):
    window.plots.go_to(50.0, 52.0)
    ranges = [plot.getViewBox().viewRange()[0] for plot in window.plots.plots]
    for other in ranges[1:]:
        np.testing.assert_allclose(other, ranges[0])


def test_an_utterance_is_chosen_in_the_table(qtbot, window, listening):
    listening.hear(300.0)
    for i in range(40):
        listening.utter(i + 1, 5.0 * i, EMOTIONS[i % 7])
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 40)
    bar = window.table.verticalScrollBar()
    assert bar.value() == bar.maximum()  # the newest is visible
    window.table.selectRow(10)
    assert window.presenter.selected == 11
    start, end = window.plots.visible_range
    assert start <= 50.0 <= end
    assert not window.plots.follow


def test_another_microphone_is_chosen(qtbot, window, world, listening):
    picker = window.toolbar.picker
    qtbot.waitUntil(lambda: picker.findText("Second mic") >= 0)
    index = picker.findText("Second mic")
    picker.setCurrentIndex(index)
    picker.activated.emit(index)
    qtbot.waitUntil(lambda: window.settings.input_name == "Second mic")
    assert ("microphone", "Second mic") in world.opened
    assert listening.stopped_in == "ser-jobs"
    assert picker.currentText() == "Second mic"
    assert window.engine.microphone == "Second mic"


def test_looking_for_devices_needs_a_closed_stream(qtbot, window, world, listening):
    picker = window.toolbar.picker
    index = picker.findText("Look for devices")
    picker.activated.emit(index)
    qtbot.waitUntil(lambda: "Stop listening to look" in texts(window))
    assert world.looked_again[-1] is False
    window.engine.stop()
    picker.activated.emit(picker.findText("Look for devices"))
    qtbot.waitUntil(lambda: world.looked_again[-1] is True)


def test_no_microphone_opens_the_demo_clip(qtbot, window, world):
    world.absent = True
    begin(window.engine, window, None, None)
    qtbot.waitUntil(lambda: "no input device found" in texts(window).lower())  # at once
    world.loading.set()
    qtbot.waitUntil(lambda: window.engine.state is State.RUNNING)
    assert world.opened[-1] == ("file", "demo.wav")
    assert "no input device found" in texts(window).lower()
    assert "Look for devices" in texts(window)
    assert window.toolbar.picker.isEnabled()


def test_a_busy_device_says_what_to_do(qtbot, window, world, listening):
    world.microphone_error = AudioDeviceError("Second mic: the device is busy")
    window.engine.open_microphone("2")
    qtbot.waitUntil(lambda: "Close the other program" in texts(window))
    assert window.engine.state is State.NONE
    assert window.toolbar.toggle.text() == "Start"
    world.microphone_error = None
    window.toolbar.toggle.click()
    qtbot.waitUntil(lambda: window.engine.capturing)
    assert "busy" not in texts(window)
    assert world.opened[-1] == ("microphone", "2")


def test_a_device_that_stalls_is_told_and_settled(qtbot, window, listening):
    listening.source.stalled = True
    qtbot.waitUntil(lambda: "stopped delivering" in texts(window))
    qtbot.waitUntil(lambda: window.panel.headline.text() == "No sound")
    listening.source.stalled = False
    qtbot.waitUntil(lambda: "stopped delivering" not in texts(window))


def test_a_session_that_dies_is_told(qtbot, window, listening):
    listening.error = RuntimeError("out of luck")
    listening.running = False
    qtbot.waitUntil(lambda: "out of luck" in texts(window))
    assert window.engine.state is State.STOPPED


def test_warnings_of_the_source_are_in_the_status_line(qtbot, window, listening):
    listening.source.warnings = ["3 overflows, 100 samples lost"]
    qtbot.waitUntil(lambda: "3 overflows" in window.status.warning.text())


# ------------------------------------------------------------------ files


def test_a_file_plays_and_the_state_follows_its_cursor(qtbot, window, world, playing):
    player = world.players[-1]
    assert player.playing
    playing.hear(20.0)
    playing.utter(1, 1.0, "angry")
    playing.utter(2, 10.0, "surprise")
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 2)
    player.position = 2.5
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Angry")
    assert window.plots._cursors[0].value() == 2.5
    player.position = 11.7
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Surprise")
    qtbot.waitUntil(lambda: window.view.transport.time.text() == "0:11.7 / 0:20.0")
    font = window.table.content.index(1, 3).data(Qt.ItemDataRole.FontRole)
    assert font.bold()  # the utterance that is heard
    assert window.table.content.index(0, 3).data(Qt.ItemDataRole.FontRole) is None
    assert "playing silently" in texts(window)
    assert not window.toolbar.recording.isVisible()
    window.table.selectRow(0)
    assert player.position == 1.0


def test_progress_and_a_cursor_ahead_of_the_analysis(qtbot, window, world, playing):
    playing.hear(5.0)
    world.players[-1].position = 9.0
    qtbot.waitUntil(lambda: "Analysing" in window.panel.headline.text())
    qtbot.waitUntil(lambda: window.status.progress.value() == 25)
    assert window.status.progress.isVisible()
    playing.running = False
    qtbot.waitUntil(lambda: not window.status.progress.isVisible())


def test_space_and_arrows_move_a_file(qtbot, window, world, playing):
    player = world.players[-1]
    press(window, Qt.Key.Key_Space)
    assert not player.playing
    assert window.toolbar.toggle.text() == "Play"
    press(window, Qt.Key.Key_Space)
    assert player.playing
    assert window.toolbar.toggle.text() == "Pause"
    player.position = 10.0
    press(window, Qt.Key.Key_Right)
    assert player.position == 15.0
    press(window, Qt.Key.Key_Left)
    assert player.position == 10.0


def test_a_click_into_a_plot_seeks(qtbot, window, world, playing):
    playing.hear(20.0)
    playing.utter(1, 4.0, "angry")
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 1)
    window.plots.clicked.emit(5.0)
    assert world.players[-1].position == 5.0
    assert window.presenter.selected == 1
    window.plots.clicked.emit(12.0)
    assert window.presenter.selected is None


def test_a_real_click_into_a_plot(qtbot, window, world, playing):
    playing.hear(20.0)
    qtbot.wait(100)
    view = window.plots.emotion.getViewBox()
    at = window.plots.mapFromScene(view.mapViewToScene(QPointF(8.0, 0.5)))
    qtbot.mouseClick(window.plots.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: abs(world.players[-1].position - 8.0) < 0.3)


def test_open_by_key_and_by_button(qtbot, window, world, listening, monkeypatch):
    chosen = iter(["a.wav", "b.wav", "c.wav", ""])
    monkeypatch.setattr(
        QFileDialog, "getOpenFileNames", lambda *_: ([n for n in [next(chosen)] if n], "")
    )
    press(window, Qt.Key.Key_O)
    qtbot.waitUntil(lambda: world.opened[-1] == ("file", "a.wav"))
    press(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: world.opened[-1] == ("file", "b.wav"))
    qtbot.mouseClick(window.toolbar.open, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: world.opened[-1] == ("file", "c.wav"))
    qtbot.waitUntil(lambda: window.toolbar.picker.currentText() == "File: c.wav")
    count = len(world.opened)
    window.toolbar.picker.activated.emit(window.toolbar.picker.findText("Open file…"))
    assert len(world.opened) == count  # the dialog was cancelled
    assert listening.stopped_in == "ser-jobs"
    qtbot.waitUntil(lambda: all(p.closed for p in world.players[:-1]))


def test_a_dropped_file_is_opened(qtbot, window, world, listening):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/somewhere/dropped.wav")])
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    window.dropEvent(event)
    qtbot.waitUntil(lambda: world.opened[-1] == ("file", "dropped.wav"))


def test_an_unreadable_file_is_told_and_can_be_dismissed(qtbot, window, world, listening):
    window.engine.open_file("missing.wav")
    qtbot.waitUntil(lambda: "no such file" in texts(window))
    assert window.engine.state is State.NONE
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Ready")
    (banner,) = [b for b in window.banners.banners if b.message.key == "file"]
    qtbot.mouseClick(banner.dismiss, Qt.MouseButton.LeftButton)
    assert "no such file" not in texts(window)
    assert not window.banners.isVisible()


def test_only_the_last_of_hasty_requests_counts(qtbot, window, world, listening):
    for name in ("a.wav", "b.wav", "c.wav"):
        window.engine.open_file(name)
    qtbot.waitUntil(lambda: window.engine.state is State.RUNNING)
    qtbot.wait(50)
    assert len(world.sessions) == 2  # the microphone's, and c.wav's
    assert Path(world.sessions[-1].source.name).name == "c.wav"
    qtbot.waitUntil(lambda: all(p.closed for p in world.players[:-1]))
    assert not world.players[-1].closed


# ------------------------------------------------------------------ appearance


def test_themes_by_menu(qtbot, window, listening):
    for choice in (themes.DARK, themes.LIGHT, themes.SYSTEM):
        window.toolbar.theme_actions[choice].trigger()
        assert window.settings.theme == choice
        expected = themes.system_scheme() if choice == themes.SYSTEM else choice
        assert window.theme.name == expected


def test_the_legend_hides_a_curve(qtbot, window):
    button = window.legend.buttons["sad"]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not window.plots.curves["sad"].isVisible()
    assert not window.plots.finals["sad"].isVisible()
    assert window.plots.curves["happy"].isVisible()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.plots.curves["sad"].isVisible()


def test_about_shows_note_and_licences(qtbot, window, listening):
    window.toolbar.about.trigger()
    assert window.about.isVisible()
    window.about.close()


def test_quit_by_menu(qtbot, window, listening):
    window.toolbar.quit.trigger()
    assert not window.isVisible()
    assert window.engine.wait(10)
    assert listening.stopped_in == "ser-jobs"


def test_every_control_has_a_name_and_a_tip(window):
    for button in window.findChildren(QToolButton):
        if button.isVisible() and button.objectName() != "qt_toolbar_ext_button":
            assert button.accessibleName(), button.text()
            assert button.toolTip(), button.text()
    for widget in (window.toolbar.picker, window.toolbar.meter, window.table, window.plots):
        assert widget.accessibleName()


@pytest.mark.parametrize("size", [(1100, 700), (1600, 1000)])
def test_nothing_is_cut_off(qtbot, window, listening, size):
    window.resize(*size)
    listening.hear(5.0)
    listening.utter(1, 1.0, "surprise")
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Surprise")
    bar = window.toolbar
    children = [bar.picker, bar.toggle, bar.open, bar.recording, bar.meter, bar.speech,
                bar.model, bar.menu_button]  # fmt: skip
    for left, right in itertools.pairwise(children):
        assert left.geometry().right() < right.geometry().left()
    for label in (bar.recording, bar.speech, bar.model, window.panel.headline, window.panel.detail):
        assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width(), label.text()
    corner = window.status.mapTo(window, QPoint(0, window.status.height()))
    assert corner.y() <= window.height()


def test_settings_are_remembered(qtbot, world, tmp_path):
    store = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    settings = Settings(store)
    assert settings.theme == themes.SYSTEM
    assert settings.input_name is None
    assert settings.geometry is None
    settings.theme, settings.input_name = themes.DARK, "Second mic"
    store.sync()
    again = Settings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    assert again.theme == themes.DARK
    assert again.input_name == "Second mic"


def test_the_last_input_is_taken_up_again(qtbot, window, world):
    window.settings.input_name = "Second mic"
    world.loading.set()
    begin(window.engine, window, None, None)
    qtbot.waitUntil(lambda: window.engine.state is State.RUNNING)
    assert ("microphone", "Second mic") in world.opened


def test_an_unexpected_error_is_a_message_not_the_end(qtbot, window, capsys):
    reporter = ErrorReporter()
    reporter.failed.connect(window.report)
    reporter.install()
    try:
        sys.excepthook(ValueError, ValueError("a bug"), None)
        qtbot.waitUntil(lambda: "a bug" in texts(window))
    finally:
        reporter.remove()
    assert "a bug" in capsys.readouterr().err
