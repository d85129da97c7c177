"""What the window shows, computed from a timeline; no Qt, no audio, no model."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from ser_live.labels import EMOTIONS, GENDERS
from ser_live.ui.far_view import FarView
from ser_live.ui.growing import GrowingRows

if TYPE_CHECKING:
    from ser_live.timeline import Estimate, Timeline

#: For so long after an utterance its result stays in large type, s.
HOLD_SECONDS = 4.0
#: So many entries are taken at once, a few hundredths of a second's work: a session of hours that
#: is opened comes in parts.
_MOST_ENTRIES = 1000
#: From here on a statement is called "sure".
SURE = 0.70


class Kind(Enum):
    """What the large type says."""

    MESSAGE = "message"  # loading, stopped, an error
    LISTENING = "listening"
    HEARING = "hearing"  # speech, but too little for a first estimate
    ESTIMATE = "estimate"


@dataclass(frozen=True)
class Reading:
    """An estimate in plain values.

    Attributes:
        emotions: seven probabilities in the order of ``EMOTIONS``.
        female: probability of a female voice.
        low_evidence: too little to make a statement.
    """

    emotions: tuple[float, ...]
    female: float
    low_evidence: bool

    @classmethod
    def of(cls, estimate: Estimate) -> Reading:
        """From a timeline's estimate."""
        female = float(estimate.genders[0])
        emotions = tuple(float(p) for p in estimate.emotions)
        return cls(emotions, female, estimate.low_evidence)

    @property
    def emotion(self) -> str:
        """The likeliest emotion."""
        return EMOTIONS[int(np.argmax(self.emotions))]

    @property
    def confidence(self) -> float:
        """Its probability."""
        return max(self.emotions)

    @property
    def sureness(self) -> str:
        """``sure``, ``fairly sure`` or ``not sure``."""
        if self.low_evidence:
            return "not sure"
        return "sure" if self.confidence >= SURE else "fairly sure"

    @property
    def gender(self) -> str:
        """The likelier vocal gender."""
        return GENDERS[0] if self.female >= 0.5 else GENDERS[1]

    @property
    def gender_confidence(self) -> float:
        """Its probability."""
        return max(self.female, 1 - self.female)


@dataclass(frozen=True)
class Present:
    """The present state: what the panel at the left shows.

    Attributes:
        kind: which of the states.
        headline: in large type.
        detail: the line under it.
        reading: the estimate shown, if any.
        utterance: the utterance it belongs to.
        final: it is the utterance's result, not a provisional estimate.
    """

    kind: Kind
    headline: str
    detail: str
    reading: Reading | None = None
    utterance: int | None = None
    final: bool = False


@dataclass
class Utterance:
    """One utterance as the plots and the table show it; ``end`` is ``None`` while it is open."""

    number: int
    start: float
    end: float | None = None
    reading: Reading | None = None

    @property
    def length(self) -> float:
        """Seconds; 0 while open."""
        return 0.0 if self.end is None else self.end - self.start


def percent(p: float) -> str:
    """A probability as text: ``71 %``.

    >>> percent(0.706), percent(0.9999)
    ('71 %', '99 %')
    """
    # Never "100 %": the model is not certain, however the figure rounds.
    return f"{min(99, round(100 * p))} %"


def clock(seconds: float) -> str:
    """A time as text.

    >>> clock(63.24), clock(3725)
    ('1:03.2', '1:02:05')
    """
    if seconds >= 3600:
        whole = int(seconds)
        return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    tenths = int(seconds * 10 + 1e-6)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


