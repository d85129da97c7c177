import warnings
from dataclasses import replace

import librosa
import numpy as np
import pytest
import torch

from ser_live.config import Config
from ser_live.config_override import override
from ser_live.features import FeatureExtractor, pad_symmetric, speech_gain

RATE = 22_050


def voice(seconds=3.0, seed=0):
    """Something with harmonics, noise and pauses."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    pitch = 150 + 30 * np.sin(2 * np.pi * 1.5 * t)
    tone = sum(np.sin(2 * np.pi * k * np.cumsum(pitch) / RATE) / k for k in range(1, 20))
    loudness = np.clip(np.sin(2 * np.pi * 0.9 * t + seed), 0, 1)
    return (0.05 * tone * loudness + 1e-3 * rng.normal(size=len(t))).astype(np.float32)


@pytest.fixture(params=[220, 441], ids=["hop 10 ms", "hop 20 ms"])
def config(request):
    base = Config()
    return replace(base, features=replace(base.features, hop_length=request.param))


def test_shape_and_mask(config):
    extractor = FeatureExtractor(config)
    full = extractor(voice(3.0))
    assert full.values.shape == (170, config.frames_per_window)
    assert full.values.dtype == torch.float32 and bool(torch.isfinite(full.values).all())
    half = extractor(voice(1.0))
    share = float(half.mask.float().mean())
    assert share == pytest.approx(1 / 3, abs=0.02)
    # Padded symmetrically: as many masked frames before as behind.
    valid = torch.nonzero(half.mask).ravel()
    before, behind = int(valid[0]), config.frames_per_window - 1 - int(valid[-1])
    assert abs(before - behind) <= 1


def test_no_mel_filter_is_empty(config):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        extractor = FeatureExtractor(config)
    assert float(extractor._mel.mel_scale.fb.sum(0).min()) > 0


def test_agrees_with_librosa(config):
    c = config.features
    extractor = FeatureExtractor(config)
    samples = voice(3.0)
    values = extractor(samples).values.numpy()
    wave = samples * np.float32(speech_gain(samples, c))
    power = librosa.feature.melspectrogram(
        y=wave,
        sr=RATE,
        n_fft=c.n_fft,
        win_length=c.win_length,
        hop_length=c.hop_length,
        n_mels=c.n_mels,
        fmin=c.fmin,
        fmax=c.fmax,
        htk=True,
        norm=None,
        pad_mode="constant",
    )
    mel = 10 * np.log10(np.maximum(power, c.floor_power))
    np.testing.assert_allclose(values[:128], mel, atol=0.01)
    mfcc = librosa.feature.mfcc(S=mel, n_mfcc=c.n_mfcc)
    np.testing.assert_allclose(values[128:168], mfcc, atol=0.02)
    rms = librosa.feature.rms(
        y=wave, frame_length=c.win_length, hop_length=c.hop_length, pad_mode="constant"
    )[0]
    np.testing.assert_allclose(values[168, : len(rms)], rms, atol=1e-6)
    zcr = librosa.feature.zero_crossing_rate(
        wave, frame_length=c.win_length, hop_length=c.hop_length
    )[0]
    np.testing.assert_allclose(values[169, : len(zcr)], zcr, atol=1e-6)
    coarse = FeatureExtractor(override(config, ["features.zero_threshold=0.02"]))
    row = coarse(samples).values[169]
    zcr = librosa.feature.zero_crossing_rate(
        wave, frame_length=c.win_length, hop_length=c.hop_length, threshold=0.02
    )[0]
    np.testing.assert_allclose(row[: len(zcr)], zcr, atol=1e-6)
    assert float(row.mean()) < 0.9 * float(values[169].mean())


def test_gain_does_not_change_the_features(config):
    extractor = FeatureExtractor(config)
    samples = voice(2.5)
    reference = extractor(samples).values
    for gain_db in (-40, -12, 12):
        scaled = samples * np.float32(10 ** (gain_db / 20))
        difference = (extractor(scaled).values - reference).abs()
        assert float(difference[:169].max()) < 0.02
        assert float(difference[169].max()) < 0.01


def test_speech_level_ignores_pauses():
    c = Config().features
    loud = voice(1.0)
    padded = np.concatenate([loud, np.zeros(2 * RATE, np.float32)])
    assert speech_gain(padded, c) == pytest.approx(speech_gain(loud, c), rel=0.05)
    assert speech_gain(np.zeros(RATE, np.float32), c) == 1.0


def test_training_and_live_agree_to_the_bit():
    """Windows of unlike loudness, with other windows before, and with another thread count."""
    config = Config()
    kinds = ((3, 0, 1), (1, 1, 30), (2, 2, 0.01))
    windows = [voice(seconds, seed) * np.float32(gain) for seconds, seed, gain in kinds]
    together = FeatureExtractor(config)
    first = [together(w).values for w in windows]
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = [FeatureExtractor(config)(w).values for w in reversed(windows)][::-1]
    finally:
        torch.set_num_threads(threads)
    for a, b in zip(first, alone, strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize(
    "samples",
    [np.zeros(RATE), np.full(RATE, 0.3), np.ones(3 * RATE), np.zeros(1), np.full(40, 1e-30)],
    ids=["zeros", "constant", "clipped", "one sample", "denormal"],
)
def test_odd_windows_give_finite_features(samples):
    features = FeatureExtractor(Config())(samples.astype(np.float32))
    assert bool(torch.isfinite(features.values).all()) and bool(features.mask.any())


def test_bad_windows_are_errors():
    extractor = FeatureExtractor(Config())
    for samples in (np.empty(0), np.zeros(66_151), np.array([0.0, np.nan])):
        with pytest.raises(ValueError):
            extractor(samples.astype(np.float32))


def test_pad_symmetric():
    padded, first = pad_symmetric(np.ones(3, np.float32), 10)
    assert first == 3 and padded.tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0]
