"""From utterance to utterance; no Qt."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from ser_live.ui.view_model import Utterance

#: So soon after an utterance's start "previous" means the one before it, s.
AGAIN = 1.0
_HERE = 0.05  # s: at the start, not before it


def neighbour(utterances: Sequence[Utterance], now: float, direction: int) -> Utterance | None:
    """The next utterance (1) or the previous one (−1) from a moment on, if there is one.

    Args:
        utterances: by start.
        now: s.
        direction: 1 or −1; −1 well inside of an utterance is its own start.
    """
    if direction > 0:
        at = bisect.bisect_right(utterances, now + _HERE, key=lambda u: u.start)
        return utterances[at] if at < len(utterances) else None
    at = bisect.bisect_left(utterances, now - AGAIN, key=lambda u: u.start) - 1
    return utterances[at] if at >= 0 else None
