"""A waveform small enough to draw: minimum and maximum of short stretches."""

from __future__ import annotations

import threading

import numpy as np


class PeakStore:
    """Minimum and maximum per bin of a growing stream; one writer, any readers.

    Args:
        sample_rate: of the stream, Hz.
        bins_per_second: resolution.
    """

    def __init__(self, sample_rate: int, bins_per_second: int = 100) -> None:
        self.bins_per_second = bins_per_second
        self._rate = sample_rate
        self._low = np.zeros(4096, np.float32)
        self._high = np.zeros(4096, np.float32)
        self._count = 0
        self._pushed = 0
        self._pending = np.empty(0, np.float32)
        self._lock = threading.Lock()

    @classmethod
    def of_bins(
        cls, sample_rate: int, bins_per_second: int, low: np.ndarray, high: np.ndarray
    ) -> PeakStore:
        """One that holds (n,) minima and maxima already and takes no more samples.

        Raises:
            ValueError: not as many minima as maxima.
        """
        if low.shape != high.shape or low.ndim != 1:
            raise ValueError(f"minima and maxima differ: {low.shape} and {high.shape}")
        store = cls(sample_rate, bins_per_second)
        store._low, store._high, store._count = low, high, len(low)
        return store

    def __len__(self) -> int:
        return self._count

    def push(self, samples: np.ndarray) -> None:
        """Append (n,) samples."""
        data = np.concatenate([self._pending, samples])
        begin = self._pushed - len(self._pending)
        self._pushed += len(samples)
        # Bin k spans samples k·rate/bins … (k+1)·rate/bins: exact for any rate, so that drawn
        # and analysed times never drift apart.
        whole = self._pushed * self.bins_per_second // self._rate
        count = whole - self._count
        if count <= 0:
            self._pending = data
            return
        numbers = np.arange(self._count, whole + 1)
        edges = -(-numbers * self._rate // self.bins_per_second) - begin
        used = data[: edges[-1]]
        low = np.minimum.reduceat(used, edges[:-1])
        high = np.maximum.reduceat(used, edges[:-1])
        self._pending = data[edges[-1] :].copy()
        with self._lock:
            while self._count + count > len(self._low):
                self._low = np.concatenate([self._low, np.zeros_like(self._low)])
                self._high = np.concatenate([self._high, np.zeros_like(self._high)])
            self._low[self._count : whole] = low
            self._high[self._count : whole] = high
            self._count = whole

    def get(self, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """(n,) float32 minima and maxima of bins ``start … end`` that are there, copied."""
        with self._lock:
            start, end = max(0, start), min(end, self._count)
            return self._low[start:end].copy(), self._high[start:end].copy()
