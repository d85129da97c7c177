"""Training batches: which windows an epoch draws, and their augmentation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
import torchaudio

from ser_live.config import Config
from ser_live.labels import joint_index
from training.augment.waveform import WaveformAugment
from training.cache import FeatureCache
from training.recipe import Recipe


def joint_labels(table: pd.DataFrame) -> np.ndarray:
    """Joint class of every manifest row, (n,) int64."""
    pairs = zip(table["gender"], table["emotion"], strict=True)
    return np.asarray([joint_index(g, e) for g, e in pairs], np.int64)


@dataclass(frozen=True)
class ClipWindows:
    """For every clip, the cache rows of its final and its provisional windows."""

    final: dict[int, np.ndarray]
    provisional: dict[int, np.ndarray]

    @classmethod
    def of(cls, cache: FeatureCache) -> ClipWindows:
        """Group a cache's windows by clip."""
        index = cache.index
        final = index["final"].to_numpy(bool)

        def group(rows: np.ndarray) -> dict[int, np.ndarray]:
            part = pd.Series(rows).groupby(index["clip"].to_numpy()[rows])
            return {int(clip): values.to_numpy() for clip, values in part}  # type: ignore[call-overload]

        return cls(group(np.flatnonzero(final)), group(np.flatnonzero(~final)))


