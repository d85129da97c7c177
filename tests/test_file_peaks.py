"""The waveform of a whole file: rough everywhere at first, exact in the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ser_live.audio.file_peaks import FilePeaks, spread
from ser_live.audio.peaks import PeakStore
from ser_live.errors import AudioFileError

RATE = 8000
SECONDS = 600


class Sound:
    """Ten minutes, louder from minute to minute; reading on waits for ``go``."""

    path = Path("sound")
    sample_rate = RATE
    duration = float(SECONDS)

    def __init__(self) -> None:
        time = np.arange(SECONDS * RATE) / RATE
        self.samples = (np.sin(time * 3000) * np.floor(time / 60) / 10).astype(np.float32)
        self.go = threading.Event()

    def blocks(self, start: float = 0.0) -> Iterator[np.ndarray]:
        at = round(start * RATE)
        while at < len(self.samples):
            if start == 0.0 and at > 0:
                self.go.wait(20)
            yield self.samples[at : at + RATE]
            at += RATE


@pytest.fixture
def sound() -> Iterator[Sound]:
    made = Sound()
    yield made
    made.go.set()


def wait(condition, seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_all_of_it_is_there_roughly_before_it_is_read(sound):
    peaks = FilePeaks(sound, SECONDS)
    peaks.start()
    try:
        assert wait(lambda: peaks.rough)
        assert not peaks.complete
        _, high = peaks.get_coarse(0, 10**9)
        assert len(high) == SECONDS * 2
        for minute in range(10):
            assert high[minute * 120 + 60] == pytest.approx(minute / 10, abs=0.02)
        low, high = peaks.get(55_000, 55_100)
        assert len(low) == 100 and high == pytest.approx(0.9, abs=0.02)
        seen = peaks.version
        sound.go.set()
        assert wait(lambda: peaks.complete)
        assert peaks.version > seen
    finally:
        peaks.close()


def test_in_the_end_it_is_exact(sound):
    sound.go.set()
    peaks = FilePeaks(sound, SECONDS)
    peaks.start()
    assert wait(lambda: peaks.complete)
    store = PeakStore(RATE)
    store.push(sound.samples)
    for mine, true in zip(peaks.get(0, 10**9), store.get(0, 10**9), strict=True):
        np.testing.assert_array_equal(mine, true)
    low, high = store.get(0, 10**9)
    coarse = peaks.get_coarse(0, 10**9)
    np.testing.assert_array_equal(coarse[0], low.reshape(-1, 50).min(1))
    np.testing.assert_array_equal(coarse[1], high.reshape(-1, 50).max(1))
    assert peaks.seconds == SECONDS
    peaks.close()


@pytest.mark.parametrize("stated", [SECONDS / 2, SECONDS * 2])
def test_a_length_that_was_wrong_is_put_right(sound, stated):
    sound.go.set()
    peaks = FilePeaks(sound, stated)
    peaks.start()
    assert wait(lambda: peaks.complete)
    assert peaks.seconds == SECONDS
    assert len(peaks) == SECONDS * 100
    assert len(peaks.get_coarse(0, 10**9)[0]) == SECONDS * 2
    peaks.close()


def test_it_can_be_stopped_at_any_time(sound):
    peaks = FilePeaks(sound, SECONDS)
    peaks.start()
    assert wait(lambda: peaks.rough)
    peaks._closed.set()
    sound.go.set()
    peaks.close()
    assert not peaks.complete
    assert not [t for t in threading.enumerate() if t.name == "ser-peaks"]


def test_a_file_that_cannot_be_read_leaves_it_rough(sound, monkeypatch):
    def fail(start: float = 0.0) -> Iterator[np.ndarray]:
        raise AudioFileError("gone")

    monkeypatch.setattr(sound, "blocks", fail)
    peaks = FilePeaks(sound, SECONDS)
    peaks.start()
    assert wait(lambda: not peaks._thread.is_alive())
    assert not peaks.complete
    assert not peaks.get(0, 100)[1].any()
    peaks.close()


def test_places_are_spread_evenly_at_every_moment():
    places = list(spread(14_400, 1200))
    for count in (10, 100, 1000):
        gaps = np.diff([0, *sorted(places[:count]), 14_400])
        assert gaps.max() <= 4 * 14_400 / count
    assert sorted(spread(5, 100)) == [0, 1, 2, 3, 4]
