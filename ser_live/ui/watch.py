"""Notices what the threads of a session and of a player did meanwhile, and says so once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import SignalInstance

from ser_live.audio.playback import Player
from ser_live.ui.messages import Message, explain

if TYPE_CHECKING:
    from ser_live.pipeline import Session


class Watch:
    """Looks at a session and a player each time it is asked to.

    Args:
        message: emitted with a :class:`Message` when there is something to tell.
        settled: emitted with a message's key when it is no longer true.
    """

    def __init__(self, message: SignalInstance, settled: SignalInstance) -> None:
        self._message, self._settled = message, settled
        self._noted: set[str] = set()
        self._said = ""  # of the output

    def reset(self) -> None:
        """Another session."""
        self._noted.clear()
        self._said = ""

    def _note(self, key: str, now: bool) -> bool:
        """Keep a condition; tell whether it changed."""
        if now == (key in self._noted):
            return False
        self._noted ^= {key}
        return True

    def look(self, session: Session, player: Player | None, key: str, capturing: bool) -> bool:
        """Tell of everything that is new.

        Args:
            session: what runs, or ran.
            player: of a file.
            key: of a message about an error.
            capturing: sound should be coming in from a microphone.

        Returns:
            Whether the player's state changed.
        """
        self.errors(session, key)
        if player is not None:
            return self.playing(player, session)
        self.stalling(session, capturing)
        return False

    def errors(self, session: Session, key: str) -> None:
        """Tell of an error that ended the session."""
        if session.error is not None and self._note("error", True):
            self._message.emit(explain(session.error, key))

    def stalling(self, session: Session, capturing: bool) -> None:
        """Tell of a device that stopped delivering, and that it came back."""
        stalled = capturing and bool(getattr(session.source, "stalled", False))
        if not self._note("stall", stalled):
            return
        if not stalled:
            self._settled.emit("stall")
            return
        advice = "Connect it again: listening goes on by itself. Or choose another input."
        gone = str(getattr(session.source, "unplugged", ""))
        title = f"{gone or session.source.name} stopped delivering sound."
        if gone:
            title = f"{gone} was unplugged and stopped delivering sound."
        self._message.emit(Message("stall", "warning", title, advice))

    def playing(self, player: Player, session: Session) -> bool:
        """Tell why nothing is heard; return whether the player's state changed."""
        if player.duration is None:
            whole = player.waveform
            if whole is not None and whole.complete:
                player.duration = whole.seconds
            elif whole is None and not session.running:
                player.duration = session.stats().time
        self._output(player)
        self._reading(player)
        changed = self._note("finished", player.finished)
        return self._note("playing", player.playing) or changed

    def _output(self, player: Player) -> None:
        """Tell what is wrong with the output, and when it is right again."""
        if player.message == self._said:
            return
        self._said = player.message
        if not player.message:
            self._settled.emit("player")
            return
        title = f"{player.message[:1].upper()}{player.message[1:]}."
        advice = "Choose another output below the plots."
        if player.silent:
            advice = "Connect loudspeakers or headphones to hear it, then press Play again."
        self._message.emit(Message("player", "info", title, advice, stays=True))

    def _reading(self, player: Player) -> None:
        """Tell why a sound cannot be read on, and when it can be again."""
        if not self._note("unreadable", player.error is not None):
            return
        if player.error is None:
            self._settled.emit("playing")
            return
        advice = (
            "What was found stays and can be exported. Put the file back and press Play, "
            "or open it again (Ctrl+O)."
        )
        title = f"Playing stopped: {player.error}."
        self._message.emit(Message("playing", "warning", title, advice))
