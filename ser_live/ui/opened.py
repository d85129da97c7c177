"""What was opened to be listened to, and how to let go of it; all of this may block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_live.audio.playback import Player
from ser_live.audio.sources import Source
from ser_live.ready import Ready

if TYPE_CHECKING:
    from ser_live.pipeline import Session

#: What somebody else analyses, or is over, takes the place of a source.
Opened = tuple[Source | Ready, Player | None]


def is_live(source: Source | Ready) -> bool:
    """Whether it is a microphone."""
    return not isinstance(source, Ready) and source.live


def end_session(session: Session | Ready | None, player: Player | None, discard: bool) -> None:
    """Stop what runs; with ``discard`` windows that wait are thrown away."""
    if player is not None:
        player.close()
    if session is not None:
        session.stop(discard=discard)


def discard_source(source: Source | Ready, player: Player | None) -> None:
    """Close what no session has taken."""
    if not isinstance(source, Ready):
        source.close()
        # A microphone gives its device back at the end of its blocks.
        for _ in source.blocks() if source.live else ():
            pass
    if player is not None:
        player.close()
