"""Samples to windows, on synthetic speech and, where there are, real recordings."""

import numpy as np
import pytest

from ser_live.audio.decode import read_audio
from ser_live.config import Config
from ser_live.speech.segmenter import UtteranceClosed, UtteranceOpened
from ser_live.speech.windower import WholeWindower, Window, Windower


def events_of(samples, rate, sizes=None, kind=Windower):
    windower = kind(Config(), rate)
    if sizes is None:
        return windower.push(samples) + windower.flush()
    out, at, turn = [], 0, 0
    while at < len(samples):
        out += windower.push(samples[at : at + sizes[turn % len(sizes)]])
        at += sizes[turn % len(sizes)]
        turn += 1
    return out + windower.flush()


def same(a, b):
    assert len(a) == len(b)
    for x, y in zip(a, b, strict=True):
        assert type(x) is type(y)
        if isinstance(x, Window):
            assert (x.utterance, x.start, x.end, x.speech, x.final) == (
                y.utterance,
                y.start,
                y.end,
                y.speech,
                y.final,
            )
            np.testing.assert_array_equal(x.samples, y.samples)
        else:
            assert x == y


@pytest.mark.parametrize("kind", [Windower, WholeWindower])
def test_block_sizes_do_not_change_a_bit(demo_clip, kind):
    samples, rate = read_audio(demo_clip)
    samples = samples[: 9 * rate]
    whole = events_of(samples, rate, kind=kind)
    assert any(isinstance(e, Window) for e in whole)
    sizes = np.random.default_rng(3).integers(1, rate, 40).tolist()
    same(events_of(samples, rate, sizes, kind), whole)
    same(events_of(samples, rate, [160], kind), whole)


def test_windows_hold_the_audio_of_their_times(demo_clip):
    samples, rate = read_audio(demo_clip)
    config = Config()
    assert rate == config.audio.sample_rate  # so that no resampling is in between
    for window in (e for e in events_of(samples, rate) if isinstance(e, Window)):
        first = round(window.start * rate)
        assert 0 < len(window.samples) <= config.audio.window_samples
        np.testing.assert_array_equal(window.samples, samples[first : first + len(window.samples)])
        assert len(window.samples) == pytest.approx((window.end - window.start) * rate, abs=2)


def test_synthetic_speech_is_found_between_silences(spoken):
    voice, rate = read_audio(spoken("The quick brown fox jumps over the lazy dog."))
    loud = np.flatnonzero(np.abs(voice) > 0.02 * np.abs(voice).max())
    voice = voice[loud[0] : loud[-1]]
    noise = np.random.default_rng(0).normal(0, 3e-4, 5 * rate).astype(np.float32)
    signal = np.concatenate([noise[: 2 * rate], voice, noise[2 * rate :]])
    signal[: len(noise)] += noise
    (closed,) = [e for e in events_of(signal, rate) if isinstance(e, UtteranceClosed)]
    assert closed.start == pytest.approx(2.0 - 0.2, abs=0.2)
    assert closed.end == pytest.approx(2.0 + len(voice) / rate + 0.2, abs=0.3)


@pytest.mark.parametrize("seconds", [0, 1])
def test_silence_gives_nothing(seconds):
    assert events_of(np.zeros(16_000 * seconds, np.float32), 16_000) == []


def test_whole_covers_everything():
    samples = np.random.default_rng(0).normal(0, 0.1, 7 * 16_000).astype(np.float32)
    events = events_of(samples, 16_000, kind=WholeWindower)
    windows = [e for e in events if isinstance(e, Window)]
    assert all(w.final for w in windows)
    assert windows[0].start == 0 and windows[-1].end == pytest.approx(7.0, abs=1e-3)
    starts = np.array([w.start for w in windows])
    np.testing.assert_allclose(np.diff(starts)[:-1], 1.5, atol=1e-4)
    (closed,) = [e for e in events if isinstance(e, UtteranceClosed)]
    assert closed.end == pytest.approx(7.0, abs=1e-3)


@pytest.mark.corpora
def test_noises_rarely_open_and_speech_nearly_always(corpora):
    """A small sample of what benchmarks/vad_reach.py measures in full."""
    rng = np.random.default_rng(0)

    def opened(paths, gain=1.0):
        count = 0
        for path in paths:
            samples, rate = read_audio(path)
            events = events_of(samples * np.float32(gain), rate)
            count += any(isinstance(e, UtteranceOpened) for e in events)
        return count / len(paths)

    human = {20, 21, 23, 24, 26, 28}  # crying, sneezing, breathing, coughing, laughing, snoring
    noises = [
        p
        for p in sorted((corpora / "ESC-50" / "audio").iterdir())
        if int(p.stem.split("-")[-1]) not in human
    ]
    assert opened([noises[i] for i in rng.permutation(len(noises))[:60]]) <= 0.15
    clips = sorted((corpora / "CREMA-D" / "AudioWAV").iterdir())
    chosen = [clips[i] for i in rng.permutation(len(clips))[:40]]
    assert opened(chosen) >= 0.95
    assert opened(chosen, gain=0.1) >= 0.9
