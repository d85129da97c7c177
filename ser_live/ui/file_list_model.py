"""What the list of files says, and how a removal is undone; no widgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ser_live.batch_entry import Entry, Progress, State
from ser_live.labels import EMOTIONS
from ser_live.summary import Summary
from ser_live.ui.view_model import clock

#: A share below this is not worth a word.
_WORTH = 0.05


@dataclass(frozen=True)
class Row:
    """One file as the list shows it.

    Attributes:
        number: of the entry.
        name: of the file.
        length: as text, empty while unknown.
        state: a few words, or the top emotions.
        detail: a line under it.
        level: ``plain``, ``busy``, ``error`` or ``done``.
        share: of a file that is being analysed, else ``None``.
        emotions: shares of the speaking time, likeliest first, for the coloured strip.
        tip: everything, for the pointer and for screen readers.
    """

    number: int
    name: str
    length: str
    state: str
    detail: str
    level: str
    share: float | None
    emotions: tuple[tuple[str, float], ...]
    tip: str


def row_of(entry: Entry) -> Row:
    """An entry in words."""
    length = "" if entry.duration is None else clock(entry.duration)
    state, detail, level, share = "waiting", "", "plain", None
    emotions: tuple[tuple[str, float], ...] = ()
    if entry.state is State.ANALYSING:
        share = entry.share
        state, level = f"analysing {100 * share:.0f} %", "busy"
    elif entry.state is State.FAILED:
        state, detail, level = "failed", entry.reason, "error"
    elif entry.state is State.CANCELLED:
        state = "cancelled"
    elif entry.state is State.DONE and entry.summary is not None:
        emotions = emotion_shares(entry.summary)
        state, detail, level = top_words(entry.summary), speaking_words(entry.summary), "done"
        if entry.reason:
            detail = entry.reason
    elif entry.summary is not None:  # to be analysed again
        emotions, detail = emotion_shares(entry.summary), "with the new settings"
    told = [entry.path.name, length, state, detail]
    tip = "\n".join([*(text for text in told if text), str(entry.path.parent)])
    return Row(entry.number, entry.path.name, length, state, detail, level, share, emotions, tip)


def emotion_shares(summary: Summary) -> tuple[tuple[str, float], ...]:
    """Emotions by their share of the speaking time, likeliest first; those without one left out."""
    shares = [(name, summary.share(summary.emotion(name))) for name in EMOTIONS]
    return tuple(sorted((s for s in shares if s[1] > 0), key=lambda s: -s[1]))


def top_words(summary: Summary) -> str:
    """The two emotions with the greatest shares: ``happy 55 % · sad 20 %``."""
    if summary.speaking <= 0:
        return "no speech"
    top = [s for s in emotion_shares(summary) if s[1] >= _WORTH][:2]
    if not top:
        return "not sure of any"
    return " · ".join(f"{name} {100 * share:.0f} %" for name, share in top)


def speaking_words(summary: Summary) -> str:
    """Speaking time and number of changes."""
    if summary.speaking <= 0:
        return f"{summary.duration:.0f} s without speech"
    part = f"speech {clock(summary.speaking)}"
    if summary.duration > 0:
        part += f" ({100 * summary.speaking / summary.duration:.0f} %)"
    changes = "1 change" if summary.changes == 1 else f"{summary.changes} changes"
    return f"{part} · {changes}"


def progress_words(progress: Progress) -> str:
    """All files together in a line."""
    text = f"{progress.done} of {progress.files} done"
    if progress.failed:
        text += f" · {progress.failed} failed"
    if progress.cancelled:
        return f"{text} · {progress.cancelled} cancelled"
    if progress.open and progress.left is not None:
        text += f" · {left_words(progress.left)}"
    return text


def left_words(seconds: float) -> str:
    """A time that is left, roughly.

    >>> left_words(12), left_words(200), left_words(8000)
    ('15 s left', '3 min left', '2 h 13 min left')
    """
    if seconds < 55:
        return f"{5 * max(1, -int(-seconds // 5))} s left"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{max(1, minutes)} min left"
    return f"{minutes // 60} h {minutes % 60} min left"


class Undo:
    """Takes back what was done last."""

    _MOST = 50

    def __init__(self) -> None:
        self._steps: list[tuple[str, Callable[[], object]]] = []

    def add(self, what: str, back: Callable[[], object]) -> None:
        """Note a step: what it did, and what takes it back."""
        self._steps = [*self._steps, (what, back)][-self._MOST :]

    def forget(self, what: str) -> None:
        """The steps that did this cannot be taken back any more."""
        self._steps = [step for step in self._steps if step[0] != what]

    def __len__(self) -> int:
        return len(self._steps)

    def take_back(self) -> str | None:
        """Undo the last step; what it was, or ``None`` where there is none."""
        if not self._steps:
            return None
        what, back = self._steps.pop()
        back()
        return what
