"""What the window may ask of the engine: its parts, what it shows now, in which state; no widgets.

Nothing here changes anything: that is :class:`ser_live.ui.engine.Engine`'s.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ser_live.audio.playback import Player
from ser_live.ready import Ready
from ser_live.ui.backends import Backends
from ser_live.ui.input_list import InputList
from ser_live.ui.jobs import Jobs
from ser_live.ui.live_sessions import LiveSessions
from ser_live.ui.model_loader import ModelLoader
from ser_live.ui.opened import is_live
from ser_live.ui.recorder import Recorder
from ser_live.ui.requests import Requests
from ser_live.ui.state import State
from ser_live.ui.watch import Watch

if TYPE_CHECKING:
    from ser_live.pipeline import Session
    from ser_live.predictor import Predictor


class EngineState(QObject):
    """The engine's parts and what can be read of them.

    Args:
        model: checkpoint file; the shipped one for ``None``.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        backends: replaced in tests.

    Signals:
        changed: the state, the session or the model is another.
        message: a :class:`ser_live.ui.messages.Message` for the banner.
        settled: a key whose message is no longer true.

    Attributes:
        live: what is in no file yet.
        state: which of the states.
        session, player: what is shown, and what plays it.
        analysis_stopped: by the user, before the file's end.
        path: of the file that is shown or being opened.
        microphone, preferred: as for :meth:`ser_live.ui.engine.Engine.open_microphone`.
        channels: the channel listened to, from 1, by the microphone's name.
    """

    changed = Signal()
    message = Signal(object)
    settled = Signal(str)

    def __init__(self, model: str | None, device: str, backends: Backends | None = None) -> None:
        super().__init__()
        self._backends = backends or Backends()
        self._jobs = Jobs(self)
        self._loader = ModelLoader(model, device, self._backends, self)
        self._requests = Requests(self._jobs)
        self._watch = Watch(self.message, self.settled)
        self.inputs = InputList(self._jobs, self._backends, self.message, self._in_use, self)
        self.recorder = Recorder(self._jobs, self._backends.make_recording, self.message, self)
        self.live = LiveSessions(self.recorder, self)
        self.state = State.NONE
        self.session: Session | Ready | None = None
        self.player: Player | None = None
        self.analysis_stopped = False
        self.path: Path | None = None
        self.microphone: str | None = None
        self.preferred: str | None = None
        self.channels: dict[str, int] = {}

    @property
    def predictor(self) -> Predictor | None:
        """The model, once loaded."""
        return self._loader.predictor

    @property
    def model_error(self) -> Exception | None:
        """Why there is no model."""
        return self._loader.error

    @property
    def is_file(self) -> bool:
        """Whether the present source is a file."""
        return self.path is not None

    @property
    def capturing(self) -> bool:
        """Whether the microphone is open."""
        opened = self._requests.opened
        if opened is not None:
            return is_live(opened[0])
        return self.state is State.RUNNING and not self.is_file

    @property
    def can_record(self) -> bool:
        """Whether there is a microphone's session to record."""
        return self.capturing and self.session is not None

    @property
    def model_name(self) -> str:
        """The checkpoint that the present results come from."""
        if isinstance(self.session, Ready):
            return self.session.model_name
        # The session's own: another model may have been chosen since it began.
        predictor = getattr(self.session, "predictor", self.predictor)
        return "" if predictor is None else predictor.checkpoint.name

    def _in_use(self) -> str | None:
        """What has to be done before PortAudio can look for devices."""
        if self.player is not None and self.player.playing:
            return "Pause the file"
        return "Stop listening" if self.capturing else None
