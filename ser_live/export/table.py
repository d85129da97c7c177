"""The table that CSV and Parquet share: one row a window or utterance."""

from __future__ import annotations

from typing import Any

from ser_live.labels import EMOTIONS, GENDERS, JOINT

#: Every column and the type of its values; ``final`` is empty for utterances.
COLUMNS: dict[str, type] = {
    "schema": str,
    "source": str,
    "model": str,
    "type": str,
    "utterance": int,
    "start": float,
    "end": float,
    "speech": float,
    "final": bool,
    "confidence": float,
    "low_evidence": bool,
    "emotion": str,
    "gender": str,
} | dict.fromkeys([*EMOTIONS, *GENDERS, *JOINT], float)


def table_rows(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of one source: its windows, then its utterances.

    Args:
        record: what :func:`ser_live.export.records.file_record` returns.
    """
    common = {key: record[key] for key in ("schema", "source", "model")}
    rows: list[dict[str, Any]] = []
    for kind, entries in (("window", record["windows"]), ("utterance", record["utterances"])):
        for entry in entries:
            row = {key: entry[key] for key in entry if key in COLUMNS}
            row["emotion"] = max(entry["emotions"], key=entry["emotions"].__getitem__)
            row["gender"] = max(entry["genders"], key=entry["genders"].__getitem__)
            rows.append(
                common
                | {"type": kind}
                | row
                | entry["emotions"]
                | entry["genders"]
                | entry["joint"]
            )
    return rows
