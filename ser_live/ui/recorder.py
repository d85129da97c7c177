"""Recording as the window sees it: on or off, into which file, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance, Slot

from ser_live.ui.jobs import Jobs
from ser_live.ui.messages import Message, explain

if TYPE_CHECKING:
    from ser_live.errors import SerLiveError
    from ser_live.pipeline import Session
    from ser_live.sessions.recording import Recording

MakeRecording = Callable[
    ["Session", Path, bool, bool, "Callable[[SerLiveError], None]"], "Recording"
]


class Recorder(QObject):
    """Starts and ends recordings in the jobs' thread.

    Args:
        jobs: where everything that blocks runs.
        make: makes a :class:`ser_live.sessions.recording.Recording`.
        message: emitted with a :class:`Message` when there is something to tell.

    Signals:
        changed: recording began or ended.
        ended: a session's file is finished; with whether nothing went wrong.

    Attributes:
        path: the file that is being recorded; ``None`` while off.
    """

    changed = Signal()
    ended = Signal(object, bool)
    _failed = Signal(object)

    def __init__(
        self, jobs: Jobs, make: MakeRecording, message: SignalInstance, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._jobs, self._make, self._message = jobs, make, message
        # Both are the jobs' thread's.
        self._recording: Recording | None = None
        self._session: Session | None = None
        self.path: Path | None = None
        self._failed.connect(self._on_failure, Qt.ConnectionType.QueuedConnection)

    def start(self, session: Session, path: Path, audio: bool, overwrite: bool) -> None:
        """Record a session from now on; does nothing while recording."""
        if self.path is not None:
            return
        self.path = path

        def work() -> None:
            made = self._make(
                session, path, audio, overwrite, lambda error: self._failed.emit((path, error))
            )
            made.start()
            self._recording, self._session = made, session

        def failed(error: Exception) -> None:
            self._on_failure((path, error))
            self.ended.emit(session, False)

        self._jobs.submit(work, None, failed)
        self.changed.emit()

    def stop(self) -> None:
        """Finish the file; jobs that were submitted before come first."""
        path = self.path
        if path is not None:
            self.path = None
            self._jobs.submit(self.end, lambda failed: self._tell(path, failed))
            self.changed.emit()

    def forget(self) -> None:
        """Off, because the session ends: whoever ends it calls :meth:`end` afterwards."""
        if self.path is not None:
            self.path = None
            self.changed.emit()

    def end(self) -> bool:
        """Finish the file, in the jobs' thread; tell whether it had failed before."""
        recording, self._recording = self._recording, None
        session, self._session = self._session, None
        if recording is None:
            return True
        recording.stop()
        self.ended.emit(session, recording.error is None)
        return recording.error is not None

    @property
    def recording(self) -> bool:
        """Whether a recording is open, for the jobs' thread."""
        return self._recording is not None

    @Slot(object)
    def _on_failure(self, what: tuple[Path, Exception]) -> None:
        path, error = what
        if self.path == path:
            self.path = None
            self._jobs.submit(self.end)
            self.changed.emit()
        told = explain(error, "record")
        advice = "Listening goes on. Press R to record into another file."
        self._message.emit(Message("record", "error", told.title, advice))

    def _tell(self, path: Path, failed: bool) -> None:
        if not failed:
            title = f"The session is saved in {path.name}."
            self._message.emit(Message("record", "info", title, f"Folder: {path.parent}"))
