"""Shares over time, one on top of the other, as outlines to be filled."""

from __future__ import annotations

import numpy as np


def outlines(
    rows: np.ndarray, shown: np.ndarray, base: float = 0.0, height: float = 1.0
) -> list[np.ndarray]:
    """The outline of each share's area.

    Args:
        rows: (n, 1 + k): time, then k shares; a row with NaN is a gap.
        shown: (k,) bool; what is not shown takes no room.
        base, height: where a sum of 0 and a sum of 1 stand: ``base`` and ``base + height``.

    Returns:
        k arrays (m, 2) of points; all areas of one share in one outline, which runs back on
        itself along the base where there is a gap, so that nothing is filled there.
    """
    times, shares = rows[:, 0], rows[:, 1:] * shown
    gap = np.isnan(rows[:, 1:]).any(axis=1)
    number = np.arange(len(rows))
    if gap.all():
        return [np.zeros((0, 2)) for _ in range(shares.shape[1])]
    # A gap becomes two points at the base: under the last value before and the first one after.
    before = np.maximum.accumulate(np.where(gap, -1, number))
    after = np.minimum.accumulate(np.where(gap, len(rows), number)[::-1])[::-1]
    before = np.where(before < 0, after, before)
    after = np.where(after == len(rows), before, after)
    index = np.repeat(number, np.where(gap, 2, 1))
    second = np.append(False, index[1:] == index[:-1])
    x = np.where(gap[index], np.where(second, times[after[index]], times[before[index]]),
                 times[index])  # fmt: skip
    tops = np.cumsum(np.where(gap[:, None], 0.0, shares), axis=1)[index]
    tops = base + height * np.column_stack([np.zeros(len(index)), tops])
    both = np.concatenate([x, x[::-1]])
    return [
        np.column_stack([both, np.concatenate([tops[:, k + 1], tops[::-1, k]])])
        for k in range(shares.shape[1])
    ]


def in_parts(rows: np.ndarray, least: int) -> list[np.ndarray]:
    """(n, k) rows cut at gaps (NaN) into parts of at least so many rows, but for the last one."""
    gaps = np.flatnonzero(np.isnan(rows[:, 1]))
    cuts, last = [], 0
    for gap in gaps.tolist():
        if gap - last >= least:
            cuts.append(gap)
            last = gap
    return np.split(rows, cuts)


def merged(spans: np.ndarray, gap: float) -> np.ndarray:
    """Stretches joined where less than ``gap`` lies between them.

    Args:
        spans: (n, 2) start and end, ordered.
        gap: in the same unit.

    Returns:
        (m, 2), m ≤ n.
    """
    if not len(spans):
        return spans
    apart = spans[1:, 0] - spans[:-1, 1] >= gap
    starts = np.append(spans[0, 0], spans[1:, 0][apart])
    ends = np.append(spans[:-1, 1][apart], spans[-1, 1])
    return np.column_stack([starts, ends])
