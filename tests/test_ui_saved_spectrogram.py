"""The spectrogram of a saved session: computed when it is opened, or said to be missing."""

from __future__ import annotations

import sqlite3
import threading

import numpy as np
import pytest

from ser_live.audio.spectrogram import Spectrogram
from ser_live.sessions.reader import read_session
from ser_live.sessions.replay import Replay
from ser_live.ui.app import begin
from ser_live.ui.presenter import NO_SOUND
from ser_live.ui.spectrum_row import SPECTROGRAM, STRIPS, WAVEFORM
from tests.ui_recording import RecordingWorld
from tests.ui_support import RATE, texts


@pytest.fixture
def world(recording_world: RecordingWorld) -> RecordingWorld:
    return recording_world


def test_it_is_that_of_the_sound(saved):
    replay = Replay(read_session(saved(True)))
    assert replay.spectrogram is not None and len(replay.spectrogram) == 0
    replay.start()
    replay._thread.join(60)
    whole = Spectrogram(RATE)
    whole.push(np.full(20 * RATE, 0.1, np.float32))
    assert len(replay.spectrogram) == len(whole) > 480
    got, wanted = replay.spectrogram.get(0, 600), whole.get(0, 600)
    assert np.abs(got.astype(int) - wanted.astype(int)).max() <= 1
    replay.stop()


def test_stopping_ends_the_work(saved):
    replay = Replay(read_session(saved(True)))
    replay.stop()  # before it has begun
    replay.start()
    replay.stop(timeout=60)
    assert not replay._thread.is_alive()
    without = Replay(read_session(saved(False)))
    without.start()
    without.stop()
    assert without.spectrogram is None


def test_damaged_sound_is_an_error_that_is_kept(saved):
    path = saved(True)
    with sqlite3.connect(path) as base:
        base.execute("UPDATE audio SET flac = x'00'")
    replay = Replay(read_session(path))
    replay.start()
    replay._thread.join(60)
    assert "damaged" in str(replay.error)


def test_it_is_drawn_when_the_session_is_opened(qtbot, window, world, saved):
    world.loading.set()
    window.choose_strips(SPECTROGRAM)
    begin(window.engine, window, str(saved(True)), None)
    image = window.plots.spectrum_row.image
    qtbot.waitUntil(lambda: image.image is not None and len(image.image) > 400)
    assert window.plots.spectrum.isVisible() and image.isVisible()
    assert not window.plots.spectrum_row._note.isVisible()
    window.engine.stop()
    qtbot.waitUntil(lambda: not [t for t in threading.enumerate() if t.name == "ser-spectrogram"])


def _seen(note):
    """The middle of a text, in the scene."""
    return note.textItem.sceneBoundingRect().center()


@pytest.mark.parametrize("choice", list(STRIPS))
def test_without_sound_the_row_says_so(qtbot, window, world, saved, choice):
    world.loading.set()
    window.resize(1200, 900)
    window.choose_strips(choice)
    begin(window.engine, window, str(saved(False)), None)
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 2)
    row = window.plots.spectrum_row
    assert window.plots.wave.isVisible()
    assert window.plots.spectrum.isVisible() == (choice != WAVEFORM)
    assert row._note.toPlainText() == NO_SOUND
    if choice != WAVEFORM:
        view = window.plots.spectrum.getViewBox()
        qtbot.waitUntil(lambda: view.sceneBoundingRect().contains(_seen(row._note)))
        assert row._note.isVisible()
    assert "unexpected" not in texts(window)
