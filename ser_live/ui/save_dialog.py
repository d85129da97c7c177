"""Asks where to save a session to, and whether with its sound."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from ser_live.sessions.schema import SUFFIX
from ser_live.ui.record_dialog import RecordDialog, documents

_NOTE = (
    "Results and waveform are written to this file on this computer; opened again, they need no "
    "model. "
)


class SaveSessionDialog(RecordDialog):
    """Where to, and whether with the sound; accepted means: save.

    Args:
        parent: the window.
        stem: of the file's name.
        with_sound: whether there is a sound file to take it from.
        goes_on: the session is still running.
    """

    def __init__(
        self, parent: QWidget | None, stem: str, with_sound: bool, goes_on: bool = False
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Save session")
        self.name.setText(str(documents() / f"{stem}{SUFFIX}"))
        self.name.setAccessibleName("File to save to")
        self.name.setToolTip("The session is written to this file")
        self.audio.setEnabled(with_sound)
        if with_sound:
            note = "Without the check no sound is kept in it."
        else:
            note = "The sound was not kept: that has to be asked for beforehand, with R."
            self.audio.setToolTip("There is no sound to keep")
        if goes_on:
            note = "What was heard until now is saved, and listening goes on. " + note
        self.note.setText(_NOTE + note)
        self.record.setText("Save")
        self.record.setToolTip("Write the file")
