"""Live sessions, and whether they are in a file: none is to vanish without a word; no widgets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from ser_live.timeline import SpeechStarted
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
        saved: so many utterances are in a file.
        recording: so many files it is being written into, or that are being finished.
        given_up: the user does not want it any more.
    """

    session: Session
    microphone: str | None
    began: datetime = field(default_factory=lambda: datetime.now().astimezone())
    saved: int = 0
    recording: int = 0
    given_up: bool = False

    @property
    def utterances(self) -> int:
        """How many have a result."""
        return len(self.session.timeline.utterances())

    @property
    def unsaved(self) -> bool:
        """Whether there are utterances that are in no file."""
        return not (self.recording or self.given_up) and self.utterances > self.saved

    @property
    def worth_finishing(self) -> bool:
        """Whether it is unsaved, or will be when what was begun has its result."""
        if self.recording or self.given_up:
            return False
        started = (isinstance(e, SpeechStarted) for e in self.session.timeline.since(0))
        return sum(started) > self.saved

    @property
    def title(self) -> str:
        """When it was and how much there is of it: ``The session of 14:03:22 (9 utterances)``."""
        count = self.utterances
        what = "1 utterance" if count == 1 else f"{count} utterances"
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
            self.shown.recording += 1

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

    def note_saved(self, live: LiveSession, utterances: int) -> None:
        """So many of its utterances are in a file now."""
        live.saved = max(live.saved, utterances)
        if live is self.kept:
            self.changed.emit()

    @Slot(object, bool)
    def _on_recorded(self, session: object, whole: bool) -> None:
        """Its file is finished, or could not be."""
        for live in (self.shown, self.kept, *self._ending):
            if live is not None and live.session is session:
                live.recording -= 1
                if whole:
                    self.note_saved(live, live.utterances)
