"""One file of a list: what is known of it, and what analyses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_live.batch_entry import State
from ser_live.ready import Ready
from ser_live.sessions.schema import SUFFIX
from ser_live.summary import Summary
from ser_live.timeline import Timeline


class Work(Ready):
    """What the batch drives: an analysis, or a saved session that is over already."""

    timeline: Timeline


#: Opens a file; may block.
Make = Callable[[Path], "Work"]


@dataclass(eq=False)
class Item:
    """See :class:`ser_live.batch_entry.Entry`; ``round`` is that of the batch the work is of."""

    number: int
    path: Path
    state: State = State.WAITING
    duration: float | None = None
    reason: str = ""
    work: Work | None = None
    summary: Summary | None = None
    round: int = -1  # of which the work is
    probed: bool = False

    @property
    def saved(self) -> bool:
        """It is a session, which nobody has to analyse: it needs no model, now or later."""
        return self.path.suffix.lower() == SUFFIX


Removed = list[tuple[int, Item]]


def open_saved(path: Path) -> Any:
    """A saved session; imported late, because that costs time."""
    from ser_live.open_work import open_saved

    return open_saved(path)
