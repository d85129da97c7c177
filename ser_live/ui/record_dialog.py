"""Asks where to record to, and whether to keep the sound."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ser_live.sessions.schema import SUFFIX


def documents() -> Path:
    """The user's folder for documents."""
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(place) if place and Path(place).is_dir() else Path.home()


class RecordDialog(QDialog):
    """File name and a check; accepted means: record."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Record the session")
        self.setMinimumWidth(560)
        default = documents() / time.strftime(f"session %Y-%m-%d %H-%M-%S{SUFFIX}")
        self.name = QLineEdit(str(default))
        self.name.setAccessibleName("File to record to")
        self.name.setToolTip("The session is written to this file as it comes")
        choose = QPushButton("Choose…")
        choose.setAutoDefault(False)  # Return means: record
        choose.setToolTip("Choose a folder and a name")
        choose.clicked.connect(self._choose)
        self._agreed: Path | None = None  # the file dialog asked whether to replace it
        line = QHBoxLayout()
        line.addWidget(self.name, 1)
        line.addWidget(choose)
        self.audio = QCheckBox("Keep the sound too")
        self.audio.setToolTip("The recorded voices can then be played again; they are kept as FLAC")
        note = self.note = QLabel(
            "Results and waveform from now on are written to this file on this computer. Without "
            "the check no sound is kept. Tell the people you record."
        )
        note.setObjectName("muted")
        note.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.record = buttons.addButton("Record", QDialogButtonBox.ButtonRole.AcceptRole)
        self.record.setToolTip("Record from now on; R stops it")
        cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        cancel.setToolTip("Record nothing")
        cancel.setIcon(QIcon())  # the system's picture does not fit the window's colours
        self.record.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.name.textChanged.connect(lambda text: self.record.setEnabled(bool(text.strip())))
        layout = QVBoxLayout(self)
        layout.addLayout(line)
        layout.addWidget(self.audio)
        layout.addWidget(note)
        layout.addWidget(buttons)

    @property
    def path(self) -> Path:
        """The file, with the suffix of session files."""
        path = Path(self.name.text().strip()).expanduser()
        return path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)

    @property
    def overwrite(self) -> bool:
        """Whether the user agreed that the file be replaced."""
        return self.path == self._agreed

    def _choose(self) -> None:
        kinds = f"SER Live session (*{SUFFIX})"
        name, _ = QFileDialog.getSaveFileName(self, "Record to", str(self.path), kinds)
        if name:
            self.name.setText(name)
            # Without the suffix, the dialog has asked about another file.
            self._agreed = Path(name) if Path(name).suffix == SUFFIX else None
