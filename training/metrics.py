"""Figures of merit, per corpus, computed with scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, recall_score

from ser_live.labels import EMOTIONS, GENDERS, emotion_marginal, gender_marginal


def expected_calibration_error(
    confidence: np.ndarray, correct: np.ndarray, bins: int = 15
) -> float:
    """Weighted gap between confidence and accuracy over equal-width bins (Guo et al. 2017).

    Args:
        confidence: (n,) probability of the predicted class.
        correct: (n,) bool.
    """
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for b in range(bins):
        inside = which == b
        if inside.any():
            error += inside.mean() * abs(confidence[inside].mean() - correct[inside].mean())
    return float(error)


def gender_hits(joint: np.ndarray, gender: np.ndarray) -> np.ndarray:
    """1 where the gender is right, 0 where it is wrong, 0.5 where both are as likely.

    A model of seven emotions leaves it open; the argmax would then always say the first one.

    Args:
        joint: (n, 14) probabilities.
        gender: (n,) true gender index.

    Returns:
        (n,) float64.
    """
    p = gender_marginal(joint)
    return np.where(p[:, 0] == p[:, 1], 0.5, p.argmax(1) == gender)


def scores(joint: np.ndarray, emotion: np.ndarray, gender: np.ndarray) -> dict[str, Any]:
    """UAR, accuracy and macro F1 for emotion; accuracy for gender; calibration.

    The argmax runs over all seven emotions; recall is averaged over those that the labels hold.

    Args:
        joint: (n, 14) probabilities.
        emotion: (n,) true emotion index.
        gender: (n,) true gender index.
    """
    p = emotion_marginal(joint)
    predicted = p.argmax(1)
    present = np.unique(emotion)
    gender_hit = gender_hits(joint, gender)
    recalls = recall_score(emotion, predicted, labels=present, average=None, zero_division=0)
    return {
        "clips": len(joint),
        "uar": float(recalls.mean()),
        "accuracy": float(accuracy_score(emotion, predicted)),
        "macro_f1": float(
            f1_score(emotion, predicted, labels=present, average="macro", zero_division=0)
        ),
        "recall": {EMOTIONS[e]: float(r) for e, r in zip(present, recalls, strict=True)},
        "chance": 1.0 / len(present),
        "gender_uar": float(np.mean([gender_hit[gender == g].mean() for g in np.unique(gender)])),
        "gender_accuracy": float(gender_hit.mean()),
        "genders": [GENDERS[g] for g in np.unique(gender)],
        "ece": expected_calibration_error(p.max(1), predicted == emotion),
    }


def scores_by_corpus(
    joint: np.ndarray, labels: np.ndarray, corpus: np.ndarray
) -> dict[str, dict[str, Any]]:
    """:func:`scores` of each corpus.

    Args:
        joint: (n, 14) probabilities.
        labels: (n,) true joint class.
        corpus: (n,) corpus names.
    """
    emotion, gender = labels % len(EMOTIONS), labels // len(EMOTIONS)
    return {
        str(name): scores(joint[corpus == name], emotion[corpus == name], gender[corpus == name])
        for name in dict.fromkeys(corpus)
    }


def scores_table(figures: dict[str, dict[str, Any]]) -> str:
    """The figures as lines of text."""
    lines = [f"{'corpus':10}{'clips':>7}{'UAR':>8}{'chance':>8}{'acc.':>8}{'F1':>8}{'gender':>8}"]
    for name, row in figures.items():
        lines.append(
            f"{name:10}{row['clips']:7,}"
            + "".join(
                f"{100 * row[key]:8.1f}"
                for key in ("uar", "chance", "accuracy", "macro_f1", "gender_accuracy")
            )
        )
    return "\n".join(lines)
