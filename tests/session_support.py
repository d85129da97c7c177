"""As much of a session as a recording needs, for the tests of session files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from ser_live.config import Config
from ser_live.timeline import (
    SpeechEnded,
    SpeechStarted,
    Timeline,
    UtteranceResult,
    WindowResult,
)
from tests.estimates import estimate

RATE = 16_000
#: What another Python process puts into its path, to import this module.
REPOSITORY = Path(__file__).resolve().parent.parent


class FakeSession:
    """A session that hears what the test gives it."""

    def __init__(self, rate: int = RATE) -> None:
        self.source = SimpleNamespace(name="Mic", sample_rate=rate)
        self.predictor = SimpleNamespace(
            checkpoint=SimpleNamespace(name="model_a@1234"), config=Config()
        )
        self.config = Config()
        self.timeline = Timeline()
        self.tap: Callable[[np.ndarray, int], None] | None = None
        self.samples = 0

    def set_tap(self, tap: Callable[[np.ndarray, int], None] | None) -> None:
        self.tap = tap

    def hear(self, samples: np.ndarray) -> None:
        """(n,) float32, in blocks of 480."""
        for at in range(0, len(samples), 480):
            block = samples[at : at + 480]
            if self.tap:
                self.tap(block, self.samples)
            self.samples += len(block)


def utter(timeline: Timeline, number: int, start: float, end: float) -> None:
    """An utterance with a provisional window, a final one and a result; times in s."""
    guess = estimate()
    timeline.append(SpeechStarted(number, start))
    timeline.append(WindowResult(number, start, start + 1, 0.7, False, guess))
    timeline.append(WindowResult(number, start, end, 0.7, True, guess))
    timeline.append(SpeechEnded(number, start, end, end - start))
    timeline.append(UtteranceResult(number, start, end, end - start, guess))


def noise(seconds: float, rate: int = RATE, seed: int = 0) -> np.ndarray:
    """(n,) float32, RMS 0.1."""
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * rate)).astype(np.float32)
