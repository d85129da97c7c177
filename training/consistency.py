"""Twice the same clip, once perturbed: training for answers that do not change with the sound.

After AugMix's loss (Hendrycks et al. 2020, arXiv:1912.02781), with one perturbed copy instead of
two: to the cross-entropy of both copies comes the Jensen-Shannon divergence between what the model
says of one and of the other.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch

from ser_live.errors import ConfigError


def pair_up(
    rows: np.ndarray, clips: np.ndarray, versions: np.ndarray, size: int, world: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every batch as its clips clean, followed by the same clips as their drawn versions.

    So every ``world``-th clip of a batch, which one of several processes gets, are pairs again.

    Args:
        rows, clips, versions: (m,) cache rows, manifest rows and versions of an epoch's clips.
        size: of a batch: twice as many as it has clips.
        world: processes.

    Returns:
        The same, (2 n,) each: n is m, less what the last batch has beyond a multiple of ``world``.

    Raises:
        ConfigError: half of ``size`` is no multiple of ``world``.
    """
    half = size // 2
    if size % 2 or half % world:
        raise ConfigError(
            f"recipe.batch_size: {size} hold no whole pairs for each of {world} processes"
        )
    index, perturbed = [], []
    for at in range(0, len(rows), half):
        part = np.arange(at, min(at + half, len(rows)))
        part = part[: len(part) // world * world]
        index += [part, part]
        perturbed += [np.zeros(len(part), bool), np.ones(len(part), bool)]
    chosen = np.concatenate(index)
    return rows[chosen], clips[chosen], np.where(np.concatenate(perturbed), versions[chosen], 0)


def divergence(logits: torch.Tensor) -> torch.Tensor:
    """Jensen-Shannon divergence between the halves of a batch, mean over its pairs, in nats.

    Args:
        logits: (2 n, classes), as :func:`pair_up` orders them.

    Returns:
        Scalar from 0 (the same answers) to ln 2 (certain of different classes).
    """
    clean, perturbed = logits.float().log_softmax(1).chunk(2)
    mean = torch.logaddexp(clean, perturbed) - np.log(2.0)
    kl = partial(torch.nn.functional.kl_div, mean, reduction="batchmean", log_target=True)
    return 0.5 * (kl(clean) + kl(perturbed))
