"""TESS: ``OAF_back_angry``; two women, folder names differ in case and wording.

Pichora-Fuller & Dupuis 2020, doi:10.5683/SP2/E8H2MF.
"""

from __future__ import annotations

from pathlib import Path

from training.corpora.base import Clip, Corpus

_EMOTIONS = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "surprise",  # pleasant surprise
    "sad": "sad",
}
# One published file is named OA_bite_neutral.
_SPEAKERS = {"OAF": "OAF", "OA": "OAF", "YAF": "YAF"}


def parse(path: Path) -> Clip | None:
    """The clip a file name describes, or ``None``."""
    parts = path.stem.split("_")
    if len(parts) != 3 or parts[0] not in _SPEAKERS or parts[2].lower() not in _EMOTIONS:
        return None
    speaker, word, emotion = parts
    return Clip(
        path,
        "TESS",
        f"TESS-{_SPEAKERS[speaker]}",
        "female",
        _EMOTIONS[emotion.lower()],
        "",
        word,
    )


TESS = Corpus("TESS", parse, 2_800, 2)
