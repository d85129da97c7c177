"""Figures of merit with intervals by bootstrap over speakers.

Clips of one speaker resemble each other, so clips are no independent draws and an interval over
clips would be far too narrow: whole speakers are drawn with replacement (cluster bootstrap;
Davison & Hinkley 1997, *Bootstrap Methods and their Application*, section 3.8; percentile
interval).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ser_live.labels import EMOTIONS, GENDERS, emotion_marginal
from training.batches import joint_labels
from training.metrics import gender_hits, scores
from training.predictions import in_order, joint_of

RESAMPLES = 2_000
SEED = 2026
_BINS = 15  # as in metrics.expected_calibration_error
#: Figures that get an interval.
KEYS = ("uar", "accuracy", "macro_f1", "gender_uar", "ece")


def figures(table: pd.DataFrame, resamples: int = RESAMPLES, seed: int = SEED) -> dict[str, Any]:
    """:func:`training.metrics.scores` of some predictions, with intervals.

    Args:
        table: rows of ``predictions.csv``.
        resamples: draws of speakers.
        seed: of the draws.

    Returns:
        The scores, and ``speakers`` (their number), ``interval`` (figure → ``[low, high]``, the
        95 % interval, or ``None`` where there is one speaker) and ``recall_interval`` (emotion →
        the same).
    """
    joint, labels = joint_of(table), joint_labels(table)
    emotion, gender = labels % len(EMOTIONS), labels // len(EMOTIONS)
    out = scores(joint, emotion, gender)
    speakers, of = np.unique(table["speaker"].to_numpy(str), return_inverse=True)
    out["speakers"] = len(speakers)
    out["interval"] = dict.fromkeys(KEYS)
    out["recall_interval"] = dict.fromkeys(out["recall"])
    if len(speakers) < 2:
        return out
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(speakers), np.full(len(speakers), 1 / len(speakers)), resamples)
    drawn = _statistics(*_resampled(joint, emotion, gender, of, weights), np.unique(emotion))
    recalls = drawn.pop("recall")
    for key, values in drawn.items():
        out["interval"][key] = _limits(values)
    for column, name in enumerate(out["recall"]):
        out["recall_interval"][name] = _limits(recalls[:, column])
    return out


def figures_by_corpus(table: pd.DataFrame, **kwargs: int) -> dict[str, dict[str, Any]]:
    """:func:`figures` of each corpus, in the order of the tables."""
    return {
        name: figures(table[table["corpus"] == name], **kwargs)
        for name in in_order(table["corpus"])
    }


def _limits(values: np.ndarray) -> list[float]:
    return [float(v) for v in np.nanquantile(values, (0.025, 0.975))]


def _resampled(
    joint: np.ndarray, emotion: np.ndarray, gender: np.ndarray, of: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts of every resample, from which all figures follow.

    Args:
        joint: (n, 14) probabilities.
        emotion: (n,) true emotion index.
        gender: (n,) true gender index.
        of: (n,) speaker number.
        weights: (resamples, speakers) how often each speaker was drawn.

    Returns:
        Confusions of emotion (resamples, 7, 7) and gender (resamples, 2, 2), and per confidence
        bin (resamples, 15, 3) the clips, the sum of confidences, and the hits.
    """
    count, p = weights.shape[1], emotion_marginal(joint)
    predicted, confidence = p.argmax(1), p.max(1)
    by_emotion = np.zeros((count, len(EMOTIONS), len(EMOTIONS)))
    np.add.at(by_emotion, (of, emotion, predicted), 1)
    by_gender = np.zeros((count, len(GENDERS), len(GENDERS)))
    hits = gender_hits(joint, gender)
    np.add.at(by_gender, (of, gender, gender), hits)
    np.add.at(by_gender, (of, gender, 1 - gender), 1 - hits)
    which = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    by_bin = np.zeros((count, _BINS, 3))
    np.add.at(by_bin, (of, which), np.stack([np.ones(len(p)), confidence, predicted == emotion], 1))
    a, b, c = (np.tensordot(weights, part, 1) for part in (by_emotion, by_gender, by_bin))
    return a, b, c


def _statistics(
    confusion: np.ndarray, gender: np.ndarray, bins: np.ndarray, present: np.ndarray
) -> dict[str, np.ndarray]:
    """All figures of every resample, (resamples,) each; ``recall`` (resamples, emotions present).

    An emotion that a resample lacks is left out of its averages.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        hits = np.diagonal(confusion, axis1=1, axis2=2)[:, present]
        true, said = confusion.sum(2)[:, present], confusion.sum(1)[:, present]
        recall = hits / true
        f1 = np.where(true > 0, 2 * hits / (true + said), np.nan)
        gender_recall = np.diagonal(gender, axis1=1, axis2=2) / gender.sum(2)
        gaps = np.abs(bins[..., 1] - bins[..., 2]).sum(1)
    total = confusion.sum((1, 2))
    return {
        "recall": recall,
        "uar": np.nanmean(recall, 1),
        "accuracy": np.diagonal(confusion, axis1=1, axis2=2).sum(1) / total,
        "macro_f1": np.nanmean(f1, 1),
        "gender_uar": np.nanmean(gender_recall, 1),
        "ece": gaps / total,
    }


def figures_lines(rows: dict[str, dict[str, Any]]) -> str:
    """The figures with their intervals as lines of text."""
    keys = {"uar": "UAR", "accuracy": "accuracy", "macro_f1": "macro F1", "gender_uar": "gender"}
    head = f"{'corpus':14}{'clips':>7}{'speakers':>10}{'chance':>8}"
    lines = [head + "".join(f"{title:>22}" for title in (*keys.values(), "ECE"))]
    for name, row in rows.items():
        cells = []
        for key in (*keys, "ece"):
            scale, digits = (1, 3) if key == "ece" else (100, 1)
            limits = row["interval"][key]
            span = " (one speaker)" if limits is None else ""
            if limits:
                span = f" [{scale * limits[0]:.{digits}f}, {scale * limits[1]:.{digits}f}]"
            cells.append(f"{scale * row[key]:.{digits}f}{span}".rjust(22))
        lines.append(
            f"{name:14}{row['clips']:7,}{row['speakers']:10}{100 * row['chance']:8.1f}"
            + "".join(cells)
        )
    return "\n".join(lines)
