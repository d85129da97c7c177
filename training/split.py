"""Speaker-disjoint folds, written to a file.

Folds are grouped by speaker and stratified by corpus, gender and emotion
(``sklearn.model_selection.StratifiedGroupKFold``).  Within a fold, validation speakers are taken
from the corpora that have many (CREMA-D, RAVDESS), so that TESS and SAVEE still train.

``training/folds.csv`` holds the folds of the known corpora.  Speakers that it lacks (of a corpus
from a CSV file, or of a fuller download) are assigned beside it, each corpus by itself, so that
adding one moves nobody else; what a run used is in its own ``folds.csv``.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from training.files import make_folder, read_table, write_table

N_FOLDS = 5
SEED = 2026
_VALIDATION_PARTS = 7  # one part in seven of the speakers that are not tested on


@dataclass(frozen=True)
class Split:
    """Row numbers of the manifest, (n,) int64 each; no speaker is in two of them."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def _strata(table: pd.DataFrame) -> np.ndarray:
    return (table["corpus"] + "|" + table["gender"] + "|" + table["emotion"]).to_numpy()


def _groups_of_speakers(part: pd.DataFrame, count: int, seed: int) -> Iterator[np.ndarray]:
    """Row numbers of ``count`` disjoint groups of speakers, stratified where that can be."""
    strata = _strata(part)
    if pd.Series(strata).value_counts().max() < count:
        strata = np.zeros(len(part), int)  # too small a corpus to stratify
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # Some strata are smaller than the number of groups: they cannot be in all of them.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        for _, rows in splitter.split(part, strata, part["speaker"]):
            yield rows


def assign_folds(table: pd.DataFrame, n_folds: int = N_FOLDS, seed: int = SEED) -> pd.DataFrame:
    """A table with columns ``speaker, fold``: the fold each speaker is tested in.

    Corpora are divided one by one, so that each is spread over the folds as evenly as it can be.
    """
    rows = []
    for offset, (_, part) in enumerate(table.groupby("corpus", sort=True)):
        rows += _assign(part, n_folds, seed + offset)
    return pd.DataFrame(rows).sort_values("speaker").reset_index(drop=True)


def _assign(part: pd.DataFrame, n_folds: int, seed: int) -> list[dict[str, object]]:
    """Folds for the speakers of one corpus."""
    parts = min(n_folds, part["speaker"].nunique())
    if parts == 1:  # tested in the first fold, trained on in the others
        return [{"speaker": part["speaker"].iloc[0], "fold": 0}]
    return [
        {"speaker": speaker, "fold": fold}
        for fold, test in enumerate(_groups_of_speakers(part, parts, seed))
        for speaker in part["speaker"].iloc[test].unique()
    ]


def load_or_assign(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Folds from a file, or new ones written to it.

    Speakers that the file lacks get folds that depend on their own corpus alone; the file is left
    as it is.

    Raises:
        SerLiveError: the file is damaged, or cannot be written.
    """
    if path.exists():
        folds = read_table(path, ("speaker", "fold"), dtype={"speaker": str})
        lacking = table[~table["speaker"].isin(folds["speaker"])]
        rows: list[dict[str, object]] = []
        for corpus, part in lacking.groupby("corpus", sort=True):
            rows += _assign(part, N_FOLDS, SEED + zlib.crc32(str(corpus).encode()) % 100_000)
        return pd.concat([folds, pd.DataFrame(rows)], ignore_index=True) if rows else folds
    folds = assign_folds(table)
    make_folder(path.parent)
    write_table(path, folds)
    return folds


def split_fold(table: pd.DataFrame, folds: pd.DataFrame, fold: int, seed: int = SEED) -> Split:
    """Train, validation and test rows of one fold.

    Raises:
        ValueError: too few speakers are left to validate with.
    """
    fold_of = table["speaker"].map(folds.set_index("speaker")["fold"]).to_numpy()
    return _with_validation(table, np.flatnonzero(fold_of == fold), seed + fold)


def split_leave_out(table: pd.DataFrame, corpus: str, seed: int = SEED) -> Split:
    """A whole corpus to test on; train and validation speakers from all the others.

    Raises:
        ValueError: no such corpus, no other, or too few speakers are left to validate with.
    """
    names = list(dict.fromkeys(table["corpus"]))
    if corpus not in names:
        raise ValueError(f"--leave-out {corpus}: choose from {', '.join(names)}")
    if len(names) == 1:
        raise ValueError(f"--leave-out {corpus}: there is no other corpus to train on")
    test = np.flatnonzero((table["corpus"] == corpus).to_numpy())
    return _with_validation(table, test, seed)


def split_everyone(table: pd.DataFrame) -> Split:
    """All rows to train on, nobody to validate or test: for the model that is handed out."""
    nobody = np.empty(0, np.int64)
    return Split(np.arange(len(table), dtype=np.int64), nobody, nobody)


def _with_validation(table: pd.DataFrame, test: np.ndarray, seed: int) -> Split:
    """Divide what is not tested into train and validation speakers."""
    rest = np.setdiff1d(np.arange(len(table)), test)
    validation: list[int] = []
    people = table.iloc[rest].groupby("corpus")["speaker"].nunique()
    # Corpora of few speakers train whole, unless there is no other: somebody must validate.
    parts = {c: _VALIDATION_PARTS for c, n in people.items() if n >= _VALIDATION_PARTS}
    for corpus, count in (parts or {c: n for c, n in people.items() if n > 1}).items():
        rows = rest[(table["corpus"].iloc[rest] == corpus).to_numpy()]
        chosen = next(_groups_of_speakers(table.iloc[rows], int(count), seed))
        validation += list(rows[chosen])
    if not validation:
        raise ValueError(
            "no corpus has three speakers: one to train on, one to validate, one to test"
        )
    held = np.asarray(sorted(validation), np.int64)
    return Split(np.setdiff1d(rest, held), held, test)
