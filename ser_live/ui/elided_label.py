"""A label that ends in “…” where its text has no room, with all of it in the tooltip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QStyle, QStyleOption

_LEAST = 40  # pixels


class ElidedLabel(QLabel):
    """One line; with word wrap on, an ordinary label.

    Args:
        explanation: stands in the tooltip, below the text if that is cut.
    """

    def __init__(self, explanation: str = "") -> None:
        super().__init__("")
        self._explanation = explanation
        self._set_tip()

    def explain(self, text: str) -> None:
        """Another explanation in the tooltip."""
        self._explanation = text
        self._set_tip()

    def setText(self, text: str) -> None:
        """Qt's."""
        if text != self.text():
            super().setText(text)
            self._set_tip()

    def shown(self) -> str:
        """What of the text is painted."""
        if self.wordWrap():
            return self.text()
        right, room = Qt.TextElideMode.ElideRight, self.contentsRect().width()
        return self.fontMetrics().elidedText(self.text(), right, room)

    def minimumSizeHint(self) -> QSize:
        """Qt's: whatever the text is."""
        hint = super().minimumSizeHint()
        return hint if self.wordWrap() else QSize(min(_LEAST, hint.width()), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's."""
        super().resizeEvent(event)
        self._set_tip()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's."""
        if self.wordWrap():
            super().paintEvent(event)
            return
        option = QStyleOption()
        option.initFrom(self)
        painter = QPainter(self)
        style = self.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)
        style.drawItemText(
            painter, self.contentsRect(), self.alignment(), option.palette, self.isEnabled(),
            self.shown(), self.foregroundRole(),
        )  # fmt: skip
        painter.end()

    def _set_tip(self) -> None:
        full = self.text() if self.shown() != self.text() else ""
        self.setToolTip("\n".join(part for part in (full, self._explanation) if part))
