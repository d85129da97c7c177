"""Input level and noise floor."""

import numpy as np
import pytest

from ser_live.audio.sources import ArraySource
from ser_live.pipeline import Session
from ser_live.speech.level import Level, LevelMeter

RATE = 16_000


def noise(db, seconds, seed=0):
    made = np.random.default_rng(seed).standard_normal(round(seconds * RATE)) * 10 ** (db / 20)
    return made.astype(np.float32)


def measured(*parts, rate=RATE, block=160):
    meter = LevelMeter(rate)
    signal = np.concatenate(parts)
    for i in range(0, len(signal), block):
        meter.push(signal[i : i + block])
    return meter.level


def test_peak_and_rms_of_a_sine(tone):
    level = measured(tone(1000, 1.0, RATE, 0.5))
    assert level.peak_db == pytest.approx(-6.02, abs=0.1)
    assert level.rms_db == pytest.approx(-9.03, abs=0.1)
    assert level.clipped_at is None


@pytest.mark.parametrize("block", [1, 100, 160, 333, 4_000])
def test_the_way_it_was_cut_does_not_matter(block):
    signal = noise(-40, 3.0)
    assert measured(signal, block=block).noise_db == measured(signal).noise_db


@pytest.mark.parametrize("db", [-70, -50, -30])
def test_the_floor_of_steady_noise_is_its_level(db):
    assert measured(noise(db, 5.0)).noise_db == pytest.approx(db, abs=1.0)


def test_speech_does_not_raise_the_floor(demo_clip):
    import soundfile
    import soxr

    speech, rate = soundfile.read(demo_clip, dtype="float32")
    speech = soxr.resample(speech, rate, RATE)[: 12 * RATE]
    assert np.sqrt(np.mean(speech**2)) > 10 ** (-40 / 20)
    level = measured(speech + noise(-60, len(speech) / RATE)[: len(speech)])
    assert level.noise_db == pytest.approx(-60, abs=3.0)


def test_it_follows_down_at_once_and_up_after_four_seconds():
    loud, quiet = noise(-30, 5.0), noise(-60, 1.5, seed=1)
    assert measured(loud, quiet).noise_db == pytest.approx(-60, abs=1.5)
    assert measured(quiet, loud[: 2 * RATE]).noise_db == pytest.approx(-60, abs=1.5)
    assert measured(quiet, loud).noise_db == pytest.approx(-30, abs=1.5)


def test_nothing_is_known_of_a_muted_device_or_too_early():
    assert measured(np.zeros(5 * RATE, np.float32)).noise_db is None
    assert measured(noise(-50, 0.9)).noise_db is None
    assert LevelMeter(RATE).level == Level()


def test_one_clipped_sample_is_not_missed():
    signal = noise(-40, 4.0)
    signal[RATE : RATE + 1] = 1.0
    level = measured(signal)
    assert level.clipped_at == pytest.approx(1.01)
    assert level.peak_db < -20  # long ago
    assert measured(signal[: RATE + 800]).peak_db == pytest.approx(0.0)


def test_the_session_tells_it(predictor):
    signal = noise(-45, 3.0)
    signal[RATE] = -1.0
    session = Session(ArraySource(signal, RATE), predictor)
    session.start()
    session.join(60)
    stats = session.stats()
    assert stats.noise_db == pytest.approx(-45, abs=1.0)
    assert stats.clipped_at == pytest.approx(1.01)
    assert stats.rms_db == pytest.approx(-45, abs=1.0)
