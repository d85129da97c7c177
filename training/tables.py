"""Tables of a report: classification reports, corpus statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import classification_report, confusion_matrix

from ser_live.labels import EMOTIONS, GENDERS, JOINT, emotion_marginal, gender_marginal
from training.batches import joint_labels
from training.predictions import in_order, joint_of

#: Name of the row over all corpora; it never stands without theirs.
POOLED = "all corpora"


def truth_and_guess(table: pd.DataFrame, task: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """True and predicted class, (n,) int64 each, and the class names.

    Args:
        table: rows of ``predictions.csv``.
        task: ``emotion`` (7 classes), ``gender`` (2) or ``joint`` (14).
    """
    joint, labels = joint_of(table), joint_labels(table)
    if task == "emotion":
        return labels % len(EMOTIONS), emotion_marginal(joint).argmax(1), list(EMOTIONS)
    if task == "gender":
        return labels // len(EMOTIONS), gender_marginal(joint).argmax(1), list(GENDERS)
    return labels, joint.argmax(1), list(JOINT)


def classification(table: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """scikit-learn's classification reports, per corpus and pooled, for all three tasks.

    Averages are over the classes that the corpus holds; a class that it does not hold can still
    be predicted (and then counts as an error).

    Returns:
        The text, and a table ``task, corpus, class, precision, recall, f1, support``.
    """
    texts, rows = [], []
    corpora = in_order(table["corpus"])
    for task in ("emotion", "gender", "joint"):
        for corpus in corpora + ([POOLED] if len(corpora) > 1 else []):
            part = table if corpus == POOLED else table[table["corpus"] == corpus]
            truth, guess, names = truth_and_guess(part, task)
            labels = np.unique(truth)
            options: dict[str, Any] = {
                "labels": labels,
                "target_names": [names[i] for i in labels],
                "zero_division": 0,
            }
            texts.append(
                f"{task}, {corpus} ({len(part):,} clips, {part['speaker'].nunique()} speakers)\n\n"
                + classification_report(truth, guess, digits=3, **options)
            )
            report = classification_report(truth, guess, output_dict=True, **options)
            rows += [
                {"task": task, "corpus": corpus, "class": name}
                | {"precision": row["precision"], "recall": row["recall"], "f1": row["f1-score"]}
                | {"support": int(row["support"])}
                for name, row in report.items()
                if isinstance(row, dict)  # the accuracy is a number alone
            ]
    return "\n".join(texts), pd.DataFrame(rows)


def confusion(table: pd.DataFrame) -> pd.DataFrame:
    """Clips by true emotion (rows, those that occur) and predicted emotion (columns, all 7)."""
    truth, guess, names = truth_and_guess(table, "emotion")
    counts = confusion_matrix(truth, guess, labels=range(len(names)))
    present = np.unique(truth)
    return pd.DataFrame(counts[present], [names[i] for i in present], names)


def corpus_statistics(manifest: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What a manifest holds.

    Returns:
        ``corpus, speakers, women, men, clips, hours, shortest, median, longest`` (durations in
        s), one row a corpus; and clips: ``corpus, gender`` × the seven emotions.
    """
    summary, counts = [], []
    for corpus in in_order(manifest["corpus"]):
        part = manifest[manifest["corpus"] == corpus]
        people, seconds = part.groupby("gender")["speaker"].nunique(), part["duration"]
        summary.append(
            {"corpus": corpus, "speakers": part["speaker"].nunique()}
            | {"women": int(people.get("female", 0)), "men": int(people.get("male", 0))}
            | {"clips": len(part), "hours": seconds.sum() / 3_600}
            | {"shortest": seconds.min(), "median": seconds.median(), "longest": seconds.max()}
        )
        for gender in GENDERS:
            of = part[part["gender"] == gender]["emotion"].value_counts()
            if len(of):
                row = {e: int(of.get(e, 0)) for e in EMOTIONS}
                counts.append({"corpus": corpus, "gender": gender, **row})
    return pd.DataFrame(summary), pd.DataFrame(counts)
