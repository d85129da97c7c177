"""The bar that plays a file: every control, every key, the mouse in the plots."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QSlider

from ser_live.audio.devices import Device
from ser_live.ui.engine import State
from ser_live.ui.time_left import TimeLeft, in_words
from ser_live.ui.utterance_steps import neighbour
from ser_live.ui.view_model import Utterance
from tests.ui_support import press, texts

Key = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(autouse=True)
def outputs(monkeypatch: pytest.MonkeyPatch) -> list[Device]:
    """Two output devices."""
    found = [
        Device(3, "Built-in speakers", "ALSA", 0, 2, 48_000, False, True),
        Device(4, "Headphones", "ALSA", 0, 2, 48_000, False, False),
    ]
    monkeypatch.setattr("ser_live.ui.playing.output_devices", lambda: found)
    return found


@pytest.fixture
def bar(window):
    return window.view.transport


def at(window, seconds: float) -> QPoint:
    """Where a time is in the plot of the emotions."""
    view = window.plots.emotion.getViewBox()
    return window.plots.mapFromScene(view.mapViewToScene(QPointF(seconds, 0.5)))


def mark(window, start: float, end: float) -> None:
    """Drag with Shift."""
    area = window.plots.viewport()
    QTest.mousePress(area, Qt.MouseButton.LeftButton, SHIFT, at(window, start))
    QTest.mouseMove(area, at(window, (start + end) / 2))
    QTest.mouseRelease(area, Qt.MouseButton.LeftButton, SHIFT, at(window, end))


def test_the_bar_is_there_with_a_file_only(qtbot, window, world, bar, playing):
    assert bar.isVisible()
    window.engine.open_microphone(None)
    qtbot.waitUntil(lambda: window.engine.state is State.RUNNING and window.engine.capturing)
    assert not bar.isVisible()


def test_every_control_has_a_name_and_a_tooltip(qtbot, bar, playing):
    for kind in (QAbstractButton, QComboBox, QSlider):
        found = bar.findChildren(kind)
        assert found
        for widget in found:
            assert widget.accessibleName(), widget
            assert widget.toolTip(), widget
    assert all(label.accessibleName() for label in bar.findChildren(QLabel))


def test_time_and_state(qtbot, world, bar, playing):
    world.players[-1].position = 11.7
    qtbot.waitUntil(lambda: bar.time.text() == "0:11.7 / 0:20.0")
    assert bar.play.accessibleName() == "Pause"
    qtbot.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    assert not world.players[-1].playing
    qtbot.waitUntil(lambda: bar.play.accessibleName() == "Play")
    world.players[-1].duration = None
    qtbot.waitUntil(lambda: bar.time.text() == "0:11.7")


def test_speed_stays_for_the_next_file(qtbot, window, world, bar, playing):
    bar.speeds.setCurrentIndex(bar.speeds.findData(1.5))
    bar.speeds.activated.emit(bar.speeds.currentIndex())
    assert world.players[-1].speed == 1.5
    window.engine.open_file("b.wav")
    qtbot.waitUntil(lambda: len(world.players) == 2 and world.players[1].speed == 1.5)
    assert bar.speeds.currentText() == "1.5×"


def test_volume_and_mute_are_remembered(qtbot, window, world, bar, playing):
    assert world.players[-1].gain == 1.0
    bar.slider.setValue(50)
    assert world.players[-1].gain == pytest.approx(0.25)
    press(window, Key.Key_M)
    assert world.players[-1].gain == 0.0
    assert bar.mute.isChecked() and bar.mute.accessibleName() == "Muted"
    assert (window.settings.volume, window.settings.muted) == (50, True)
    window.engine.open_file("b.wav")
    qtbot.waitUntil(lambda: len(world.players) == 2 and world.players[1].gain == 0.0)
    qtbot.mouseClick(bar.mute, Qt.MouseButton.LeftButton)
    assert world.players[1].gain == pytest.approx(0.25)
    assert not bar.mute.isChecked()
    press(window, Key.Key_M)
    bar.slider.setValue(60)  # who moves it wants to hear
    assert world.players[1].gain == pytest.approx(0.36)


def test_an_output_is_chosen_by_name_and_remembered(qtbot, window, world, bar, playing, outputs):
    qtbot.waitUntil(lambda: bar.outputs.count() == 3)
    names = [bar.outputs.itemText(i) for i in range(3)]
    assert names == ["System default", "Built-in speakers", "Headphones"]
    assert world.players[-1].device is None
    bar.outputs.setCurrentIndex(2)
    bar.outputs.activated.emit(2)
    assert world.players[-1].device == "Headphones"
    assert window.settings.output_name == "Headphones"
    outputs.pop()
    window.engine.open_file("b.wav")
    qtbot.waitUntil(lambda: len(world.players) == 2 and world.players[1].device == "Headphones")
    window.engine.inputs.changed.emit([])
    qtbot.waitUntil(lambda: bar.outputs.currentText() == "Headphones (not there)")
    bar.outputs.setCurrentIndex(0)
    bar.outputs.activated.emit(0)
    assert world.players[1].device is None
    assert window.settings.output_name == ""


def test_an_output_that_fails_is_told_until_it_is_right(qtbot, window, world, playing):
    player = world.players[-1]
    player.silent, player.message = False, "the output “Headphones” cannot be used"
    qtbot.waitUntil(lambda: "“Headphones” cannot be used" in texts(window))
    assert "Choose another output" in texts(window)
    player.message = ""
    qtbot.waitUntil(lambda: "Headphones" not in texts(window))


def test_a_file_that_went_away_is_told_and_nothing_is_lost(qtbot, window, world, playing):
    playing.hear(20.0)
    playing.utter(1, 1.0, "angry")
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 1)
    player = world.players[-1]
    player.error = RuntimeError("talk.wav is not there any more")
    player.playing = False
    qtbot.waitUntil(lambda: "Playing stopped: talk.wav is not there any more." in texts(window))
    assert "open it again" in texts(window)
    assert window.table.content.rowCount() == 1
    player.error = None
    qtbot.waitUntil(lambda: "Playing stopped" not in texts(window))


def test_a_stretch_is_marked_repeated_and_unmarked(qtbot, window, world, bar, playing):
    playing.hear(20.0)
    qtbot.wait(100)
    player = world.players[-1]
    position = player.position
    mark(window, 12.0, 5.0)
    start, end = window.playing.selection.span
    assert (start, end) == (pytest.approx(5.0, abs=0.2), pytest.approx(12.0, abs=0.2))
    assert player.loop is None
    assert player.position == position  # marking is no click
    press(window, Key.Key_L)
    assert player.loop == (start, end)
    assert bar.loop.isChecked()
    assert bar.span.text() == f"repeats {bar.span.text().split(' ', 1)[1]}"
    mark(window, 14.0, 16.0)
    assert player.loop == (pytest.approx(14.0, abs=0.2), pytest.approx(16.0, abs=0.2))
    qtbot.mouseClick(bar.loop, Qt.MouseButton.LeftButton)
    assert player.loop is None
    assert window.playing.selection.span is not None
    press(window, Key.Key_L)
    press(window, Key.Key_Escape)
    assert player.loop is None
    assert window.playing.selection.span is None
    assert bar.span.text() == ""
    assert not bar.loop.isChecked()


def test_a_stretch_too_short_to_be_meant_marks_nothing(qtbot, window, playing):
    playing.hear(20.0)
    qtbot.wait(100)
    mark(window, 5.0, 9.0)
    mark(window, 7.0, 7.0)
    assert window.playing.selection.span is None


def test_without_a_mark_the_utterance_at_the_cursor_is_repeated(qtbot, window, world, bar, playing):
    press(window, Key.Key_L)
    assert world.players[-1].loop is None
    assert not bar.loop.isChecked()
    playing.hear(20.0)
    playing.utter(1, 1.0, "angry")
    playing.utter(2, 10.0, "sad")
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 2)
    world.players[-1].position = 10.5
    press(window, Key.Key_L)
    assert world.players[-1].loop == (10.0, 12.0)
    window.engine.open_file("b.wav")
    qtbot.waitUntil(lambda: len(world.players) == 2 and not bar.loop.isChecked())
    assert window.playing.selection.span is None


def test_a_microphone_has_nothing_to_mark(qtbot, window, listening):
    listening.hear(20.0)
    qtbot.wait(100)
    mark(window, 5.0, 9.0)
    assert window.playing.selection.span is None


def test_from_utterance_to_utterance(qtbot, window, world, bar, playing):
    playing.hear(20.0)
    for number, start in enumerate((1.0, 6.0, 12.0), 1):
        playing.utter(number, start, "angry")
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 3)
    player = world.players[-1]

    def moved(how, to: float) -> bool:
        qtbot.waitUntil(lambda: window.presenter.moment == player.position)
        how()
        return player.position == to

    control = Qt.KeyboardModifier.ControlModifier
    assert moved(lambda: press(window, Key.Key_BracketRight), 1.0)
    assert moved(lambda: press(window, Key.Key_Right, control), 6.0)
    assert window.presenter.selected == 2
    assert moved(lambda: qtbot.mouseClick(bar.next, Qt.MouseButton.LeftButton), 12.0)
    assert moved(lambda: press(window, Key.Key_BracketRight), 12.0)
    assert moved(lambda: press(window, Key.Key_BracketLeft), 6.0)
    assert moved(lambda: press(window, Key.Key_Left, control), 1.0)
    player.position = 13.5
    assert moved(lambda: qtbot.mouseClick(bar.previous, Qt.MouseButton.LeftButton), 12.0)


def test_the_neighbours_of_a_moment():
    utterances = [Utterance(1, 1.0, 3.0), Utterance(2, 6.0, 8.0)]
    assert neighbour(utterances, 0.0, 1).number == 1
    assert neighbour(utterances, 1.0, 1).number == 2
    assert neighbour(utterances, 6.0, 1) is None
    assert neighbour(utterances, 7.5, -1).number == 2
    assert neighbour(utterances, 6.2, -1).number == 1
    assert neighbour(utterances, 0.5, -1) is None
    assert neighbour([], 0.5, 1) is None


def test_the_analysis_says_how_long_it_takes_and_can_be_stopped(qtbot, window, world, playing):
    playing.hear(4.0)
    qtbot.waitUntil(lambda: window.status.progress.isVisible())
    assert window.status.cancel.isVisible()
    qtbot.waitUntil(lambda: "20 %" in window.status.progress.text())
    qtbot.mouseClick(window.status.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "stopped at 0:04.0" in texts(window))
    assert playing.stopped_in == "ser-jobs"
    qtbot.waitUntil(lambda: not window.status.cancel.isVisible())
    assert world.players[-1].playing and not world.players[-1].closed
    world.players[-1].position = 15.0
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Not analysed")
    window.engine.open_file("b.wav")
    qtbot.waitUntil(lambda: len(world.sessions) == 2)
    assert not window.engine.analysis_stopped


def test_the_waveform_of_a_whole_file_is_there_before_the_analysis(qtbot, window, world, playing):
    import numpy as np

    from ser_live.audio.file_peaks import FilePeaks

    samples = np.full(300 * 8000, 0.25, np.float32)

    def blocks(start: float = 0.0):
        for first in range(round(start * 8000), len(samples), 8000):
            yield samples[first : first + 8000]

    sound = SimpleNamespace(path="x", sample_rate=8000, duration=300.0, blocks=blocks)
    peaks = FilePeaks(sound, 300.0)
    make = world.player

    def player(path):
        made = make(path)
        made.duration, made.waveform = None, peaks
        return made

    object.__setattr__(window.engine._backends, "open_player", player)
    peaks.start()
    window.engine.open_file("b.wav")
    qtbot.waitUntil(lambda: len(world.players) == 2 and peaks.complete)
    qtbot.waitUntil(lambda: world.players[1].duration == 300.0)
    assert world.sessions[-1].time == 0.0  # nothing is analysed
    qtbot.waitUntil(lambda: window.overview.isVisible() and len(window.overview._lines) > 100)
    assert window.overview._total == 300.0
    times, _, high = window.presenter._waveform.columns(100.0, 110.0, 500)
    assert len(times) > 100 and (high == 0.25).all()
    peaks.close()


def test_the_time_left_follows_the_pace():
    left = TimeLeft()
    assert left.text(0.1, 0.0) == ""
    assert left.seconds(0.2, 4.0) == pytest.approx(32.0)
    for second in range(5, 60):  # slower now
        left.seconds(0.2 + 0.001 * (second - 4), float(second))
    assert left.seconds(0.256, 60.0) == pytest.approx(744, rel=0.05)
    assert left.text(0.01, 61.0) == ""  # another file
    assert left.text(None, 62.0) == ""
    assert [in_words(s) for s in (0.5, 3_570, 3_660)] == [
        "5 s left",
        "1 h 0 min left",
        "1 h 1 min left",
    ]
