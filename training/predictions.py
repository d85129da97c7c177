"""``predictions.csv``: what a run's model says about every validation and test clip.

One row a clip: ``part`` (``validation`` or ``test``), ``path, corpus, speaker, gender, emotion`` as
in the manifest, and the 14 probabilities after the temperature, ``p_female_angry …``.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from ser_live.errors import SerLiveError
from ser_live.labels import EMOTIONS, GENDERS, JOINT
from training.corpora import CORPORA
from training.files import read_table, write_table

FILE = "predictions.csv"
PARTS = ("validation", "test")
LABELS = ("path", "corpus", "speaker", "gender", "emotion")
PROBABILITIES = tuple(f"p_{name}" for name in JOINT)


def predictions_table(part: str, clips: pd.DataFrame, joint: np.ndarray) -> pd.DataFrame:
    """Rows of ``predictions.csv``.

    Args:
        part: ``validation`` or ``test``.
        clips: (n) rows of the manifest.
        joint: (n, 14) probabilities, float64.
    """
    table = clips[list(LABELS)].reset_index(drop=True)
    table.insert(0, "part", part)
    return pd.concat([table, pd.DataFrame(joint, columns=list(PROBABILITIES))], axis=1)


def write_predictions(path: Path, table: pd.DataFrame) -> None:
    """Write the file, whole or not at all."""
    write_table(path, table, float_format="%.9g")


def read_predictions(path: Path, more: Iterable[str] = ()) -> pd.DataFrame:
    """Read and check a file that :func:`write_predictions` wrote.

    Args:
        path: the file.
        more: columns that it must have besides the usual ones.

    Raises:
        SerLiveError: no such file, a column is missing, a label unknown, or a row's probabilities
            do not sum to 1; the message names the file.
    """
    texts = dict.fromkeys(("part", *LABELS), str)
    columns = ("part", *LABELS, *PROBABILITIES, *more)
    table = read_table(path, columns, keep_default_na=False, dtype=texts)
    for column, known in (("part", PARTS), ("gender", GENDERS), ("emotion", EMOTIONS)):
        unknown = set(table[column].astype(str)) - set(known)
        if unknown:
            raise SerLiveError(f"{path}: {column}: {min(unknown)!r} is not one of {known}")
    try:
        sums = joint_of(table).sum(1)
    except ValueError as error:
        raise SerLiveError(f"{path}: {error}") from error
    wrong = np.flatnonzero(~(np.abs(sums - 1) < 1e-4))
    if len(wrong):
        raise SerLiveError(f"{path}: line {wrong[0] + 2}: the probabilities do not sum to 1")
    return table


def joint_of(table: pd.DataFrame) -> np.ndarray:
    """Probabilities after the temperature, (n, 14) float64."""
    return table[list(PROBABILITIES)].to_numpy(np.float64)


def joint_before_temperature(table: pd.DataFrame) -> np.ndarray:
    """Probabilities before the temperature of column ``temperature``, (n, 14) float64.

    p ∝ q^(1/T) is undone by q ∝ p^T.
    """
    logs = np.log(np.maximum(joint_of(table), 1e-300))
    logs = logs * table["temperature"].to_numpy(np.float64)[:, None]
    p = np.exp(logs - logs.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


def in_order(names: Iterable[str]) -> list[str]:
    """Corpus names, each once: the known ones in the order of the tables, then the others."""
    given = list(dict.fromkeys(names))
    return [n for n in CORPORA if n in given] + sorted(n for n in given if n not in CORPORA)
