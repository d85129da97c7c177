"""RAVDESS: ``modality-channel-emotion-intensity-statement-repetition-actor`` (speech only).

Livingstone & Russo 2018, doi:10.1371/journal.pone.0196391.  Odd actors are men.
"""

from __future__ import annotations

from pathlib import Path

from training.corpora.base import Clip, Corpus

_EMOTIONS = {
    "01": "neutral",
    "02": "neutral",  # calm
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
_INTENSITIES = {"01": "normal", "02": "strong"}


def parse(path: Path) -> Clip | None:
    """The clip a file name describes; ``None`` for songs, video-only files and others."""
    parts = path.stem.split("-")
    if len(parts) != 7 or not all(p.isdigit() and len(p) == 2 for p in parts):
        return None
    modality, channel, emotion, intensity, statement, _repetition, actor = parts
    if modality != "03" or channel != "01" or emotion not in _EMOTIONS:
        return None
    return Clip(
        path,
        "RAVDESS",
        f"RAVDESS-{actor}",
        "male" if int(actor) % 2 else "female",
        _EMOTIONS[emotion],
        _INTENSITIES.get(intensity, ""),
        statement,
    )


RAVDESS = Corpus("RAVDESS", parse, 1_440, 24)
