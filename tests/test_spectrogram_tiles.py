"""A spectrogram in columns: maxima, kept, and computed in parts."""

from __future__ import annotations

import numpy as np
import pytest

from ser_live.audio import spectrogram_tiles
from ser_live.audio.spectrogram import BANDS, Spectrogram
from ser_live.audio.spectrogram_tiles import SpectrogramTiles

RATE = 8000


def noise(seconds: float, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    loud = 0.3 * (np.sin(np.arange(round(seconds * RATE)) / RATE) > 0.3)
    return (loud * rng.normal(0, 0.3, round(seconds * RATE))).astype(np.float32)


def expected(store: Spectrogram, begin: float, width: float, count: int) -> np.ndarray:
    frames = store.get(0, len(store))
    step, first = round(width * 25), round(begin * 25)
    return frames[first : first + count * step].reshape(count, step, BANDS).max(1)


@pytest.mark.parametrize(("start", "end", "most"), [(0, 300, 200), (60, 61, 200), (10, 299, 64)])
def test_columns_are_maxima(start, end, most):
    store = Spectrogram(RATE)
    store.push(noise(300.0))
    columns, begin, width, complete = SpectrogramTiles(store).read(start, end, most)
    assert complete
    assert begin <= start and begin + len(columns) * width >= end - width - 0.1
    assert min(most, 25) / 2 <= len(columns) <= most + 2
    np.testing.assert_array_equal(columns, expected(store, begin, width, len(columns)))


def test_what_grows_is_taken_up():
    store = Spectrogram(RATE)
    tiles = SpectrogramTiles(store)
    assert len(tiles.read(0.0, 30.0, 100)[0]) == 0
    sound = noise(120.0)
    for at in range(0, len(sound), 3 * RATE):
        store.push(sound[at : at + 3 * RATE])
        columns, begin, width, _ = tiles.read(0.0, 120.0, 100)
        np.testing.assert_array_equal(columns, expected(store, begin, width, len(columns)))
    assert len(columns) > 40


def test_a_long_stretch_comes_in_parts(monkeypatch):
    monkeypatch.setattr(spectrogram_tiles, "_MOST_FRAMES", 1000)
    store = Spectrogram(RATE)
    store.push(noise(300.0))
    tiles = SpectrogramTiles(store)
    counts, complete = [0], False
    while not complete:
        columns, begin, width, complete = tiles.read(0.0, 300.0, 200)
        counts.append(len(columns))
        assert 0 < (counts[-1] - counts[-2]) * width * 25 <= 1000
    assert len(counts) > 5
    np.testing.assert_array_equal(columns, expected(store, begin, width, len(columns)))


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(spectrogram_tiles, "_MOST_TILES", 3)
    store = Spectrogram(RATE)
    store.push(noise(300.0))
    tiles = SpectrogramTiles(store)
    for start in range(0, 290, 5):
        columns, begin, width, _ = tiles.read(start, start + 5, 200)
        np.testing.assert_array_equal(columns, expected(store, begin, width, len(columns)))
        assert len(tiles._tiles) <= 3
