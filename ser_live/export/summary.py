"""The summary as plain text, a page a source."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from ser_live.export.results import Results
from ser_live.export.text import as_text
from ser_live.summary import summarize, summary_text


def write_summary(results: Iterable[Results], stream: BinaryIO) -> None:
    """Write the pages, with an empty line between."""
    with as_text(stream) as text:
        for number, each in enumerate(results):
            page = summary_text(summarize(each.timeline, each.duration), each.source, each.model)
            text.write(("\n" if number else "") + page + "\n")
