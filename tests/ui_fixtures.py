"""Fixtures of the tests that need the window, with everything behind it replaced.

Imports are made when a fixture is asked for: most tests need no window.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile as sf

if TYPE_CHECKING:
    from ser_live.ui.closing import Closing
    from ser_live.ui.main_window import MainWindow
    from tests.ui_recording import RecordingWorld
    from tests.ui_support import FakeSession, FakeWork, World


@pytest.fixture
def qtbot(qtbot, monkeypatch: pytest.MonkeyPatch):
    """pytest-qt's, more patient: machines that test are slow."""
    monkeypatch.setattr(qtbot, "waitUntil", partial(qtbot.waitUntil, timeout=30_000))
    return qtbot


@pytest.fixture
def world() -> World:
    """The machine that ``window`` runs on."""
    from tests.ui_support import World

    return World()


@pytest.fixture
def recording_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RecordingWorld:
    """A machine that can record, for a module's own ``world``; documents are in ``tmp_path``."""
    from PySide6.QtCore import QStandardPaths

    from tests.ui_recording import RecordingWorld

    documents = tmp_path / "Documents"
    documents.mkdir()
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _: str(documents))
    return RecordingWorld()


@pytest.fixture
def window(qtbot, world: World, tmp_path: Path) -> Iterator[MainWindow]:
    """A window that is shown, with the model not yet loaded."""
    from PySide6.QtCore import QSettings

    from ser_live.ui.engine import Engine
    from ser_live.ui.main_window import MainWindow
    from ser_live.ui.settings import Settings

    # Qt hangs when Python collects an earlier test's objects while it connects or disconnects.
    gc.collect()
    gc.freeze()  # what is left stays: the next collection need not look at it
    engine = Engine(None, "auto", world.backends())
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    made = MainWindow(engine, Settings(store))
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitExposed(made)
    yield made
    world.loading.set()
    made.close()
    assert engine.wait(10)
    assert not [t for t in threading.enumerate() if t.name.startswith("ser-")]


@pytest.fixture
def listening(qtbot, window: MainWindow, world: World) -> FakeSession:
    """The window listens to the fake microphone."""
    from ser_live.ui.app import begin
    from ser_live.ui.engine import State

    world.loading.set()
    begin(window.engine, window, None, None)
    qtbot.waitUntil(lambda: window.engine.state is State.RUNNING)
    return world.sessions[-1]


@pytest.fixture
def playing(qtbot, window: MainWindow, world: World) -> FakeSession:
    """The window plays a fake file."""
    from ser_live.ui.app import begin
    from ser_live.ui.engine import State

    world.loading.set()
    begin(window.engine, window, "talk.wav", None)
    qtbot.waitUntil(lambda: window.engine.state is State.RUNNING)
    qtbot.waitUntil(lambda: window.engine.predictor is not None)
    return world.sessions[-1]


@pytest.fixture
def opened(window: MainWindow) -> Iterator[list[FakeWork]]:
    """Every analysis that was begun of a list of files."""
    from ser_live.errors import AudioFileError
    from tests.ui_support import FakeWork

    made: list[FakeWork] = []

    def opener(path: Path, predictor: Any, values: dict[str, Any]) -> FakeWork:
        if not path.exists():
            raise AudioFileError(f"{path}: no such file")
        made.append(FakeWork(path, predictor, values))
        return made[-1]

    window.files._opener = opener
    yield made
    window.files.close()
    assert window.files.wait(30)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[bool], Path]:
    """``saved(audio)``: a session file of 20 s with two utterances."""
    from ser_live.sessions.recording import Recording
    from tests.ui_recording import RecordableSession

    def make(audio: bool) -> Path:
        session = RecordableSession(SimpleNamespace(name="Built-in mic"))
        path = tmp_path / f"saved-{audio}.serlive"
        recording = Recording(session, path, audio)  # type: ignore[arg-type]
        recording.start()
        session.hear(20.0)
        session.utter(1, 2.0, "happy")
        session.utter(2, 8.0, "sad", 0.6)
        recording.stop()
        return path

    return make


@pytest.fixture
def closing(window: MainWindow) -> Iterator[Closing]:
    """The question before the window closes, as the program has it."""
    from ser_live.ui.closing import Closing

    made = Closing(window)
    yield made
    made.end()


@pytest.fixture
def usual_size(qapp) -> Iterator[None]:
    """For tests that change the size of text: the next one begins at 100 %."""
    yield
    from ser_live.ui import text_scale

    text_scale.apply(qapp, 1.0)


@pytest.fixture
def heard(qtbot, window: MainWindow, listening: FakeSession) -> MainWindow:
    """A window that has heard two minutes."""
    listening.hear(120.0)
    listening.utter(1, 92.0, "happy")
    listening.utter(2, 100.0, "sad", 0.6)
    qtbot.waitUntil(lambda: window.plots.visible_range == pytest.approx((90.0, 120.0)))
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 2)
    return window


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three sounds, one of them below, and a PDF."""
    made = tmp_path / "talks"
    (made / "below").mkdir(parents=True)
    for name in ("a happy.wav", "b sad.wav", "below/c happy.wav"):
        sf.write(made / name, np.zeros(8000 * 20, np.float32), 8000)
    (made / "report.pdf").write_bytes(b"%PDF-1.4 text")
    return made
