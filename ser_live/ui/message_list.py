"""Which of the standing messages is shown, and which go by themselves; no widgets."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime

from ser_live.ui.messages import Message

#: For so long a message is shown before a less important one may take its place, s.
READ_SECONDS = 4.0
#: A message that passes goes when it was shown for so long, or stood behind others for so long, s.
SHOWN_SECONDS, BEHIND_SECONDS = 15.0, 60.0
_KEPT = 200  # of the past
_RANKS = {"error": 2, "warning": 1, "info": 0}


class MessageList:
    """Messages that stand, the most important first, of those the newest; one is shown.

    Args:
        clock: seconds that go on.

    Attributes:
        standing: in this order.
        shown: the one that is seen; ``None`` when nothing stands.
        past: everything that was ever told, with the time of day, oldest first.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._came: dict[str, float] = {}
        self._seen: dict[str, float] = {}  # for how long, s, up to the last look
        self._looked = clock()
        self._held = False
        self.standing: list[Message] = []
        self.shown: Message | None = None
        self.past: deque[tuple[datetime, Message]] = deque(maxlen=_KEPT)

    @property
    def number(self) -> int:
        """Of the one that is shown, from 1; 0 where there is none."""
        return 0 if self.shown is None else 1 + self.standing.index(self.shown)

    @property
    def passing(self) -> bool:
        """Whether any of them goes by itself."""
        return any(message.passes for message in self.standing)

    def add(self, message: Message) -> None:
        """Let a message stand; one of the same key goes.

        It is shown at once, unless a more important one is still being read.
        """
        self._count()
        before = self.shown
        self.remove(message.key)
        at = 0
        while at < len(self.standing) and _rank(self.standing[at]) > _rank(message):
            at += 1
        self.standing.insert(at, message)
        self.past.append((datetime.now().astimezone(), message))
        self._came[message.key], self._seen[message.key] = self._clock(), 0.0
        if before is not None and before in self.standing and self._is_read(before, message):
            self.shown = before
        else:
            self.shown = message

    def _is_read(self, shown: Message, other: Message) -> bool:
        """Whether a message is still being read that another one must not cover."""
        return _rank(shown) > _rank(other) and self._seen[shown.key] < READ_SECONDS

    def remove(self, key: str) -> None:
        """Take the message with a key away, if there is one."""
        self._count()
        self.standing = [m for m in self.standing if m.key != key]
        if self.shown not in self.standing:
            self.shown = self.standing[0] if self.standing else None

    def step(self, by: int) -> None:
        """Show the next one (1) or the one before (-1); it ends at the ends."""
        self._count()
        if self.shown is not None:
            at = self.standing.index(self.shown) + by
            self.shown = self.standing[max(0, min(len(self.standing) - 1, at))]

    def hold(self, on: bool) -> None:
        """While somebody points at it or works in it nothing goes by itself."""
        self._count()
        self._held = on

    def expired(self) -> list[Message]:
        """Those that should go by now."""
        self._count()
        now = self._clock()
        return [
            m
            for m in self.standing
            if m.passes
            and not (self._held and m is self.shown)
            and (self._seen[m.key] >= SHOWN_SECONDS or self._is_old(m, now))
        ]

    def _is_old(self, message: Message, now: float) -> bool:
        return message is not self.shown and now - self._came[message.key] >= BEHIND_SECONDS

    def _count(self) -> None:
        now = self._clock()
        if self.shown is not None and not self._held:
            self._seen[self.shown.key] += now - self._looked
        self._looked = now


def _rank(message: Message) -> int:
    return _RANKS[message.level]
