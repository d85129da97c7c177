"""“1 of 3” beside a message, with buttons to the others and one that closes all."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton


class Pager(QFrame):
    """Visible while more than one message stands.

    Signals:
        step: 1 for the next message, -1 for the one before.
        close_all: put away what asks for no decision.
    """

    step = Signal(int)
    close_all = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.previous = _button("‹", "Previous message")
        self.next = _button("›", "Next message")
        self.all = _button("Close all", "Close all messages")
        self.all.setToolTip(
            "Close all messages, but those that ask for a decision (Ctrl+M shows them all)"
        )
        self.label = QLabel("")
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setAccessibleName("Which message is shown")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 2, 6, 2)
        layout.setSpacing(4)
        for part in (self.previous, self.label, self.next, self.all):
            layout.addWidget(part)
        self.previous.clicked.connect(lambda: self.step.emit(-1))
        self.next.clicked.connect(lambda: self.step.emit(1))
        self.all.clicked.connect(self.close_all)
        self.hide()

    def show_number(self, number: int, count: int) -> None:
        """Say that one of so many is shown."""
        self.label.setText(f"{number} of {count}")
        self.label.setAccessibleDescription(f"Message {number} of {count}")
        self.previous.setEnabled(number > 1)
        self.next.setEnabled(number < count)
        self.setVisible(count > 1)


def _button(text: str, name: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName("flat")
    button.setText(text)
    button.setToolTip(name)
    button.setAccessibleName(name)
    return button
