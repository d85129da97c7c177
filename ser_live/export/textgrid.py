"""Praat's TextGrid, in the long text format.

Four tiers: ``emotion``, ``gender`` and ``confidence`` hold one interval an utterance; ``windows``
is a point tier, because windows overlap and Praat's intervals may not: a point stands at a
window's end, where its estimate became known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from praatio import textgrid
from praatio.data_classes.interval_tier import IntervalTier
from praatio.data_classes.point_tier import PointTier
from praatio.utilities import textgrid_io
from praatio.utilities.constants import Interval, Point

from ser_live.export.results import Results, emotion_label, full_label
from ser_live.export.text import as_text
from ser_live.timeline import Estimate

_TIERS: tuple[tuple[str, Callable[[Estimate], str]], ...] = (
    ("emotion", emotion_label),
    ("gender", lambda estimate: estimate.top_gender),
    ("confidence", lambda estimate: f"{estimate.confidence:.2f}"),
)


def write_textgrid(results: Results, stream: BinaryIO) -> None:
    """Write the tiers; times in seconds."""
    spans = results.spans()
    # A TextGrid must be longer than nothing.
    end = max(round(results.duration, 3), 0.001)
    grid = textgrid.Textgrid(0.0, end)
    for name, label in _TIERS:
        entries = [Interval(a, b, label(result.estimate)) for a, b, result in spans]
        grid.addTier(IntervalTier(name, entries, 0.0, end))
    points: dict[float, str] = {}  # one point a time: a final window outdoes a provisional one
    for window in results.timeline.windows():
        kind = "final" if window.final else "provisional"
        points[min(round(window.end, 3), end)] = f"{full_label(window.estimate)}, {kind}"
    marks = [Point(at, text) for at, text in sorted(points.items())]
    grid.addTier(PointTier("windows", marks, 0.0, end))
    with as_text(stream) as text:
        text.write(_as_text(grid))


def _as_text(grid: textgrid.Textgrid) -> str:
    """What ``Textgrid.save`` writes; praatio itself writes to named files only."""
    tiers = [
        {
            "class": tier.tierType,
            "name": tier.name,
            "xmin": tier.minTimestamp,
            "xmax": tier.maxTimestamp,
            "entries": list(tier.entries),
        }
        for tier in grid.tiers
    ]
    content = {"xmin": grid.minTimestamp, "xmax": grid.maxTimestamp, "tiers": tiers}
    return textgrid_io.getTextgridAsStr(content, "long_textgrid", includeBlankSpaces=True)
