"""Bias audit: the same figures for groups of speakers.

Gender for every corpus; for CREMA-D also age, race and ethnicity of the actors, from the corpus's
own ``VideoDemographics.csv``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser_live.errors import SerLiveError
from ser_live.folders import files_below
from training.files import read_table
from training.intervals import figures
from training.predictions import in_order

DEMOGRAPHICS = "VideoDemographics.csv"
_CORPUS = "CREMA-D"
#: Speakers below which a bootstrap over them gives too narrow an interval to be trusted.
FEW = 5
_AGES = ("under 30", "30–49", "50 and over")


def find_demographics(corpora: Path) -> Path | None:
    """The file below the corpora's folder, or ``None``."""
    usual = corpora / _CORPUS / DEMOGRAPHICS
    if usual.is_file():
        return usual
    return next((path for path in files_below(corpora) if path.name == DEMOGRAPHICS), None)


def read_demographics(path: Path) -> pd.DataFrame:
    """Columns ``speaker, age, race, ethnicity``; age is a group.

    Raises:
        SerLiveError: a column is missing or an age is no number.
    """
    raw = read_table(path, ("ActorID", "Age", "Race", "Ethnicity"), keep_default_na=False)
    try:
        ages = raw["Age"].astype(float).to_numpy()
    except ValueError as error:
        raise SerLiveError(f"{path}: Age: {error}") from error
    return pd.DataFrame(
        {
            "speaker": _CORPUS + "-" + raw["ActorID"].astype(str),
            "age": [_AGES[i] for i in np.digitize(ages, (30, 50))],
            "race": raw["Race"].str.strip(),
            "ethnicity": raw["Ethnicity"].str.strip(),
        }
    )


def audit(table: pd.DataFrame, demographics: pd.DataFrame | None) -> list[dict[str, Any]]:
    """One row a group: ``by, corpus, group, speakers, clips, uar, low, high, chance``.

    ``low`` and ``high`` are ``None`` for a group of one speaker.  A corpus of one gender gives one
    group of gender: there is nothing to compare, and the row says so by standing alone.

    Args:
        table: rows of ``predictions.csv``.
        demographics: what :func:`read_demographics` returned, or ``None``.
    """
    rows = []
    for corpus in in_order(table["corpus"]):
        part = table[table["corpus"] == corpus]
        rows += _groups(part, "gender", ("female", "male"), corpus)
        if corpus != _CORPUS or demographics is None:
            continue
        known = part.merge(demographics, on="speaker", how="inner")
        for column in ("age", "race", "ethnicity"):
            names = _AGES if column == "age" else tuple(sorted(known[column].unique()))
            rows += _groups(known, column, names, corpus)
    return rows


def _groups(
    table: pd.DataFrame, column: str, names: tuple[str, ...], corpus: str
) -> list[dict[str, Any]]:
    rows = []
    for name in names:
        part = table[table[column] == name]
        if not len(part):
            continue
        row = figures(part)
        low, high = row["interval"]["uar"] or (None, None)
        rows.append(
            {"by": column, "corpus": corpus, "group": name, "speakers": row["speakers"]}
            | {"clips": row["clips"], "uar": row["uar"], "low": low, "high": high}
            | {"chance": row["chance"]}
        )
    return rows
