"""Sessions that can be recorded and saved, for the window's tests: fake sound, real files."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PySide6.QtCore import Qt

from ser_live.config import Config
from ser_live.sessions.recording import Recording
from ser_live.ui.backends import Backends
from ser_live.ui.main_window import MainWindow
from ser_live.ui.record_dialog import RecordDialog
from tests.ui_support import RATE, FakeSession, World, press, texts


class RecordableSession(FakeSession):
    """A fake session that can be recorded."""

    def __init__(self, source: Any) -> None:
        super().__init__(source)
        source.sample_rate = RATE
        checkpoint = SimpleNamespace(name="model_a@1234")
        self.config = Config()
        self.predictor = SimpleNamespace(checkpoint=checkpoint, config=self.config)
        self.tap: Any = None
        self.discarded: bool | None = None

    def set_tap(self, tap: Any) -> None:
        self.tap = tap

    def stop(self, discard: bool = False, timeout: float | None = None) -> None:
        self.discarded = discard
        super().stop(discard, timeout)

    def hear(self, seconds: float) -> None:
        if self.tap is not None:
            self.tap(np.full(round(seconds * RATE), 0.1, np.float32), round(self.time * RATE))
        super().hear(seconds)


class RecordingWorld(World):
    """Fake sound and model; real session files."""

    full = False
    writing: list[Recording]

    def backends(self) -> Backends:
        self.writing = []
        return dataclasses.replace(super().backends(), make_recording=self.record)

    def session(self, source: Any, predictor: Any) -> FakeSession:
        self.sessions.append(RecordableSession(source))
        return self.sessions[-1]

    def record(self, session: Any, path: Path, audio: bool, overwrite: bool, failed: Any) -> Any:
        made = Recording(session, path, audio, overwrite, failed)
        if self.full:
            made._writer._base.execute("PRAGMA max_page_count = 12")
        self.writing.append(made)
        return made


def answer(window: MainWindow, path: Path | None = None, audio: bool = False) -> RecordDialog:
    """Answer the dialog that asks where to record to."""
    dialog = window.saving.dialog
    assert dialog is not None and dialog.isVisible()
    if path is not None:
        dialog.name.setText(str(path))
    dialog.audio.setChecked(audio)
    dialog.record.click()
    return dialog


def start_recording(qtbot, window, world, path: Path, audio: bool = False) -> None:
    """Record, and wait until it does."""
    press(window, Qt.Key.Key_R)
    answer(window, path, audio)
    qtbot.waitUntil(lambda: bool(world.writing) and world.writing[-1].running)


def speak(session: RecordableSession, *emotions: str) -> None:
    """Utterances of 2 s, one after the other."""
    for emotion in emotions:
        number = len(session.timeline.utterances()) + 1
        session.hear(4.0)
        session.utter(number, 4.0 * number - 3, emotion)


def stop_listening(qtbot, window: MainWindow) -> None:
    """By key."""
    press(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not window.engine.session.running)


def saved_as(qtbot, window: MainWindow, name: str) -> None:
    """Wait until the window says so."""
    # The file is flushed to the disk, which others may keep busy.
    qtbot.waitUntil(lambda: f"saved in {name}" in texts(window), timeout=120_000)
