"""Names the files of a list that cannot be read: in a long list their rows are out of sight."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ser_live.batch_entry import Entry, State
from ser_live.ui.messages import Message

KEY = "failed-files"
_NAMED = 3


class FailedFiles:
    """Looks at the list and tells what has failed since it looked last.

    Args:
        tell: shows a message; one of the same key takes the place of the last.
        settled: takes the message of a key away.
    """

    def __init__(self, tell: Callable[[Message], object], settled: Callable[[str], object]) -> None:
        self._tell, self._settled = tell, settled
        self._told: set[int] = set()

    def look(self, entries: Iterable[Entry], shown: int | None) -> None:
        """Look again.

        Args:
            entries: the list.
            shown: the file that is looked at; of that one the window tells by itself.
        """
        failed = [e for e in entries if e.state is State.FAILED and e.number != shown]
        numbers = {entry.number for entry in failed}
        if numbers - self._told:
            self._tell(message(failed))
        elif self._told and not numbers:
            self._settled(KEY)
        self._told = numbers


def message(failed: list[Entry]) -> Message:
    """What is said of files that failed, at least one."""
    named = "; ".join(f"{e.path.name}: {e.reason}" for e in failed[:_NAMED])
    more = len(failed) - _NAMED
    count = "A file is" if len(failed) == 1 else f"{len(failed)} files are"
    title = f"{count} left out. {named}" + (f"; and {more} more" if more > 0 else "")
    return Message(KEY, "warning", title, "The rest is analysed. The list marks what failed.")
