"""Saving a long file's session: progress, cancel, and nothing left of what was not finished."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

import ser_live.sessions.saving  # noqa: F401 - imports torch, which takes its time
from ser_live.audio.decode import Decoder
from ser_live.sessions.reader import read_session
from ser_live.ui.app import begin
from ser_live.ui.closing import Closing
from ser_live.ui.engine import State
from ser_live.ui.main_window import MainWindow
from tests.ui_recording import RecordableSession, RecordingWorld
from tests.ui_support import RATE, press, texts

SECONDS = 20


@pytest.fixture
def world(recording_world: RecordingWorld) -> RecordingWorld:
    return recording_world


class SlowSound:
    """A file's sound that comes a second at a time, when the test says so."""

    def __init__(self) -> None:
        self.more = threading.Semaphore(0)

    def blocks(self, _: Decoder):
        for _ in range(SECONDS):
            assert self.more.acquire(timeout=60)
            yield np.full(RATE, 0.1, np.float32)


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> SlowSound:
    made = SlowSound()
    monkeypatch.setattr(Decoder, "__init__", lambda self, path: None)
    monkeypatch.setattr(Decoder, "blocks", lambda self: made.blocks(self))
    return made


@pytest.fixture
def analysed(qtbot, window: MainWindow, world) -> RecordableSession:
    """A file whose analysis is over."""
    world.loading.set()
    begin(window.engine, window, "talk.wav", None)
    qtbot.waitUntil(lambda: window.engine.state is State.RUNNING)
    qtbot.waitUntil(lambda: window.engine.predictor is not None)
    session = world.sessions[-1]
    session.hear(float(SECONDS))
    session.utter(1, 1.0, "happy")
    session.running = False
    return session


def save(qtbot, window: MainWindow, path: Path) -> None:
    """With the sound; returns when it takes its time."""
    press(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    dialog = window.session_saving.dialog
    assert dialog.audio.isEnabled() and dialog.path.name == "talk.serlive"
    dialog.name.setText(str(path))
    dialog._agreed = path
    dialog.audio.setChecked(True)
    dialog.record.click()
    assert window.session_saving.busy
    qtbot.waitUntil(window.session_saving.strip.isVisible)


def files(folder: Path) -> list[str]:
    """Session files and what is left of them."""
    return sorted(p.name for p in folder.iterdir() if "talk" in p.name)


def test_progress_is_shown_and_the_window_lives(qtbot, window, analysed, sound, tmp_path):
    strip = window.session_saving.strip
    save(qtbot, window, tmp_path / "talk.serlive")
    assert strip.text.text() == "Saving talk.serlive …" and strip.bar.value() == 0
    for _ in range(10):
        sound.more.release()
    qtbot.waitUntil(lambda: strip.bar.value() == 50)
    press(window, Qt.Key.Key_Space)  # pauses the file
    assert not window.engine.player.playing
    window.session_saving.save(tmp_path / "other.serlive", False, False)
    assert "Another session is being saved" in texts(window)
    for _ in range(10):
        sound.more.release()
    qtbot.waitUntil(lambda: "saved in talk.serlive" in texts(window), timeout=120_000)
    assert not strip.isVisible() and not window.session_saving.busy
    assert read_session(tmp_path / "talk.serlive").audio.duration == SECONDS
    assert files(tmp_path) == ["talk.serlive"]


def test_cancel_leaves_what_was_there(qtbot, window, analysed, sound, tmp_path):
    target = tmp_path / "talk.serlive"
    target.write_bytes(b"mine")
    save(qtbot, window, target)
    sound.more.release()
    qtbot.waitUntil(lambda: len(files(tmp_path)) > 1)  # a part, beside it
    qtbot.mouseClick(window.session_saving.strip.cancel, Qt.MouseButton.LeftButton)
    assert window.session_saving.strip.text.text() == "Cancelling …"
    sound.more.release()
    qtbot.waitUntil(lambda: "talk.serlive was not saved" in texts(window))
    assert files(tmp_path) == ["talk.serlive"] and target.read_bytes() == b"mine"
    assert not window.session_saving.strip.isVisible() and not window.session_saving.busy


def test_a_sound_that_breaks_off_leaves_nothing(qtbot, window, analysed, tmp_path, monkeypatch):
    save_to = tmp_path / "talk.serlive"
    press(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    dialog = window.session_saving.dialog
    dialog.name.setText(str(save_to))
    dialog.audio.setChecked(True)
    dialog.record.click()  # there is no talk.wav
    qtbot.waitUntil(lambda: "talk.wav" in texts(window))
    assert "Choose another file" in texts(window) and files(tmp_path) == []


def test_closing_waits_for_the_file(qtbot, window, analysed, sound, tmp_path):
    closing = Closing(window)
    save(qtbot, window, tmp_path / "talk.serlive")
    window.close()
    assert window.isVisible() and "closes when the session is saved" in texts(window)
    for _ in range(SECONDS):
        sound.more.release()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=120_000)
    assert read_session(tmp_path / "talk.serlive").audio.duration == SECONDS
    closing.end()


@pytest.mark.parametrize("how", ["closed twice", "ended from outside"])
def test_an_end_that_cannot_wait_leaves_no_half_file(qtbot, window, analysed, sound, tmp_path, how):
    closing = Closing(window)
    save(qtbot, window, tmp_path / "talk.serlive")
    if how == "closed twice":
        window.close()
        window.close()
    else:
        closing.end()
        window.close()
        assert not window.isVisible()
    sound.more.release()
    assert window.session_saving.wait(30)
    qtbot.waitUntil(lambda: not window.isVisible())
    assert files(tmp_path) == []
    closing.end()
