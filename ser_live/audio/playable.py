"""Sound that can be read from any time on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile as sf

from ser_live.audio.av_seek import AvFile, av_errors
from ser_live.audio.decode import Decoder
from ser_live.errors import AudioFileError

_MOST_IDLE = 2
_LOOK = 0.5  # s between looks whether the file is still the same


class Playable(Protocol):
    """Sound that can be read from any time on.

    Attributes:
        path: for messages.
        sample_rate: Hz.
        duration: seconds, where known.
    """

    @property
    def path(self) -> Path:
        """See the class."""

    @property
    def sample_rate(self) -> int:
        """See the class."""

    @property
    def duration(self) -> float | None:
        """See the class."""

    def blocks(self, start: float = 0.0) -> Iterator[np.ndarray]:
        """Yield (n,) float32 mono blocks from a time (s) on."""


def read_from(path: Path, seconds: float, sample_rate: int) -> Iterator[np.ndarray]:
    """Yield (n,) float32 mono blocks of a file from a time on.

    Args:
        path: a file that libsndfile reads.
        seconds: where to begin.
        sample_rate: its rate, Hz.

    Raises:
        AudioFileError: it cannot be opened.
    """
    try:
        sound = sf.SoundFile(path)
    except sf.LibsndfileError as error:
        raise AudioFileError(f"{path}: cannot be read from {seconds:.0f} s on ({error})") from error
    with sound:
        skip = round(seconds * sample_rate)
        if skip > 0 and sound.seekable():
            sound.seek(min(len(sound), skip))
            skip = 0
        size = sample_rate // 4  # what is to be heard at once; larger ones cost less
        while len(data := sound.read(size, dtype="float32", always_2d=True)):
            data, skip = data[skip:], max(0, skip - len(data))
            yield _mono(data)
            size = sample_rate


def _mono(data: np.ndarray) -> np.ndarray:
    mono: np.ndarray = data.mean(axis=1, dtype=np.float32) if data.shape[1] > 1 else data[:, 0]
    return np.nan_to_num(mono)


class FileSound:
    """A sound file as something playable.

    Args:
        path: the file.

    Raises:
        AudioFileError: as :class:`ser_live.audio.decode.Decoder`.
    """

    def __init__(self, path: str | Path) -> None:
        decoder = Decoder(path)
        self.path = decoder.path
        self.sample_rate = decoder.sample_rate
        self.duration = decoder.duration
        self._identity = identity(self.path)
        # Open already, with all that they know of the file.
        self._idle: list[AvFile] = [] if decoder.av_file is None else [decoder.av_file]
        self._by_ffmpeg = decoder.av_file is not None

    def _blocks(self, start: float) -> Iterator[np.ndarray]:
        if not self._by_ffmpeg:
            yield from read_from(self.path, start, self.sample_rate)
            return
        try:
            file = self._idle.pop()  # one a reader: they are in different threads
        except IndexError:
            file = AvFile(self.path)
        try:
            for block in file.blocks(start):
                yield _mono(block)
        except av_errors() as error:
            text = f"{self.path}: cannot be read from {start:.0f} s on ({error})"
            raise AudioFileError(text) from error
        finally:
            if len(self._idle) < _MOST_IDLE:
                self._idle.append(file)

    def blocks(self, start: float = 0.0) -> Iterator[np.ndarray]:
        """See :class:`Playable`.

        Raises:
            AudioFileError: the file is not the one any more that was opened, now or later on.
        """
        looked = -_LOOK
        blocks = self._blocks(start)
        while True:
            if time.monotonic() - looked > _LOOK:
                self.check()
                looked = time.monotonic()
            block = next(blocks, None)
            if block is None:
                return
            yield block

    def check(self) -> None:
        """See that the file is still the one that was opened.

        Raises:
            AudioFileError: it is gone, or another one.
        """
        now = identity(self.path)
        if now is None:
            raise AudioFileError(f"{self.path.name} is not there any more")
        if now != self._identity:
            raise AudioFileError(f"{self.path.name} was changed since it was opened")


def identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one in its place: size and time; ``None`` without a file."""
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns
