"""Saving an analysis, or what a session has heard so far, as a session file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ser_live import __version__
from ser_live.audio.peaks import PeakStore
from ser_live.audio.sources import Source
from ser_live.config import Config
from ser_live.errors import SessionFileError
from ser_live.predictor import Predictor
from ser_live.sessions.schema import Facts
from ser_live.sessions.writer import SessionWriter
from ser_live.timeline import Timeline

if TYPE_CHECKING:
    from ser_live.pipeline import Session


class Analysed(Protocol):
    """What is needed of a session or of an analysis."""

    @property
    def source(self) -> Source:
        """Of the sound."""

    @property
    def predictor(self) -> Predictor:
        """Made the results."""

    @property
    def config(self) -> Config:
        """Of the results."""

    @property
    def timeline(self) -> Timeline:
        """The results."""

    @property
    def waveform(self) -> PeakStore:
        """For drawing."""


@dataclass(frozen=True)
class Snapshot:
    """What a session, running or over, had heard and found at one moment.

    Attributes:
        duration: seconds heard; no result and no bin of the waveform lies after them.
    """

    source: Source
    predictor: Predictor
    config: Config
    timeline: Timeline
    waveform: PeakStore
    duration: float

    @classmethod
    def of(cls, session: Session) -> Snapshot:
        """Take it."""
        timeline = Timeline()
        # Results before the time: what they tell of has then been heard already.
        for entry in session.timeline.since(0):
            timeline.append(entry)
        duration = session.stats().time
        store = session.waveform
        low, high = store.get(0, int(duration * store.bins_per_second + 1e-6))
        rate = session.source.sample_rate
        waveform = PeakStore.of_bins(rate, store.bins_per_second, low, high)
        return cls(session.source, session.predictor, session.config, timeline, waveform, duration)


class Cancelled(Exception):
    """The user does not want the file any more."""


def save_analysis(
    analysed: Analysed,
    duration: float,
    path: Path,
    sound: Iterable[np.ndarray] | None = None,
    overwrite: bool = False,
    progress: Callable[[float], bool] | None = None,
    started: datetime | None = None,
) -> None:
    """Write a session file, whole or not at all.

    Args:
        analysed: what is over, or a :class:`Snapshot`.
        duration: its length, s.
        path: the file to make.
        sound: (n,) float32 blocks at the source's rate, from the beginning; ``None`` leaves the
            sound out.
        overwrite: replace a file that is there.
        progress: called with the seconds of sound written; false cancels.
        started: when it was heard, with its time zone; now for ``None``.

    Raises:
        SessionFileError: it exists, or cannot be written.
        AudioFileError: the sound cannot be read any more.
        Cancelled: ``progress`` said so.
    """
    if path.exists() and not overwrite:
        raise SessionFileError(f"{path}: exists already; choose another name")
    store, rate = analysed.waveform, analysed.source.sample_rate
    facts = Facts(
        source=analysed.source.name,
        model=analysed.predictor.checkpoint.name,
        config=analysed.config.to_json(),
        started=(started or datetime.now().astimezone()).isoformat(timespec="seconds"),
        sample_rate=rate,
        bins_per_second=store.bins_per_second,
        program=f"SER Live {__version__}",
    )
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        writer = SessionWriter(part, facts, overwrite=True, aside=True)
        try:
            writer.write(analysed.timeline.since(0), store.get(0, len(store)), None, duration)
            written = 0
            nothing = store.get(0, 0)
            for block in sound or ():
                writer.write([], nothing, block, duration)
                written += len(block)
                if progress and not progress(written / rate):
                    raise Cancelled
        finally:
            writer.close()
        with open(part, "rb+") as stream:
            os.fsync(stream.fileno())
        for suffix in ("-wal", "-shm", "-journal"):  # of a killed recording of this name
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        os.replace(part, path)
    except sqlite3.Error as error:
        raise SessionFileError(f"{path}: cannot be written ({error})") from error
    except SessionFileError as error:  # about the part: the user knows another name
        raise SessionFileError(str(error).replace(str(part), str(path))) from error
    except OSError as error:
        raise SessionFileError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)
