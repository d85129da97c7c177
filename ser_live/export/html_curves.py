"""The curves of an HTML report as SVG paths.

Every drawing is :data:`WIDTH` wide and :data:`HEIGHT` high and is stretched to the page: time runs
to the right, 1 is at the top.  However long the session, a path has about so many points as a
screen has columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ser_live.export.results import Results
from ser_live.labels import EMOTIONS

WIDTH, HEIGHT = 1000, 100
_MOST_POINTS = 700  # of a curve
_MOST_RESULTS = 250  # utterances whose results are drawn as lines of their own
_LEAST_BLOCK = 1.5  # width below which a block cannot be seen
_BLOCK_HEIGHT = 12
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
_MOST_TICKS = 8


@dataclass(frozen=True)
class Lane:
    """One quantity over time, as the ``d`` of SVG paths.

    Attributes:
        name: an emotion, or ``female``.
        curve: while someone spoke.
        area: the same down to the bottom (an emotion) or to the middle (``female``).
        results: of whole utterances; empty in a long session.
        blocks: the utterances that this emotion won.
    """

    name: str
    curve: str
    area: str
    results: str
    blocks: str


def lanes(results: Results) -> list[Lane]:
    """The seven emotions, then ``female``."""
    scale = WIDTH / max(results.duration, 1e-3)
    rows = _rows(results)
    parts = _parts(_thinned(rows, results.duration), results.duration)
    spans = results.spans()
    lines = spans if len(spans) <= _MOST_RESULTS else []
    out = []
    for column, name in enumerate([*EMOTIONS, "female"]):
        floor = HEIGHT / 2 if name == "female" else HEIGHT
        points = [
            [(scale * row[0], HEIGHT * (1 - row[2 + column])) for row in part] for part in parts
        ]
        steps = (
            f"M{_n(scale * start)} {_n(HEIGHT * (1 - p))}H{_n(scale * end)}"
            for start, end, u in lines
            for p in ([*u.estimate.emotions, u.estimate.genders[0]][column],)
        )
        won = [
            (scale * start, scale * end)
            for start, end, u in spans
            if u.estimate.top_emotion == name and not u.estimate.low_evidence
        ]
        out.append(Lane(name, _curve(points), _area(points, floor), "".join(steps), _blocks(won)))
    return out


def speech_path(results: Results) -> str:
    """Where someone spoke, as rectangles of the full height."""
    scale = WIDTH / max(results.duration, 1e-3)
    return _blocks([(scale * a, scale * b) for a, b, _ in results.spans()], HEIGHT)


def ticks(duration: float) -> list[tuple[float, str]]:
    """Where times stand below the curves: share of the width, and text.

    >>> ticks(25.0)[:3]
    [(0.0, '0:00'), (0.2, '0:05'), (0.4, '0:10')]
    """
    fitting = (s for s in _STEPS if duration / s <= _MOST_TICKS)
    step = next(fitting, _STEPS[-1] * max(1, round(duration / _STEPS[-1] / _MOST_TICKS)))
    times = np.arange(0.0, duration, step)
    return [(float(t / duration), clock(float(t))) for t in times]


def clock(seconds: float) -> str:
    """A time as text, to the second.

    >>> clock(63.2), clock(3725)
    ('1:03', '1:02:05')
    """
    whole = int(seconds + 0.5)
    if whole >= 3600:
        return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}"


def _rows(results: Results) -> np.ndarray:
    """(n, 10): end of a window (s), its utterance, seven emotions, female; by time."""
    windows = sorted(results.timeline.windows(), key=lambda w: w.end)
    rows = [(w.end, w.utterance, *w.estimate.emotions, w.estimate.genders[0]) for w in windows]
    return np.array(rows, np.float64).reshape(-1, 3 + len(EMOTIONS))


def _thinned(rows: np.ndarray, duration: float) -> np.ndarray:
    """Means over equal stretches of time where there are more rows than can be seen."""
    if len(rows) <= _MOST_POINTS:
        return rows
    bins = np.floor(rows[:, 0] / max(duration, 1e-3) * _MOST_POINTS)
    firsts = np.flatnonzero(np.diff(bins, prepend=-1))
    counts = np.diff(firsts, append=len(rows))
    means: np.ndarray = np.add.reduceat(rows, firsts, axis=0) / counts[:, None]
    means[:, 1] = rows[firsts, 1]
    return means


def _parts(rows: np.ndarray, duration: float) -> list[np.ndarray]:
    """The rows between pauses: at another utterance, if the gap can be seen."""
    if not len(rows):
        return []
    seen = 2 * duration / _MOST_POINTS
    gaps = (np.diff(rows[:, 1]) != 0) & (np.diff(rows[:, 0]) > seen)
    return np.split(rows, np.flatnonzero(gaps) + 1)


def _curve(parts: list[list[tuple[float, float]]]) -> str:
    return "".join("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in p) for p in parts if len(p) > 1)


def _area(parts: list[list[tuple[float, float]]], floor: float) -> str:
    out = []
    for p in (p for p in parts if len(p) > 1):
        line = "L".join(f"{_n(x)} {_n(y)}" for x, y in p)
        out.append(f"M{_n(p[0][0])} {_n(floor)}L{line}V{_n(floor)}Z")
    return "".join(out)


def _blocks(spans: Iterable[tuple[float, float]], height: float = _BLOCK_HEIGHT) -> str:
    """Rectangles at the bottom; those that touch, as far as can be seen, are one."""
    merged: list[tuple[float, float]] = []
    for start, end in spans:
        end = max(end, start + _LEAST_BLOCK)
        # Those that touch are kept apart in a short session: each is an utterance.
        if merged and start - merged[-1][1] < (1.0 if end - start < 4 else -1e-9):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    top = HEIGHT - height
    return "".join(f"M{_n(a)} {_n(top)}H{_n(b)}V{HEIGHT}H{_n(a)}Z" for a, b in merged)


def _n(value: float) -> str:
    """A coordinate, to a tenth.

    >>> _n(3.04), _n(12.25)
    ('3', '12.2')
    """
    return f"{value:.1f}".removesuffix(".0")
