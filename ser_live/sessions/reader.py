"""Reading a session file."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

from ser_live.audio.peaks import PeakStore
from ser_live.errors import SessionFileError
from ser_live.sessions.lock import is_held
from ser_live.sessions.schema import APPLICATION_ID, VERSION, Facts, row_entry
from ser_live.timeline import SpeechEnded, SpeechStarted, Timeline, WindowResult


@dataclass(frozen=True)
class SavedAudio:
    """The sound in a session file, decoded as it is asked for.

    Attributes:
        path: the file.
        sample_rate: Hz.
        duration: seconds.
    """

    path: Path
    sample_rate: int
    duration: float

    def blocks(self, start: float = 0.0) -> Iterator[np.ndarray]:
        """Yield (n,) float32 blocks of a second or so, from a time (s) on.

        Raises:
            SessionFileError: the file cannot be read (any more).
        """
        at = max(0, round(start * self.sample_rate))
        with _opened(self.path) as base:
            query = "SELECT first, flac FROM audio WHERE first + frames > ? ORDER BY first"
            for first, flac in base.execute(query, (at,)):
                samples, _ = sf.read(io.BytesIO(flac), dtype="float32")
                yield samples[max(0, at - first) :]


@dataclass(frozen=True)
class SavedSession:
    """What a session file holds.

    Attributes:
        path: the file.
        facts: source, model, start …
        duration: seconds recorded.
        timeline: the results; an utterance that was cut off is ended where the recording ends.
        waveform: for drawing.
        audio: the sound, if it was kept.
        growing: somebody records into the file: there is more by now.
    """

    path: Path
    facts: Facts
    duration: float
    timeline: Timeline
    waveform: PeakStore
    audio: SavedAudio | None
    growing: bool = False


def read_session(path: str | Path) -> SavedSession:
    """Read a session file, also one whose writer was killed or is still at work.

    Raises:
        SessionFileError: missing, not a session file, from a newer version, or damaged.
    """
    path = Path(path)
    growing = is_held(path)
    with _opened(path) as base:
        stored = dict(base.execute("SELECT key, value FROM facts"))
        values: dict[str, Any] = {key: json.loads(value) for key, value in stored.items()}
        facts = Facts.of(values)
        duration = float(values["duration"])
        timeline = Timeline()
        columns = 'kind, utterance, start, "end", speech, low_evidence, joint'
        for row in base.execute(f"SELECT {columns} FROM entries ORDER BY number"):
            timeline.append(row_entry(row))
        parts = base.execute("SELECT low, high FROM peaks ORDER BY first").fetchall()
        low, high = (
            np.frombuffer(b"".join(part[i] for part in parts), "<f4").astype(np.float32)
            for i in (0, 1)
        )
        waveform = PeakStore.of_bins(facts.sample_rate, facts.bins_per_second, low, high)
        (samples,) = base.execute("SELECT max(first + frames) FROM audio").fetchone()
    audio = None
    if samples is not None:
        audio = SavedAudio(path, facts.sample_rate, samples / facts.sample_rate)
    _end_last_utterance(timeline, duration)
    return SavedSession(path, facts, duration, timeline, waveform, audio, growing)


def _end_last_utterance(timeline: Timeline, duration: float) -> None:
    entries = timeline.since(0)
    opened = [e for e in entries if isinstance(e, SpeechStarted)]
    if not opened or any(
        isinstance(e, SpeechEnded) and e.utterance == opened[-1].utterance for e in entries
    ):
        return
    number, start = opened[-1].utterance, opened[-1].start
    windows = [e for e in entries if isinstance(e, WindowResult) and e.utterance == number]
    speech = max((w.speech for w in windows), default=0.0)
    timeline.append(SpeechEnded(number, start, max(duration, start), speech))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The database, known to be a session file; every error names the file."""
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "no such file"
            raise SessionFileError(f"{path}: {what}")
        with open(path, "rb"):
            pass
        with contextlib.closing(_connect(path)) as base:
            _check(path, base)
            yield base
    except sqlite3.DatabaseError as error:
        if "not a database" in str(error):
            raise SessionFileError(f"{path}: is not a session file") from error
        raise _damaged(path, error) from error
    except (KeyError, TypeError, ValueError, sf.LibsndfileError) as error:
        raise _damaged(path, error) from error
    except OSError as error:
        raise SessionFileError(f"{path}: cannot be read ({error.strerror})") from error


def _damaged(path: Path, error: Exception) -> SessionFileError:
    return SessionFileError(
        f"{path}: the session file is damaged ({error}); "
        "copy it again from where it came from, or take a backup"
    )


def _connect(path: Path) -> sqlite3.Connection:
    uri = path.resolve().as_uri() + "?mode=ro"
    # A player may let go of its blocks in another thread than the one that reads them.
    base = sqlite3.connect(uri, uri=True, timeout=2.0, check_same_thread=False)
    try:
        base.execute("PRAGMA application_id").fetchone()
        base.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        # A folder that cannot be written has no room for the log's index.
        base.close()
        if _log_size(path):
            raise SessionFileError(
                f"{path}: was not finished: copy it and {path.name}-wal to a folder that can be "
                "written"
            ) from None
        uri += "&immutable=1"
        base = sqlite3.connect(uri, uri=True, check_same_thread=False)
    return base


def _log_size(path: Path) -> int:
    log = path.with_name(path.name + "-wal")
    return log.stat().st_size if log.exists() else 0


def _check(path: Path, base: sqlite3.Connection) -> None:
    def pragma(name: str) -> int:
        return int(base.execute(f"PRAGMA {name}").fetchone()[0])

    if pragma("application_id") != APPLICATION_ID:
        raise SessionFileError(f"{path}: is not a session file")
    version = pragma("user_version")
    if version > VERSION:
        raise SessionFileError(
            f"{path}: was written by a newer version of this program (format {version}, "
            f"this one reads up to {VERSION}): update the program"
        )
    stated = pragma("page_count") * pragma("page_size")
    if path.stat().st_size < stated and not _log_size(path):
        raise SessionFileError(
            f"{path}: breaks off: {path.stat().st_size:,} bytes of {stated:,} are there; "
            "copy it again from where it came from"
        )
