"""Variants of the model: what they compute, and that they are saved, fused and read."""

import numpy as np
import pytest
import torch

from ser_live.config import Config
from ser_live.config_override import override
from ser_live.errors import BackendError, ConfigError
from ser_live.labels import emotion_marginal, gender_marginal
from ser_live.models.checkpoint import load_checkpoint, save_checkpoint
from ser_live.models.registry import build_model
from ser_live.predictor import Predictor

TINY = ["model.channels=4", "model.lstm_units=4"]
VARIANTS = {
    "b": ["model.n_blocks=5"],
    "c": ["model.n_classes=7"],
    "without RMS and ZCR": ["model.rms_zcr=false"],
    "no norm": ["model.batch_norm=false"],
    "mean normalisation": ["model.mean_normalisation=true"],
    "no dropout": ["model.dropout=0.0"],
    "two heads": ["model.two_heads=true"],
}


@pytest.mark.parametrize("name", VARIANTS)
def test_each_variant_gives_14_logits_fuses_and_is_saved(name, tmp_path):
    config = override(Config(), [*TINY, *VARIANTS[name]])
    torch.manual_seed(0)
    model = build_model(config).eval()
    values, mask = torch.randn(2, 170, 151), torch.ones(2, 151, dtype=torch.bool)
    logits = model(values, mask)
    assert logits.shape == (2, 14)
    path = save_checkpoint(tmp_path / "m.safetensors", model, config, {})
    loaded = load_checkpoint(path)
    assert torch.equal(loaded.model(values, mask), logits)
    torch.testing.assert_close(loaded.model.fuse()(values, mask), logits, rtol=1e-3, atol=1e-4)
    if name == "c":
        with pytest.raises(BackendError, match="nothing of gender"):
            Predictor(load_checkpoint(path), "cpu")
    else:
        assert Predictor(load_checkpoint(path), "cpu").predict([np.zeros(9_000, np.float32)]).shape


def test_what_the_variants_mean():
    values, mask = torch.randn(3, 170, 151), torch.ones(3, 151, dtype=torch.bool)
    two = build_model(override(Config(), [*TINY, "model.two_heads=true"])).eval()
    joint = two(values, mask).softmax(1)
    product = gender_marginal(joint)[:, :, None] * emotion_marginal(joint)[:, None]
    torch.testing.assert_close(joint, product.flatten(1))
    assert two.dense.out_features == 9
    seven = build_model(override(Config(), [*TINY, "model.n_classes=7"])).eval()
    torch.testing.assert_close(
        gender_marginal(seven(values, mask).softmax(1)), torch.full((3, 2), 0.5)
    )
    assert seven.dense.out_features == 7
    without = build_model(override(Config(), [*TINY, "model.rms_zcr=false"])).eval()
    louder = values.clone()
    louder[:, 168:] += 5
    assert torch.equal(without(values, mask), without(louder, mask))
    assert not torch.equal(two(values, mask), two(louder, mask))
    for wrong in (["model.n_classes=9"], ["model.n_classes=7", "model.two_heads=true"]):
        with pytest.raises(ConfigError, match="n_classes"):
            build_model(override(Config(), wrong))


def test_mean_normalisation_takes_a_microphones_colour_away():
    model = build_model(override(Config(), [*TINY, "model.mean_normalisation=true"])).eval()
    plain = build_model(override(Config(), TINY)).eval()
    for m in (model, plain):
        m.feature_mean.fill_(-20.0)
        m.feature_std.fill_(7.0)
    values, mask = 10 * torch.randn(3, 170, 151) - 30, torch.ones(3, 151, dtype=torch.bool)
    values[:, 168:] = torch.rand(3, 2, 151)
    values[0, 168] = 0  # digital silence
    mask[1, :40] = mask[2, 1:] = False  # padding; a window of one frame
    coloured = values.clone()
    coloured[:, :168] += torch.randn(1, 168, 1)
    a, b = model.normalise(values, mask), model.normalise(coloured, mask)
    torch.testing.assert_close(a, b, atol=1e-4, rtol=0)
    assert not torch.allclose(plain.normalise(values, mask), plain.normalise(coloured, mask))
    assert torch.equal(a[:, 168:], plain.normalise(values, mask)[:, 168:])
    assert not a[1, :, :40].any() and a[2, :168].abs().max() < 1e-5
    for window, weight in ((0, torch.ones(151)), (1, values[1, 168] * mask[1])):
        mean = (values[window, :168] * weight).sum(1, keepdim=True) / weight.sum()
        expected = (values[window, :168] - mean) / 7 * mask[window]
        torch.testing.assert_close(a[window, :168], expected, atol=1e-4, rtol=0)


def test_noise_in_pauses_hardly_moves_the_mean():
    model = build_model(override(Config(), [*TINY, "model.mean_normalisation=true"])).eval()
    values, mask = torch.zeros(1, 170, 151), torch.ones(1, 151, dtype=torch.bool)
    values[:, :128, 100:] = -50.0  # a pause
    values[:, 168, :100], values[:, 168, 100:] = 0.05, 1e-4
    noisy = values.clone()
    noisy[:, :128, 100:], noisy[:, 168, 100:] = -20.0, 1e-3
    moved = model.normalise(noisy, mask) - model.normalise(values, mask)
    assert moved[0, :128, :100].abs().max() < 0.3  # dB; the plain mean moves by 10
