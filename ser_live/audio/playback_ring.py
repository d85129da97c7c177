"""The ring between the thread that reads a file and the callback that plays it.

Unlike :class:`ser_live.audio.ring_buffer.RingBuffer`, whose writer is the sound card and cannot
wait, this one never overwrites: its writer asks for ``room`` first.
"""

from __future__ import annotations

import numpy as np


class PlaybackRing:
    """Samples between the reading thread and the audio callback; each side owns one counter."""

    def __init__(self, capacity: int) -> None:
        self._data = np.zeros(capacity, np.float32)
        self.written = 0
        self.taken = 0

    @property
    def room(self) -> int:
        """Samples that fit in."""
        return len(self._data) - (self.written - self.taken)

    def write(self, samples: np.ndarray) -> None:
        """Append (n,) samples, n ≤ room."""
        at = self.written % len(self._data)
        first = min(len(samples), len(self._data) - at)
        self._data[at : at + first] = samples[:first]
        self._data[: len(samples) - first] = samples[first:]
        self.written += len(samples)

    def read_into(self, out: np.ndarray) -> int:
        """Fill (n, channels) with what is there, the rest with zeros; return the samples read."""
        count = min(len(out), self.written - self.taken)
        at = self.taken % len(self._data)
        first = min(count, len(self._data) - at)
        out[:first] = self._data[at : at + first, None]
        out[first:count] = self._data[: count - first, None]
        out[count:] = 0
        self.taken += count
        return count
