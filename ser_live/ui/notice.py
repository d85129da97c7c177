"""The notice on consent and use: before the first listening, and from the about dialog."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from ser_live.ui.readable import show_markdown
from ser_live.ui.text_scale import fit_dialog

if TYPE_CHECKING:
    from ser_live.ui.main_window import MainWindow

#: Goes up when the notice says something new, which is then shown again.
EDITION = 1

TEXT = """\
## Before you listen

**What it estimates.** How likely it is that speech *sounds like* one of seven acted emotions, and
like a female or a male voice; from sound alone, over some seconds.

**What it does not.** It does not know what a person feels or is. It is often wrong, people disagree
about the same recording too, and it was trained on actors who spoke English sentences. Never decide
about a person by it.

**Tell the people you record**, and listen only to those who agree. In many countries recording
speech without consent is an offence.

**In the European Union** (AI Act, Regulation (EU) 2024/1689):

- Article 5(1)(f) **forbids** inferring emotions of people **at work and in education**, except for
  medical or safety reasons.
- Article 50(3) obliges whoever uses such a system to **tell the people exposed to it**.

**Your data.** Everything is computed on this computer, and nothing leaves it. Nothing is recorded
until you ask for it; a red mark shows when the microphone is open, and when it is recorded.
"""


class NoticeDialog(QDialog):
    """The notice; accepted means: read and agreed.

    Args:
        parent: the window.
        ask: with “I understand” and “Quit”; otherwise with “Close”, to be read again.
    """

    def __init__(self, parent: QWidget | None, ask: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle("Consent and use")
        self.setAccessibleName("Consent and use")
        self.setAccessibleDescription("What the program estimates, and what you have to heed")
        fit_dialog(self, 620, 430)
        self.text = QTextBrowser()
        show_markdown(self.text, TEXT)
        self.text.setAccessibleName("Notice on consent and use")
        self.text.setToolTip("What the program estimates, and what you have to heed")
        role = QDialogButtonBox.ButtonRole
        buttons = QDialogButtonBox()
        if ask:
            self.agree = buttons.addButton("I understand", role.AcceptRole)
            self.agree.setToolTip("Go on; the notice stays in the menu under “About”")
            self.agree.setDefault(True)
            self.leave = buttons.addButton("Quit", role.RejectRole)
            self.leave.setToolTip("Close the program; the microphone stays closed")
        else:
            self.leave = buttons.addButton(QDialogButtonBox.StandardButton.Close)
            self.leave.setToolTip("Close this notice")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text, 1)
        layout.addWidget(buttons)
        (self.agree if ask else self.leave).setFocus()


def after_notice(window: MainWindow, begin: Callable[[], None]) -> None:
    """Begin at once where the notice was accepted before; else when it is, or close the window.

    Nothing is opened meanwhile, and the dialog keeps the window's keys and buttons from opening
    anything.
    """
    settings = window.settings
    if settings.notice >= EDITION:
        begin()
        return
    dialog = window.notice = NoticeDialog(window, ask=True)

    def accepted() -> None:
        settings.notice = EDITION
        begin()

    dialog.accepted.connect(accepted)
    dialog.rejected.connect(window.close)
    dialog.open()
