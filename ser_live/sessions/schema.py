"""What a session file looks like inside.

An SQLite database that carries :data:`APPLICATION_ID` and, as its user version, :data:`VERSION`.
Numbers in BLOBs are little-endian.  Times are seconds since the recording began.

- ``facts``: the fields of :class:`Facts`, and ``duration`` (s, up to the last commit).
- ``entries``: the timeline in order; ``joint`` holds 14 float64.
- ``peaks``: minimum and maximum per bin from bin ``first`` on, float32.
- ``audio``: from sample ``first`` on, ``frames`` samples of 16-bit mono FLAC, each a whole file;
  no rows when the sound was not asked for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ser_live.timeline import (
    Entry,
    Estimate,
    SpeechEnded,
    SpeechStarted,
    UtteranceResult,
    WindowResult,
)

SUFFIX = ".serlive"
APPLICATION_ID = 0x5345524C  # "SERL"
VERSION = 1

CREATE = """
CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entries (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, utterance INTEGER NOT NULL,
    start REAL NOT NULL, "end" REAL, speech REAL, low_evidence INTEGER, joint BLOB
);
CREATE TABLE peaks (first INTEGER PRIMARY KEY, low BLOB NOT NULL, high BLOB NOT NULL);
CREATE TABLE audio (first INTEGER PRIMARY KEY, frames INTEGER NOT NULL, flac BLOB NOT NULL);
"""

Row = tuple[str, int, float, float | None, float | None, int | None, bytes | None]


@dataclass(frozen=True)
class Facts:
    """What is known when a recording begins.

    Attributes:
        source: name of the device or file.
        model: name of the checkpoint.
        config: its configuration, JSON.
        started: date and time with zone, ISO 8601.
        sample_rate: of the source, Hz.
        bins_per_second: of the waveform.
        program: name and version of what wrote the file.
    """

    source: str
    model: str
    config: str
    started: str
    sample_rate: int
    bins_per_second: int
    program: str

    def rows(self) -> list[tuple[str, str]]:
        """Key and JSON value of every field."""
        return [(key, json.dumps(value)) for key, value in vars(self).items()]

    @classmethod
    def of(cls, values: dict[str, Any]) -> Facts:
        """From keys and values; further keys are ignored.

        Raises:
            KeyError: one is missing.
        """
        return cls(**{name: values[name] for name in cls.__dataclass_fields__})


def entry_row(entry: Entry) -> Row:
    """An entry as a row of ``entries``, without its number."""
    if isinstance(entry, SpeechStarted):
        return ("speech_start", entry.utterance, entry.start, None, None, None, None)
    if isinstance(entry, SpeechEnded):
        span = (entry.utterance, entry.start, entry.end, entry.speech)
        return ("speech_end", *span, None, None)
    if isinstance(entry, WindowResult):
        kind = "final" if entry.final else "provisional"
    else:
        kind = "utterance"
    joint = entry.estimate.joint.astype("<f8").tobytes()
    span = (entry.utterance, entry.start, entry.end, entry.speech)
    return (kind, *span, int(entry.estimate.low_evidence), joint)


def row_entry(row: Row) -> Entry:
    """What :func:`entry_row` was given.

    Raises:
        ValueError: not such a row.
    """
    kind, utterance, start, end, speech, low, blob = row
    if kind == "speech_start":
        return SpeechStarted(utterance, start)
    if end is None or speech is None:
        raise ValueError(f"a row of kind {kind} without end")
    if kind == "speech_end":
        return SpeechEnded(utterance, start, end, speech)
    joint = np.frombuffer(blob or b"", "<f8").astype(np.float64)
    if kind not in ("final", "provisional", "utterance") or joint.shape != (14,):
        raise ValueError(f"a row of unknown kind {kind}")
    joint.flags.writeable = False
    estimate = Estimate(joint, bool(low))
    if kind == "utterance":
        return UtteranceResult(utterance, start, end, speech, estimate)
    return WindowResult(utterance, start, end, speech, kind == "final", estimate)


def shifted(entry: Entry, origin: float) -> Entry | None:
    """An entry in the time of a recording that began at ``origin`` (s).

    An utterance that was under way then begins at 0; windows that ended before give ``None``.
    """
    start = max(0.0, entry.start - origin)
    if isinstance(entry, SpeechStarted):
        return replace(entry, start=start)
    if entry.end <= origin and not isinstance(entry, SpeechEnded):
        return None
    end = max(0.0, entry.end - origin)
    # An utterance is no longer speech than it is long, cut off or not.
    speech = min(entry.speech, end - start) if entry.start < origin else entry.speech
    return replace(entry, start=start, end=end, speech=speech)
