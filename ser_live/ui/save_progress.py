"""How far the saving of a session is, with a button that cancels it."""

from __future__ import annotations

import threading

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

_EVERY_MS = 100
#: What is written sooner is not worth a line that comes and goes, ms.
_PATIENCE_MS = 400


class Progress:
    """What the writing thread tells, and is told.

    Args:
        duration: of what is written, s.
    """

    def __init__(self, duration: float) -> None:
        self.duration, self.seconds = duration, 0.0
        self.cancelled = threading.Event()

    def __call__(self, seconds: float) -> bool:
        """So much is written; tell whether to go on."""
        self.seconds = seconds
        return not self.cancelled.is_set()

    @property
    def percent(self) -> int:
        """0 … 100."""
        return round(100 * min(1.0, self.seconds / max(self.duration, 1e-3)))


class SaveProgress(QFrame):
    """A line above the plots while something takes its time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setAccessibleName("Saving a session")
        self.text = QLabel("")
        self.bar = QProgressBar()
        self.bar.setRange(0, 100)
        self.bar.setAccessibleName("How much of the session is written")
        self.bar.setToolTip("How much of the sound is written; you can go on working")
        self.cancel = QToolButton()
        self.cancel.setText("Cancel")
        self.cancel.setToolTip("Stop saving; no file is left, and one that was there stays")
        self.cancel.setAccessibleName("Cancel saving")
        self.cancel.clicked.connect(self._on_cancel)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 6, 6, 6)
        line.setSpacing(12)
        line.addWidget(self.text)
        line.addWidget(self.bar, 1)
        line.addWidget(self.cancel)
        self._progress: Progress | None = None
        self._waited = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._refresh)
        self.hide()

    def follow(self, progress: Progress, name: str) -> None:
        """Show it, unless it is over soon.

        Args:
            progress: what is told meanwhile.
            name: of the file.
        """
        self._progress, self._waited = progress, 0
        self.text.setText(f"Saving {name} …")
        self.cancel.setEnabled(True)
        self.bar.setValue(0)
        self._timer.start()

    def end(self) -> None:
        """It is over."""
        self._timer.stop()
        self._progress = None
        self.hide()

    def _on_cancel(self) -> None:
        if self._progress is not None:
            self._progress.cancelled.set()
            self.cancel.setEnabled(False)
            self.text.setText("Cancelling …")

    def _refresh(self) -> None:
        if self._progress is None:
            return
        self._waited += _EVERY_MS
        self.bar.setValue(self._progress.percent)
        if self._waited >= _PATIENCE_MS:
            self.show()
