"""A sound file can be seen and heard before the model is loaded; the results follow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from PySide6.QtCore import Qt

from ser_live.audio.file_peaks import FilePeaks
from ser_live.audio.playable import FileSound
from ser_live.errors import AudioFileError, CheckpointError
from ser_live.ui.app import begin
from ser_live.ui.early import Early
from ser_live.ui.engine import State
from tests.ui_support import FakeWork, press, texts


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.wav"
    sf.write(path, 0.3 * np.sin(np.arange(8000 * 20, dtype=np.float32)), 8000)
    return path


@pytest.fixture
def early(qtbot, window, world, talk) -> Early:
    """The window plays a file whose waveform is known; the model still loads."""
    plain = world.player

    def player(path: Path):
        made = plain(path)
        made.waveform = FilePeaks(FileSound(path), 20.0)
        made.waveform.start()
        made.waveform._thread.join(60)
        return made

    window.engine._backends = replace(window.engine._backends, open_player=player)
    begin(window.engine, window, str(talk), None)
    qtbot.waitUntil(lambda: window.engine.session is not None)
    assert isinstance(window.engine.session, Early)
    return window.engine.session


def test_it_is_seen_and_heard_at_once(qtbot, window, world, early):
    player = world.players[-1]
    assert player.playing and not world.sessions
    bar = window.view.transport
    qtbot.waitUntil(lambda: bar.isVisible() and "0:20.0" in bar.time.text())
    assert window.panel.headline.text() == "Loading…"
    detail = window.panel.detail
    assert detail.fontMetrics().horizontalAdvance(detail.text()) <= detail.width()
    qtbot.waitUntil(lambda: window.plots._envelope.boundingRect().width() > 9)
    assert not window.status.cancel.isVisible()
    press(window, Qt.Key.Key_Space)
    assert not player.playing
    window.plots.clicked.emit(7.0)
    assert player.position == 7.0


def test_the_results_follow_and_nothing_jumps(qtbot, window, world, early):
    player = world.players[-1]
    player.position = 12.0
    player.pause()
    window.playing.selection.show((3.0, 5.0))
    window.plots.set_follow(False)
    window.plots.go_to(10.0, 14.0)
    qtbot.wait(100)
    before = window.plots.visible_range
    world.loading.set()
    qtbot.waitUntil(lambda: bool(world.sessions))
    session = world.sessions[-1]
    assert window.engine.session is session and window.engine.state is State.RUNNING
    assert len(world.players) == 1 and window.engine.player is player
    assert not player.playing and not player.closed and player.position == 12.0
    assert session.running
    session.hear(20.0)
    session.utter(1, 11.0, "happy")
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 1)
    assert window.plots.visible_range == pytest.approx(before)
    assert window.playing.selection.span == (3.0, 5.0)
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Happy")


def test_another_file_before_the_model_is_there(qtbot, window, world, early, talk):
    closed: list[bool] = []
    early._source.close = lambda: closed.append(True)
    window.engine.open_file(talk)
    qtbot.waitUntil(lambda: window.engine.session not in (None, early))
    qtbot.waitUntil(lambda: closed == [True])
    assert world.players[0].closed and not world.players[1].closed
    world.loading.set()
    qtbot.waitUntil(lambda: bool(world.sessions))
    qtbot.wait(100)
    assert len(world.sessions) == 1  # of the second file alone


def test_without_a_model_it_still_plays(qtbot, window, world, early):
    world.load_error = CheckpointError("model_a.safetensors: no such checkpoint")
    world.loading.set()
    qtbot.waitUntil(lambda: window.panel.headline.text() == "No model")
    qtbot.waitUntil(lambda: "no such checkpoint" in texts(window))
    assert world.players[-1].playing and window.toolbar.toggle.text() == "Pause"


def test_nothing_can_be_exported_or_saved_yet(qtbot, window, early):
    window.saving.ask_to_export()
    assert "Nothing to export" in texts(window)
    window.session_saving.ask()
    assert "not complete yet" in texts(window)
    window.engine.stop_analysis()
    assert not window.engine.analysis_stopped


def test_a_file_that_is_none_is_told_while_the_model_loads(qtbot, window, world):
    begin(window.engine, window, "missing.wav", None)
    qtbot.waitUntil(lambda: "no such file" in texts(window))
    assert window.engine.session is None and window.engine.state is State.NONE


@pytest.fixture
def listed(qtbot, window, world, opened, tmp_path) -> list[FakeWork]:
    """A list of two files, the first of which plays; the model still loads."""
    for name in ("a happy.wav", "b sad.wav"):
        sf.write(tmp_path / name, np.zeros(8000 * 20, np.float32), 8000)
    begin(window.engine, window, [str(tmp_path / n) for n in ("a happy.wav", "b sad.wav")], None)
    qtbot.waitUntil(lambda: isinstance(window.engine.session, Early))
    return opened


def test_a_list_of_files_too(qtbot, window, world, listed):
    player = window.engine.player
    assert player.playing and not listed and window.files.shown == 1
    world.loading.set()
    qtbot.waitUntil(lambda: isinstance(window.engine.session, FakeWork))
    assert window.engine.player is player and not player.closed and window.files.shown == 1
    qtbot.waitUntil(lambda: window.files.batch.progress().done == 2)
    assert window.files.shown == 1


def test_what_can_be_played_but_not_analysed(qtbot, window, world, listed):
    def refuse(path, predictor, values):
        raise AudioFileError(f"{path}: broken")

    window.files._opener = refuse
    player = window.engine.player
    world.loading.set()
    qtbot.waitUntil(lambda: "broken" in texts(window))
    qtbot.waitUntil(lambda: player.closed)
    assert window.engine.session is None and window.engine.player is None
    assert window.engine.state is State.NONE
