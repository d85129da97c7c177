"""Pairs of a clip and its perturbed version, and what the model says of both."""

import math

import numpy as np
import pytest
import torch

from ser_live.config import Config
from ser_live.errors import ConfigError
from training.batches import Augment
from training.consistency import divergence, pair_up
from training.recipe import Recipe


@pytest.mark.parametrize("world", [1, 2])
def test_every_process_gets_whole_pairs(world):
    rows, clips = np.arange(100, 111), np.arange(11)
    versions = np.array([1, 2, 3, 1, 2, 0, 1, 2, 3, 1, 2])
    new_rows, new_clips, new_versions = pair_up(rows, clips, versions, 8, world)
    seen = []
    for at in range(0, len(new_rows), 8):
        for rank in range(world):
            part = slice(at + rank, at + 8, world)
            first, second = np.split(new_clips[part], 2)
            np.testing.assert_array_equal(first, second)
            np.testing.assert_array_equal(new_rows[part], new_clips[part] + 100)
            clean, perturbed = np.split(new_versions[part], 2)
            assert not clean.any()
            np.testing.assert_array_equal(perturbed, versions[first])
            seen += list(first)
    assert sorted(seen) == list(range(11 // world * world))


def test_batches_that_hold_no_pairs_are_refused():
    some = np.arange(4)
    with pytest.raises(ConfigError, match="6 hold no whole pairs for each of 2 processes"):
        pair_up(some, some, some, 6, 2)
    with pytest.raises(ConfigError, match="no whole pairs"):
        pair_up(some, some, some, 5)


def test_divergence_is_the_jensen_shannon_divergence():
    certain = torch.tensor([[100.0, 0, 0], [0, 100.0, 0]])
    assert float(divergence(torch.cat([certain, certain]))) == pytest.approx(0.0, abs=1e-6)
    other = divergence(torch.cat([certain, certain.flip(0)]))
    assert float(other) == pytest.approx(math.log(2.0), abs=1e-5)
    p, q = np.array([0.7, 0.2, 0.1]), np.array([0.1, 0.3, 0.6])
    m = (p + q) / 2
    expected = 0.5 * (p * np.log(p / m)).sum() + 0.5 * (q * np.log(q / m)).sum()
    logits = torch.tensor(np.log(np.stack([p, q])))
    assert float(divergence(logits)) == pytest.approx(expected, rel=1e-5)
    assert float(divergence(logits.flip(0))) == pytest.approx(expected, rel=1e-5)


def test_both_of_a_pair_are_mixed_alike():
    torch.manual_seed(0)
    np.random.seed(0)
    recipe = Recipe(mixup_alpha=1.0, time_masks=0, feature_masks=0, consistency=1.0)
    values = torch.randn(8, 170, 151)
    targets = torch.nn.functional.one_hot(torch.arange(8), 14).float()
    mask = torch.ones(16, 151, dtype=torch.bool)
    mixed, _, soft = Augment(recipe, Config())(
        torch.cat([values, values + 1]), mask, torch.cat([targets, targets])
    )
    torch.testing.assert_close(mixed[8:], mixed[:8] + 1)
    torch.testing.assert_close(soft[:8], soft[8:])
    assert not torch.allclose(mixed[:8], values)
