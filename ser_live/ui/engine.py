"""The window's state machine: which source runs, in which state; no widgets.

Everything that blocks goes through :class:`ser_live.ui.jobs.Jobs`; a generation number makes the
answer to an outdated request harmless.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot

from ser_live.audio.playback import Player
from ser_live.errors import AudioDeviceError
from ser_live.ready import Ready
from ser_live.sessions.schema import SUFFIX
from ser_live.ui.backends import Backends, player_of
from ser_live.ui.jobs import Jobs
from ser_live.ui.messages import Message, explain
from ser_live.ui.model_loader import ModelLoader
from ser_live.ui.opened import Opened, discard_source, end_session, is_live
from ser_live.ui.recorder import Recorder
from ser_live.ui.watch import Watch

if TYPE_CHECKING:
    from ser_live.pipeline import Session
    from ser_live.predictor import Predictor


class _NotWanted(Exception):
    """The request is outdated, or there is no model to use the sound."""


class State(Enum):
    """Of the source."""

    NONE = "none"
    OPENING = "opening"  # the device or file, or waiting for the model
    RUNNING = "running"  # the microphone is open, or a file is there to be played
    STOPPED = "stopped"


class Engine(QObject):
    """Owns the predictor, the running session and the player.

    Signals:
        changed: the state, the session or the model is another.
        message: a :class:`Message` for the banner.
        settled: a key whose message is no longer true.
        devices: the list of input devices.
    """

    changed = Signal()
    message = Signal(object)
    settled = Signal(str)
    devices = Signal(object)

    def __init__(self, model: str | None, device: str, backends: Backends | None = None) -> None:
        super().__init__()
        self._backends = backends or Backends()
        self._jobs = Jobs(self)
        self._loader = ModelLoader(model, device, self._backends, self)
        self._loader.loaded.connect(self._on_loaded)
        self._loader.refused.connect(lambda error: self.message.emit(explain(error, "model")))
        self._loader.fell_back.connect(self._on_fallback, Qt.ConnectionType.QueuedConnection)
        self._generation = 0
        # Opened, not yet taken by a session: the request's number and what came of it.
        self._fresh: tuple[int, Opened] | None = None
        self._demo: Path | None = None
        self._closed = False
        self._watch = Watch(self.message, self.settled)
        self.recorder = Recorder(self._jobs, self._backends.make_recording, self.message, self)
        self.state = State.NONE
        self.session: Session | Ready | None = None
        self.player: Player | None = None
        self.path: Path | None = None
        self.microphone: str | None = None

    # -- the model

    @property
    def predictor(self) -> Predictor | None:
        """The model, once loaded."""
        return self._loader.predictor

    @property
    def model_error(self) -> Exception | None:
        """Why there is no model."""
        return self._loader.error

    def load_model(self) -> None:
        """Begin to load the model."""
        self._loader.start()

    @Slot()
    def _on_loaded(self) -> None:
        if self._closed:
            return
        if self.model_error is not None:
            self.message.emit(explain(self.model_error, "model"))
        self._begin_if_ready()
        self.changed.emit()

    @Slot(str)
    def _on_fallback(self, text: str) -> None:
        self.message.emit(
            Message("backend", "warning", text, "Slower, but the results stay right.")
        )
        self.changed.emit()

    # -- sources

    @property
    def is_file(self) -> bool:
        """Whether the present source is a file."""
        return self.path is not None

    @property
    def capturing(self) -> bool:
        """Whether the microphone is open."""
        fresh = self._fresh
        if fresh is not None:
            return is_live(fresh[1][0])
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

    def record(self, path: Path, audio: bool, overwrite: bool) -> None:
        """Record the microphone's session from now on."""
        if self.can_record:
            self.recorder.start(self.session, path, audio, overwrite)

    def run_job(
        self, job: Callable[[], None], done: Callable[[], None], failed: Callable[[Exception], None]
    ) -> None:
        """Do what may block off the UI thread."""
        self._jobs.submit(job, lambda _: done(), failed)

    def open_file(self, path: str | Path) -> None:
        """Analyse a sound file, or show a saved session, and play it; what runs is cancelled."""
        path = Path(path)
        self.path, self.microphone = path, None
        if path.suffix.lower() == SUFFIX:
            self._open(lambda _: self._backends.open_session(path))
            return
        self._open(lambda _: (self._backends.open_file(path), self._backends.open_player(path)))

    def open_ready(self, path: Path, opener: Callable[[], Ready]) -> None:
        """Show and play a file that somebody else analyses; what runs is cancelled.

        Args:
            path: the file.
            opener: gives its analysis; may block; called when there is a model.
        """
        self.path, self.microphone = path, None

        def open_both(generation: int) -> Opened:
            self._wait_for_model(generation)
            ready = opener()
            return ready, player_of(ready, path, self._backends.open_player)

        self._open(open_both)

    def _wait_for_model(self, generation: int) -> None:
        """In the jobs' thread.

        Raises:
            _NotWanted: the request is outdated, or there is no model.
        """
        while not self._loader.done.wait(0.05):
            if generation != self._generation:
                raise _NotWanted
        if self.model_error is not None:
            raise _NotWanted

    def try_file(self, path: Path) -> None:
        """In a job: see whether a sound file can be opened.

        Raises:
            AudioFileError: it cannot.
        """
        self._backends.open_file(path).close()

    def reload_model(self, model: str | None, device: str) -> None:
        """Load another model or use another device; the present one stays where that fails."""
        self._loader.reload(model, device)

    def open_microphone(
        self, spec: str | None, demo: Path | None = None, preferred: str | None = None
    ) -> None:
        """Listen to a microphone; what runs is cancelled.

        Args:
            spec: number or name; the default one for ``None``.
            demo: a file to open instead when there is no microphone.
            preferred: name of a microphone to try before ``spec``, if it is still there.
        """
        self.path, self.microphone = None, spec
        self._demo = demo

        def opener(generation: int) -> Opened:
            # A missing microphone is told at once; the device is opened when the model is there,
            # or sound would pile up meanwhile.
            if preferred is None or not self._is_there(preferred):
                self._backends.find_microphone(spec)
            self._wait_for_model(generation)
            if preferred is not None:
                with contextlib.suppress(AudioDeviceError):
                    return self._backends.open_microphone(preferred), None
            return self._backends.open_microphone(spec), None

        self._open(opener)

    def _is_there(self, name: str) -> bool:
        try:
            self._backends.find_microphone(name)
        except AudioDeviceError:
            return False
        return True

    def _open(self, opener: Callable[[int], Opened]) -> None:
        self._release()
        generation = self._generation
        self.state = State.OPENING
        for key in ("file", "input", "stall", "player"):
            self.settled.emit(key)

        def work() -> None:
            self._fresh = (generation, opener(generation))

        self._jobs.submit(
            work,
            lambda _: self._opened(generation),
            lambda error: self._refused(generation, error),
        )
        self.changed.emit()

    def _opened(self, generation: int) -> None:
        if generation != self._generation:
            return
        self._begin_if_ready()
        self.changed.emit()

    def _begin_if_ready(self) -> None:
        fresh = self._fresh
        if fresh is None or fresh[0] != self._generation:
            return
        source, player = fresh[1]
        if isinstance(source, Ready):  # needs no model
            session = source
        elif self.model_error is not None:  # nothing could be done with the sound
            self._release()
            self.state = State.NONE
            return
        elif self.predictor is None:
            return
        else:
            session = self._backends.make_session(source, self.predictor)
        self.session, self.player = session, player
        self._watch.reset()
        self._fresh = None
        session.start()
        self.state = State.RUNNING
        if player is not None:
            player.play()
        elif is_live(source):
            self.microphone = source.name

    def _refused(self, generation: int, error: Exception) -> None:
        if generation != self._generation:
            return
        self.state = State.NONE
        if isinstance(error, _NotWanted):  # no model: told already
            self.changed.emit()
            return
        message = explain(error, "file" if self.is_file else "input")
        demo, self._demo = self._demo, None
        self.path = None
        if isinstance(error, AudioDeviceError) and demo is not None:
            self.open_file(demo)
            title = f"{message.title[:1].upper()}{message.title[1:]}"
            message = Message("input", "warning", title, f"Playing the demo. {message.advice}")
        self.message.emit(message)
        self.changed.emit()

    def toggle(self) -> None:
        """Start or stop the microphone; play or pause a file."""
        if self.player is not None:
            if self.player.playing:
                self.player.pause()
            else:
                self.player.play()
            self.changed.emit()
        elif self.capturing:
            self.stop()
        elif self.state is not State.OPENING and self.model_error is None:
            self.open_microphone(self.microphone)

    def stop(self) -> None:
        """End the microphone's session; its results stay."""
        session = self.session
        if session is None or self.is_file:
            self._release()
            self.state = State.NONE
        else:
            self.state = State.STOPPED
            self._jobs.submit(session.stop)
            self.recorder.stop()
        self.changed.emit()

    def seek(self, seconds: float) -> None:
        """Move a file's cursor."""
        if self.player is not None:
            self.player.seek(seconds)

    def refresh_devices(self, look_again: bool = True) -> None:
        """List input devices anew; PortAudio can look again only while nothing is open."""
        playing = self.player is not None and self.player.playing
        if look_again and (self.capturing or playing):
            look_again = False
            what = "Pause the file" if playing else "Stop listening"
            self.message.emit(
                Message("devices", "info", f"{what} to look for newly connected devices.")
            )
        self._jobs.submit(
            lambda: self._backends.list_inputs(look_again),
            self.devices.emit,
            lambda error: self.devices.emit([]),
        )

    # -- the timer's call

    def poll(self) -> None:
        """Notice what threads did meanwhile: an end, an error, a device that stalls."""
        session, player = self.session, self.player
        if session is None:
            return
        self._watch.errors(session, "file" if self.is_file else "input")
        if player is not None:
            if self._watch.playing(player, session):
                self.changed.emit()
            return
        if self.state is State.RUNNING and not session.running:
            self.state = State.STOPPED
            self.recorder.stop()
            self.changed.emit()
        self._watch.stalling(session, self.state is State.RUNNING)

    # -- the end

    def _release(self) -> None:
        """Let go of what runs; the closing happens in the jobs' thread."""
        self._generation += 1
        session, player = self.session, self.player
        self.session = self.player = None
        self.recorder.forget()

        def work() -> None:
            fresh, self._fresh = self._fresh, None
            end_session(session, player, discard=not self.recorder.recording)
            self.recorder.end()
            if fresh is not None:
                discard_source(*fresh[1])

        # In any case: a job before this one may be opening a source right now.  Afterwards the
        # window has to know that the microphone is closed.
        self._jobs.submit(work, lambda _: None if self._closed else self.changed.emit())

    def close(self) -> None:
        """Stop everything; returns at once, :meth:`wait` tells when it is done."""
        if not self._closed:
            self._closed = True
            self.state = State.STOPPED
            self._release()
            self._jobs.finish()

    def wait(self, timeout: float = 10.0) -> bool:
        """Wait for the threads; tell whether all ended."""
        # torch's import cannot be interrupted: on a busy machine it takes its time.
        return self._jobs.wait(timeout) and self._loader.wait(3 * timeout)
