"""Where samples come from: an array, a file; the microphone has a module of its own.

A source yields mono float32 blocks in order and without gaps, so that the number of samples
before a block is its sample-exact time.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ser_live.audio.decode import Decoder

_WORTH_TELLING = 0.1  # s: many a file ends in half a frame


class Source(ABC):
    """A mono stream.

    Attributes:
        name: for messages and results.
        sample_rate: Hz.
        live: samples come in real time and cannot be asked to wait.
        duration: seconds, where known beforehand.
    """

    name: str
    sample_rate: int
    live: bool = False
    duration: float | None = None

    @abstractmethod
    def blocks(self) -> Iterator[np.ndarray]:
        """Yield (n,) float32 blocks until the end, or until :meth:`close`."""

    def close(self) -> None:
        """End the stream; may be called from another thread, and twice."""

    @property
    def warnings(self) -> list[str]:
        """What the user should know about the stream so far."""
        return []


class ArraySource(Source):
    """Samples in memory.

    Args:
        samples: (n,) mono, any float type.
        sample_rate: Hz.
        block_sizes: how to cut the samples; repeated as needed.
    """

    def __init__(
        self,
        samples: np.ndarray,
        sample_rate: int,
        block_sizes: Sequence[int] = (1024,),
        name: str = "array",
    ) -> None:
        if samples.ndim != 1:
            raise ValueError(f"expected mono samples of shape (n,), not {samples.shape}")
        if not block_sizes or min(block_sizes) < 1:
            raise ValueError("block sizes must be at least 1")
        self.name = name
        self.sample_rate = sample_rate
        self.duration = len(samples) / sample_rate
        self._samples = samples.astype(np.float32)
        self._sizes = tuple(block_sizes)
        self._closed = threading.Event()

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield (n,) float32 blocks of the given sizes."""
        at = turn = 0
        while at < len(self._samples) and not self._closed.is_set():
            size = self._sizes[turn % len(self._sizes)]
            yield self._samples[at : at + size]
            at += size
            turn += 1

    def close(self) -> None:
        """End the stream."""
        self._closed.set()


class FileSource(Source):
    """A sound file, as fast as it can be read.

    Raises:
        AudioFileError: as :class:`ser_live.audio.decode.Decoder`.
    """

    def __init__(self, path: str | Path) -> None:
        self._decoder = Decoder(path)
        self.name = str(path)
        self.sample_rate = self._decoder.sample_rate
        self.duration = self._decoder.duration
        self._closed = threading.Event()

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield (n,) float32 blocks of up to a second."""
        for block in self._decoder.blocks():
            if self._closed.is_set():
                return
            yield block

    def close(self) -> None:
        """End the stream."""
        self._closed.set()

    @property
    def warnings(self) -> list[str]:
        """Samples that were not finite; a file that breaks off."""
        out = []
        if self._decoder.bad_samples:
            out.append(f"{self._decoder.bad_samples:,} samples are not finite, read as silence")
        if self._decoder.lost > _WORTH_TELLING:
            out.append(f"{self._decoder.lost:.1f} s cannot be decoded, read as silence")
        if self._decoder.truncated:
            out.append("the file breaks off before its stated end")
        return out
