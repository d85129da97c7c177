"""A ring of mono float32 samples for one writer and one reader."""

from __future__ import annotations

import numpy as np


class RingBuffer:
    """Preallocated ring between an audio callback and a reader thread.

    One thread writes and one reads; each counter is changed by one side only, so neither takes a
    lock.  When the reader is late the oldest samples are lost, never the newest, and
    :meth:`read` says how many.

    Args:
        capacity: samples held.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, not {capacity}")
        self._data = np.zeros(capacity, np.float32)
        self._capacity = capacity
        self._claimed = 0  # samples written, or being written just now
        self._written = 0
        self._read = 0

    @property
    def capacity(self) -> int:
        """Samples the ring holds."""
        return self._capacity

    @property
    def written(self) -> int:
        """Samples written since the start."""
        return self._written

    @property
    def available(self) -> int:
        """Samples written and not yet read (may exceed the capacity: the excess is lost)."""
        return self._written - self._read

    def write(self, samples: np.ndarray) -> None:
        """Append (n,) samples.  Copies into the ring; allocates no array data."""
        n = len(samples)
        capacity = self._capacity
        # Said before it is done, so that a reader knows which samples may be gone already.
        self._claimed = self._written + n
        if n > capacity:
            self._written += n - capacity
            samples = samples[-capacity:]
            n = capacity
        start = self._written % capacity
        first = min(n, capacity - start)
        self._data[start : start + first] = samples[:first]
        if n > first:
            self._data[: n - first] = samples[first:]
        self._written += n

    def read(self) -> tuple[np.ndarray, int]:
        """All unread samples, (n,) float32, and how many before them were lost."""
        lost_total = 0
        while True:
            written = self._written
            # Leave a margin of an eighth: the writer may be overwriting the oldest part just now.
            oldest = self._claimed - self._capacity
            if self._read < oldest:
                resume = min(written, oldest + self._capacity // 8)
                lost_total += resume - self._read
                self._read = resume
            start, n = self._read % self._capacity, written - self._read
            first = min(n, self._capacity - start)
            out = np.concatenate([self._data[start : start + first], self._data[: n - first]])
            if self._claimed - self._capacity <= self._read:
                self._read = written
                return out, lost_total
            # The writer lapped the copy while it was made: drop what it overwrote, copy again.


class History:
    """The last few seconds of a stream, addressed by absolute sample index.

    Args:
        capacity: samples kept at least.
    """

    def __init__(self, capacity: int) -> None:
        self._data = np.zeros(2 * capacity, np.float32)
        self._capacity = capacity
        self._fill = 0  # samples in self._data
        self._end = 0  # absolute index after the last sample

    @property
    def end(self) -> int:
        """Absolute index after the newest sample."""
        return self._end

    @property
    def start(self) -> int:
        """Absolute index of the oldest sample still held."""
        return self._end - self._fill

    def push(self, samples: np.ndarray) -> None:
        """Append (n,) float32 samples."""
        for i in range(0, len(samples), self._capacity):
            part = samples[i : i + self._capacity]
            if self._fill + len(part) > len(self._data):
                keep = self._capacity
                self._data[:keep] = self._data[self._fill - keep : self._fill]
                self._fill = keep
            self._data[self._fill : self._fill + len(part)] = part
            self._fill += len(part)
            self._end += len(part)

    def get(self, start: int, end: int) -> np.ndarray:
        """A copy of samples ``start … end`` (absolute), (end - start,) float32.

        Raises:
            IndexError: a part is no longer, or not yet, held.
        """
        if start < self.start or end > self._end or start > end:
            raise IndexError(f"samples {start}–{end} asked for, {self.start}–{self._end} held")
        offset = self._fill - self._end
        return self._data[start + offset : end + offset].copy()
