"""Outlines of stacked shares, and stretches that are joined."""

from __future__ import annotations

import numpy as np
import pytest

from ser_live.stacking import in_parts, merged, outlines

GAP = np.nan


def area(points: np.ndarray) -> float:
    """Of a polygon, by the shoelace formula."""
    x, y = points.T
    return abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2


def test_each_area_is_its_share_and_gaps_are_empty():
    rows = np.array([[0, 0.2, 0.8], [4, 0.2, 0.8], [5, GAP, GAP], [6, 0.5, 0.5], [8, 0.5, 0.5]])
    low, high = outlines(rows, np.array([True, True]))
    assert area(low) == pytest.approx(4 * 0.2 + 2 * 0.5)
    assert area(high) == pytest.approx(4 * 0.8 + 2 * 0.5)
    between = (high[:, 0] > 4) & (high[:, 0] < 6)
    assert not between.any()  # nothing but the way along the base
    assert high[:, 1].max() == pytest.approx(1.0)


def test_what_is_hidden_takes_no_room():
    rows = np.array([[0, 0.2, 0.3, 0.5], [1, 0.2, 0.3, 0.5]])
    areas = outlines(rows, np.array([True, False, True]), base=2.0, height=10.0)
    assert [area(points) for points in areas] == pytest.approx([2.0, 0.0, 5.0])
    assert areas[2][:, 1].min() == pytest.approx(4.0)
    assert areas[2][:, 1].max() == pytest.approx(9.0)


@pytest.mark.parametrize("gaps", [[0], [3], [0, 1], [2, 3], [0, 3], [1, 2], [0, 1, 2, 3]])
def test_gaps_anywhere(gaps):
    rows = np.column_stack([np.arange(4.0), np.full(4, 0.4), np.full(4, 0.6)])
    rows[gaps, 1:] = GAP
    low, high = outlines(rows, np.array([True, True]))
    there = [i for i in range(3) if i not in gaps and i + 1 not in gaps]
    assert area(low) == pytest.approx(0.4 * len(there))
    assert area(high) == pytest.approx(0.6 * len(there))
    assert np.isfinite(low).all() and np.isfinite(high).all()


def test_no_rows():
    assert [len(points) for points in outlines(np.zeros((0, 3)), np.array([True, True]))] == [0, 0]


@pytest.mark.parametrize("least", [1, 3, 100])
def test_parts_are_cut_at_gaps_only(least):
    rows = np.column_stack([np.arange(40.0), np.full(40, 0.5)])
    rows[::7, 1] = GAP
    parts = in_parts(rows, least)
    np.testing.assert_array_equal(np.concatenate(parts), rows)
    assert all(np.isnan(part[0, 1]) and len(part) >= min(least, 5) for part in parts[1:])
    assert (len(parts) == 1) == (least == 100)


def test_near_stretches_are_joined():
    spans = np.array([[0.0, 1.0], [1.4, 2.0], [5.0, 6.0], [6.5, 7.0]])
    assert merged(spans, 0.5).tolist() == [[0.0, 2.0], [5.0, 6.0], [6.5, 7.0]]
    assert merged(spans, 0.1).tolist() == spans.tolist()
    assert merged(spans, 10.0).tolist() == [[0.0, 7.0]]
    assert len(merged(spans[:0], 1.0)) == 0
