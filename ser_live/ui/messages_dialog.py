"""Everything that the window has told since it was opened, also what went by itself."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ser_live.ui.messages import Message
from ser_live.ui.text_scale import fit_dialog

_NOTHING = "Nothing was told since the window was opened."


class MessagesDialog(QDialog):
    """A list, newest first.

    Args:
        parent: the window.
        past: when and what, oldest first.
    """

    def __init__(self, parent: QWidget | None, past: list[tuple[datetime, Message]]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Messages")
        self.setAccessibleName("Messages")
        fit_dialog(self, 720, 420)
        self.list = QListWidget()
        self.list.setAccessibleName("Messages, newest first")
        self.list.setToolTip("What the window has told since it was opened, newest first")
        self.list.setWordWrap(True)
        self.list.setSpacing(3)
        for when, message in reversed(past):
            text = f"{when:%H:%M:%S}   {message.text}"
            item = QListWidgetItem(text if message.level == "info" else f"{message.mark} {text}")
            item.setToolTip(text)
            self.list.addItem(item)
        if not past:
            self.list.addItem(_NOTHING)
        self.list.setCurrentRow(0)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setToolTip("Close this window")
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.list, 1)
        layout.addWidget(buttons)
        self.list.setFocus()
