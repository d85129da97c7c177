"""``python -m training pool``: the figures of several folds taken together.

Every fold's model is tested on speakers that it never heard; over all folds each speaker is tested
once, and the figures of a corpus rest on all of its speakers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser_live.errors import SerLiveError
from training.audit import find_demographics
from training.batches import joint_labels
from training.files import read_json, read_table, write_json, write_text
from training.intervals import figures_lines
from training.manifest import read_manifest
from training.metrics import scores_by_corpus
from training.nested import difference
from training.predictions import FILE, joint_of, read_predictions, write_predictions
from training.report import Material, write_report
from training.run_folder import read_log, settings_of, temperature_of

#: Corpora with so many speakers that a fold's figure stands for more than one person.
MANY_SPEAKERS = ("CREMA-D", "RAVDESS")


@dataclass(frozen=True)
class Fold:
    """One run: its fold, settings, test predictions and temperature.

    ``precision`` is what it was trained in; older runs do not say.
    """

    run: Path
    number: int
    settings: dict[str, Any]
    table: pd.DataFrame
    log: pd.DataFrame | None
    assignment: pd.DataFrame | None
    precision: str | None = None


def read_fold(run: Path) -> Fold:
    """Read a finished run's test predictions.

    Raises:
        SerLiveError: a file is missing, or the run tested nobody.
    """
    settings = settings_of(run)
    if "leave_out" in settings:
        raise SerLiveError(f"{run}: trained without {settings['leave_out']}, so it is no fold")
    if "everyone" in settings:
        raise SerLiveError(f"{run}: trained on everyone, so it is no fold")
    for name in ("metrics.json", FILE):
        if not (run / name).exists():
            hint = "; `python -m training report --run …` writes it" if name == FILE else ""
            raise SerLiveError(f"{run / name}: not there{hint}")
    number = read_json(run / "run.json")["recipe"].get("fold", 0)
    everything = read_predictions(run / FILE)
    table = everything[everything["part"] == "test"].reset_index(drop=True)
    if not len(table):
        raise SerLiveError(f"{run}: tested nobody (trained with --no-test)")
    table["fold"] = number
    table["temperature"] = temperature_of(run)
    assignment = run / "folds.csv"
    return Fold(
        run,
        number,
        settings,
        table,
        read_log(run),
        read_table(assignment, ("speaker", "fold")) if assignment.exists() else None,
        read_json(run / "metrics.json").get("precision"),
    )


def check_folds(folds: list[Fold]) -> None:
    """Refuse folds that do not belong together.

    Raises:
        SerLiveError: two runs of one fold, of different recipes, configurations or divisions into
            folds, or a speaker tested twice; the message names runs and field.
    """
    first = folds[0]
    for i, fold in enumerate(folds):
        for other in folds[:i]:
            if other.number == fold.number:
                raise SerLiveError(f"{other.run} and {fold.run} are both fold {fold.number}")
            twice = set(other.table["speaker"]) & set(fold.table["speaker"])
            if twice:
                raise SerLiveError(
                    f"{sorted(twice)[0]} was tested in both {other.run} and {fold.run}"
                )
        if where := difference(first.settings, fold.settings):
            raise SerLiveError(f"{first.run} and {fold.run} differ in {where}")
        if (
            first.assignment is not None
            and fold.assignment is not None
            and not first.assignment.equals(fold.assignment)
        ):
            raise SerLiveError(f"{first.run} and {fold.run} divide the speakers differently")


def precision_note(folds: list[Fold]) -> str:
    """A line that says which folds were trained in which precision; empty if all in one."""
    by_precision: dict[str, list[str]] = {}
    for fold in folds:
        if fold.precision:
            by_precision.setdefault(fold.precision, []).append(str(fold.number))
    if len(by_precision) < 2:
        return ""
    told = [f"{name} (fold {', '.join(numbers)})" for name, numbers in by_precision.items()]
    return f"The folds were trained in different precisions: {'; '.join(told)}"


def fold_by_fold(folds: list[Fold]) -> dict[str, Any]:
    """UAR of every fold, and mean and standard deviation (n - 1) over the folds.

    Returns:
        ``numbers`` and ``rows``: corpus → ``uar`` (one a fold, ``None`` where it tested nobody of
        the corpus), ``mean``, ``sd``.  Only corpora with many speakers, and at least two folds.
    """
    single = [
        scores_by_corpus(joint_of(f.table), joint_labels(f.table), f.table["corpus"].to_numpy())
        for f in folds
    ]
    rows = {}
    for corpus in MANY_SPEAKERS:
        uar = [figures[corpus]["uar"] if corpus in figures else None for figures in single]
        known = [u for u in uar if u is not None]
        if len(known) > 1:
            mean, sd = float(np.mean(known)), float(np.std(known, ddof=1))
            rows[corpus] = {"uar": uar, "mean": mean, "sd": sd}
    return {"numbers": [f.number for f in folds], "rows": rows}


def pool_runs(runs: list[Path], output: Path, cache: Path, corpora: Path) -> dict[str, Any]:
    """Pool the runs' test predictions; write and print the figures and write the report.

    Args:
        runs: folders of finished runs, one a fold.
        output: folder for ``predictions.csv, metrics.json`` and the report.
        cache: folder of the manifest, for the corpora's statistics.
        corpora: folder of the corpora, for CREMA-D's demographics.

    Returns:
        What ``metrics.json`` holds.

    Raises:
        SerLiveError: see :func:`read_fold` and :func:`check_folds`.
    """
    folds = sorted((read_fold(run) for run in runs), key=lambda fold: fold.number)
    check_folds(folds)
    table = pd.concat([fold.table for fold in folds], ignore_index=True)
    by_fold = fold_by_fold(folds)
    numbers = ", ".join(str(fold.number) for fold in folds)
    clips = read_manifest(cache) if (cache / "manifest.csv").exists() else None
    result = write_report(
        output,
        Material(
            title=f"Model A, {len(folds)} fold{'s' if len(folds) > 1 else ''} together",
            subtitle=f"CNN-BiLSTM, 14 gender-emotion classes; folds {numbers} of a split by "
            "speaker, one model a fold",
            protocol="Speakers, not clips, were divided into folds: each person was tested once, "
            "by the model that had not heard them in training or in choosing the epoch and the "
            "temperature. Every clip was cut by the segmenter of the live program, and its "
            "windows' log-probabilities were averaged.",
            part="test",
            table=table,
            logs={f"fold {f.number}": f.log for f in folds if f.log is not None},
            manifest=clips,
            demographics=find_demographics(corpora),
            settings=json.dumps(folds[0].settings, indent=1),
            folds=by_fold if by_fold["rows"] else None,
        ),
    )
    write_predictions(output / FILE, table)
    metrics = {
        "runs": [f.run.name for f in folds],
        "settings": folds[0].settings,
        "folds": by_fold,
        **result,
    }
    write_json(output / "metrics.json", metrics)
    lines = figures_lines(result["by_corpus"])
    for corpus, row in by_fold["rows"].items():
        lines += f"\n{corpus}: UAR {100 * row['mean']:.1f} ± {100 * row['sd']:.1f} over folds"
    write_text(output / "figures.txt", lines + "\n")
    if note := precision_note(folds):
        print(note)
    print(f"{lines}\n{output / 'index.html'}: written")
    return metrics
