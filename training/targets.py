"""What a clip is trained towards: its intended label, or that mixed with what listeners heard."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ser_live.errors import SerLiveError
from ser_live.labels import EMOTIONS, JOINT, joint_index
from training.batches import joint_labels


def soft_targets(table: pd.DataFrame, listener_share: float = 0.0) -> np.ndarray:
    """Training targets of every manifest row.

    The published table names only the emotion with most votes: it gets ``listener_share``, in a
    tie in equal parts.  Clips without listeners keep their intended label alone.  The gender is
    the speaker's throughout.

    Args:
        table: the manifest, with ``listeners`` where a share is given.
        listener_share: of the listeners, 0 to 1.

    Returns:
        (n, 14) float32, rows sum to 1.

    Raises:
        SerLiveError: a share, but no votes, or an emotion among them that is not known.
    """
    targets = np.eye(len(JOINT), dtype=np.float32)[joint_labels(table)]
    if listener_share <= 0:
        return targets
    if "listeners" not in table or not (table["listeners"] != "").any():
        raise SerLiveError(
            "listener_share: the manifest holds no listeners' votes; put CREMA-D's "
            "processedResults/summaryTable.csv beside its clips and run `python -m training "
            "prepare` (a manifest made with them lacking must be removed first)"
        )
    pairs = zip(table["gender"], table["listeners"], strict=True)
    for row, (gender, heard) in zip(targets, pairs, strict=True):
        if not heard:
            continue
        emotions = heard.split(":")
        if unknown := set(emotions) - set(EMOTIONS):
            raise SerLiveError(f"manifest: listeners: unknown emotion {min(unknown)!r}")
        row *= 1 - listener_share
        for emotion in emotions:
            row[joint_index(gender, emotion)] += listener_share / len(emotions)
    return targets


def blended(own: np.ndarray, taught: np.ndarray, share: float) -> np.ndarray:
    """Targets of which a share is what teachers say; all (n, 14), rows that sum to 1."""
    return (1 - share) * own + share * taught
