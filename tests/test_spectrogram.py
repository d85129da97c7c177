"""The spectrogram that is drawn: levels, bands, times, memory."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from ser_live.audio.sources import FileSource
from ser_live.audio.spectrogram import (
    BANDS,
    FRAMES_PER_SECOND,
    Spectrogram,
    band_of,
    filter_bank,
    mel,
)
from ser_live.pipeline import Session

RATES = (8000, 11025, 16000, 22050, 44100, 48000)


def of(samples: np.ndarray, rate: int, block: int | None = None) -> np.ndarray:
    """All frames of a sound, pushed in blocks."""
    spectrogram = Spectrogram(rate)
    for at in range(0, len(samples), block or len(samples)):
        spectrogram.push(samples[at : at + (block or len(samples))])
    return spectrogram.get(0, len(spectrogram))


def decibel(values: np.ndarray) -> np.ndarray:
    return values.astype(float) / 255 * 80 - 80


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("frequency", [150.0, 440.0, 1000.0, 3000.0])
def test_a_sine_lies_in_its_band_at_its_time(tone, rate, frequency):
    silence = np.zeros(rate, np.float32)
    sound = np.concatenate([silence, tone(frequency, 1.0, rate, 0.5), silence])
    frames = of(sound, rate)
    loud = np.flatnonzero(decibel(frames.max(1)) > -12)
    times = (loud + 0.5) / FRAMES_PER_SECOND
    assert times[0] == pytest.approx(1.0, abs=0.05)
    assert times[-1] == pytest.approx(2.0, abs=0.05)
    middle = frames[len(frames) // 2]
    assert abs(middle.argmax() + 0.5 - band_of(frequency)) <= 0.6
    # Between the middles of two bands each has half of the power: −3 dB of −6 dBFS.
    assert -9.7 <= decibel(middle.max()) <= -5.5
    assert frames[2:20].max() == 0


def test_full_scale_and_floor(tone):
    middle = 700 * (10 ** ((mel(50) + 20 * (mel(8000) - mel(50)) / 65) / 2595) - 1)
    frames = of(tone(float(middle), 1.0, 48_000, 1.0), 48_000)
    assert decibel(frames[10].max()) == pytest.approx(0.0, abs=0.7)
    assert band_of(float(middle)) == pytest.approx(19.5)
    assert of(np.zeros(48_000, np.float32), 48_000).max() == 0


@pytest.mark.parametrize("rate", RATES)
def test_blocks_of_any_size_give_the_same(rate):
    noise = np.random.default_rng(1).normal(0, 0.1, 3 * rate).astype(np.float32)
    whole = of(noise, rate)
    assert len(whole) in (74, 75)
    for block in (rate // 100, 777, 5 * rate // 7):
        np.testing.assert_array_equal(of(noise, rate, block), whole)


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_the_filters_are_librosa_s(rate):
    reference = librosa.filters.mel(
        sr=rate, n_fft=2048, n_mels=BANDS, fmin=50, fmax=8000, htk=True, norm=None
    )
    # librosa's triangles are straight over hertz, these over mel: the same within a few per cent.
    np.testing.assert_allclose(filter_bank(rate, 2048), reference, atol=0.05)


def test_no_filter_is_empty_below_half_the_rate():
    for rate in RATES:
        spectrogram = Spectrogram(rate)
        top = min(BANDS, int(band_of(min(8000.0, 0.49 * rate))))
        assert (spectrogram._bank.sum(0)[:top] > 0).all()


def test_steps_go_on_across_chunks():
    spectrogram = Spectrogram(8000)
    rows = np.random.default_rng(2).integers(0, 256, (4000, BANDS)).astype(np.uint8)
    spectrogram._append(rows[:1700])
    spectrogram._append(rows[1700:])
    for start, stop, step in ((0, 4000, 1), (7, 3900, 7), (1499, 1501, 1), (1490, 5000, 641)):
        np.testing.assert_array_equal(spectrogram.get(start, stop, step), rows[start:stop:step])
    assert spectrogram.get(-5, 2).shape == (2, BANDS)
    assert spectrogram.get(4000, 5000).shape == (0, BANDS)
    assert spectrogram.get(9000, 9100).shape == (0, BANDS)


def test_four_hours_stay_below_30_megabytes():
    spectrogram = Spectrogram(48_000)
    minute = np.zeros((60 * FRAMES_PER_SECOND, BANDS), np.uint8)
    for _ in range(4 * 60):
        spectrogram._append(minute)
    assert len(spectrogram) == 4 * 3600 * FRAMES_PER_SECOND
    assert spectrogram.nbytes < 30e6


def test_a_session_feeds_it(predictor, demo_clip):
    source = FileSource(demo_clip)
    session = Session(source, predictor)
    session.start()
    session.join(60)
    assert session.error is None
    heard = session.stats().time
    assert len(session.spectrogram) == pytest.approx(heard * FRAMES_PER_SECOND, abs=2)
    first = next(iter(session.timeline.since(0)))
    at = int(first.start * FRAMES_PER_SECOND)
    frames = session.spectrogram.get(at, at + 50)
    assert decibel(frames.max()) > -40  # speech where an utterance begins
