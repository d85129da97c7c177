"""The about dialog: version, note on use, model card, licences."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QTabWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

import ser_live
from ser_live.ui import licences, notice
from ser_live.ui.readable import show_markdown
from ser_live.ui.resources import asset_text
from ser_live.ui.status_line import NOTE
from ser_live.ui.text_scale import fit_dialog


class AboutDialog(QDialog):
    """What the program is, and what it may be used for."""

    def __init__(self, parent: QWidget | None, model: str) -> None:
        super().__init__(parent)
        self.setWindowTitle("About SER Live")
        self.setAccessibleName("About SER Live")
        fit_dialog(self, 780, 600)
        head = QLabel(f"<h2>SER Live {ser_live.__version__}</h2><p>Model: {model}</p><p>{NOTE}</p>")
        head.setWordWrap(True)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("Pages about the program")
        self.tabs.setToolTip("Note on use, model card, licences")
        card = asset_text("model_card.md") or "No model card is installed."
        weights = (
            asset_text("LICENSE-weights.md") or "No licence file for the weights is installed."
        )
        for title, text in (
            ("Note on use", notice.TEXT),
            ("Model card", card),
            ("Licences", _licences(weights)),
        ):
            page = QTextBrowser()
            page.setOpenExternalLinks(True)
            show_markdown(page, text)
            page.setAccessibleName(title)
            page.setToolTip(f"{title}; arrows scroll")
            self.tabs.addTab(page, title)
        buttons = QDialogButtonBox()
        again = buttons.addButton("Show first notice", QDialogButtonBox.ButtonRole.ActionRole)
        again.setToolTip("The notice on consent and use, as it was shown at the first start")
        again.clicked.connect(self.show_notice)
        close = buttons.addButton(QDialogButtonBox.StandardButton.Close)
        close.setToolTip("Close this window")
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(head)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(buttons)

    def show_notice(self) -> None:
        """Open the notice of the first start, to be read."""
        self.notice = notice.NoticeDialog(self, ask=False)
        self.notice.open()


def _licences(weights: str) -> str:
    # The file's own headings one step down, below the page's.
    lower = "\n".join(f"#{line}" if line.startswith("#") else line for line in weights.split("\n"))
    return (
        f"## Code\n\n{licences.CODE}\n\n{lower}\n\n## Third-party parts\n\n"
        "The packages that are installed, and what each says of its licence.\n\n"
        f"{licences.parts_table()}\n\nInside them:\n\n{licences.libraries_table()}\n\n"
        "Most come with the text of their licence, in their folder beside this program."
    )
