"""Recording a running session into a file, in a thread of its own."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ser_live import __version__
from ser_live.audio.peaks import PeakStore
from ser_live.errors import SerLiveError, SessionFileError
from ser_live.sessions.schema import Facts, shifted
from ser_live.sessions.writer import SessionWriter
from ser_live.timeline import Entry, SpeechEnded, SpeechStarted, Timeline

if TYPE_CHECKING:
    from ser_live.pipeline import Session

_COMMIT_SECONDS = 0.5
_CHUNK_SECONDS = 1.0  # of sound in one FLAC chunk: smaller ones compress badly
_MOST_WAITING = 60.0  # s of sound; a disk that is further behind will not catch up


class Writer(Protocol):
    """What a recording needs of :class:`SessionWriter`."""

    def write(
        self,
        entries: list[Entry],
        peaks: tuple[np.ndarray, np.ndarray],
        sound: np.ndarray | None,
        duration: float,
    ) -> None:
        """Append and commit."""

    def close(self) -> None:
        """Finish."""


class Recording:
    """Everything a session hears and finds from now on, into a file.

    Times in the file begin with the recording, not with the session.  Committed every half second;
    sound in chunks of a second: a process that is killed loses less than two.  When the file
    cannot be written, the recording ends, the session goes on, and what was written stays.

    Args:
        session: started or not.
        path: the file to make.
        audio: keep the sound too.
        overwrite: replace a file that is there.
        on_failure: called from the recording's thread when it had to end.
        make_writer: replaces :class:`SessionWriter` in tests.

    Raises:
        SessionFileError: the file cannot be made.

    Attributes:
        error: why the recording ended by itself.
        seconds: recorded and committed.
    """

    def __init__(
        self,
        session: Session,
        path: str | Path,
        audio: bool = False,
        overwrite: bool = False,
        on_failure: Callable[[SerLiveError], None] | None = None,
        make_writer: Callable[[Path, Facts, bool], Writer] = SessionWriter,
    ) -> None:
        self.path, self.audio = Path(path), audio
        self.error: SerLiveError | None = None
        self.seconds = 0.0
        self._session = session
        self._rate = session.source.sample_rate
        self._peaks = PeakStore(self._rate)
        self._on_failure = on_failure
        facts = Facts(
            source=session.source.name,
            model=session.predictor.checkpoint.name,
            config=session.config.to_json(),
            started=datetime.now().astimezone().isoformat(timespec="seconds"),
            sample_rate=self._rate,
            bins_per_second=self._peaks.bins_per_second,
            program=f"SER Live {__version__}",
        )
        self._writer = make_writer(self.path, facts, overwrite)
        self._blocks: deque[np.ndarray] = deque()
        self._waiting = 0  # samples in it
        self._lock = threading.Lock()
        self._origin: float | None = None  # s of the session's time
        self._heard = 0  # samples taken out of the queue
        self._bins = 0
        self._pending: list[np.ndarray] = []  # sound not yet in a chunk
        self._next = _first_entry(session.timeline)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ser-record", daemon=True)

    @property
    def running(self) -> bool:
        """Whether it records."""
        return self._thread.is_alive() and not self._ended.is_set()

    def start(self) -> None:
        """Begin."""
        self._session.set_tap(self._hear)
        self._thread.start()

    def stop(self, timeout: float | None = 10.0) -> None:
        """Write what has come so far, finish the file, and wait for the thread.

        Stop the session first to have its last results in the file.
        """
        self._session.set_tap(None)
        self._ended.set()
        if self._thread.ident is None:
            self._writer.close()
        else:
            self._thread.join(timeout)

    def _hear(self, block: np.ndarray, first: int) -> None:
        # The listening thread: take it and be gone.
        with self._lock:
            if self._origin is None:
                self._origin = first / self._rate
            self._waiting += len(block)
            if self._waiting <= _MOST_WAITING * self._rate:
                self._blocks.append(block.copy())

    def _run(self) -> None:
        try:
            last = False
            while not last:
                last = self._ended.wait(_COMMIT_SECONDS)
                self._write(last)
        except (sqlite3.Error, OSError, RuntimeError) as error:
            self.error = SessionFileError(
                f"{self.path}: recording stopped: {_explain(error)}; "
                "what was written until then is kept"
            )
        finally:
            self._session.set_tap(None)
            self._ended.set()
            self._writer.close()
        if self.error is not None and self._on_failure:
            self._on_failure(self.error)

    def _write(self, last: bool) -> None:
        # Entries before sound: what they tell of has then been heard already.
        entries = self._session.timeline.since(self._next)
        with self._lock:
            blocks, waiting, origin = list(self._blocks), self._waiting, self._origin
            self._blocks.clear()
            self._waiting = 0
        if waiting > _MOST_WAITING * self._rate:
            raise OSError(f"the disk is more than {_MOST_WAITING:.0f} s behind")
        if origin is None:  # nothing heard yet
            return
        for block in blocks:
            self._peaks.push(block)
        self._heard += waiting
        bins = len(self._peaks)
        sound = self._chunk(blocks, last)
        moved = [e for entry in entries if (e := shifted(entry, origin)) is not None]
        duration = self._heard / self._rate
        self._writer.write(moved, self._peaks.get(self._bins, bins), sound, duration)
        self._next += len(entries)
        self._bins, self.seconds = bins, duration

    def _chunk(self, blocks: list[np.ndarray], last: bool) -> np.ndarray | None:
        """The sound to be written now: at least a second, except at the end."""
        if not self.audio:
            return None
        self._pending += blocks
        count = sum(map(len, self._pending))
        if not count or (count < _CHUNK_SECONDS * self._rate and not last):
            return None
        sound = np.concatenate(self._pending)
        self._pending = []
        return sound


def _first_entry(timeline: Timeline) -> int:
    """Where to begin in a timeline: with the utterance that is under way, or after everything."""
    entries = timeline.since(0)
    for number in range(len(entries) - 1, -1, -1):
        entry = entries[number]
        if isinstance(entry, SpeechEnded):
            break
        if isinstance(entry, SpeechStarted):
            return number
    return len(entries)


def _explain(error: Exception) -> str:
    text = str(error)
    if "disk is full" in text or "No space left" in text:
        return "the disk is full"
    return text
