"""How long the rest of a job takes, from how fast it went lately; no Qt."""

from __future__ import annotations

from collections import deque

_SPAN = 20.0  # s looked back at
_FIRST = 2.0  # s before which nothing is said


class TimeLeft:
    """Estimates the time left of something whose done share is told now and then."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque()

    def seconds(self, share: float | None, now: float) -> float | None:
        """Seconds left.

        Args:
            share: that is done, 0 … 1; ``None`` while nothing is done: begins anew.
            now: a clock's time, s.

        Returns:
            ``None`` as long as nothing sensible can be said.
        """
        if share is None or (self._seen and share < self._seen[-1][1]):
            self._seen.clear()
        if share is None:
            return None
        self._seen.append((now, share))
        while now - self._seen[0][0] > _SPAN and len(self._seen) > 2:
            self._seen.popleft()
        passed, done = now - self._seen[0][0], share - self._seen[0][1]
        if passed < _FIRST or done <= 0:
            return None
        return max(0.0, 1 - share) * passed / done

    def text(self, share: float | None, now: float) -> str:
        """The same in words, empty while nothing can be said."""
        left = self.seconds(share, now)
        return "" if left is None else in_words(left)


def in_words(seconds: float) -> str:
    """A time left as text, no more exact than it is.

    >>> in_words(3.2), in_words(47), in_words(140), in_words(5400)
    ('5 s left', '50 s left', '2 min left', '1 h 30 min left')
    """
    if seconds < 57.5:
        step = 5 if seconds < 30 else 10
        return f"{max(1, round(seconds / step)) * step} s left"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{max(1, minutes)} min left"
    return f"{minutes // 60} h {minutes % 60} min left"
