"""What the window can show without running it."""

from __future__ import annotations


class Ready:
    """In the place of a session: what is over, or what somebody else runs.

    The window starts and stops the sessions that it shows; these do not listen.

    Attributes:
        over: nothing more will come.
        duration: seconds read so far.
    """

    over = True
    duration = 0.0

    @property
    def model_name(self) -> str:
        """Of the checkpoint that the results come from."""
        raise NotImplementedError

    def start(self) -> None:
        """Nothing: somebody else runs it."""

    def stop(self, discard: bool = False, timeout: float | None = None) -> None:
        """Nothing: somebody else ends it."""

    def advance(self) -> bool:
        """Do the next bit of work; tell whether there is more."""
        return False

    def hold(self, on: bool) -> None:
        """Let the window know that nobody goes on with it for now."""
