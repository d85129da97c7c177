"""Saving a live session, or an opened file's analysis, as a session file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ser_live.audio.decode import Decoder
from ser_live.sessions.schema import SUFFIX
from ser_live.ui.jobs import Jobs
from ser_live.ui.live_sessions import LiveSession
from ser_live.ui.messages import Message, explain
from ser_live.ui.save_dialog import SaveSessionDialog
from ser_live.ui.save_progress import Progress, SaveProgress
from ser_live.ui.unsaved import Unsaved

if TYPE_CHECKING:
    from ser_live.pipeline import Session
    from ser_live.ui.main_window import MainWindow

_POLL = 0.02  # s


class SessionSaving(QObject):
    """What “Save session…” does.

    Args:
        window: whose sessions are saved.

    Signals:
        over: saving ended; whether the file is there.
    """

    over = Signal(bool)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._engine = window, window.engine
        self.dialog: SaveSessionDialog | None = None
        self.strip = SaveProgress()
        window.view.notices.insertWidget(0, self.strip)
        self._jobs: Jobs | None = None
        self._progress: Progress | None = None
        self.unsaved = Unsaved(window.engine, self.ask_for)
        window.toolbar.menu.save_session.triggered.connect(self.ask)

    @property
    def busy(self) -> bool:
        """Whether a file is being written."""
        return self._progress is not None

    def ask(self) -> None:
        """Ask where to save to, if there is something to save."""
        engine = self._engine
        session, path = engine.session, engine.path
        live = engine.live.shown or (engine.live.kept if session is None else None)
        if live is not None:
            self.ask_for(live)
        elif session is None:
            self._tell("info", "Nothing to save.", "Start listening, or open a sound file (O).")
        elif path is not None and path.suffix.lower() == SUFFIX:
            self._tell("info", f"{path.name} is a saved session already.", "")
        elif session.running:
            self._tell("info", "The analysis is not complete yet.", "Save when it is done.")
        elif path is not None:
            dialog = self.dialog = SaveSessionDialog(self._window, path.stem, True)
            dialog.accepted.connect(
                lambda: self.save(dialog.path, dialog.audio.isChecked(), dialog.overwrite)
            )
            dialog.open()

    def ask_for(self, live: LiveSession, first: Callable[[], object] = lambda: None) -> None:
        """Ask where to save a live session to.

        Args:
            live: shown or not, running or not.
            first: called when the user has decided, before it is saved.
        """
        dialog = self.dialog = SaveSessionDialog(
            self._window, live.stem, False, self._goes_on(live)
        )

        def accepted() -> None:
            first()
            self.save_live(live, dialog.path, dialog.overwrite)

        dialog.accepted.connect(accepted)
        dialog.open()

    def _goes_on(self, live: LiveSession) -> bool:
        return live is self._engine.live.shown and self._engine.capturing

    # -- writing

    def save(self, target: Path, audio: bool, overwrite: bool) -> None:
        """Write a file's analysis; it may be seen and listened to meanwhile."""
        session, path = self._engine.session, self._engine.path
        if session is None or path is None:
            return
        duration = session.stats().time

        def work(progress: Progress) -> None:
            from ser_live.sessions.saving import save_analysis

            sound = Decoder(path).blocks() if audio else None
            save_analysis(session, duration, target, sound, overwrite, progress)

        self._write(work, target, Progress(duration), lambda: None)

    def save_live(self, live: LiveSession, target: Path, overwrite: bool) -> None:
        """Write a live session: what there is so far of one that runs, all of one that ended."""
        ended = not self._goes_on(live)
        saved: list[int] = []

        def work(progress: Progress) -> None:
            from ser_live.sessions.saving import Snapshot, save_analysis

            if ended:
                wait_for_last_results(live.session, progress)
            taken = Snapshot.of(live.session)
            save_analysis(taken, taken.duration, target, None, overwrite, progress, live.began)
            saved.extend(u.utterance for u in taken.timeline.utterances())

        def done() -> None:
            self._engine.live.note_saved(live, saved)

        self._write(work, target, Progress(0.0), done)

    def _write(
        self,
        work: Callable[[Progress], None],
        target: Path,
        progress: Progress,
        done: Callable[[], None],
    ) -> None:
        if self.busy:
            self._tell("info", "Another session is being saved.", "Wait for it, or cancel it.")
            return
        self._progress = progress
        # A thread for each: folders to look through and exports need not wait for a long file.
        jobs = self._jobs = Jobs(self, "ser-saving")

        def written(_: object) -> None:
            self._end()
            done()
            title = f"The session is saved in {target.name}."
            self._tell("info", title, f"Folder: {target.parent}")
            self.over.emit(True)

        def failed(error: Exception) -> None:
            self._end()
            if progress.cancelled.is_set():
                self._tell("info", f"{target.name} was not saved.", "Ctrl+S saves it again.")
            else:
                self._tell("error", explain(error, "save").title, "Choose another file (Ctrl+S).")
            self.over.emit(False)

        jobs.submit(lambda: work(progress), written, failed)
        jobs.finish()
        self.strip.follow(progress, target.name)

    def _end(self) -> None:
        self._progress = None
        if self._jobs is not None:
            self._jobs.deleteLater()
        self.strip.end()

    def cancel(self) -> None:
        """Give up what is being written, if anything is; no file is left of it."""
        if self._progress is not None:
            self._progress.cancelled.set()

    def wait(self, timeout: float = 10.0) -> bool:
        """Wait for the thread; tell whether it ended."""
        return self._jobs is None or self._jobs.wait(timeout)

    def _tell(self, level: str, title: str, advice: str) -> None:
        self._engine.message.emit(Message("save", level, title, advice))


def wait_for_last_results(session: Session, progress: Progress) -> None:
    """Block until a session that was stopped has classified what it had heard.

    Raises:
        Cancelled: the user does not want to wait.
    """
    from ser_live.sessions.saving import Cancelled

    while session.running:
        if not progress(0.0):
            raise Cancelled
        time.sleep(_POLL)
