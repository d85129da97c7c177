"""The field for a checkpoint file: what is chosen is read and verified before it can be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

_SHIPPED = "shipped with the program"


class ModelField(QWidget):
    """File name, “Choose…”, “Shipped”, and what is known of the file.

    Args:
        check: called with a path and two functions; reads the file off the UI thread, then calls
            the first with what it is, or the second with what is wrong.

    Signals:
        changed: the file, or whether it can be used.
    """

    changed = Signal()

    def __init__(
        self, check: Callable[[Path, Callable[[str], None], Callable[[str], None]], None]
    ) -> None:
        super().__init__()
        self._check = check
        self._request = 0
        self.path: str | None = None
        self.usable = True
        self.name = QLabel(_SHIPPED)
        self.name.setAccessibleName("Model file")
        self.choose = QPushButton("Choose…")
        self.choose.setAutoDefault(False)
        self.choose.setToolTip(
            "Use a checkpoint of your own (.safetensors), as the training module writes it"
        )
        self.choose.clicked.connect(self._ask)
        self.shipped = QPushButton("Shipped")
        self.shipped.setAutoDefault(False)
        self.shipped.setToolTip("Use the model that came with the program")
        self.shipped.clicked.connect(lambda: self.show_path(None))
        self.told = QLabel("")
        self.told.setObjectName("muted")
        self.told.setWordWrap(True)
        self.told.setAccessibleName("What is known of the model file")
        line = QHBoxLayout()
        line.addWidget(self.name, 1)
        line.addWidget(self.choose)
        line.addWidget(self.shipped)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(line)
        layout.addWidget(self.told)
        self.told.hide()

    def show_path(self, path: str | None) -> None:
        """Show a file that is in use already, or the shipped one."""
        self._request += 1
        self._show(path, "", True)

    def try_path(self, path: Path) -> None:
        """Read a file that may become the model."""
        self._request += 1
        request = self._request
        self._show(str(path), "reading the file…", False)

        def good(text: str) -> None:
            if request == self._request:
                self._show(str(path), text, True)

        def bad(text: str) -> None:
            if request == self._request:
                self._show(str(path), f"✖ {text}", False)

        self._check(path, good, bad)

    def _show(self, path: str | None, told: str, usable: bool) -> None:
        self.path, self.usable = path, usable
        self.name.setText(_SHIPPED if path is None else Path(path).name)
        self.name.setToolTip(path or "")
        self.shipped.setEnabled(path is not None)
        self.told.setText(told)
        self.told.setVisible(bool(told))
        name = "warning" if told.startswith("✖") else "muted"
        self.told.setObjectName(name)
        self.told.style().polish(self.told)
        # A form gives a wrapped text the height of one line; bold letters take more room.
        metrics = self.told.fontMetrics()
        lines = 1 + metrics.horizontalAdvance(told) // 200 if told else 0
        self.told.setMinimumHeight(lines * metrics.lineSpacing())
        self.changed.emit()

    def _ask(self) -> None:
        kinds = "Checkpoints (*.safetensors);;All files (*)"
        name, _ = QFileDialog.getOpenFileName(self, "Choose a model", self.path or "", kinds)
        if name:
            self.try_path(Path(name))