class TimelineView:
    """Curves, utterances and present state of one growing timeline.

    Attributes:
        utterances: by start; the last one may be open.
        table: those with a result, in order.
        reached: end of the last thing that was classified, s.
    """

    def __init__(self) -> None:
        self.utterances: list[Utterance] = []
        self.table: list[Utterance] = []
        self._seen = 0
        self.reached = 0.0
        # time, seven emotions, female, utterance, low evidence; NaN rows break the curves.
        self._provisional = GrowingRows(1 + len(EMOTIONS) + 3)
        self._far = FarView(len(EMOTIONS) + 1)

    def pull(self, timeline: Timeline) -> bool:
        """Take what is new; tell whether there was anything."""
        # Imported here: the module imports torch, and a timeline exists only after that.
        from ser_live.timeline import SpeechEnded, SpeechStarted, UtteranceResult, WindowResult

        entries = timeline.since(self._seen, _MOST_ENTRIES)
        self._seen += len(entries)
        for entry in entries:
            end = entry.start if isinstance(entry, SpeechStarted) else entry.end
            self.reached = max(self.reached, end)
            if isinstance(entry, SpeechStarted):
                self.utterances.append(Utterance(entry.utterance, entry.start))
                self._provisional.append([entry.start] + [np.nan] * (len(EMOTIONS) + 3))
            elif isinstance(entry, WindowResult):
                if not entry.final:
                    self._add(entry.end, entry.utterance, Reading.of(entry.estimate))
            elif isinstance(entry, SpeechEnded):
                self._close(entry.utterance, entry.start, entry.end)
            elif isinstance(entry, UtteranceResult):
                utterance = self._close(entry.utterance, entry.start, entry.end)
                reading = utterance.reading = Reading.of(entry.estimate)
                self.table.append(utterance)
                values = [*reading.emotions, reading.female]
                self._far.add_result(entry.start, entry.end, values)
        return bool(entries)

    def _add(self, time: float, utterance: int, reading: Reading) -> None:
        self._provisional.append(
            [time, *reading.emotions, reading.female, utterance, float(reading.low_evidence)]
        )

    def _close(self, number: int, start: float, end: float) -> Utterance:
        utterance = self._find(number, start)
        if utterance.end is None:
            self._far.add_speech(start, end)
        utterance.end = end
        return utterance

    def _find(self, number: int, start: float) -> Utterance:
        for utterance in reversed(self.utterances):
            if utterance.number == number:
                return utterance
        utterance = Utterance(number, start)
        self.utterances.append(utterance)
        return utterance

    def provisional(self, start: float, end: float) -> np.ndarray:
        """Rows (n, 9): time, seven emotions, female; NaN between utterances."""
        return self._provisional.between(start, end)[:, : len(EMOTIONS) + 2]

    @property
    def far(self) -> FarView:
        """The session as it is seen from far away, up to date."""
        self._far.take(self._provisional.rows[:, : len(EMOTIONS) + 2])
        return self._far

    @property
    def provisional_count(self) -> int:
        """Rows of provisional estimates so far, breaks included."""
        return len(self._provisional)

    def visible(self, start: float, end: float) -> list[Utterance]:
        """Utterances that reach into ``start … end``."""
        first = bisect.bisect_right(self.utterances, start, key=lambda u: u.start) - 1
        stop = bisect.bisect_right(self.utterances, end, key=lambda u: u.start)
        return [u for u in self.utterances[max(0, first) : stop] if u.end is None or u.end >= start]

    def numbered(self, number: int) -> Utterance | None:
        """An utterance that has a result, by its number."""
        at = bisect.bisect_left(self.table, number, key=lambda u: u.number)
        return self.table[at] if at < len(self.table) and self.table[at].number == number else None

    def at(self, time: float) -> Utterance | None:
        """The utterance spoken at a time, or the last one before it."""
        at = bisect.bisect_right(self.utterances, time, key=lambda u: u.start) - 1
        return self.utterances[at] if at >= 0 else None

    def present(self, time: float, silence: str = "Listening…") -> Present:
        """The state at a moment: of the utterance spoken then, or of the one that just ended.

        Args:
            time: seconds since the start of the stream.
            silence: what to say when nobody speaks.
        """
        utterance = self.at(time)
        if utterance is not None:
            if utterance.end is None or time < utterance.end:
                return self._speaking(utterance, time)
            if utterance.reading is not None and time <= utterance.end + HOLD_SECONDS:
                return statement(utterance.number, utterance.reading, final=True)
        return Present(Kind.LISTENING, silence, "nobody speaks")

    def _speaking(self, utterance: Utterance, time: float) -> Present:
        row = self._provisional.last_before(time)
        names = len(EMOTIONS)
        if row is None or row[names + 2] != utterance.number:
            waiting = "waiting for enough of it"
            return Present(Kind.HEARING, "Speech…", waiting, None, utterance.number)
        emotions = tuple(float(p) for p in row[1 : names + 1])
        reading = Reading(emotions, float(row[names + 1]), bool(row[names + 3]))
        return statement(utterance.number, reading, final=False)


def statement(number: int, reading: Reading, final: bool) -> Present:
    """What is said about an estimate for an utterance."""
    if reading.low_evidence:
        headline = "Not sure"
        detail = f"perhaps {reading.emotion}, {percent(reading.confidence)}"
    else:
        headline = reading.emotion.capitalize()
        detail = f"{percent(reading.confidence)} · {reading.sureness}"
    return Present(Kind.ESTIMATE, headline, detail, reading, number, final)
