"""The corpora and speakers of a training, for its model card."""

from __future__ import annotations

from typing import Any

from training.corpora import CORPORA
from training.predictions import in_order

_CORPORA_NOTES = {
    "CREMA-D": "ODbL 1.0 / DbCL 1.0; Cao et al. 2014, doi:10.1109/TAFFC.2014.2336244",
    "RAVDESS": "CC BY-NC-SA 4.0; Livingstone & Russo 2018, doi:10.1371/journal.pone.0196391",
    "TESS": "CC BY-NC-ND 4.0; Pichora-Fuller & Dupuis 2020, doi:10.5683/SP2/E8H2MF",
    "SAVEE": "research use; Haq & Jackson 2010",
}


def known_corpora(training: dict[str, Any]) -> list[str]:
    """Names of the corpora that may be in the training, in the order of the tables."""
    figures = training["figures"]
    tested = figures.get("test") or figures.get("out_of_fold") or {}
    # Older checkpoints do not name them: those of the figures, and the usual ones.
    return in_order(training.get("corpora") or [*CORPORA, *figures.get("validation", {}), *tested])


def people(training: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Part (``train, validation, test``) → corpus → how many of its speakers are in it."""
    names = sorted(known_corpora(training), key=len, reverse=True)  # of A and A-B, B-1 is not A's
    out: dict[str, dict[str, int]] = {}
    for part, speakers in training["speakers"].items():
        of = [next((n for n in names if s.startswith(f"{n}-")), "") for s in speakers]
        out[part] = {name: of.count(name) for name in in_order(of) if name}
    return out


def corpora_list(training: dict[str, Any]) -> str:
    """The corpora that the model was trained, chosen and tested with, as a list."""
    inside = {name for part in people(training).values() for name in part}
    lines = []
    for name in known_corpora(training):
        if name in inside:
            note = _CORPORA_NOTES.get(name, "from a CSV file")
            left_out = " (left out of training)" if name == training.get("leave_out") else ""
            lines.append(f"- {name}: {note}{left_out}")
    return "\n".join(lines)
