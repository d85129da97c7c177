"""What waits between the listening and the classifying thread."""

from __future__ import annotations

import threading
from collections import deque

from ser_live.speech.windower import StreamEvent, Window


class WindowQueue:
    """Events between the listening and the classifying thread.

    Bounded by the number of windows in it: a live source drops the oldest *provisional* one, and
    never a final one; any other source waits.

    Attributes:
        dropped: provisional windows given up to keep pace.
        cut_short: events were thrown away at the end: what came out is not all of it.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: deque[tuple[StreamEvent, float]] = deque()
        self._condition = threading.Condition()
        self._closed = self._discards = False
        self.dropped = 0
        self.cut_short = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, event: StreamEvent, arrived: float, wait: bool) -> None:
        """Add an event.

        Args:
            event: the event.
            arrived: ``time.perf_counter()`` when the event's last sample came in.
            wait: wait for room instead of dropping.
        """
        with self._condition:
            if wait:
                self._condition.wait_for(lambda: len(self._items) < self._limit or self._closed)
            if self._discards:  # after a gap it would look like one with what came before
                self.cut_short = True
                return
            self._items.append((event, arrived))
            if not wait and len(self._items) > self._limit:
                self._drop_oldest_provisional()
            self._condition.notify_all()

    def _drop_oldest_provisional(self) -> None:
        for i, (event, _) in enumerate(self._items):
            if isinstance(event, Window) and not event.final:
                del self._items[i]
                self.dropped += 1
                return

    def get(self) -> tuple[StreamEvent, float] | None:
        """The next event; ``None`` when the queue is closed and empty."""
        with self._condition:
            self._condition.wait_for(lambda: self._items or self._closed)
            if not self._items:
                return None
            item = self._items.popleft()
            self._condition.notify_all()
            return item

    def close(self, discard: bool = False) -> None:
        """No more events will come; with ``discard`` those waiting or still put are thrown away."""
        with self._condition:
            self._closed = True
            if discard:
                self._discards = True
                self.cut_short = self.cut_short or bool(self._items)
                self._items.clear()
            self._condition.notify_all()
