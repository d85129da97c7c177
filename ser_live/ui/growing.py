"""An array that grows at its end without being copied each time."""

from __future__ import annotations

import numpy as np


class GrowingRows:
    """Rows of float64 whose first column, a time, never decreases.

    Args:
        columns: numbers in a row, the time included.
    """

    def __init__(self, columns: int) -> None:
        self._data = np.empty((256, columns), np.float64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> np.ndarray:
        """(n, columns) view of what is there; valid until the next :meth:`append`."""
        return self._data[: self._count]

    def append(self, row: np.ndarray | list[float]) -> None:
        """Add a row; a time before the last one is moved up to it."""
        if self._count == len(self._data):
            self._data = np.concatenate([self._data, np.empty_like(self._data)])
        self._data[self._count] = row
        if self._count:
            last = self._data[self._count - 1, 0]
            self._data[self._count, 0] = max(self._data[self._count, 0], last)
        self._count += 1

    def between(self, start: float, end: float) -> np.ndarray:
        """Rows with times in ``start … end`` and one more at each side, so that lines go on."""
        times = self._data[: self._count, 0]
        first = max(0, int(np.searchsorted(times, start, "left")) - 1)
        stop = min(self._count, int(np.searchsorted(times, end, "right")) + 1)
        return self._data[first:stop]

    def last_before(self, time: float) -> np.ndarray | None:
        """The last row at or before ``time``."""
        times = self._data[: self._count, 0]
        at = int(np.searchsorted(times, time, "right")) - 1
        return self._data[at] if at >= 0 else None
