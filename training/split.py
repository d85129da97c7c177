"""Speaker-disjoint folds, written to a file.

Folds are grouped by speaker and stratified by corpus, gender and emotion
(``sklearn.model_selection.StratifiedGroupKFold``).  Within a fold, validation speakers are taken
from the corpora that have many (CREMA-D, RAVDESS), so that TESS and SAVEE still train.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

N_FOLDS = 5
SEED = 2026
_VALIDATION_CORPORA = ("CREMA-D", "RAVDESS")
_VALIDATION_PARTS = 7  # one part in seven of the speakers that are not tested on


@dataclass(frozen=True)
class Split:
    """Row numbers of the manifest, (n,) int64 each; no speaker is in two of them."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def _strata(table: pd.DataFrame) -> np.ndarray:
    return (table["corpus"] + "|" + table["gender"] + "|" + table["emotion"]).to_numpy()


def assign_folds(table: pd.DataFrame, n_folds: int = N_FOLDS, seed: int = SEED) -> pd.DataFrame:
    """A table with columns ``speaker, fold``: the fold each speaker is tested in.

    Corpora are divided one by one, so that each is spread over the folds as evenly as it can be.
    """
    rows = []
    for offset, (_, part) in enumerate(table.groupby("corpus", sort=True)):
        speakers = part["speaker"].nunique()
        parts = min(n_folds, speakers)
        splitter = StratifiedGroupKFold(parts, shuffle=True, random_state=seed + offset)
        for fold, (_, test) in enumerate(splitter.split(part, _strata(part), part["speaker"])):
            rows += [{"speaker": s, "fold": fold} for s in part["speaker"].iloc[test].unique()]
    return pd.DataFrame(rows).sort_values("speaker").reset_index(drop=True)


def load_or_assign(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Folds from a file, or new ones written to it.

    Raises:
        ValueError: the file lacks a speaker of the manifest.
    """
    if path.exists():
        folds = pd.read_csv(path)
        missing = set(table["speaker"]) - set(folds["speaker"])
        if missing:
            raise ValueError(f"{path}: no fold for {', '.join(sorted(missing)[:5])}")
        return folds
    folds = assign_folds(table)
    path.parent.mkdir(parents=True, exist_ok=True)
    folds.to_csv(path, index=False)
    return folds


def split_fold(table: pd.DataFrame, folds: pd.DataFrame, fold: int, seed: int = SEED) -> Split:
    """Train, validation and test rows of one fold."""
    fold_of = table["speaker"].map(folds.set_index("speaker")["fold"]).to_numpy()
    test = np.flatnonzero(fold_of == fold)
    rest = np.flatnonzero(fold_of != fold)
    validation: list[int] = []
    for corpus in _VALIDATION_CORPORA:
        rows = rest[(table["corpus"].iloc[rest] == corpus).to_numpy()]
        part = table.iloc[rows]
        if part["speaker"].nunique() < _VALIDATION_PARTS:
            continue
        splitter = StratifiedGroupKFold(_VALIDATION_PARTS, shuffle=True, random_state=seed + fold)
        _, chosen = next(splitter.split(part, _strata(part), part["speaker"]))
        validation += list(rows[chosen])
    held = np.asarray(sorted(validation), np.int64)
    return Split(np.setdiff1d(rest, held), held, test)
