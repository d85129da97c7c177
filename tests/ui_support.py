"""What stands behind the window in its tests: a fake machine and fake sessions.

The fixtures made of these are in ui_fixtures.py.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest

from ser_live.audio.devices import Device
from ser_live.audio.peaks import PeakStore
from ser_live.config import Config
from ser_live.errors import AudioDeviceError, AudioFileError
from ser_live.ready import Ready
from ser_live.timeline import (
    SpeechEnded,
    SpeechStarted,
    Timeline,
    UtteranceResult,
    WindowResult,
)
from ser_live.ui.backends import Backends
from ser_live.ui.main_window import MainWindow
from tests.estimates import estimate

RATE = 8000


class FakePlayer:
    """A player whose cursor stands where the test puts it."""

    def __init__(self) -> None:
        self.duration: float | None = 20.0
        self.position = 0.0
        self.playing = self.finished = self.closed = False
        self.silent, self.message = True, "no output device: playing silently"
        self.error: Exception | None = None
        self.waveform = None
        self.speed, self.gain, self.device = 1.0, 1.0, None
        self.loop: tuple[float, float] | None = None

    def play(self) -> None:
        self.playing = True

    def pause(self) -> None:
        self.playing = False

    def seek(self, seconds: float) -> None:
        self.position = seconds

    def set_speed(self, speed: float) -> None:
        self.speed = speed

    def set_gain(self, gain: float) -> None:
        self.gain = gain

    def set_loop(self, span: tuple[float, float] | None) -> None:
        self.loop = span

    def set_device(self, device: str | None) -> None:
        self.device = device

    def close(self) -> None:
        self.closed = True


class FakeSession:
    """A session that does what the test tells it."""

    def __init__(self, source: Any) -> None:
        self.source = source
        self.timeline = Timeline()
        self.waveform = PeakStore(RATE)
        self.error: Exception | None = None
        self.running = False
        self.stopped_in: str | None = None
        self.time = 0.0
        self.speaking = False
        self.peak_db = self.rms_db = -100.0
        self.noise_db: float | None = None
        self.clipped_at: float | None = None

    def start(self) -> None:
        self.running = True

    def stop(self, discard: bool = False, timeout: float | None = None) -> None:
        self.stopped_in = threading.current_thread().name
        self.running = False

    def stats(self) -> Any:
        return SimpleNamespace(
            time=self.time, peak_db=self.peak_db, rms_db=self.rms_db, speaking=self.speaking,
            queued=0, dropped=2, vad_ms=40.0, features_ms=1.1, model_ms=8.2, latency_ms=60.0,
            noise_db=self.noise_db, clipped_at=self.clipped_at,
        )  # fmt: skip

    def hear(self, seconds: float) -> None:
        self.waveform.push(np.full(round(seconds * RATE), 0.1, np.float32))
        self.time += seconds

    def utter(self, number: int, start: float, emotion: str, p: float = 0.8) -> None:
        guess = estimate("female", emotion, p)
        self.timeline.append(SpeechStarted(number, start))
        for at in (1.0, 1.5, 2.0):
            self.timeline.append(WindowResult(number, start, start + at, at, False, guess))
        self.timeline.append(SpeechEnded(number, start, start + 2, 2.0))
        self.timeline.append(UtteranceResult(number, start, start + 2, 2.0, guess))


@dataclass
class World:
    """What the fake backends have made, and how they shall fail."""

    load_error: Exception | None = None
    microphone_error: Exception | None = None
    absent: bool = False
    loading: threading.Event = field(default_factory=threading.Event)
    sessions: list[FakeSession] = field(default_factory=list)
    players: list[FakePlayer] = field(default_factory=list)
    opened: list[Any] = field(default_factory=list)
    looked_again: list[bool] = field(default_factory=list)
    on_fallback: Any = None
    channels: dict[str, int] = field(default_factory=dict)

    def backends(self) -> Backends:
        return Backends(
            self.load, self.session, self.find, self.microphone, self.file, self.player, self.inputs
        )  # type: ignore[arg-type]

    def load(self, model: str | None, device: str, on_fallback: Any) -> Any:
        self.on_fallback = on_fallback
        assert self.loading.wait(10)
        if self.load_error:
            raise self.load_error
        return SimpleNamespace(checkpoint=SimpleNamespace(name="model_a@1234"), backend="cpu test")

    def session(self, source: Any, predictor: Any) -> FakeSession:
        self.sessions.append(FakeSession(source))
        return self.sessions[-1]

    def find(self, spec: str | None) -> None:
        if self.absent:
            raise AudioDeviceError("no input device found: connect a microphone")

    def microphone(self, spec: str | None, channels: Any = ()) -> Any:
        self.opened.append(("microphone", spec))
        self.channels = dict(channels)
        if self.microphone_error:
            raise self.microphone_error
        name = "Second mic" if spec in ("2", "Second mic") else "Built-in mic"
        return self.source(name, live=True)

    def source(self, name: str, live: bool) -> Any:
        return SimpleNamespace(
            name=name, live=live, warnings=[], stalled=False, lost=0, overflows=0, duration=20.0,
            close=lambda: None, blocks=lambda: iter(()),
        )  # fmt: skip

    def file(self, path: Path) -> Any:
        self.opened.append(("file", path.name))
        if "missing" in path.name:
            raise AudioFileError(f"{path}: no such file")
        return self.source(str(path), live=False)

    def player(self, path: Path) -> FakePlayer:
        self.players.append(FakePlayer())
        return self.players[-1]

    def inputs(self, look_again: bool) -> list[Device]:
        self.looked_again.append(look_again)
        return [
            Device(1, "Built-in mic", "ALSA", 1, 0, 48_000, True, False),
            Device(2, "Second mic", "ALSA", 1, 0, 48_000, False, False),
        ]


class FakeWork(Ready, FakeSession):
    """An analysis of four steps; it finds one utterance."""

    stop = Ready.stop
    start = Ready.start

    def __init__(self, path: Path, predictor: Any, values: dict[str, Any]) -> None:
        FakeSession.__init__(self, World().source(str(path), live=False))
        self.source.sample_rate = RATE
        self.over, self.values, self.predictor = False, values, predictor
        self.config = Config()
        self.waveform = PeakStore(RATE)
        self.running = True
        self.emotion = "sad" if "sad" in path.name else "happy"

    @property
    def model_name(self) -> str:
        return "model_a@1234"

    @property
    def duration(self) -> float:
        return self.time

    def advance(self) -> bool:
        self.hear(5.0)
        if self.time >= 20:
            self.utter(1, 1.0, self.emotion)
            self.over, self.running = True, False
        return not self.over


def press(window: MainWindow, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    """A key in the window, wherever the focus is."""
    window.setFocus()
    QTest.keyClick(window, key, modifier)


def texts(window: MainWindow) -> str:
    """All messages that stand in the window."""
    return "\n".join(b.text.text() for b in window.banners.banners)


def drop(window: MainWindow, *paths: Path) -> None:
    """Let go of files over the window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    window.dropEvent(event)


def states(window: MainWindow) -> str:
    """First letters of the states of the listed files, in their order."""
    return "".join(e.state.value[0] for e in window.files.batch.entries())
