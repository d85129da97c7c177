"""The keys: one table that makes the shortcuts and fills the window that explains them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)


@dataclass(frozen=True)
class Key:
    """One line of the table.

    Attributes:
        action: name of what is done; the window has a function for each.
        keys: any of these does it, as Qt writes them.
        shown: the keys as people write them.
        text: what is done.
    """

    action: str
    keys: tuple[str, ...]
    shown: str
    text: str


KEYS = (
    Key("toggle", ("Space",), "Space", "Start or stop listening; play or pause a file"),
    Key("open", ("O", "Ctrl+O"), "O or Ctrl+O", "Open sound or session files"),
    Key("record", ("R",), "R", "Record the session into a file, or stop that"),
    Key("export", ("E",), "E", "Export the results"),
    Key("save", ("Ctrl+S",), "Ctrl+S", "Save a file's analysis as a session"),
    Key("list", ("L",), "L", "Show the list of files, or put it away"),
    Key("remove", ("Del",), "Del", "Take the selected files off the list"),
    Key("undo", ("Ctrl+Z",), "Ctrl+Z", "Put back what was taken off the list"),
    Key("follow", ("F",), "F", "Follow the present moment"),
    Key("pause", ("P",), "P", "Pause the view, or go on at the present moment; listening goes on"),
    Key("back", ("Left",), "←", "A file: 5 s back; a microphone: scroll back"),
    Key("on", ("Right",), "→", "A file: 5 s on; a microphone: scroll on"),
    Key("first", ("Home",), "Home", "Go to the beginning"),
    Key("last", ("End",), "End", "Go to the end; a microphone: follow the present moment"),
    Key("zoom_in", ("Up", "+", "="), "↑ or +", "Show less time, larger"),
    Key("zoom_out", ("Down", "-"), "↓ or −", "Show more time, smaller"),
    Key("present", ("F11",), "F11", "Presentation: the present state alone, full screen"),
    Key("leave", ("Esc",), "Esc", "Leave the presentation"),
    Key("settings", ("Ctrl+,",), "Ctrl+,", "Settings"),
    Key("help", ("?", "F1"), "? or F1", "Show these keys"),
)


class Action(Protocol):
    """What a key does."""

    def __call__(self) -> object:
        """Do it."""


def add_shortcuts(window: QWidget, actions: Mapping[str, Action]) -> list[QShortcut]:
    """Make the shortcuts of a window.

    Args:
        window: where they hold.
        actions: a function for every ``action`` of the table.

    Raises:
        KeyError: one is missing.
    """
    made = []
    for line in KEYS:
        for key in line.keys:
            shortcut = QShortcut(QKeySequence(key), window)
            shortcut.activated.connect(actions[line.action])
            made.append(shortcut)
    return made


class KeysDialog(QDialog):
    """Every key and what it does."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(9)
        for row, line in enumerate(KEYS):
            key, text = QLabel(line.shown), QLabel(line.text)
            key.setObjectName("key")
            key.setAlignment(Qt.AlignmentFlag.AlignCenter)
            key.setAccessibleName(f"{line.shown}: {line.text}")
            grid.addWidget(key, row, 0)
            grid.addWidget(text, row, 1)
        grid.setColumnStretch(1, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 14)
        layout.setSpacing(16)
        layout.addLayout(grid)
        layout.addWidget(buttons)
