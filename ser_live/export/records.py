"""Results as plain JSON values.

The schema's version is in every object; a field is never removed or changed within a version.
Times are seconds since the start of the source.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ser_live.labels import EMOTIONS, GENDERS, JOINT
from ser_live.timeline import Estimate, Timeline, UtteranceResult, WindowResult

SCHEMA = "ser-live/1"
_DIGITS = 6


def _named(names: Iterable[str], values: np.ndarray) -> dict[str, float]:
    return {name: round(float(v), _DIGITS) for name, v in zip(names, values, strict=True)}


def estimate_record(estimate: Estimate) -> dict[str, Any]:
    """``emotions`` (7), ``genders`` (2), ``joint`` (14), ``confidence``, ``low_evidence``."""
    return {
        "emotions": _named(EMOTIONS, estimate.emotions),
        "genders": _named(GENDERS, estimate.genders),
        "joint": _named(JOINT, estimate.joint),
        "confidence": round(estimate.confidence, _DIGITS),
        "low_evidence": estimate.low_evidence,
    }


def result_record(result: WindowResult | UtteranceResult) -> dict[str, Any]:
    """One window or utterance."""
    record: dict[str, Any] = {
        "utterance": result.utterance,
        "start": round(result.start, 4),
        "end": round(result.end, 4),
        "speech": round(result.speech, 4),
    }
    if isinstance(result, WindowResult):
        record["final"] = result.final
    return record | estimate_record(result.estimate)


def file_record(source: str, duration: float, model: str, timeline: Timeline) -> dict[str, Any]:
    """All results of one source."""
    return {
        "schema": SCHEMA,
        "source": source,
        "duration": round(duration, 4),
        "model": model,
        "windows": [result_record(w) for w in timeline.windows()],
        "utterances": [result_record(u) for u in timeline.utterances()],
    }
