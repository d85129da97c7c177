"""The model to hand out: trained on everyone, calibrated and judged by the folds.

Nobody is left to tell how good it is.  That is what the folds of the same recipe are for: each of
their models predicts speakers that it never heard, and all of these predictions together give the
figures, the temperature and the confidence below which "not sure" is said.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
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

    A figure of predictions that the temperature was fitted on would flatter it: ``unsure`` and
    ``ece`` are cross-fitted, each fold's by the temperature and threshold of the other folds.

    Attributes:
        temperature: of least negative log-likelihood, of all folds.
        min_confidence: below it the likeliest emotion is wrong more often than right; of all folds.
        unsure: corpus → share of clips below it, cross-fitted.
        ece: corpus → calibration error at the temperature, cross-fitted.
        ece_before: corpus → the same at temperature 1.
    """

    temperature: float
    min_confidence: float
    unsure: dict[str, float]
    ece: dict[str, float]
    ece_before: dict[str, float]


def calibrate(table: pd.DataFrame) -> Calibration:
    """Fit temperature and threshold.

    Args:
        table: out-of-fold rows of ``predictions.csv`` with their ``fold`` and its ``temperature``,
            which is undone.

    Raises:
        SerLiveError: all rows are of one fold, so that none is left to judge by.
    """
    logs = np.log(np.maximum(joint_before_temperature(table), 1e-300))
    labels, corpus, fold = joint_labels(table), table["corpus"].to_numpy(), table["fold"].to_numpy()
    speaker = table["speaker"].to_numpy()
    folds = np.unique(fold)
    if len(folds) < 2:
        raise SerLiveError("one fold alone: calibrated on it, nothing is left to judge that by")
    temperature, threshold = _fit(logs, labels, speaker)
    joint, unsure = np.empty_like(logs), np.empty(len(logs), bool)
    for number in folds:
        mine = fold == number
        others = _fit(logs[~mine], labels[~mine], speaker[~mine])
        joint[mine] = probabilities(logs[mine], others[0])
        unsure[mine] = emotion_marginal(joint[mine]).max(1) < others[1]
    before = scores_by_corpus(probabilities(logs), labels, corpus)
    after = scores_by_corpus(joint, labels, corpus)
    return Calibration(
        temperature,
        threshold,
        {name: float(unsure[corpus == name].mean()) for name in after},
        {name: row["ece"] for name, row in after.items()},
        {name: row["ece"] for name, row in before.items()},
    )


def _fit(logs: np.ndarray, labels: np.ndarray, speaker: np.ndarray) -> tuple[float, float]:
    """Temperature, and the confidence below which "not sure" is said; see :class:`Calibration`."""
    temperature = fit_temperature(logs, labels)
    p = emotion_marginal(probabilities(logs, temperature))
    correct = p.argmax(1) == labels % len(EMOTIONS)
    return temperature, fit_min_confidence(p.max(1), correct, speaker)


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


def check_speakers(tested: set[str], trained: set[str], folds: Path) -> None:
    """Refuse folds of which some are missing, or that are of other people.

    Args:
        tested: speakers that the folds tested.
        trained: speakers of the model on everyone.
        folds: the folder that ``pool`` wrote.

    Raises:
        SerLiveError: they are not the same.
    """
    if missing := sorted(trained - tested):
        raise SerLiveError(
            f"{folds}: tested in none of its folds: {missing[0]} ({len(missing)} of "
            f"{len(trained)} speakers); pool all folds"
        )
    if strangers := sorted(tested - trained):
        raise SerLiveError(
            f"{folds}: tested, but none of the model's {len(trained)} speakers: {strangers[0]} "
            f"({len(strangers)} of {len(tested)})"
        )


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
        those of :class:`Calibration`, ``folds`` (how many) and ``out_of_fold``, the folds'
        figures by corpus.

    Raises:
        SerLiveError: a file lacks or is damaged, the folds are of another recipe or configuration,
            or did not test everyone.
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
    table = read_predictions(folds / FILE, ("fold", "temperature"))
    check_speakers(set(table["speaker"]), set(training["speakers"]["train"]), folds)
    found = calibrate(table)
    decision = replace(
        config.decision, temperature=found.temperature, min_confidence=found.min_confidence
    )
    figures = {
        **asdict(found),
        "folds": len(pooled["runs"]),
        "out_of_fold": pooled["by_corpus"],
    }
    return replace(config, decision=decision), {**training, "figures": figures}
