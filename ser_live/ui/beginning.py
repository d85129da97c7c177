"""How what was opened begins, now or when there is a model, and how it is let go; no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot

from ser_live.audio.playback import Player
from ser_live.audio.sources import Source
from ser_live.ready import Ready
from ser_live.ui.backends import Backends
from ser_live.ui.early import Early
from ser_live.ui.engine_state import EngineState
from ser_live.ui.opened import end_session, is_live
from ser_live.ui.state import State

if TYPE_CHECKING:
    from ser_live.pipeline import Session


class Beginning(EngineState):
    """The part of the engine between opening and running, and after it.

    Arguments, signals and attributes: see :class:`ser_live.ui.engine_state.EngineState`.
    """

    def __init__(self, model: str | None, device: str, backends: Backends | None = None) -> None:
        super().__init__(model, device, backends)
        self._closed = False

    def _refused(self, error: Exception) -> None:
        """It cannot be opened."""
        raise NotImplementedError

    @Slot()
    def _go_on(self) -> None:
        """The model or what was requested is there, or both."""
        if not self._closed:
            self._begin_if_ready()
            self.changed.emit()

    def _begin_if_ready(self) -> None:
        if self._requests.ready is not None:
            self._take(*self._requests.ready)
        early, model = self.session, self.predictor
        if not isinstance(early, Early) or model is None:
            return
        player, later = self.player, early.later
        if later is None:
            self._begin(early.analysis(self._backends.make_session, model), player)
        elif not early.asked:
            early.asked = True
            self._requests.submit(lambda _: (later(), player), self._go_on, self._refused)

    def _take(self, source: Source | Ready, player: Player | None) -> None:
        if isinstance(source, Ready):  # needs no model, or waits for it
            session = source
        elif self.predictor is not None:
            session = self._backends.make_session(source, self.predictor)
        elif player is not None:  # can be heard without
            session = Early(source)
        else:
            if self.model_error is not None:  # nothing could be done with the sound
                self._release()
                self.state = State.NONE
            return
        self._requests.take()
        self._begin(session, player)

    def _begin(self, session: Session | Ready, player: Player | None) -> None:
        goes_on = player is not None and player is self.player
        if isinstance(self.session, Early):
            self.session.successor = session
        self.session, self.player = session, player
        self.analysis_stopped = False
        session.start()
        self.state = State.RUNNING
        if goes_on:
            return
        self._watch.reset()
        if player is not None:
            player.play()
        elif not isinstance(session, Ready) and is_live(session.source):
            self.microphone = session.source.name
            self.live.begin(session, session.source.name)

    def _release(self) -> None:
        """Let go of what runs; the closing happens in the jobs' thread."""
        self._requests.outdate()
        session, player = self.session, self.player
        self.session = self.player = None
        live = self.live.release()
        finish = live is not None and not self._closed and live.worth_finishing
        self.recorder.forget()

        def work() -> None:
            end_session(session, player, discard=not (finish or self.recorder.recording))
            self.recorder.end()
            self._requests.discard()

        def done(_: object) -> None:
            self.live.replaced(live)
            # The microphone is closed now.
            if not self._closed:
                self.changed.emit()

        # In any case: a job before this one may be opening a source right now.
        self._jobs.submit(work, done)
