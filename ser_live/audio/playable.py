"""Sound that can be read from any time on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile as sf

from ser_live.audio.decode import Decoder


def read_from(path: Path, seconds: float, sample_rate: int) -> Iterator[np.ndarray]:
    """Yield (n,) float32 mono blocks of a file from a time on.

    Args:
        path: a file that :class:`ser_live.audio.decode.Decoder` reads.
        seconds: where to begin.
        sample_rate: its rate, Hz.
    """
    try:
        with sf.SoundFile(path) as sound:
            if seconds > 0 and sound.seekable():
                sound.seek(min(len(sound), round(seconds * sample_rate)))
                skip = 0
            else:
                skip = round(seconds * sample_rate)
            while len(data := sound.read(sample_rate // 4, dtype="float32", always_2d=True)):
                data, skip = data[skip:], max(0, skip - len(data))
                yield np.nan_to_num(data.mean(axis=1, dtype=np.float32))
    except sf.LibsndfileError:
        # FFmpeg's seeking is exact to the packet only: decode from the start and skip, which
        # runs several hundred times faster than the sound.
        skip = round(seconds * sample_rate)
        for block in Decoder(path).blocks():
            rest, skip = block[skip:], max(0, skip - len(block))
            if len(rest):
                yield rest


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

    def blocks(self, start: float = 0.0) -> Iterator[np.ndarray]:
        """See :class:`Playable`."""
        return read_from(self.path, start, self.sample_rate)
