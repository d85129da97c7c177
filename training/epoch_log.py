"""A run's ``log.csv``: a row an epoch."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.files import whole


@dataclass
class EpochLog:
    """One row of ``log.csv``."""

    epoch: int
    loss: float
    validation_uar: float
    seconds: float
    clips_per_second: float
    per_corpus: str


def write_epochs(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write :class:`EpochLog` rows as a run's ``log.csv``, whole or not at all.

    Raises:
        SerLiveError: it cannot be written.
    """
    with whole(folder / "log.csv") as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
