"""The batched front end gives what the live path's gives."""

import numpy as np
import pytest
import torch

from ser_live.config import Config
from ser_live.config_override import override
from ser_live.features import FeatureExtractor
from training.front_end import BatchFrontEnd

CPU = torch.device("cpu")


def voice(seconds, hz=130.0, rate=22_050, seed=0):
    """A buzz with pauses and a little noise, (n,) float32."""
    t = np.arange(round(seconds * rate)) / rate
    buzz = 0.05 * np.sign(np.sin(2 * np.pi * hz * t)) * (np.sin(2 * np.pi * 1.5 * t) > -0.3)
    return (buzz + np.random.default_rng(seed).normal(0, 1e-3, len(t))).astype(np.float32)


def padded(waves):
    out = np.zeros((len(waves), max(map(len, waves))), np.float32)
    for row, wave in zip(out, waves, strict=True):
        row[: len(wave)] = wave
    return torch.from_numpy(out), torch.tensor([len(w) for w in waves])


@pytest.mark.parametrize(
    "changes",
    [
        [],
        ["features.win_length=552"],
        ["features.zero_threshold=5e-3", "features.floor_power=3e-4"],
    ],
)
def test_same_features_as_the_live_path(changes):
    config = override(Config(), changes)
    waves = [voice(3.0), voice(1.7, 210), voice(0.31, 90), voice(0.01), np.zeros(9_000, np.float32)]
    values, mask = BatchFrontEnd(config, CPU)(*padded(waves))
    extract = FeatureExtractor(config)
    for i, wave in enumerate(waves):
        single = extract(wave)
        assert torch.equal(mask[i], single.mask)
        ours, theirs = values[i].T[single.mask], single.values.T[single.mask]
        assert (ours - theirs)[:, :168].abs().max() < 0.05, i  # dB
        assert torch.allclose(ours[:, 168], theirs[:, 168], atol=1e-5), i
        assert torch.allclose(ours[1:-1, 169], theirs[1:-1, 169], atol=1e-6), i
        assert torch.allclose(ours[:, 169], theirs[:, 169], atol=2e-3), i  # an edge's crossing


def test_what_lies_beyond_the_window_is_not_heard():
    wave = voice(2.0)
    front_end = BatchFrontEnd(Config(), CPU)
    alone, _ = front_end(torch.from_numpy(wave[:20_000])[None], torch.tensor([20_000]))
    inside, _ = front_end(torch.from_numpy(wave)[None], torch.tensor([20_000]))
    assert torch.allclose(alone, inside, atol=1e-4)


@pytest.mark.parametrize(("tempo", "frames"), [(1.25, 80), (1.0, 100), (0.8, 125), (0.5, 151)])
def test_tempo_changes_the_length_only(tempo, frames):
    wave = torch.from_numpy(voice(2.0))[None]
    values, mask = BatchFrontEnd(Config(), CPU)(wave, torch.tensor([44_100]), torch.tensor([tempo]))
    assert abs(int(mask.sum()) - frames) <= 1
    plain, all_frames = BatchFrontEnd(Config(), CPU)(wave, torch.tensor([44_100]))
    means = [v[0, :128][:, m[0]].mean(1) for v, m in ((values, mask), (plain, all_frames))]
    assert (means[0] - means[1]).abs().mean() < 1.5  # dB: the spectrum stays where it is


def test_pitch_moves_the_spectrum():
    """A tone of 1,000 Hz is found where one of 1,100 Hz is."""
    t = np.arange(44_100) / 22_050
    tones = [np.sin(2 * np.pi * hz * t).astype(np.float32) * 0.1 for hz in (1_000, 1_100)]
    front_end = BatchFrontEnd(Config(), CPU)
    waves, count = padded(tones)
    moved, mask = front_end(waves[:1], count[:1], pitch=torch.tensor([1.1]))
    there, _ = front_end(waves[1:], count[1:])
    assert (
        moved[0, :128][:, mask[0]].mean(1).argmax() == there[0, :128][:, mask[0]].mean(1).argmax()
    )
    crossings = [v[0, 169][mask[0]].median().item() for v in (moved, there)]
    assert crossings[0] == pytest.approx(crossings[1], rel=0.02)
