"""What goes to an output: tempo, loops, and which moment of the file each sample belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ser_live.audio.feed import Feed
from ser_live.audio.tempo import TempoFilter

RATE = 16_000


class ArraySound:
    """Samples in memory as something playable, in blocks of a quarter of a second."""

    path = Path("array")
    sample_rate = RATE

    def __init__(self, samples: np.ndarray) -> None:
        self.samples = samples.astype(np.float32)
        self.duration = len(samples) / RATE

    def blocks(self, start: float = 0.0) -> Iterator[np.ndarray]:
        for at in range(round(start * RATE), len(self.samples), RATE // 4):
            yield self.samples[at : at + RATE // 4]


def everything(feed: Feed, most: int = 10**9) -> np.ndarray:
    parts, count = [], 0
    while count < most and (block := feed.next()) is not None:
        parts.append(block)
        count += len(block)
    return np.concatenate(parts)


def pitch(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * RATE / len(samples)


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.5, 2.0])
def test_another_speed_has_another_length_and_the_same_pitch(speed: float):
    tone = np.sin(2 * np.pi * 440 * np.arange(4 * RATE) / RATE)
    played = everything(Feed(ArraySound(tone), 0.0, RATE, speed))
    assert len(played) == pytest.approx(4 * RATE / speed, rel=0.02)
    assert pitch(played[RATE // 2 : -RATE // 2]) == pytest.approx(440, abs=5)


def test_at_normal_speed_nothing_is_changed():
    noise = np.random.default_rng(1).normal(0, 0.1, 3 * RATE)
    played = everything(Feed(ArraySound(noise), 1.0, RATE))
    np.testing.assert_array_equal(played, noise.astype(np.float32)[RATE:])


@pytest.mark.parametrize("speed", [0.5, 1.25, 2.0])
def test_a_sound_is_found_at_the_moment_that_the_map_states(speed: float):
    samples, middles = np.zeros(8 * RATE), np.arange(1.0, 7.5, 0.7)
    for middle in middles:
        at = round(middle * RATE)
        samples[at - 160 : at + 160] = np.hanning(320) * np.sin(np.arange(320) * 0.4)
    feed = Feed(ArraySound(samples), 0.0, 48_000, speed)
    energy = everything(feed).astype(np.float64) ** 2
    times = np.array([feed.times.at(n) for n in range(0, len(energy), 48)])
    energy = np.add.reduceat(energy, np.arange(0, len(energy), 48))
    for middle in middles:
        near = np.abs(times - middle) < 0.3
        found = (times[near] * energy[near]).sum() / energy[near].sum()
        assert abs(found - middle) / speed < 0.015


def test_a_loop_repeats_its_stretch_to_the_sample():
    ramp = np.arange(4 * RATE) / (4 * RATE)
    feed = Feed(ArraySound(ramp), 0.5, RATE, loop=(1.0, 1.5))
    played = everything(feed, most=3 * RATE)
    expected = np.concatenate([ramp[RATE // 2 : RATE * 3 // 2], *[ramp[RATE : RATE * 3 // 2]] * 3])
    np.testing.assert_allclose(played[: len(expected)], expected, atol=1e-6)
    for sample, moment in ((0, 0.5), (0.9, 1.4), (1.0, 1.0), (1.25, 1.25), (1.5, 1.0), (1.9, 1.4)):
        assert feed.times.at(sample * RATE) == pytest.approx(moment, abs=1e-3)


def test_a_loop_before_the_start_is_not_entered():
    ramp = np.arange(4 * RATE) / (4 * RATE)
    played = everything(Feed(ArraySound(ramp), 2.0, RATE, loop=(1.0, 1.5)))
    np.testing.assert_allclose(played, ramp[2 * RATE :], atol=1e-6)


def test_a_loop_in_a_file_without_that_stretch_ends():
    feed = Feed(ArraySound(np.zeros(0)), 0.0, RATE, loop=(0.0, 1.0))
    assert feed.next() is None


def test_a_map_keeps_the_last_stretches_of_a_long_loop():
    feed = Feed(ArraySound(np.zeros(RATE)), 0.0, RATE, loop=(0.0, 0.1))
    everything(feed, most=20 * RATE)
    assert len(feed.times._stretches) < 100
    assert 0 <= feed.times.at(20 * RATE) <= 0.1


def test_a_speed_out_of_range_is_refused():
    with pytest.raises(ValueError, match="speed"):
        TempoFilter(RATE, 3.0)
