"""SAVEE: ``DC/a01`` or ``DC_a01``; four men.

Haq & Jackson 2010, "Multimodal Emotion Recognition", in Machine Audition.
"""

from __future__ import annotations

import re
from pathlib import Path

from training.corpora.base import Clip, Corpus

_EMOTIONS = {
    "a": "angry",
    "d": "disgust",
    "f": "fear",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprise",
}
_SPEAKERS = frozenset({"DC", "JE", "JK", "KL"})
_NAME = re.compile(r"(?:(DC|JE|JK|KL)_)?(a|d|f|h|n|sa|su)(\d{2})")


def parse(path: Path) -> Clip | None:
    """The clip a path describes, or ``None``."""
    match = _NAME.fullmatch(path.stem)
    if not match:
        return None
    speaker = match[1] or path.parent.name
    if speaker not in _SPEAKERS:
        return None
    emotion, number = match[2], match[3]
    sentence = f"{emotion}{number}"
    return Clip(path, "SAVEE", f"SAVEE-{speaker}", "male", _EMOTIONS[emotion], "", sentence)


SAVEE = Corpus("SAVEE", parse, 480, 4)
