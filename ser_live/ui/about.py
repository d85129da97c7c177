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
from ser_live.ui.resources import asset_text
from ser_live.ui.status_line import NOTE

_MIT = "The program's code is under the MIT licence. It comes without any warranty."


class AboutDialog(QDialog):
    """What the program is, and what it may be used for."""

    def __init__(self, parent: QWidget | None, model: str) -> None:
        super().__init__(parent)
        self.setWindowTitle("About SER Live")
        self.resize(720, 560)
        version = getattr(ser_live, "__version__", "unknown")
        head = QLabel(f"<h2>SER Live {version}</h2><p>Model: {model}</p><p>{NOTE}</p>")
        head.setWordWrap(True)
        tabs = QTabWidget()
        card = asset_text("model_card.md") or "No model card is installed."
        weights = (
            asset_text("LICENSE-weights.md") or "No licence file for the weights is installed."
        )
        for title, text in (
            ("Model card", card),
            ("Licences", f"## Code\n\n{_MIT}\n\n## Weights\n\n{weights}"),
        ):
            page = QTextBrowser()
            page.setOpenExternalLinks(True)
            page.setMarkdown(text)
            page.setAccessibleName(title)
            tabs.addTab(page, title)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(head)
        layout.addWidget(tabs, 1)
        layout.addWidget(buttons)
