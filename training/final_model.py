"""The model to hand out: trained on everyone, calibrated and judged by the folds.

Nobody is left to tell how good it is.  That is what the folds of the same recipe are for: each of
their models predicts speakers that it never heard, and all of these predictions together give the
figures, the temperature and the confidence below which "not sure" is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.isotonic import IsotonicRegression

from ser_live.config import Config
from ser_live.errors import SerLiveError
from ser_live.labels import EMOTIONS, emotion_marginal
from training.batches import joint_labels
from training.evaluate import fit_temperature, probabilities
from training.files import read_json
from training.metrics import scores_by_corpus
from training.nested import difference
from training.predictions import FILE, joint_before_temperature, read_predictions
from training.run_folder import comparable, settings_of

#: What ``min_confidence`` may be, as the program's settings have it.
_LOWEST, _HIGHEST = 0.15, 0.95


@dataclass(frozen=True)
class Calibration:
    """What out-of-fold predictions say about confidence.

    Attributes:
        temperature: of least negative log-likelihood.
        min_confidence: below it the likeliest emotion is wrong more often than right.
        unsure: corpus → share of clips below it.
        ece: corpus → calibration error at the temperature.
    """

    temperature: float
    min_confidence: float
    unsure: dict[str, float]
    ece: dict[str, float]


def calibrate(table: pd.DataFrame) -> Calibration:
    """Fit temperature and threshold.

    Args:
        table: out-of-fold rows of ``predictions.csv`` with the ``temperature`` of their fold,
            which is undone.
    """
    logs = np.log(np.maximum(joint_before_temperature(table), 1e-300))
    labels, corpus = joint_labels(table), table["corpus"].to_numpy()
    temperature = fit_temperature(logs, labels)
    joint = probabilities(logs, temperature)
    p = emotion_marginal(joint)
    confidence, correct = p.max(1), p.argmax(1) == labels % len(EMOTIONS)
    threshold = fit_min_confidence(confidence, correct, table["speaker"].to_numpy())
    names = list(dict.fromkeys(corpus))
    figures = scores_by_corpus(joint, labels, corpus)
    return Calibration(
        temperature,
        threshold,
        {str(n): float((confidence[corpus == n] < threshold).mean()) for n in names},
        {str(n): figures[str(n)]["ece"] for n in names},
    )


def fit_min_confidence(
    confidence: np.ndarray, correct: np.ndarray, speaker: np.ndarray, right: float = 0.5
) -> float:
    """The confidence from which on an answer is right at least this often.

    By isotonic regression, each speaker weighing the same, so that a corpus of few speakers who
    said much does not decide for all.

    Args:
        confidence: (n,) probability of the likeliest emotion.
        correct: (n,) bool.
        speaker: (n,) names.
        right: share of right answers.

    Returns:
        In hundredths, within what the program's settings allow.
    """
    _, of, size = np.unique(speaker.astype(str), return_inverse=True, return_counts=True)
    model = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
    model.fit(confidence, correct.astype(float), sample_weight=1.0 / size[of])
    steps = np.arange(round(100 * _LOWEST), round(100 * _HIGHEST) + 1) / 100
    enough = model.predict(steps) >= right
    return float(steps[enough.argmax()]) if enough.any() else _HIGHEST


def check_recipe(run: Path, folds: Path, settings: dict[str, Any]) -> None:
    """Refuse folds that say nothing about a model on everyone.

    Args:
        run: its folder.
        folds: the folder that ``pool`` wrote.
        settings: of the folds, as ``pool`` wrote them, perhaps before some field existed.

    Raises:
        SerLiveError: they are of another recipe or configuration.
    """
    mine = settings_of(run)
    del mine["everyone"]
    theirs = comparable(settings, f"{folds / 'metrics.json'}: settings.")
    if where := difference(mine, theirs):
        raise SerLiveError(f"{run} and the folds in {folds} differ in {where}")


def calibrated_by_folds(
    run: Path, config: Config, training: dict[str, Any], folds: Path
) -> tuple[Config, dict[str, Any]]:
    """Configuration and facts of a model that was trained on everyone, completed by its folds.

    Args:
        run: its folder.
        config: its configuration.
        training: the facts that its checkpoint holds.
        folds: the folder that ``pool`` wrote.

    Returns:
        The configuration with temperature and threshold, and the facts with ``figures``:
        ``temperature, min_confidence, unsure, ece`` as in :class:`Calibration` and
        ``out_of_fold``, the folds' figures by corpus.

    Raises:
        SerLiveError: a file lacks, or the folds are of another recipe or configuration.
    """
    path = folds / "metrics.json"
    for file in (path, folds / FILE):
        if not file.exists():
            raise SerLiveError(f"{file}: not there")
    pooled = read_json(path)
    for field in ("runs", "settings", "by_corpus"):
        if field not in pooled:
            raise SerLiveError(f"{path}: no {field}: by an older version; run `pool` again")
    check_recipe(run, folds, pooled["settings"])
    table = read_predictions(folds / FILE)
    found = calibrate(table)
    decision = replace(
        config.decision, temperature=found.temperature, min_confidence=found.min_confidence
    )
    figures = {
        "temperature": found.temperature,
        "min_confidence": found.min_confidence,
        "unsure": found.unsure,
        "ece": found.ece,
        "out_of_fold": pooled["by_corpus"],
    }
    return replace(config, decision=decision), {**training, "figures": figures}
