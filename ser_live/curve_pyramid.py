"""Curves of hours in as many columns as a screen has: sums and extremes at several resolutions."""

from __future__ import annotations

import numpy as np

FINEST = 0.5  # s
_FACTOR = 4  # from one level to the next
_LEVELS = 5  # up to 128 s


class _Level:
    """Bins of one width: sum, number, minimum and maximum of what fell into each."""

    def __init__(self, columns: int, seconds: float) -> None:
        self.seconds = seconds
        self.total = np.zeros((64, columns))
        self.count = np.zeros(64, np.int64)
        self.low = np.full((64, columns), np.inf)
        self.high = np.full((64, columns), -np.inf)
        self.used = 0

    def add(
        self, bins: np.ndarray, total: np.ndarray, count: np.ndarray, low: np.ndarray,
        high: np.ndarray,
    ) -> None:  # fmt: skip
        """Add (n, …) values to (n,) bins, each number at most once."""
        self.used = max(self.used, int(bins[-1]) + 1)
        while self.used > len(self.count):
            self.total = np.concatenate([self.total, np.zeros_like(self.total)])
            self.count = np.concatenate([self.count, np.zeros_like(self.count)])
            self.low = np.concatenate([self.low, np.full_like(self.low, np.inf)])
            self.high = np.concatenate([self.high, np.full_like(self.high, -np.inf)])
        self.total[bins] += total
        self.count[bins] += count
        self.low[bins] = np.minimum(self.low[bins], low)
        self.high[bins] = np.maximum(self.high[bins], high)


class CurvePyramid:
    """Values over time that grow at the end; any stretch is read in a moment.

    A point costs the same whenever it comes, and four hours of seven curves take about 7 MB.

    Args:
        columns: values at each time.
    """

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._levels = [_Level(columns, FINEST * _FACTOR**k) for k in range(_LEVELS)]

    def extend(self, rows: np.ndarray) -> None:
        """Add (n, 1 + columns) rows: a time (s, not negative, never decreasing), then values.

        Rows with NaN are left out.
        """
        rows = rows[~np.isnan(rows).any(axis=1)]
        if not len(rows):
            return
        bins = (rows[:, 0] / FINEST).astype(np.int64)
        total = low = high = rows[:, 1:]
        count = np.ones(len(rows), np.int64)
        for level in self._levels:
            edges = np.flatnonzero(np.diff(bins, prepend=-1))
            bins = bins[edges]
            total, count = np.add.reduceat(total, edges), np.add.reduceat(count, edges)
            low, high = np.minimum.reduceat(low, edges), np.maximum.reduceat(high, edges)
            level.add(bins, total, count, low, high)
            bins = bins // _FACTOR

    def read(
        self, start: float, end: float, width: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Columns of about ``width`` s between two times (s).

        Columns stand at multiples of their width, so that a scrolling view does not flicker.

        Returns:
            (n,) times of their middles, then means, minima and maxima, (n, columns) each; NaN
            where nothing is.
        """
        level = max((v for v in self._levels if v.seconds <= width), default=self._levels[0],
                    key=lambda v: v.seconds)  # fmt: skip
        step = max(1, round(width / level.seconds))
        first = max(0, int(start / level.seconds) // step * step)
        stop = min(level.used, -(-int(np.ceil(end / level.seconds)) // step) * step)
        if stop <= first:
            none = np.zeros((0, self._columns))
            return np.zeros(0), none, none, none
        edges = np.arange(0, stop - first, step)
        count = np.add.reduceat(level.count[first:stop], edges)
        empty = count == 0
        mean = np.add.reduceat(level.total[first:stop], edges) / np.maximum(count, 1)[:, None]
        low = np.minimum.reduceat(level.low[first:stop], edges)
        high = np.maximum.reduceat(level.high[first:stop], edges)
        for values in (mean, low, high):
            values[empty] = np.nan
        times = (first + edges + step / 2) * level.seconds
        return times, mean, low, high
