"""Says so when a session is opened that somebody still records into."""

from __future__ import annotations

from ser_live.sessions.replay import Replay
from ser_live.ui.engine import Engine
from ser_live.ui.messages import Message

KEY = "growing"


class GrowingSessions:
    """Watches what the engine opens.

    Args:
        engine: whose sessions, and whose messages.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._told: object = None
        engine.changed.connect(self._look)

    def _look(self) -> None:
        session = self._engine.session
        if session is self._told:
            return
        self._told = session
        if isinstance(session, Replay) and session.saved.growing:
            name = session.saved.path.name
            title = f"{name} is still being recorded, by another window or program."
            advice = "What had been written by now is shown; open it again to see more."
            self._engine.message.emit(Message(KEY, "info", title, advice))
        else:
            self._engine.settled.emit(KEY)
