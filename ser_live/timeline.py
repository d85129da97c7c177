"""The single store of results: typed, append-only, safe to read from any thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np

from ser_live.config import DecisionConfig
from ser_live.labels import EMOTIONS, GENDERS, emotion_marginal, gender_marginal


@dataclass(frozen=True)
class Estimate:
    """What the model says of a stretch of speech.

    Attributes:
        joint: (14,) float64 probabilities in the order of ``labels.JOINT``, read-only.
        low_evidence: too little speech, or no emotion likely enough, to make a statement.
    """

    joint: np.ndarray = field(compare=False)
    low_evidence: bool

    @classmethod
    def of(cls, joint: np.ndarray, speech: float, decision: DecisionConfig) -> Estimate:
        """From (14,) probabilities and the seconds of speech they rest on."""
        joint = np.array(joint, np.float64)
        joint.flags.writeable = False
        top = float(emotion_marginal(joint).max())
        low = speech < decision.min_speech or top < decision.min_confidence
        return cls(joint, low)

    @property
    def emotions(self) -> np.ndarray:
        """(7,) probabilities in the order of ``labels.EMOTIONS``."""
        return emotion_marginal(self.joint)

    @property
    def genders(self) -> np.ndarray:
        """(2,) probabilities in the order of ``labels.GENDERS``."""
        return gender_marginal(self.joint)

    @property
    def top_emotion(self) -> str:
        """The likeliest emotion."""
        return EMOTIONS[int(self.emotions.argmax())]

    @property
    def top_gender(self) -> str:
        """The likelier gender."""
        return GENDERS[int(self.genders.argmax())]

    @property
    def confidence(self) -> float:
        """Calibrated probability of the likeliest emotion."""
        return float(self.emotions.max())


@dataclass(frozen=True)
class SpeechStarted:
    """An utterance opened at ``start`` (s)."""

    utterance: int
    start: float


@dataclass(frozen=True)
class SpeechEnded:
    """An utterance closed; its result, if it has one, follows."""

    utterance: int
    start: float
    end: float
    speech: float


@dataclass(frozen=True)
class WindowResult:
    """The estimate of one window; times in seconds since the start of the stream."""

    utterance: int
    start: float
    end: float
    speech: float
    final: bool
    estimate: Estimate


@dataclass(frozen=True)
class UtteranceResult:
    """The one final estimate of an utterance, from its final windows."""

    utterance: int
    start: float
    end: float
    speech: float
    estimate: Estimate


Entry = SpeechStarted | SpeechEnded | WindowResult | UtteranceResult


class Timeline:
    """Append-only list of entries.

    A reader keeps the number of entries it has seen and asks for the rest with :meth:`since`.
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def append(self, entry: Entry) -> None:
        """Add an entry."""
        with self._lock:
            self._entries.append(entry)

    def since(self, index: int, most: int | None = None) -> list[Entry]:
        """Entries from number ``index`` on, at most so many."""
        with self._lock:
            return self._entries[index : None if most is None else index + most]

    def windows(self, final: bool | None = None) -> list[WindowResult]:
        """All window results, or only the final or provisional ones."""
        return [
            e
            for e in self.since(0)
            if isinstance(e, WindowResult) and (final is None or e.final == final)
        ]

    def utterances(self) -> list[UtteranceResult]:
        """All utterance results."""
        return [e for e in self.since(0) if isinstance(e, UtteranceResult)]
