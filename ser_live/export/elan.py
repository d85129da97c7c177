"""ELAN's annotation format, .eaf (https://archive.mpi.nl/tla/elan).

Tiers ``emotion``, ``gender`` and ``confidence`` hold one annotation an utterance.  ``course``
follows the provisional windows: each estimate stands from the previous window's end to its own,
because windows overlap and a tier's annotations may not.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import BinaryIO

from pympi.Elan import Eaf, to_string

from ser_live.audio.decode import AUDIO_SUFFIXES
from ser_live.export.results import Results, emotion_label, full_label

_MIME_TYPES = {".wav": "audio/x-wav", ".mp4": "video/mp4", ".mp3": "audio/mpeg"}


def write_elan(results: Results, stream: BinaryIO) -> None:
    """Write the tiers; ELAN's times are whole milliseconds.  A sound file is linked by its name."""
    eaf = Eaf(author="SER Live")
    eaf.remove_tier("default")
    name = PurePath(results.source).name
    suffix = PurePath(name).suffix.lower()
    if suffix in AUDIO_SUFFIXES:
        mime = _MIME_TYPES.get(suffix, "unknown")
        eaf.add_linked_file(f"./{name}", relpath=f"./{name}", mimetype=mime)
    for tier in ("emotion", "gender", "confidence", "course"):
        eaf.add_tier(tier)
    for start, end, result in results.spans():
        estimate = result.estimate
        for tier, value in (
            ("emotion", emotion_label(estimate)),
            ("gender", estimate.top_gender),
            ("confidence", f"{estimate.confidence:.2f}"),
        ):
            eaf.add_annotation(tier, _ms(start), _ms(end), value)
    reached = 0
    for window in sorted(results.timeline.windows(final=False), key=lambda w: w.end):
        start, end = max(reached, _ms(window.start)), _ms(window.end)
        if end > start:
            eaf.add_annotation("course", start, end, full_label(window.estimate))
            reached = end
    stream.write(b'<?xml version="1.0" encoding="UTF-8"?>\n' + to_string(eaf, encoding="UTF-8"))


def _ms(seconds: float) -> int:
    return round(1000 * seconds)
