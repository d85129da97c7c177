"""Figures on unseen speakers as Markdown, for a model card."""

from __future__ import annotations

from typing import Any

from ser_live.labels import EMOTIONS
from training.card_data import people
from training.wording import number

#: A corpus's figures by so few speakers are those of the speakers.
_FEWEST = 2
#: Speakers below which an interval over them is rough.
_FEW = 10


def figures_table(figures: dict[str, dict[str, Any]]) -> str:
    """Figures per corpus as a Markdown table."""
    lines = [
        "| corpus | clips | UAR | chance | accuracy | macro F1 | gender accuracy | ECE |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, row in figures.items():
        cells = [f"{row['clips']:,}"]
        cells += [f"{100 * row[k]:.1f} %" for k in ("uar", "chance", "accuracy", "macro_f1")]
        cells += [f"{100 * row['gender_accuracy']:.1f} %", f"{row['ece']:.3f}"]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def recall_table(figures: dict[str, dict[str, Any]]) -> str:
    """Recall per emotion and corpus as a Markdown table."""
    emotions = list(dict.fromkeys(e for row in figures.values() for e in row["recall"]))
    lines = ["| corpus | " + " | ".join(emotions) + " |"]
    lines.append("| --- |" + " ---: |" * len(emotions))
    for name, row in figures.items():
        cells = [f"{100 * row['recall'][e]:.0f}" if e in row["recall"] else "–" for e in emotions]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def out_of_fold_table(figures: dict[str, dict[str, Any]]) -> str:
    """The folds' figures per corpus, with 95 % intervals, as a Markdown table."""
    lines = [
        "| corpus | clips | speakers | UAR | 95 % interval | chance | accuracy | macro F1 "
        "| gender UAR | ECE |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, row in figures.items():
        limits = row["interval"]["uar"]
        cells = [f"{row['clips']:,}", str(row["speakers"]), f"{100 * row['uar']:.1f} %"]
        cells.append("–".join(f"{100 * x:.1f}" for x in limits) if limits else "one speaker")
        keys = ("chance", "accuracy", "macro_f1", "gender_uar")
        cells += [f"{100 * row[k]:.1f} %" for k in keys] + [f"{row['ece']:.3f}"]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _shape(figures: dict[str, dict[str, Any]]) -> str:
    """What the figures are over."""
    text = "The argmax runs over all seven emotions"
    for name, row in figures.items():
        if lacking := [e for e in EMOTIONS if e not in row["recall"]]:
            text += f"; {name} holds no {' and no '.join(lacking)}"
    return text + "."


def of_everyone(figures: dict[str, Any]) -> str:
    """Figures of a model on everyone, which are its folds'.

    Args:
        figures: what :func:`training.final_model.calibrated_by_folds` found.
    """
    per_corpus = figures["out_of_fold"]
    few = [
        f"{name} has {number(row['speakers'])}"
        for name, row in per_corpus.items()
        if row["speakers"] < _FEW
    ]
    rough = f", rough where they are few: {', '.join(few)}" if few else ""
    ece = "; ".join(
        f"{n} {figures['ece_before'][n]:.3f} → {e:.3f}" for n, e in figures["ece"].items()
    )
    unsure = ", ".join(f"{n} {100 * u:.0f} %" for n, u in figures["unsure"].items())
    return f"""{_shape(per_corpus)} Intervals by bootstrap over speakers{rough}.

{out_of_fold_table(per_corpus)}

Recall per emotion, %:

{recall_table(per_corpus)}

The table's calibration error is at each fold's own temperature, fitted on its validation speakers.
This checkpoint's temperature is {figures["temperature"]:.2f}; "not sure" is said below
{100 * figures["min_confidence"]:.0f} % confidence, where an answer is wrong more often than right
(each speaker weighing the same). Both were fitted on the predictions of all folds; what they do is
told with both fitted anew, for each fold, on the other folds alone. Calibration error before →
after such a temperature: {ece}. Clips that are "not sure": {unsure}."""


def of_tested(training: dict[str, Any]) -> str:
    """Figures of a model that tested speakers of its own.

    Args:
        training: a checkpoint's facts about its training.
    """
    figures = training["figures"]
    before, tested = figures["test_before_temperature"], figures["test"]
    calibration = "; ".join(
        f"{name} {before[name]['ece']:.3f} → {row['ece']:.3f}" for name, row in tested.items()
    )
    few = [
        f"{name} ({number(count)})"
        for name, count in people(training)["test"].items()
        if count <= _FEWEST
    ]
    alone = "Tested by one or two speakers only, so their figures say little about others: "
    warning = f" {alone}{', '.join(few)}." if few else ""
    return f"""{_shape(tested)}{warning}

{figures_table(tested)}

Recall per emotion, %:

{recall_table(tested)}

Expected calibration error before → after temperature ({figures["temperature"]:.2f}, fitted on the
validation speakers): {calibration}."""
