"""Means and extremes of curves over columns of any width."""

from __future__ import annotations

import numpy as np
import pytest

from ser_live.curve_pyramid import CurvePyramid


def walk(seconds: float, seed: int = 3) -> np.ndarray:
    """Rows every quarter of a second in stretches with gaps, and NaN rows between."""
    rng = np.random.default_rng(seed)
    times = np.arange(0.25, seconds, 0.25)
    rows = np.column_stack([times, rng.random((len(times), 2))])
    rows[(times // 20).astype(int) % 3 == 1, 1:] = np.nan
    return rows


def by_hand(rows: np.ndarray, middle: float, width: float) -> np.ndarray:
    inside = (rows[:, 0] >= middle - width / 2) & (rows[:, 0] < middle + width / 2)
    return rows[inside & ~np.isnan(rows[:, 1]), 1:]


@pytest.mark.parametrize("width", [0.5, 1.3, 3.0, 51.0, 300.0])
@pytest.mark.parametrize("part", [1, 7, 100_000])
def test_columns_hold_what_fell_into_them(width, part):
    rows = walk(400.0)
    pyramid = CurvePyramid(2)
    for at in range(0, len(rows), part):
        pyramid.extend(rows[at : at + part])
    times, mean, low, high = pyramid.read(100.0, 300.0, width)
    step = times[1] - times[0] if len(times) > 1 else None
    assert times[0] <= 100.0 + width and times[-1] >= 300.0 - width
    for i, middle in enumerate(times):
        values = by_hand(rows, middle, step or 256.0)
        if not len(values):
            assert np.isnan(mean[i]).all() and np.isnan(high[i]).all()
            continue
        assert mean[i] == pytest.approx(values.mean(0))
        assert low[i] == pytest.approx(values.min(0))
        assert high[i] == pytest.approx(values.max(0))


def test_columns_stand_still_while_the_view_moves():
    pyramid = CurvePyramid(2)
    pyramid.extend(walk(400.0))
    first, mean, _, _ = pyramid.read(100.0, 200.0, 4.0)
    for start in (100.3, 101.9, 110.0):
        times, moved, _, _ = pyramid.read(start, start + 100.0, 4.0)
        shared = np.intersect1d(first, times)
        assert len(shared) > 15
        np.testing.assert_array_equal(mean[np.isin(first, shared)], moved[np.isin(times, shared)])


def test_nothing_there():
    pyramid = CurvePyramid(3)
    assert [len(part) for part in pyramid.read(0.0, 10.0, 1.0)] == [0, 0, 0, 0]
    pyramid.extend(np.full((2, 4), np.nan))
    pyramid.extend(np.zeros((0, 4)))
    assert len(pyramid.read(0.0, 10.0, 1.0)[0]) == 0
