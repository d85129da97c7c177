"""Live sessions, and whether they are in a file: none is to vanish without a word; no widgets."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from ser_live.timeline import SpeechEnded, SpeechStarted
from ser_live.ui.recorder import Recorder

if TYPE_CHECKING:
    from ser_live.pipeline import Session


@dataclass(eq=False)
class LiveSession:
    """A session that a microphone was listened to in.

    Attributes:
        session: with its results.
        microphone: as for :meth:`ser_live.ui.engine.Engine.open_microphone`.
        began: local time.
        saved: numbers of the utterances that are in a file.
        recordings: of each file it is being written into, or that is being finished, the number of
            the first utterance in it: what was said before is not.
        given_up: the user does not want it any more.
    """

    session: Session
    microphone: str | None
    began: datetime = field(default_factory=lambda: datetime.now().astimezone())
    saved: set[int] = field(default_factory=set)
    recordings: list[int] = field(default_factory=list)
    given_up: bool = False

    @property
    def utterances(self) -> int:
        """How many have a result."""
        return len(self.session.timeline.utterances())

    def _lost(self, numbers: Iterable[int]) -> int:
        """How many of these utterances are in no file, nor on their way into one."""
        first = min(self.recordings, default=math.inf)
        return sum(n < first and n not in self.saved for n in numbers)

    @property
    def _numbers(self) -> list[int]:
        return [u.utterance for u in self.session.timeline.utterances()]

    @property
    def unsaved(self) -> bool:
        """Whether there are utterances that are in no file."""
        return not self.given_up and self._lost(self._numbers) > 0

    @property
    def worth_finishing(self) -> bool:
        """Whether it is unsaved, or will be when what was begun has its result."""
        entries = self.session.timeline.since(0)
        started = (e.utterance for e in entries if isinstance(e, SpeechStarted))
        return not self.given_up and self._lost(started) > 0

    @property
    def next_utterance(self) -> int:
        """Number of the utterance that is under way, or else of the next one."""
        number = 1
        for entry in self.session.timeline.since(0):
            if isinstance(entry, SpeechStarted):
                number = entry.utterance
            elif isinstance(entry, SpeechEnded):
                number = entry.utterance + 1
        return number

    def recorded(self, whole: bool) -> None:
        """The file that was begun first is finished, or could not be."""
        first = self.recordings.pop(0)
        end = min(self.recordings, default=math.inf)
        if whole:
            self.saved |= {n for n in self._numbers if first <= n < end}

    @property
    def title(self) -> str:
        """When it was and how much of it is at stake.

        ``The session of 14:03:22 (9 utterances)``, or ``(2 of 9 utterances)`` are in no file.
        """
        count = self.utterances
        what = "1 utterance" if count == 1 else f"{count} utterances"
        if 0 < (lost := self._lost(self._numbers)) < count:
            what = f"{lost} of {what}"
        return f"The session of {self.began:%H:%M:%S} ({what})"

    @property
    def stem(self) -> str:
        """For a file's name."""
        return f"session {self.began:%Y-%m-%d %H-%M-%S}"


class LiveSessions(QObject):
    """The live session that is shown, and the last unsaved one that another took the place of.

    Args:
        recorder: what it has recorded counts as saved.
        parent: owns this.

    Signals:
        changed: ``kept`` is another, or the one that is kept is saved now.

    Attributes:
        shown: what the window shows, running or stopped; ``None`` for a file.
        kept: was replaced, unsaved; stays until the next one is.
    """

    changed = Signal()

    def __init__(self, recorder: Recorder, parent: QObject) -> None:
        super().__init__(parent)
        self.shown: LiveSession | None = None
        self.kept: LiveSession | None = None
        self._ending: list[LiveSession] = []  # their threads are about to end
        recorder.ended.connect(self._on_recorded)

    @property
    def unsaved(self) -> LiveSession | None:
        """One that would be lost with the window; the one that is shown first."""
        known = (self.shown, *self._ending, self.kept)
        return next((s for s in known if s is not None and s.unsaved), None)

    def begin(self, session: Session, microphone: str | None) -> None:
        """A microphone is listened to from now on."""
        self.shown = LiveSession(session, microphone)

    def record(self) -> None:
        """The session that is shown is being recorded from now on."""
        if self.shown is not None:
            self.shown.recordings.append(self.shown.next_utterance)

    def release(self) -> LiveSession | None:
        """It is no longer shown: :meth:`replaced` is to follow when its threads have ended."""
        shown, self.shown = self.shown, None
        if shown is not None:
            self._ending.append(shown)
        return shown

    def replaced(self, live: LiveSession | None) -> None:
        """Its threads have ended: keep it if it is in no file."""
        if live is None:
            return
        self._ending.remove(live)
        if live.unsaved:
            self.kept = live
            self.changed.emit()

    def take_kept(self) -> LiveSession | None:
        """Take out what is kept, to show it again."""
        kept, self.kept = self.kept, None
        if kept is not None:
            kept.given_up = False
            self.changed.emit()
        return kept

    def note_saved(self, live: LiveSession, numbers: Iterable[int]) -> None:
        """These of its utterances are in a file now."""
        live.saved |= set(numbers)
        if live is self.kept:
            self.changed.emit()

    @Slot(object, bool)
    def _on_recorded(self, session: object, whole: bool) -> None:
        """Its file is finished, or could not be."""
        for live in (self.shown, self.kept, *self._ending):
            if live is not None and live.session is session:
                live.recorded(whole)
                self.note_saved(live, ())
