"""Tells of a live session that was replaced and is in no file, and offers ways back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ser_live.ui.engine import Engine
from ser_live.ui.live_sessions import LiveSession
from ser_live.ui.messages import Action, Message

if TYPE_CHECKING:
    from ser_live.ui.file_list_model import Undo

KEY = "unsaved"
#: As it is called among the steps that can be undone.
STEP = "the session that was replaced"


class Unsaved(QObject):
    """The banner of the session that is kept.

    Args:
        engine: whose sessions.
        save: asks where to save one to.

    Attributes:
        undo: where the way back is noted too, once there is such a place.
    """

    undo: Undo | None = None

    def __init__(self, engine: Engine, save: Callable[[LiveSession], None]) -> None:
        super().__init__(engine)
        self._engine, self._save = engine, save
        self._told: LiveSession | None = None
        engine.live.changed.connect(self._look)

    def _look(self) -> None:
        kept = self._engine.live.kept
        if kept is not None and not kept.unsaved:
            kept = None
        if kept is self._told:
            return
        self._told = kept
        if self.undo is not None:
            self.undo.forget(STEP)
        if kept is None:
            self._engine.settled.emit(KEY)
            return
        if self.undo is not None:
            self.undo.add(STEP, self._engine.show_kept)
        tip = "Show it again, as it was when it was stopped (Ctrl+Z)"
        actions = (
            Action("Save…", "Save its results and waveform in a file", lambda: self._save(kept)),
            Action("Back to it", tip, self._engine.show_kept),
        )
        self._engine.message.emit(
            Message(
                KEY, "warning", f"{kept.title} was not saved.", "", actions, lambda: _give_up(kept)
            )
        )


def _give_up(live: LiveSession) -> None:
    """The user has put the message away: it stays as long as it would, and is not asked about."""
    live.given_up = True
