"""Saving an analysis that is over as a session file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Protocol

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


class Analysed(Protocol):
    """What is needed of a session or of an analysis."""

    source: Source
    predictor: Predictor
    config: Config
    timeline: Timeline
    waveform: PeakStore


class Cancelled(Exception):
    """The user does not want the file any more."""


def save_analysis(
    analysed: Analysed,
    duration: float,
    path: Path,
    sound: Iterable[np.ndarray] | None = None,
    overwrite: bool = False,
    progress: Callable[[float], bool] | None = None,
) -> None:
    """Write a session file, whole or not at all.

    Args:
        analysed: what is over.
        duration: its length, s.
        path: the file to make.
        sound: (n,) float32 blocks at the source's rate, from the beginning; ``None`` leaves the
            sound out.
        overwrite: replace a file that is there.
        progress: called with the seconds of sound written; false cancels.

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
        started=datetime.now().astimezone().isoformat(timespec="seconds"),
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
