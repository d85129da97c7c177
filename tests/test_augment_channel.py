"""Microphones and noise simulated on the mel bands."""

import numpy as np
import pytest
import soundfile as sf
import soxr
import torch

from ser_live.config import Config
from ser_live.features import FeatureExtractor
from training.augment.channel import Channel

CONFIG = Config()
ZERO_CROSSINGS = torch.tensor(0.123)


@pytest.fixture(scope="module")
def batch():
    """Features of six pieces of speech, the last two of them short: values and masks."""
    samples, rate = sf.read("assets/demo.wav", dtype="float32")
    wave = soxr.resample(samples, rate, CONFIG.audio.sample_rate)
    extract = FeatureExtractor(CONFIG)
    whole = CONFIG.audio.window_samples
    sizes = [whole, whole, whole, whole, whole // 2, whole // 3]
    found = [extract(wave[i * 30_000 :][:size]) for i, size in enumerate(sizes)]
    return torch.stack([f.values for f in found]), torch.stack([f.mask for f in found])


def change(batch, share, seed=0):
    torch.manual_seed(seed)
    return Channel(CONFIG, share, torch.device("cpu"))(*batch, ZERO_CROSSINGS)


def level(values, mask):
    """Mean power of the frames within 30 dB of the loudest, in dB."""
    power = (10 ** (values[:128, mask] / 10)).sum(0)
    return float(10 * torch.log10(power[power >= power.max() * 1e-3].mean()))


def test_nobody_is_changed_at_share_0(batch):
    assert torch.equal(change(batch, 0.0), batch[0])


def test_a_share_is_changed_and_the_rest_is_left(batch):
    many = tuple(part.repeat(100, *[1] * (part.ndim - 1)) for part in batch)
    before = many[0].clone()
    after = change(many, 0.4)
    changed = (after != before).flatten(1).any(1)
    assert 0.3 < float(changed.float().mean()) < 0.5
    assert torch.equal(many[0], before)  # its argument is not written to


def test_the_level_of_speech_stays_and_the_rows_agree(batch):
    values, mask = batch
    dct = Channel(CONFIG, 1.0, torch.device("cpu"))._dct
    curves = []
    for seed in range(20):
        after = change(batch, 1.0, seed)
        assert torch.isfinite(after).all()
        assert float(after[:, :128].min()) >= -50.0
        torch.testing.assert_close(after[:, 128:168], dct.T @ after[:, :128], atol=1e-3, rtol=1e-4)
        for new, old, inside in zip(after, values, mask, strict=True):
            assert level(new, inside) == pytest.approx(level(old, inside), abs=0.6)
            assert torch.equal(new[:128, ~inside], old[:128, ~inside])
            assert (new[168, ~inside] == 0).all()
            curves.append((new - old)[:128, inside].mean(1))
    spread = torch.stack(curves).std(0)
    assert (spread > 2.0).all()  # every band is heard differently


def test_noise_takes_the_zero_crossings_away(batch):
    values, _ = batch
    rows = [change(batch, 1.0, seed)[:, 169] for seed in range(20)]
    replaced = [torch.equal(row, ZERO_CROSSINGS.expand_as(row)) for r in rows for row in r]
    kept = [torch.equal(row, old) for r in rows for row, old in zip(r, values[:, 169], strict=True)]
    assert all(a != b for a, b in zip(replaced, kept, strict=True))
    assert 0.4 < np.mean(replaced) < 0.8


def test_a_seed_gives_the_same_again(batch):
    assert torch.equal(change(batch, 1.0, 3), change(batch, 1.0, 3))
    assert not torch.equal(change(batch, 1.0, 3), change(batch, 1.0, 4))


def test_a_low_pass_leaves_the_upper_bands_silent(batch, monkeypatch):
    monkeypatch.setattr("training.augment.channel._LOW_PASS", 1.0)
    monkeypatch.setattr("training.augment.channel._NOISE", 0.0)
    monkeypatch.setattr("training.augment.channel._EDGE_HZ", (4_000.0, 4_000.0))
    monkeypatch.setattr("training.augment.channel._FALL_DB_PER_KHZ", (80.0, 80.0))
    values, mask = batch
    fell = (change(batch, 1.0) - values)[0][:128, mask[0]].mean(1)
    # Bands 122 to 127 lie above 7 kHz, where 240 dB are taken: down to the floor.
    assert (change(batch, 1.0)[0][122:128, mask[0]] == -50.0).all()
    assert float(fell[20:60].abs().mean()) < 15.0


def test_silence_stays_silence():
    silent = FeatureExtractor(CONFIG)(np.zeros(1_000, np.float32))
    after = change((silent.values[None], silent.mask[None]), 1.0)
    assert torch.isfinite(after).all()
