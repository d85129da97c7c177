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
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ser_live.ui.text_scale import fit_dialog, scale


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
    Key("export_all", ("Ctrl+E",), "Ctrl+E", "Export the results of all files of the list"),
    Key("save", ("Ctrl+S",), "Ctrl+S", "Save what was heard, or a file's analysis, as a session"),
    Key("list", ("Ctrl+L",), "Ctrl+L", "Show the list of files, or put it away"),
    Key("remove", ("Del",), "Del", "Take the selected files off the list"),
    Key("undo", ("Ctrl+Z",), "Ctrl+Z", "Put back what left the list, or a replaced live session"),
    Key("follow", ("F",), "F", "Follow the present moment"),
    Key("pause", ("P",), "P", "Pause the view, or go on at the present moment; listening goes on"),
    Key("back", ("Left",), "←", "A file: 5 s back; a microphone: scroll back"),
    Key("on", ("Right",), "→", "A file: 5 s on; a microphone: scroll on"),
    Key("previous", ("[", "Ctrl+Left"), "[ or Ctrl+←", "Previous utterance"),
    Key("next", ("]", "Ctrl+Right"), "] or Ctrl+→", "Next utterance"),
    Key("mark", (), "Shift + mouse", "A file: mark a stretch of time in the plots"),
    Key("loop", ("L",), "L", "A file: repeat the marked stretch or the utterance at the cursor"),
    Key("mute", ("M",), "M", "A file: mute, or hear it again"),
    Key("first", ("Home",), "Home", "Go to the beginning"),
    Key("last", ("End",), "End", "Go to the end; a microphone: follow the present moment"),
    Key("zoom_in", ("Up", "+", "="), "↑ or +", "Show less time, larger"),
    Key("zoom_out", ("Down", "-"), "↓ or −", "Show more time, smaller"),
    Key("fit", ("0",), "0", "Show the whole session"),
    Key("style", ("S",), "S", "Emotions as curves or as stacked area"),
    Key("picture", ("Shift+E",), "Shift+E", "Save the plots as a picture"),
    Key("present", ("F11",), "F11", "Presentation: the present state alone, full screen"),
    Key("leave", ("Esc",), "Esc", "Leave the presentation; unmark the stretch"),
    Key("larger", ("Ctrl++", "Ctrl+="), "Ctrl + +", "Larger text"),
    Key("smaller", ("Ctrl+-",), "Ctrl + −", "Smaller text"),
    Key("usual", ("Ctrl+0",), "Ctrl + 0", "Text at its usual size"),
    Key("menu", ("F10",), "F10", "Open the menu: arrows walk through it, Return chooses"),
    Key("about", ("Ctrl+I",), "Ctrl+I", "About: note on use, model card, licences"),
    Key("messages", ("Ctrl+M",), "Ctrl+M", "All messages since the window was opened"),
    Key("settings", ("Ctrl+,",), "Ctrl+,", "Settings"),
    Key("help", ("?", "F1"), "? or F1", "Show these keys"),
    Key("quit", ("Ctrl+Q",), "Ctrl+Q", "Quit"),
)

#: What the mouse does in the plots.
MOUSE = (
    ("Wheel", "Show less or more time around the mouse"),
    ("Shift + wheel", "Scroll, as dragging does"),
    ("Click", "Select the utterance; a file is heard from there"),
    ("Double-click", "Show the whole session"),
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
        lines = [(line.shown, line.text) for line in KEYS]
        for row, (shown, what) in enumerate([*lines, *MOUSE]):
            key, text = QLabel(shown), QLabel(what)
            key.setObjectName("key")
            key.setAlignment(Qt.AlignmentFlag.AlignCenter)
            key.setAccessibleName(f"{shown}: {what}")
            text.setWordWrap(True)
            grid.addWidget(key, row, 0)
            grid.addWidget(text, row, 1)
        grid.setColumnStretch(1, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        buttons.buttons()[0].setToolTip("Close this list")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 14)
        layout.setSpacing(16)
        table = QWidget()
        table.setLayout(grid)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(table)
        area.setAccessibleName("Keys")
        area.setToolTip("Every key and what it does; arrows scroll")
        layout.addWidget(area, 1)
        layout.addWidget(buttons)
        wanted = grid.sizeHint()
        fit_dialog(self, 660, round(wanted.height() / scale()) + 90)
