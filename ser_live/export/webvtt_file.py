"""WebVTT: captions for a player, one cue an utterance (https://www.w3.org/TR/webvtt1)."""

from __future__ import annotations

from typing import BinaryIO

from webvtt import Caption, WebVTT

from ser_live.export.results import Results, full_label
from ser_live.export.text import as_text


def write_webvtt(results: Results, stream: BinaryIO, windows: bool = False) -> None:
    """Write one cue an utterance, or a window; cues of windows overlap."""
    captions = WebVTT()
    for number, (start, end, estimate) in enumerate(results.intervals(windows), 1):
        cue = Caption(_clock(start), _clock(end), full_label(estimate), identifier=str(number))
        captions.captions.append(cue)
    with as_text(stream) as text:
        captions.write(text)


def _clock(seconds: float) -> str:
    """A time as WebVTT writes it.

    >>> _clock(3723.5)
    '01:02:03.500'
    """
    ms = round(1000 * seconds)
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"
