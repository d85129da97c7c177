"""Asks for one format and one folder."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ser_live.export.formats import FORMATS
from ser_live.ui.record_dialog import documents


class ExportAllDialog(QDialog):
    """Format, folder and a check; accepted means: write.

    Args:
        parent: the window.
        count: of files whose results there are.
    """

    def __init__(self, parent: QWidget | None, count: int) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export all results")
        self.setMinimumWidth(520)
        self.format = QComboBox()
        self.format.setAccessibleName("Format")
        for form in FORMATS.values():
            self.format.addItem(f"{form.title} ({form.suffix})", form.name)
        self.name = QLineEdit(str(documents()))
        self.name.setAccessibleName("Folder")
        choose = QPushButton("Choose…")
        choose.setAutoDefault(False)
        choose.clicked.connect(self._choose)
        line = QHBoxLayout()
        line.addWidget(self.name, 1)
        line.addWidget(choose)
        self.replace = QCheckBox("Replace files that are there")
        form_layout = QFormLayout()
        form_layout.addRow("Format", self.format)
        form_layout.addRow("Folder", line)
        form_layout.addRow("", self.replace)
        files = "1 file" if count == 1 else f"{count} files"
        note = QLabel(
            f"The results of {files} that are done, each in a file named after its sound."
        )
        note.setObjectName("muted")
        note.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.write = buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self.write.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.name.textChanged.connect(lambda text: self.write.setEnabled(bool(text.strip())))
        layout = QVBoxLayout(self)
        layout.addLayout(form_layout)
        layout.addWidget(note)
        layout.addWidget(buttons)

    @property
    def format_name(self) -> str:
        """Key of ``FORMATS``."""
        return str(self.format.currentData())

    @property
    def folder(self) -> Path:
        """Where to."""
        return Path(self.name.text().strip()).expanduser()

    def _choose(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Export to", self.name.text())
        if name:
            self.name.setText(name)