def draw_epoch(
    clips: np.ndarray,
    corpus: np.ndarray,
    windows: ClipWindows,
    recipe: Recipe,
    epoch: int,
    emotion: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """One window for each clip that this epoch draws, in random order.

    Args:
        clips: (n,) manifest rows to train on.
        corpus: corpus name of every manifest row.
        emotion: of every manifest row; needed to balance over emotions.

    Returns:
        (m,) cache rows and (m,) manifest rows.
    """
    fixed = np.random.default_rng([recipe.seed, 77])
    if recipe.train_share < 1.0:
        clips = clips[fixed.random(len(clips)) < recipe.train_share]
    rng = np.random.default_rng([recipe.seed, epoch])
    keep = (corpus[clips] != "TESS") | (rng.random(len(clips)) < recipe.tess_share)
    drawn = rng.permutation(clips[keep])
    if recipe.balance != "none":
        drawn = _balanced(clips, corpus, emotion, recipe, epoch, len(drawn))
    rows = np.empty(len(drawn), np.int64)
    for i, clip in enumerate(drawn):
        choice = windows.final[int(clip)]
        if rng.random() < recipe.provisional_share and int(clip) in windows.provisional:
            choice = windows.provisional[int(clip)]
        rows[i] = choice[rng.integers(len(choice))]
    return rows, drawn


def _balanced(
    clips: np.ndarray,
    corpus: np.ndarray,
    emotion: np.ndarray | None,
    recipe: Recipe,
    epoch: int,
    count: int,
) -> np.ndarray:
    """``count`` clips with replacement, so that each group of them is equally likely."""
    if recipe.balance != "corpus" and emotion is None:
        raise ValueError(f"balance {recipe.balance!r} needs the emotions")
    by = {"corpus": corpus, "emotion": emotion}
    parts = [np.asarray(by[key])[clips].astype(str) for key in recipe.balance.split("+")]
    names = ["/".join(row) for row in zip(*parts, strict=True)]
    _, group, size = np.unique(names, return_inverse=True, return_counts=True)
    chance = 1.0 / size[group] / len(size)
    rng = np.random.default_rng([recipe.seed, epoch, 99])
    return rng.choice(clips, count, p=chance)


def draw_versions(count: int, recipe: Recipe, epoch: int, available: int) -> np.ndarray:
    """For each drawn clip 0 (clean), or by chance a version from 1.

    Args:
        available: versions of the cache; with a ``context_share`` the last one is that.

    Returns:
        (count,) int64; from generators of their own, so that the other draws stay as they were.
        With ``on_the_fly``, where none is stored, 1 says that a window is perturbed.
    """
    drawn = np.zeros(count, np.int64)
    if recipe.on_the_fly:
        rng = np.random.default_rng([recipe.seed, epoch, 88])
        return (rng.random(count) < recipe.augmented_share).astype(np.int64)
    perturbed = available - (recipe.context_share > 0)
    if recipe.augmented_share > 0:
        rng = np.random.default_rng([recipe.seed, epoch, 88])
        chosen = rng.integers(1, perturbed + 1, count)
        drawn = np.where(rng.random(count) < recipe.augmented_share, chosen, drawn)
    if recipe.context_share > 0:
        rng = np.random.default_rng([recipe.seed, epoch, 66])
        drawn = np.where(rng.random(count) < recipe.context_share, available, drawn)
    return drawn


class Augment:
    """SpecAugment and mixup on normalised features; masked parts take the mean (0)."""

    def __init__(self, recipe: Recipe, config: Config) -> None:
        self._recipe = recipe
        frames = recipe.time_mask_seconds * config.audio.sample_rate / config.features.hop_length
        self._time = torchaudio.transforms.TimeMasking(round(frames), iid_masks=True)
        self._rows = torchaudio.transforms.FrequencyMasking(
            recipe.feature_mask_rows, iid_masks=True
        )

    def __call__(
        self, values: torch.Tensor, mask: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Augment (batch, 170, frames) values, (batch, frames) masks, (batch, 14) targets."""
        recipe = self._recipe
        image = values[:, None]
        for _ in range(recipe.time_masks):
            image = self._time(image)
        for _ in range(recipe.feature_masks):
            image = self._rows(image)
        values = image[:, 0]
        if recipe.mixup_alpha > 0:
            share = np.random.beta(recipe.mixup_alpha, recipe.mixup_alpha)
            if recipe.consistency > 0:  # both of a pair are mixed with both of another
                other = torch.randperm(len(values) // 2, device=values.device)
                other = torch.cat([other, other + len(other)])
            else:
                other = torch.randperm(len(values), device=values.device)
            values = share * values + (1 - share) * values[other]
            targets = share * targets + (1 - share) * targets[other]
            mask = mask | mask[other]
        return values, mask, targets


Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def batches(
    cache: FeatureCache,
    rows: np.ndarray,
    targets: np.ndarray,
    size: int,
    versions: np.ndarray | None = None,
    rank: int = 0,
    world: int = 1,
) -> Iterator[Batch]:
    """Values, masks and targets in batches.

    A last batch with less than two clips for a process is left out.

    Args:
        cache: to read from.
        rows: (m,) cache rows of the epoch.
        targets: (m, 14) float32.
        size: clips a batch, of all processes together.
        versions: (m,) version of each clip; without it all are clean.
        rank, world: this process, and how many there are: it gets every ``world``-th clip.
    """
    for part in _parts(len(rows), size, rank, world):
        values, mask = cache.batch(rows[part], None if versions is None else versions[part])
        yield values, mask, torch.from_numpy(targets[part])


def waveform_batches(
    perturb: WaveformAugment,
    rows: np.ndarray,
    targets: np.ndarray,
    size: int,
    versions: np.ndarray,
    rng: np.random.Generator,
    rank: int = 0,
    world: int = 1,
) -> Iterator[Batch]:
    """As :func:`batches`, from waveforms, some perturbed anew.

    Args:
        perturb: computes the windows' features, on its device.
        versions: (m,) 0 for a window that meets no room, noise or microphone, else any other.
        rng: of the perturbations.
    """
    for part in _parts(len(rows), size, rank, world):
        values, mask = perturb(rows[part], versions[part] > 0, rng)
        yield values, mask, torch.from_numpy(targets[part])


def _parts(count: int, size: int, rank: int, world: int) -> Iterator[slice]:
    """Which of ``count`` clips are in each of a process's batches."""
    for at in range(0, count, size):
        if min(size, count - at) < 2 * world:  # batch statistics need two
            return
        yield slice(at + rank, at + size, world)


def feature_statistics(cache: FeatureCache, clips: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of every feature row over the final windows of some clips.

    Returns:
        Two (170,) float32 arrays; the deviation is at least 1e-3.
    """
    index = cache.index
    rows = np.flatnonzero(index["final"].to_numpy(bool) & index["clip"].isin(clips).to_numpy())
    total = np.zeros(cache.data.shape[1])
    squares = np.zeros(cache.data.shape[1])
    count = 0
    for row in rows:
        part = cache.window(int(row))[0].astype(np.float64)
        total += part.sum(0)
        squares += np.square(part).sum(0)
        count += len(part)
    mean = total / count
    std = np.sqrt(np.maximum(squares / count - mean**2, 1e-6))
    return mean.astype(np.float32), std.astype(np.float32)
