"""Rows, labels and the random splits of the source's protocol."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from ser_live.labels import EMOTIONS, JOINT
from training.batches import joint_labels
from training.paper.features import VERSIONS

TEST_SHARE = 0.2
SPLIT_SEED = 42  # the notebook's
CLASSES = {14: JOINT, 7: EMOTIONS}


@dataclass(frozen=True)
class Rows:
    """Every version of every clip as a row: row ``6 i + v`` is version ``v`` of clip ``i``.

    Attributes:
        values: (6 n, 170) float32.
        labels: (6 n,) int64, joint class or emotion.
        clip: (6 n,) int64, the manifest's row.
        classes: their number, 14 or 7.
    """

    values: np.ndarray
    labels: np.ndarray
    clip: np.ndarray
    classes: int

    @classmethod
    def of(cls, table: pd.DataFrame, numbers: np.ndarray, classes: int) -> Rows:
        """Rows from a manifest (n) and its clips' (n, 6, 170) numbers."""
        labels = joint_labels(table)
        if classes == len(EMOTIONS):
            labels = labels % len(EMOTIONS)
        count = len(VERSIONS)
        return cls(
            numbers.reshape(-1, numbers.shape[-1]),
            np.repeat(labels, count),
            np.repeat(np.arange(len(table)), count),
            classes,
        )


def split_versions(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The notebook's split: (n,) and (m,) int64 rows, 80:20 of ``rows`` at random.  It leaks."""
    train, test = train_test_split(
        np.arange(rows), test_size=TEST_SHARE, random_state=SPLIT_SEED, shuffle=True
    )
    return train, test


def split_clips(clip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All versions of a clip on one side, clips 80:20 at random; speakers are on both sides.

    Args:
        clip: (n,) which clip each row belongs to.

    Returns:
        Two arrays of row numbers, train and test.
    """
    train, _ = split_versions(int(clip.max()) + 1)
    inside = np.isin(clip, train)
    return np.flatnonzero(inside), np.flatnonzero(~inside)


def share_with_sibling(clip: np.ndarray, train: np.ndarray, test: np.ndarray) -> float:
    """Share of the test rows of whose recording some version is in training."""
    return float(np.isin(clip[test], clip[train]).mean())
