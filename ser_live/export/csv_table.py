"""CSV (RFC 4180): one row a window or utterance."""

from __future__ import annotations

import csv
from typing import Any, TextIO

from ser_live.labels import EMOTIONS, GENDERS, JOINT

COLUMNS = (
    ["schema", "source", "model", "type", "utterance", "start", "end", "speech", "final"]
    + ["confidence", "low_evidence", "emotion", "gender"]
    + [*EMOTIONS, *GENDERS, *JOINT]
)


class CsvWriter:
    """Writes the objects of :func:`ser_live.export.records.file_record` as rows."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._writer = csv.DictWriter(stream, COLUMNS, restval="")
        self._writer.writeheader()

    def write(self, record: dict[str, Any]) -> None:
        """Write all rows of one source: windows, then utterances."""
        common = {key: record[key] for key in ("schema", "source", "model")}
        for kind, entries in (("window", record["windows"]), ("utterance", record["utterances"])):
            for entry in entries:
                row = {k: entry[k] for k in ("utterance", "start", "end", "speech", "confidence")}
                row["low_evidence"] = str(entry["low_evidence"]).lower()
                if "final" in entry:
                    row["final"] = str(entry["final"]).lower()
                row["emotion"] = max(entry["emotions"], key=entry["emotions"].__getitem__)
                row["gender"] = max(entry["genders"], key=entry["genders"].__getitem__)
                self._writer.writerow(
                    common
                    | {"type": kind}
                    | row
                    | entry["emotions"]
                    | entry["genders"]
                    | entry["joint"]
                )
        self._stream.flush()
