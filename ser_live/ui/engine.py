"""The window's state machine: which source runs, in which state; no widgets.

What can be asked of it is in :mod:`ser_live.ui.engine_state`.  Everything that blocks goes through
:class:`ser_live.ui.jobs.Jobs`; :class:`ser_live.ui.requests.Requests` makes the answer to an
outdated request harmless.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ser_live.errors import AudioDeviceError
from ser_live.ready import Ready
from ser_live.sessions.schema import SUFFIX
from ser_live.ui.backends import Backends, player_of
from ser_live.ui.beginning import Beginning
from ser_live.ui.early import Early
from ser_live.ui.messages import Message, explain
from ser_live.ui.opened import NotWanted, Opened, open_live
from ser_live.ui.requests import Opener
from ser_live.ui.state import State
from ser_live.ui.view_model import clock

if TYPE_CHECKING:
    from ser_live.pipeline import Session


def analysed(session: Session) -> float:
    """Up to where a session that was stopped has results, s."""
    if not getattr(session, "cut_short", False):
        return session.stats().time
    entries = session.timeline.since(0)
    return max((float(getattr(e, "end", e.start)) for e in entries), default=0.0)


class Engine(Beginning):
    """Owns the predictor, the running session and the player.

    Arguments, signals and attributes: see :class:`ser_live.ui.engine_state.EngineState`.
    """

    def __init__(self, model: str | None, device: str, backends: Backends | None = None) -> None:
        super().__init__(model, device, backends)
        self._loader.message.connect(self.message)
        self._loader.changed.connect(self._go_on)
        self._demo: Path | None = None

    # -- the model

    def load_model(self) -> None:
        """Begin to load the model, if that has not been done."""
        if not self._closed:
            self._loader.start()

    # -- sources

    def record(self, path: Path, audio: bool, overwrite: bool) -> None:
        """Record the microphone's session from now on."""
        if self.can_record:
            if self.recorder.path is None:
                self.live.record()
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
            opener: gives its analysis; may block; called when there is a model, for a saved
                session at once.
        """
        self.path, self.microphone = path, None

        def open_both(_: Callable[[], bool]) -> Opened:
            if self.predictor is None and path.suffix.lower() != SUFFIX:
                return Early(later=opener), self._backends.open_player(path)
            ready = opener()
            return ready, player_of(ready, path, self._backends.open_player)

        self._open(open_both)

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
            preferred: name of a microphone to try before ``spec``, now and at every start.
        """
        self.path, self.microphone = None, spec
        self._demo, self.preferred = demo, preferred
        choice = (spec, preferred, dict(self.channels))
        self._open(lambda wanted: open_live(self._backends, self._loader, wanted, *choice))

    def choose_channel(self, name: str, channel: int | None) -> None:
        """Listen to one channel (from 1) of a microphone, or to the mix of all."""
        self.channels.pop(name, None)
        if channel is not None:
            self.channels[name] = channel
        if self.capturing and name == self.microphone:
            self.open_microphone(name, preferred=self.preferred)
        self.changed.emit()

    def _open(self, opener: Opener) -> None:
        self._release()
        self.state = State.OPENING
        self._settle()
        self._requests.submit(opener, self._go_on, self._refused)
        self.changed.emit()

    def _settle(self) -> None:
        """What was told of the source no longer matters."""
        for key in ("file", "input", "stall", "player", "playing"):
            self.settled.emit(key)

    def _refused(self, error: Exception) -> None:
        if self.session is not None:  # it could be played, but not analysed
            self._release()
        self.state = State.NONE
        if isinstance(error, NotWanted):  # no model: told already
            self.changed.emit()
            return
        message = explain(error, "file" if self.is_file else "input")
        demo, self._demo = self._demo, None
        self.path = None
        if isinstance(error, AudioDeviceError) and demo is not None:
            self.open_file(demo)
            message = message.told_while("Playing the demo.")
        self.message.emit(message)
        self.changed.emit()

    def show_kept(self) -> None:
        """Show the live session again that was replaced; what runs is stopped, as if replaced."""
        live = self.live.take_kept()
        if live is None:
            return
        self._release()
        self._settle()
        self._watch.reset()
        self.live.shown = live
        self.path, self.microphone = None, live.microphone
        self.session, self.state = live.session, State.STOPPED
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
            self.open_microphone(self.microphone, preferred=self.preferred)

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

    def stop_analysis(self) -> None:
        """End the analysis of a file; what was found stays, and it can still be listened to."""
        session = self.session
        begun = session is not None and not isinstance(session, Early)
        if not begun or not self.is_file or not session.running:
            return
        self.analysis_stopped = True
        advice = "What was found stays. Open the file again to analyse all of it."

        def tell(_: object) -> None:
            text = f"The analysis was stopped at {clock(analysed(session))}."
            self.message.emit(Message("file", "info", text, advice))

        self._jobs.submit(lambda: session.stop(discard=True), tell)

    def seek(self, seconds: float) -> None:
        """Move a file's cursor."""
        if self.player is not None:
            self.player.seek(seconds)

    # -- the timer's call

    def poll(self) -> None:
        """Notice what threads did meanwhile: an end, an error, a device that stalls."""
        session = self.session
        if session is None:
            return
        running = self.state is State.RUNNING and session.running
        key = "file" if self.is_file else "input"
        changed = self._watch.look(session, self.player, key, running)
        if self.player is None and self.state is State.RUNNING and not running:
            self.state = State.STOPPED
            self.recorder.stop()
            changed = True
        if changed:
            self.changed.emit()

    # -- the end

    def close(self) -> None:
        """Stop everything; returns at once, :meth:`wait` tells when it is done."""
        if not self._closed:
            self._closed = True
            self.state = State.STOPPED
            self._release()
            self.inputs.close()
            self._jobs.finish()

    def wait(self, timeout: float = 10.0) -> bool:
        """Wait for the threads; tell whether all ended."""
        # torch's import cannot be interrupted, and nothing is lost with it.
        parts = ((self._jobs, 1), (self.inputs, 1), (self._loader, 0.2))
        return all(part.wait(share * timeout) for part, share in parts)
