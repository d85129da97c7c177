"""What is at one moment of the plots, as text; no Qt."""

from __future__ import annotations

from dataclasses import dataclass

from ser_live.labels import EMOTIONS, GENDERS
from ser_live.ui.time_labels import label
from ser_live.ui.view_model import Reading, TimelineView, percent

_MOST = 4  # emotions named


@dataclass(frozen=True)
class Line:
    """One line of a read-out.

    Attributes:
        what: the estimate it is about.
        shares: emotions with their probabilities as text, the likeliest first.
        voice: as text; empty where it would say nothing.
    """

    what: str
    shares: tuple[tuple[str, str], ...]
    voice: str = ""


@dataclass(frozen=True)
class Readout:
    """What is there at a time: a title, and a line for each estimate."""

    title: str
    lines: tuple[Line, ...] = ()


def readout(timeline: TimelineView, time: float, pixel: float, column: float) -> Readout:
    """What is at a time.

    Args:
        timeline: where to look.
        time: s.
        pixel: what a pixel stands for, s: the time is told as exactly.
        column: width of the means that are drawn, s; 0 where the estimates themselves are.
    """
    at = label(max(0.0, time), min(1.0, max(0.01, pixel)))
    if column:
        return _far(timeline, time, column, at)
    utterance = timeline.at(time)
    if utterance is None or (utterance.end is not None and time > utterance.end):
        return Readout(f"{at} · nobody speaks")
    title = f"{at} · utterance {utterance.number}"
    lines = []
    moment = time if utterance.end is None else min(time, utterance.end - 1e-6)
    present = timeline.present(moment)
    if present.reading is not None and not present.final:
        lines.append(_line("then", present.reading))
    if utterance.reading is not None:
        unsure = ", not sure" if utterance.reading.low_evidence else ""
        lines.append(_line(f"result{unsure}", utterance.reading))
    return Readout(title, tuple(lines))


def _line(what: str, reading: Reading) -> Line:
    voice = f"{reading.gender} {percent(reading.gender_confidence)}"
    return Line(what, _shares(reading.emotions), voice)


def _shares(values: tuple[float, ...]) -> tuple[tuple[str, str], ...]:
    best = sorted(zip(values, EMOTIONS, strict=True), reverse=True)[:_MOST]
    return tuple((name, percent(p)) for p, name in best)


def _far(timeline: TimelineView, time: float, column: float, at: str) -> Readout:
    found = timeline.far.around(max(0.0, time), column)
    if found is None:
        return Readout(f"{at} · nobody speaks")
    mean, high = found
    female = float(mean[-1])
    voice = f"{GENDERS[0] if female >= 0.5 else GENDERS[1]} {percent(max(female, 1 - female))}"
    lines = (
        Line("mean of the results", _shares(tuple(mean[:-1])), voice),
        Line("highest estimates", _shares(tuple(high[:-1]))),
    )
    return Readout(f"{at} · {column:.0f} s", lines)
