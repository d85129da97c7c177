"""What goes to an output: a file from a moment on, at a speed, around a loop; and the way back
from a sample handed out to the moment of the file that it belongs to."""

from __future__ import annotations

import bisect
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np

from ser_live.audio.playable import Playable
from ser_live.audio.resample import StreamingResampler
from ser_live.audio.tempo import TempoFilter

#: Shorter loops are no loops, s.
SHORTEST_LOOP = 0.05
Span = tuple[float, float]
_KEPT = 64  # stretches of a time map; those that were heard long ago are forgotten


@dataclass(frozen=True)
class _Stretch:
    """Samples from ``first`` on play a file from ``start`` on.

    ``pace`` is seconds of the file a sample; ``lead`` what the first sound is ahead by, s.
    """

    first: int
    start: float
    pace: float
    lead: float
    end: float  # never shown beyond, s


class TimeMap:
    """From the number of a sample handed out to a moment in the file; one writer, any readers."""

    def __init__(self) -> None:
        self._stretches: tuple[_Stretch, ...] = ()

    def append(self, stretch: _Stretch) -> None:
        """Add a stretch that begins after all others."""
        self._stretches = (*self._stretches[-_KEPT:], stretch)

    def at(self, sample: float) -> float:
        """The moment (s) that a sample, counted from 0, belongs to."""
        stretches = self._stretches
        if not stretches:
            return 0.0
        index = bisect.bisect_right(stretches, sample, key=lambda s: s.first) - 1
        here = stretches[max(0, index)]
        passed = max(0.0, sample - here.first) * here.pace
        # The lead builds up within its own length: the first sample is the first sample.
        return min(here.start + passed + min(here.lead, passed), here.end)


class Feed:
    """Blocks of sound for an output, with the moments they belong to.

    Args:
        sound: what to play.
        start: where to begin, s.
        rate: of the output, Hz.
        speed: as :class:`ser_live.audio.tempo.TempoFilter`.
        loop: start and end (s) of a stretch to be repeated; entered from within or before it.

    Attributes:
        times: from samples handed out to moments.
    """

    def __init__(
        self,
        sound: Playable,
        start: float,
        rate: int,
        speed: float = 1.0,
        loop: Span | None = None,
    ) -> None:
        self._sound, self._rate, self._speed = sound, rate, speed
        self._loop = loop if loop is not None and loop[1] - loop[0] >= SHORTEST_LOOP else None
        self._made = 0
        self.times = TimeMap()
        self._blocks = self._run(start)

    def next(self) -> np.ndarray | None:
        """The next (n,) float32 block at the output's rate; ``None`` after the end.

        Raises:
            SerLiveError, OSError: the sound cannot be read any more.
        """
        return next(self._blocks, None)

    def close(self) -> None:
        """Let go of the file."""
        self._blocks.close()

    def _run(self, start: float) -> Generator[np.ndarray, None, None]:
        loop = self._loop
        while loop is not None and start < loop[1]:
            made = self._made
            yield from self._stretch(start, loop[1])
            if self._made == made:  # nothing there to be repeated
                return
            start = loop[0]
        yield from self._stretch(start, None)

    def _stretch(self, start: float, end: float | None) -> Iterator[np.ndarray]:
        source = self._sound.sample_rate
        tempo = TempoFilter(source, self._speed)
        resampler = StreamingResampler(source, self._rate)
        last = end if end is not None else self._sound.duration or np.inf
        pace = self._speed / self._rate
        self.times.append(_Stretch(self._made, start, pace, tempo.lead, last))
        left = None if end is None else max(0, round((end - start) * source))
        for block in self._sound.blocks(start):
            yield from self._count(resampler.push(tempo.push(block[:left])))
            if left is not None:
                left -= min(left, len(block))
                if not left:
                    break
        yield from self._count(resampler.push(tempo.flush()))
        yield from self._count(resampler.flush())

    def _count(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        self._made += len(samples)
        if len(samples):
            yield samples
