"""``python -m training baseline``: eGeMAPS functionals and a support vector machine.

The classic recipe, on the very folds that the networks are tested on: in each fold it learns from
the training *and* validation speakers of all corpora (it has no epoch to choose) and is tested on
the test speakers.  openSMILE's licence is for research; see :mod:`training.functionals`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from ser_live.errors import SerLiveError
from ser_live.labels import EMOTIONS, JOINT
from training.batches import joint_labels
from training.files import make_folder, write_json, write_table, write_text
from training.functionals import functionals
from training.intervals import figures_by_corpus
from training.manifest import read_manifest
from training.metrics import scores_by_corpus
from training.pool import MANY_SPEAKERS
from training.predictions import (
    LABELS,
    joint_of,
    predictions_table,
    read_predictions,
    write_predictions,
)
from training.split import N_FOLDS, load_or_assign, split_fold

C = 5.0
TITLE = "eGeMAPSv02 functionals, SVM (RBF, C = 5, balanced classes)"


def support_vectors(numbers: np.ndarray, labels: np.ndarray) -> Any:
    """A fitted classifier: standardised (n, d) numbers, RBF kernel, classes weighted alike."""
    if len(np.unique(labels)) < 2:  # everybody of one gender: there is nothing to learn
        return DummyClassifier().fit(numbers, labels)
    model = make_pipeline(
        StandardScaler(), SVC(C=C, kernel="rbf", gamma="scale", class_weight="balanced")
    )
    return model.fit(numbers, labels)


def fold_predictions(
    table: pd.DataFrame, numbers: np.ndarray, folds: pd.DataFrame, fold: int
) -> pd.DataFrame:
    """Train on one fold's training and validation speakers, predict its test speakers.

    Args:
        table: the manifest, (n) rows.
        numbers: (n, d) of every clip.
        folds: ``speaker, fold``.
        fold: which one.

    Returns:
        Rows of ``predictions.csv``; a decision is a probability of 1, for there are no others.
    """
    split = split_fold(table, folds, fold)
    seen, labels = np.union1d(split.train, split.validation), joint_labels(table)
    joint = np.zeros((len(split.test), len(JOINT)))
    guess = [
        support_vectors(numbers[seen], target[seen]).predict(numbers[split.test])
        for target in (labels % len(EMOTIONS), labels // len(EMOTIONS))
    ]
    joint[np.arange(len(joint)), guess[1] * len(EMOTIONS) + guess[0]] = 1.0
    return predictions_table("test", table.iloc[split.test], joint)


def run_baseline(cache: Path, corpora: Path, folds_path: Path, output: Path) -> dict[str, Any]:
    """Compute functionals, train fold by fold (resumable), write and print the figures.

    Returns:
        What ``metrics.json`` holds: ``by_corpus`` and ``folds``.

    Raises:
        SerLiveError: no manifest, openSMILE is missing, or a fold that is done tested other clips.
    """
    table = read_manifest(cache)
    numbers = functionals(table, corpora, cache)
    folds = load_or_assign(table, folds_path)
    make_folder(output)
    tested = []
    for fold in range(N_FOLDS):
        path, test = output / f"fold{fold}.csv", split_fold(table, folds, fold).test
        if not len(test):  # few speakers fill fewer folds
            continue
        if not path.exists():
            write_predictions(path, fold_predictions(table, numbers, folds, fold))
        done, meant = read_predictions(path), table.iloc[test]
        if not np.array_equal(done[list(LABELS)].astype(str), meant[list(LABELS)].astype(str)):
            raise SerLiveError(f"{path}: of another manifest or other folds; remove it")
        tested.append(done)
        tested[-1]["fold"] = fold
        print(f"fold {fold}: {len(tested[-1]):,} clips tested", flush=True)
    everything = pd.concat(tested, ignore_index=True)
    write_predictions(output / "predictions.csv", everything)
    metrics = {"model": TITLE, "by_corpus": figures_by_corpus(everything), "folds": _folds(tested)}
    write_json(output / "metrics.json", metrics)
    rows = baseline_rows(metrics)
    write_table(output / "baseline.csv", rows, float_format="%.6g")
    text = baseline_markdown(rows)
    write_text(output / "baseline.md", text)
    print(text)
    return metrics


def _folds(tested: list[pd.DataFrame]) -> dict[str, list[float]]:
    """UAR of every fold, for the corpora whose folds hold more than a person or two."""
    single = [
        scores_by_corpus(joint_of(t), joint_labels(t), t["corpus"].to_numpy()) for t in tested
    ]
    return {
        name: uar
        for name in MANY_SPEAKERS
        if len(uar := [s[name]["uar"] for s in single if name in s]) > 1
    }


def baseline_rows(metrics: dict[str, Any]) -> pd.DataFrame:
    """One row a corpus: UAR over all folds with its interval, mean ± sd over folds, gender."""
    rows = []
    for corpus, row in metrics["by_corpus"].items():
        low, high = row["interval"]["uar"] or (np.nan, np.nan)
        uar = metrics["folds"].get(corpus, [])
        rows.append(
            {"corpus": corpus, "clips": row["clips"], "speakers": row["speakers"]}
            | {"chance": row["chance"], "uar": row["uar"], "uar_low": low, "uar_high": high}
            | {"uar_mean_of_folds": np.mean(uar) if uar else np.nan}
            | {"uar_sd_of_folds": np.std(uar, ddof=1) if uar else np.nan}
            | {"accuracy": row["accuracy"], "gender_accuracy": row["gender_accuracy"]}
        )
    return pd.DataFrame(rows)


def baseline_markdown(rows: pd.DataFrame) -> str:
    """The rows as a table."""
    lines = [
        f"{TITLE}; five folds by speaker, each person tested once.",
        "",
        "| corpus | clips | speakers | emotion UAR % | 95 % interval | mean ± sd over folds "
        "| chance % | gender accuracy % |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows.to_dict("records"):
        span, mean = "–", "–"
        if np.isfinite(row["uar_low"]):
            span = f"{100 * row['uar_low']:.1f}–{100 * row['uar_high']:.1f}"
        if np.isfinite(row["uar_mean_of_folds"]):
            mean = f"{100 * row['uar_mean_of_folds']:.1f} ± {100 * row['uar_sd_of_folds']:.1f}"
        lines.append(
            f"| {row['corpus']} | {row['clips']:,} | {row['speakers']} | {100 * row['uar']:.1f} "
            f"| {span} | {mean} | {100 * row['chance']:.1f} | {100 * row['gender_accuracy']:.1f} |"
        )
    return "\n".join([*lines, "", "Intervals: 95 %, by bootstrap over speakers.", ""])
