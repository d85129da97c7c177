"""Audacity's label track: start, end and text, one label a line, tabs between.

https://manual.audacityteam.org/man/importing_and_exporting_labels.html
"""

from __future__ import annotations

from typing import BinaryIO

from ser_live.export.results import Results, full_label
from ser_live.export.text import as_text


def write_audacity(results: Results, stream: BinaryIO, windows: bool = False) -> None:
    """Write one label an utterance, or a window; times in seconds."""
    with as_text(stream) as text:
        for start, end, estimate in results.intervals(windows):
            text.write(f"{start:.6f}\t{end:.6f}\t{full_label(estimate)}\n")
