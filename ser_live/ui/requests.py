"""Requests to open something: only the newest counts, and nothing that was opened is forgotten."""

from __future__ import annotations

from collections.abc import Callable

from ser_live.ui.jobs import Jobs
from ser_live.ui.opened import Opened, discard_source

#: Opens something, in the jobs' thread; is given a way to ask whether it is still wanted.
Opener = Callable[[Callable[[], bool]], Opened]


class Requests:
    """Opens in the jobs' thread and keeps what came of it until it is taken.

    Args:
        jobs: where everything that blocks runs.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._number = 0
        # Opened, not yet taken: the request's number and what came of it.
        self._fresh: tuple[int, Opened] | None = None

    def outdate(self) -> None:
        """What was requested so far no longer counts."""
        self._number += 1

    def submit(
        self, opener: Opener, done: Callable[[], None], failed: Callable[[Exception], None]
    ) -> None:
        """Open something; ``done`` or ``failed`` is called unless it is outdated by then."""
        number = self._number

        def is_wanted() -> bool:
            return number == self._number

        def work() -> None:
            self._fresh = (number, opener(is_wanted))

        self._jobs.submit(
            work,
            lambda _: done() if is_wanted() else None,
            lambda error: failed(error) if is_wanted() else None,
        )

    @property
    def opened(self) -> Opened | None:
        """What is open and not taken, outdated or not."""
        fresh = self._fresh
        return None if fresh is None else fresh[1]

    @property
    def ready(self) -> Opened | None:
        """What can be taken."""
        fresh = self._fresh
        return None if fresh is None or fresh[0] != self._number else fresh[1]

    def take(self) -> None:
        """It has another owner now."""
        self._fresh = None

    def discard(self) -> None:
        """Close what nobody has taken; in the jobs' thread."""
        fresh, self._fresh = self._fresh, None
        if fresh is not None:
            discard_source(*fresh[1])
