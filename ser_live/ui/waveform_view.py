"""The waveform in as many columns as the screen has, from a peak store; no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ser_live.audio.peaks import PeakStore

_COARSE = 50  # bins of the store in one coarse bin


class WaveformView:
    """Reads a peak store at two resolutions, so that ten hours draw as fast as ten seconds.

    Args:
        store: the peaks; grows meanwhile.
    """

    #: Changes when what was drawn already has changed.
    version = 0
    #: Length of the recording where it is known before it is analysed, s.
    seconds = 0.0

    def __init__(self, store: PeakStore) -> None:
        self._store = store
        self._low = np.zeros(1024, np.float32)
        self._high = np.zeros(1024, np.float32)
        self._count = 0

    def _update(self) -> None:
        whole = len(self._store) // _COARSE
        if whole <= self._count:
            return
        low, high = self._store.get(self._count * _COARSE, whole * _COARSE)
        while whole > len(self._low):
            self._low = np.concatenate([self._low, np.zeros_like(self._low)])
            self._high = np.concatenate([self._high, np.zeros_like(self._high)])
        self._low[self._count : whole] = low.reshape(-1, _COARSE).min(1)
        self._high[self._count : whole] = high.reshape(-1, _COARSE).max(1)
        self._count = whole

    def columns(
        self, start: float, end: float, most: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Times, minima and maxima, (n,) each with n ≤ about ``most``, between two times (s).

        Columns stand at fixed multiples of their width, so that a scrolling view does not flicker.
        """
        rate = self._store.bins_per_second
        first, stop = max(0, int(start * rate)), max(0, int(np.ceil(end * rate)))
        step = max(1, -(-(stop - first) // max(1, most)))
        if step >= 2 * _COARSE:
            self._update()
            step, rate = step // _COARSE, rate / _COARSE
            first, stop = first // _COARSE, min(stop // _COARSE + 1, self._count)
            first -= first % step
            low, high = self._low[first:stop], self._high[first:stop]
        else:
            first -= first % step
            low, high = self._store.get(first, stop)
        if step > 1 and len(low):
            edges = np.arange(0, len(low), step)
            low, high = np.minimum.reduceat(low, edges), np.maximum.reduceat(high, edges)
        times = (first + step * np.arange(len(low)) + step / 2) / rate
        return times, low, high

    def peak_around(self, time: float, seconds: float = 0.1) -> float:
        """Largest magnitude just before a time."""
        rate = self._store.bins_per_second
        low, high = self._store.get(int((time - seconds) * rate), int(time * rate) + 1)
        if not len(low):
            return 0.0
        return float(max(-low.min(), high.max(), 0.0))
