"""A session as it is seen from far away: means over columns, and where there is speech; no Qt."""

from __future__ import annotations

import numpy as np

from ser_live.curve_pyramid import FINEST, CurvePyramid
from ser_live.ui.growing import GrowingRows


class FarView:
    """Grows with the session; what it answers costs the same for minutes and for hours.

    Args:
        columns: values of an estimate.
    """

    def __init__(self, columns: int) -> None:
        self._estimates = CurvePyramid(columns)
        self._taken = 0
        self._results = CurvePyramid(columns)
        self._closed = GrowingRows(2)

    def add_result(self, start: float, end: float, values: list[float]) -> None:
        """The result of an utterance counts for as long as it was spoken (s)."""
        times = np.arange(start, max(end, start + FINEST), FINEST)
        self._results.extend(np.column_stack([times, np.tile(values, (len(times), 1))]))

    def add_speech(self, start: float, end: float) -> None:
        """An utterance is over."""
        self._closed.append([start, end])

    def take(self, rows: np.ndarray) -> None:
        """All estimates so far: (n, 1 + columns) with their times; of these, the new ones."""
        new = rows[self._taken :]
        self._taken = len(rows)
        self._estimates.extend(new)

    def means(self, start: float, end: float, width: float) -> tuple[np.ndarray, float]:
        """Means of the estimates over columns of about ``width`` s.

        Returns:
            (n, 1 + columns): middle, values, NaN where there are none; the width, s.
        """
        return _rows(self._estimates, start, end, width)

    def results(self, start: float, end: float, width: float) -> tuple[np.ndarray, float]:
        """As :meth:`means`, of the results."""
        return _rows(self._results, start, end, width)

    def around(self, time: float, width: float) -> tuple[np.ndarray, np.ndarray] | None:
        """Mean of the results and highest estimates, (columns,) each, in the column of a time."""
        times, mean, _, _ = self._results.read(time, time, width)
        _, _, _, high = self._estimates.read(time, time, width)
        if not len(times) or np.isnan(mean[0]).any():
            return None
        return mean[0], high[0] if len(high) else mean[0]

    def spoken(self, start: float, end: float) -> np.ndarray:
        """(n, 2) beginnings and ends, s, of the utterances that are over and in ``start … end``."""
        return self._closed.between(start, end)


def _rows(curves: CurvePyramid, start: float, end: float, width: float) -> tuple[np.ndarray, float]:
    times, means, _, _ = curves.read(start, end, width)
    step = float(times[1] - times[0]) if len(times) > 1 else width
    return np.column_stack([times, means]), step
