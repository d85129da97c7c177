"""Writing a session file, commit by commit."""

from __future__ import annotations

import contextlib
import io
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile as sf

from ser_live.errors import SessionFileError
from ser_live.sessions.lock import hold
from ser_live.sessions.schema import APPLICATION_ID, CREATE, VERSION, Facts, entry_row
from ser_live.timeline import Entry

_WAL_PAGES = 64  # after so many (256 KiB) the log is moved into the file itself


class SessionWriter:
    """A session file that grows.

    What a :meth:`write` has written stays, whatever happens to the process afterwards.  Use from
    one thread at a time.

    Args:
        path: the file to make.
        facts: what is known beforehand.
        overwrite: replace a file that is there.
        aside: nobody needs the file before it is closed: a killed process may leave it useless,
            and a commit costs nothing.

    Raises:
        SessionFileError: it exists, is being recorded by another program, or cannot be made.
    """

    def __init__(
        self, path: Path, facts: Facts, overwrite: bool = False, aside: bool = False
    ) -> None:
        self.path = path
        self._aside = aside
        self._rate = facts.sample_rate
        self._bins = self._samples = 0
        # Before anything is touched: what is there may be growing right now.
        self._lock = hold(path)
        try:
            self._make(path, facts, overwrite)
        except SessionFileError:
            self._release()
            raise

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def _make(self, path: Path, facts: Facts, overwrite: bool) -> None:
        try:
            if overwrite:
                for suffix in ("", "-wal", "-shm", "-journal"):
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
            # What someone said is theirs: others on this machine cannot read it.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError as error:
            raise SessionFileError(f"{path}: exists already; choose another name") from error
        except OSError as error:
            raise SessionFileError(f"{path}: cannot be written ({error.strerror})") from error
        try:
            self._open(facts)
        except (sqlite3.Error, OSError) as error:
            raise SessionFileError(f"{path}: cannot be written ({error})") from error

    def _open(self, facts: Facts) -> None:
        self._base = sqlite3.connect(
            self.path, timeout=2.0, isolation_level=None, check_same_thread=False
        )
        if self._aside:
            self._base.execute("PRAGMA journal_mode = MEMORY")
            self._base.execute("PRAGMA synchronous = OFF")
        else:
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = FULL")
            self._base.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
        self._base.execute("BEGIN")
        for statement in CREATE.split(";"):
            self._base.execute(statement)
        self._base.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._base.execute(f"PRAGMA user_version = {VERSION}")
        rows = [*facts.rows(), ("duration", "0.0")]
        self._base.executemany("INSERT INTO facts VALUES (?, ?)", rows)
        self._base.execute("COMMIT")

    def write(
        self,
        entries: Sequence[Entry],
        peaks: tuple[np.ndarray, np.ndarray],
        sound: np.ndarray | None,
        duration: float,
    ) -> None:
        """Append and commit.

        Args:
            entries: new entries of the timeline.
            peaks: (n,) minima and maxima of the new bins.
            sound: (n,) new samples, or ``None`` for none.
            duration: seconds recorded so far.

        Raises:
            sqlite3.Error: it cannot be written; what was written before stays.
        """
        low, high = (part.astype("<f4").tobytes() for part in peaks)
        flac = None if sound is None or not len(sound) else encode_flac(sound, self._rate)
        base = self._base
        base.execute("BEGIN IMMEDIATE")
        try:
            insert = "INSERT INTO entries VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)"
            base.executemany(insert, map(entry_row, entries))
            if low:
                base.execute("INSERT INTO peaks VALUES (?, ?, ?)", (self._bins, low, high))
            if flac is not None and sound is not None:
                row = (self._samples, len(sound), flac)
                base.execute("INSERT INTO audio VALUES (?, ?, ?)", row)
            base.execute("UPDATE facts SET value = ? WHERE key = 'duration'", (repr(duration),))
            base.execute("COMMIT")
        except sqlite3.Error:
            with contextlib.suppress(sqlite3.Error):
                base.execute("ROLLBACK")
            raise
        self._bins += len(peaks[0])
        self._samples += 0 if sound is None else len(sound)

    def close(self) -> None:
        """Make it one file that can be read from a read-only folder, where there is room to."""
        with contextlib.suppress(sqlite3.Error):
            self._base.execute("PRAGMA journal_mode = DELETE")
        with contextlib.suppress(sqlite3.Error):
            self._base.close()
        self._release()


def encode_flac(samples: np.ndarray, sample_rate: int) -> bytes:
    """(n,) float samples as a FLAC file, 16 bit, mono; what exceeds ±1 is clipped."""
    out = io.BytesIO()
    sf.write(out, np.clip(samples, -1.0, 1.0), sample_rate, format="FLAC", subtype="PCM_16")
    return out.getvalue()
