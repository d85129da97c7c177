"""Saving an opened file's analysis as a session file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from ser_live.audio.decode import Decoder
from ser_live.sessions.schema import SUFFIX
from ser_live.ui.messages import Message, explain
from ser_live.ui.record_dialog import RecordDialog, documents

if TYPE_CHECKING:
    from ser_live.ui.main_window import MainWindow


class SaveSessionDialog(RecordDialog):
    """Where to, and whether with the sound; accepted means: save.

    Args:
        parent: the window.
        stem: of the file's name.
        with_sound: whether there is a sound file to take it from.
    """

    def __init__(self, parent: QWidget | None, stem: str, with_sound: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle("Save session")
        self.name.setText(str(documents() / f"{stem}{SUFFIX}"))
        self.name.setAccessibleName("File to save to")
        self.audio.setEnabled(with_sound)
        self.note.setText(
            "Results and waveform are written to this file on this computer; opened again, they "
            "need no model. Without the check no sound is kept in it."
        )
        self.record.setText("Save")


class SessionSaving(QObject):
    """What “Save session…” does.

    Args:
        window: whose file is saved.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._engine = window, window.engine
        self.dialog: SaveSessionDialog | None = None
        window.toolbar.menu.save_session.triggered.connect(self.ask)

    def ask(self) -> None:
        """Ask where to save to, if there is something to save."""
        engine = self._engine
        session, path = engine.session, engine.path
        if session is None:
            self._tell("info", "Nothing to save.", "Open a sound file first (O).")
        elif path is not None and path.suffix.lower() == SUFFIX:
            self._tell("info", f"{path.name} is a saved session already.", "")
        elif engine.capturing:
            self._tell("info", "The session goes on.", "Press R to record it into a file.")
        elif session.running:
            self._tell("info", "The analysis is not complete yet.", "Save when it is done.")
        else:
            stem = path.stem if path is not None else "session"
            dialog = self.dialog = SaveSessionDialog(self._window, stem, path is not None)
            dialog.accepted.connect(
                lambda: self.save(dialog.path, dialog.audio.isChecked(), dialog.overwrite)
            )
            dialog.open()

    def save(self, target: Path, audio: bool, overwrite: bool) -> None:
        """Write what is shown into a file; it may be seen and listened to meanwhile."""
        session, path = self._engine.session, self._engine.path
        if session is None:
            return
        duration = session.stats().time

        def work() -> None:
            from ser_live.sessions.saving import save_analysis

            sound = Decoder(path).blocks() if audio and path is not None else None
            save_analysis(session, duration, target, sound, overwrite)

        def done() -> None:
            self._tell(
                "info", f"The session is saved in {target.name}.", f"Folder: {target.parent}"
            )

        def failed(error: Exception) -> None:
            told = explain(error, "save")
            self._tell("error", told.title, "Choose another file (Ctrl+S).")

        self._window.files.run(work, done, failed)

    def _tell(self, level: str, title: str, advice: str) -> None:
        self._engine.message.emit(Message("save", level, title, advice))
