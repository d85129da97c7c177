"""What is known of a list of files and of the work on it, at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ser_live.summary import Summary


class State(Enum):
    """Of a file in the list."""

    WAITING = "waiting"
    ANALYSING = "analysing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Entry:
    """One file of the list.

    Attributes:
        number: its name for the list, never used twice.
        path: the file.
        state: see there.
        duration: seconds, where known.
        reached: seconds analysed.
        reason: why it failed, or what is to be known of a result.
        summary: of a result that is complete; while the file is analysed again, of the last one.
    """

    number: int
    path: Path
    state: State
    duration: float | None
    reached: float
    reason: str
    summary: Summary | None

    @property
    def share(self) -> float:
        """How much of it is analysed, 0 … 1."""
        if self.state is State.DONE:
            return 1.0
        return min(1.0, self.reached / self.duration) if self.duration else 0.0


@dataclass(frozen=True)
class Progress:
    """Of all files together.

    Attributes:
        files: how many there are.
        done, failed, cancelled: how many are.
        share: of the sound, 0 … 1.
        left: seconds until the rest is done; ``None`` while that cannot be told.
    """

    files: int
    done: int
    failed: int
    cancelled: int
    share: float
    left: float | None

    @property
    def open(self) -> int:
        """Files that are still to be done."""
        return self.files - self.done - self.failed - self.cancelled


class Pace:
    """Seconds of sound analysed a second, of late."""

    _FORGET = 0.98  # a step
    _ENOUGH = 1.0  # s of work before it says anything

    def __init__(self) -> None:
        self._sound = self._worked = 0.0

    def add(self, sound: float, worked: float) -> None:
        """A step: seconds of sound, and what they took."""
        self._sound = self._FORGET * self._sound + sound
        self._worked = self._FORGET * self._worked + worked

    def left(self, sound: float) -> float | None:
        """Seconds that so much more sound will take."""
        if self._worked < self._ENOUGH or self._sound <= 0:
            return None
        return sound * self._worked / self._sound


def progress_of(entries: list[Entry], pace: Pace) -> Progress:
    """Add up; files of unknown length count as the mean of the others."""
    count = {state: sum(e.state is state for e in entries) for state in State}
    known = [e.duration for e in entries if e.duration]
    mean = sum(known) / len(known) if known else 0.0
    whole = done = left = 0.0
    for entry in entries:
        if entry.state in (State.FAILED, State.CANCELLED):
            continue
        length = entry.duration or mean
        whole += length
        done += entry.share * length
        left += (1 - entry.share) * length
    return Progress(
        len(entries),
        count[State.DONE],
        count[State.FAILED],
        count[State.CANCELLED],
        done / whole if whole else 0.0,
        pace.left(left),
    )
