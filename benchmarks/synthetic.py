"""A made-up session of any length in the program's own classes, for what measures the window.

Speech comes as in a conversation: utterances of 1 to 12 s (median 3.5 s), pauses of the same order,
a provisional estimate every 250 ms, and a result for each utterance.  All of it from one seed.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from ser_live.audio.peaks import PeakStore
from ser_live.audio.spectrogram import Spectrogram
from ser_live.config import DecisionConfig
from ser_live.timeline import (
    Entry,
    Estimate,
    SpeechEnded,
    SpeechStarted,
    Timeline,
    UtteranceResult,
    WindowResult,
)

RATE = 16_000
_POOL_SECONDS = 60
_DECISION = DecisionConfig()


def entries(seed: int = 1) -> Iterator[tuple[float, Entry]]:
    """Endless (moment of arrival in s, entry), in order."""
    rng = np.random.default_rng(seed)
    end = 0.5
    for number in itertools.count(1):
        pause = rng.lognormal(1.0, 0.7) if rng.random() > 0.02 else rng.uniform(30, 150)
        start = end + float(np.clip(pause, 0.6, 150.0))
        end = start + float(np.clip(rng.lognormal(1.25, 0.6), 1.0, 12.0))
        yield start + 0.1, SpeechStarted(number, start)
        # One emotion and one voice lead; the estimates wander around that.
        voice = rng.random() < 0.5
        if number == 1 or rng.random() < 0.15:  # a mood lasts for some utterances
            mood = int(rng.integers(7))
        emotion = mood if rng.random() < 0.7 else int(rng.integers(7))
        aim = rng.normal(0, 0.8, 14) + 3.0 * (np.arange(14) // 7 == int(voice))
        aim[emotion::7] += rng.uniform(0.5, 3.0)
        logits = aim + rng.normal(0, 0.8, 14)
        mean = np.zeros(14)
        count = 0
        for at in np.arange(start + 0.5, end, 0.25):
            logits += 0.15 * (aim - logits) + rng.normal(0, 0.25, 14)
            joint = np.exp(logits - logits.max())
            joint /= joint.sum()
            mean, count = mean + joint, count + 1
            begin, speech = max(start, at - 3.0), float(min(3.0, at - start))
            estimate = Estimate.of(joint, speech, _DECISION)
            yield float(at) + 0.06, WindowResult(number, begin, float(at), speech, False, estimate)
        length = end - start
        yield end + 0.3, SpeechEnded(number, start, end, length)
        estimate = Estimate.of(mean / count, length, _DECISION)
        yield end + 0.3, UtteranceResult(number, start, end, length, estimate)


class SyntheticSession:
    """What the window asks of a session; it grows by :meth:`advance`, in the caller's thread.

    Args:
        source: its source.
        seed: of what is said.
    """

    def __init__(self, source: Any, seed: int = 1) -> None:
        self.source = source
        self.timeline = Timeline()
        self.waveform = PeakStore(RATE)
        self.spectrogram = Spectrogram(RATE)
        self.error: Exception | None = None
        self.running = False
        self._coming = entries(seed)
        self._next = next(self._coming)
        self._samples = 0
        self._speaking, self._gain = False, np.float32(1.0)
        rng = np.random.default_rng(seed)
        time = np.arange(_POOL_SECONDS * RATE) / RATE
        pitch = 140 + 40 * np.sin(2 * np.pi * 0.31 * time)
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        voice = sum(np.sin(k * phase) / k for k in range(1, 9))
        syllables = np.maximum(0, np.sin(2 * np.pi * 2.1 * time)) ** 0.5
        noise = rng.normal(0, 1, len(time))
        self._loud = (syllables * (0.12 * voice + 0.02 * noise)).astype(np.float32)
        self._quiet = (0.002 * noise).astype(np.float32)

    def start(self) -> None:
        """The window's."""
        self.running = True

    def stop(self, discard: bool = False, timeout: float | None = None) -> None:
        """The window's."""
        self.running = False

    def set_tap(self, tap: Any) -> None:
        """The window's; nothing is recorded here."""

    @property
    def time(self) -> float:
        """Seconds so far."""
        return self._samples / RATE

    def advance(self, seconds: float) -> None:
        """Hear so much more."""
        end = self._samples + round(seconds * RATE)
        while self._samples < end:
            at = self._samples % (_POOL_SECONDS * RATE)
            count = min(end - self._samples, _POOL_SECONDS * RATE - at, 5 * RATE)
            pool = self._loud if self._speaking else self._quiet
            until = round(self._next[0] * RATE)
            if until > self._samples:
                count = min(count, until - self._samples)
            block = self._gain * pool[at : at + count] if self._speaking else pool[at : at + count]
            self.waveform.push(block)
            self.spectrogram.push(block)
            self._samples += count
            while self._next[0] <= self.time:
                entry = self._next[1]
                self._speaking = not isinstance(entry, SpeechEnded | UtteranceResult)
                if isinstance(entry, SpeechStarted):
                    self._gain = np.float32(0.3 + 0.7 * abs(np.sin(1.7 * entry.utterance)))
                self.timeline.append(entry)
                self._next = next(self._coming)

    def stats(self) -> Any:
        """The figures of a session at work."""
        return SimpleNamespace(
            time=self.time, peak_db=-18.0, rms_db=-30.0, speaking=self._speaking, queued=0,
            dropped=0, vad_ms=20.0, features_ms=3.0, model_ms=14.0, latency_ms=60.0, noise_db=-60.0,
            clipped_at=None,
        )  # fmt: skip


def source() -> Any:
    """A microphone that is not there."""
    return SimpleNamespace(
        name="synthetic microphone", live=True, warnings=[], stalled=False, lost=0, overflows=0,
        duration=None, sample_rate=RATE, close=lambda: None, blocks=lambda: iter(()),
    )  # fmt: skip


def backends(session: SyntheticSession) -> Any:
    """A machine whose microphone is the session's and whose model is there at once."""
    from ser_live.ui.backends import Backends

    checkpoint = SimpleNamespace(name="synthetic")
    return Backends(
        load_predictor=lambda *_: SimpleNamespace(checkpoint=checkpoint, backend="cpu synthetic"),
        make_session=lambda *_: session,
        find_microphone=lambda _: None,
        open_microphone=lambda *_: session.source,
        list_inputs=lambda _: [],
    )


def open_window(
    app: Any, session: SyntheticSession, settings: str, size: tuple[int, int] | None = None
) -> tuple[Any, Any]:
    """Open the real window on a session, and wait until it shows it.

    Args:
        app: the application.
        session: what is listened to.
        settings: name of the settings.
        size: width and height in pixels; the window's own for ``None``.

    Returns:
        The engine and the window.

    Raises:
        RuntimeError: it does not show it, so there is nothing to measure.
    """
    from PySide6.QtCore import QSettings

    from ser_live.ui import app as program
    from ser_live.ui.engine import Engine
    from ser_live.ui.main_window import MainWindow
    from ser_live.ui.settings import Settings

    engine = Engine(None, "cpu", backends(session))
    window = MainWindow(engine, Settings(QSettings("ser-live", settings)))
    if size is not None:
        window.resize(*size)
    window.show()
    program.begin(engine, window, None, None)
    until = time.monotonic() + 60
    while window.presenter._session is not session:
        if time.monotonic() > until:
            told = [message.title for message in window.banners.messages]
            raise RuntimeError(f"the window does not show the session: {told}")
        app.processEvents()
        time.sleep(0.01)
    return engine, window
