"""What every format is written from: the results of one source."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ser_live.export.records import file_record
from ser_live.timeline import Estimate, Timeline, UtteranceResult, WindowResult

if TYPE_CHECKING:
    from ser_live.sessions.reader import SavedSession


@dataclass(frozen=True)
class Results:
    """The results of one source.

    Attributes:
        source: path of the sound or session file, or a device's name.
        duration: seconds of it that were analysed.
        model: name of the checkpoint.
        timeline: the results.
        started: date and time of the recording with zone, ISO 8601; empty where nobody knows it.
        config: the checkpoint's configuration, JSON; empty where it is not at hand.
    """

    source: str
    duration: float
    model: str
    timeline: Timeline
    started: str = ""
    config: str = ""

    @property
    def stem(self) -> str:
        """The source's name without folder and suffix."""
        return PurePath(self.source).stem or "ser-live"

    def record(self) -> dict[str, Any]:
        """As one JSON object, see :func:`ser_live.export.records.file_record`."""
        return file_record(self.source, self.duration, self.model, self.timeline)

    def spans(self) -> list[tuple[float, float, UtteranceResult]]:
        """Utterances as intervals that do not overlap and lie within the source.

        Returns:
            Start and end in seconds, to the millisecond, and the utterance; in order.
        """
        out: list[tuple[float, float, UtteranceResult]] = []
        reached = 0.0
        for result in sorted(self.timeline.utterances(), key=lambda u: u.start):
            start = max(reached, round(result.start, 3))
            end = min(round(result.end, 3), max(round(self.duration, 3), start))
            if end > start:
                out.append((start, end, result))
                reached = end
        return out

    def intervals(self, windows: bool = False) -> list[tuple[float, float, Estimate]]:
        """Utterances, or all windows, by start.  Windows overlap.

        Returns:
            Start and end in seconds, and the estimate.
        """
        if not windows:
            return [(start, end, result.estimate) for start, end, result in self.spans()]
        found: list[WindowResult] = sorted(self.timeline.windows(), key=lambda w: (w.start, w.end))
        return [(w.start, w.end, w.estimate) for w in found]


def saved_results(source: str, saved: SavedSession) -> Results:
    """What a session file holds."""
    facts = saved.facts
    return Results(source, saved.duration, facts.model, saved.timeline, facts.started, facts.config)


def emotion_label(estimate: Estimate) -> str:
    """The likeliest emotion, with a question mark where there is too little evidence."""
    return f"{estimate.top_emotion} ?" if estimate.low_evidence else estimate.top_emotion


def full_label(estimate: Estimate) -> str:
    """Emotion, its probability and gender in a few words: ``happy 71 %, female``."""
    return f"{emotion_label(estimate)} {100 * estimate.confidence:.0f} %, {estimate.top_gender}"
