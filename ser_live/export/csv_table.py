"""CSV (RFC 4180): one row a window or utterance."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Any, BinaryIO, TextIO

from ser_live.export.results import Results
from ser_live.export.table import COLUMNS, table_rows
from ser_live.export.text import as_text


class CsvWriter:
    """Writes the objects of :func:`ser_live.export.records.file_record` as rows."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._writer = csv.DictWriter(stream, list(COLUMNS), restval="")
        self._writer.writeheader()

    def write(self, record: dict[str, Any]) -> None:
        """Write all rows of one source: windows, then utterances."""
        for row in table_rows(record):
            self._writer.writerow({name: _text(value) for name, value in row.items()})
        self._stream.flush()


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def write_csv(results: Iterable[Results], stream: BinaryIO) -> None:
    """Write a table with a header."""
    with as_text(stream) as text:
        writer = CsvWriter(text)
        for each in results:
            writer.write(each.record())
