"""JSON Lines: one object a line (https://jsonlines.org)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, BinaryIO, TextIO

from ser_live.export.results import Results
from ser_live.export.text import as_text


def write_line(record: dict[str, Any], stream: TextIO) -> None:
    """Write one object as a line and flush, so that a reader at a pipe sees it at once."""
    stream.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")
    stream.flush()


def write_jsonl(results: Iterable[Results], stream: BinaryIO) -> None:
    """Write one object a source."""
    with as_text(stream) as text:
        for each in results:
            write_line(each.record(), text)
