"""Draws one file of the list: name and length, state, summary, a coloured strip."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ser_live.ui.file_list_model import Row
from ser_live.ui.text_scale import px
from ser_live.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
_HEIGHT = 74  # pixels at 100 %
_STRIP = 5


class FileRowPainter(QStyledItemDelegate):
    """Three lines and a strip.

    Args:
        theme: colours.
        row_role, shown_role: of the model: a :class:`Row`, and whether the window shows it.
    """

    def __init__(self, theme: Theme, row_role: int, shown_role: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self._row, self._shown = row_role, shown_role

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Qt's."""
        return QSize(0, px(_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Qt's."""
        row: Row = index.data(self._row)
        shown = bool(index.data(self._shown))
        theme = self.theme
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect.adjusted(1, 1, -1, -2)
        state = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if selected or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.selected if selected else theme.shade))
            painter.drawRoundedRect(QRectF(rect), 6, 6)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(theme.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        if shown:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(
                QRectF(rect.left(), rect.top() + 8, 3, rect.height() - 16), 1, 1
            )
        inner = rect.adjusted(10, 6, -8, -8)
        self._texts(painter, option.font, inner, row, shown)
        self._strip(painter, QRectF(inner.left(), inner.bottom() - 2, inner.width(), _STRIP), row)
        painter.restore()

    def _texts(self, painter: QPainter, font: QFont, inner: QRect, row: Row, shown: bool) -> None:
        theme = self.theme
        name, small = QFont(font), QFont(font)
        name.setPixelSize(px(13))
        name.setBold(shown)
        small.setPixelSize(px(12))
        line = QFontMetrics(name).height() + 1
        length = QFontMetrics(small).horizontalAdvance(row.length)
        right, left = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
        top = QRect(inner.left(), inner.top(), inner.width(), line)
        self._text(painter, small, theme.muted, top, right, row.length)
        room = top.adjusted(0, 0, -length - 8, 0)
        self._text(painter, name, theme.text, room, left, row.name, Qt.TextElideMode.ElideMiddle)
        colours = {"error": theme.error, "done": theme.text, "busy": theme.text}
        colour = colours.get(row.level, theme.muted)
        mark = "✖ " if row.level == "error" else ""
        second = top.translated(0, line)
        self._text(painter, small, colour, second, left, mark + row.state)
        third = second.translated(0, line - 1)
        self._text(painter, small, theme.muted, third, left, row.detail)

    def _text(
        self,
        painter: QPainter,
        font: QFont,
        colour: str,
        rect: QRect,
        side: Qt.AlignmentFlag,
        text: str,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        painter.setFont(font)
        painter.setPen(QColor(colour))
        fitting = QFontMetrics(font).elidedText(text, elide, rect.width())
        painter.drawText(rect, side | Qt.AlignmentFlag.AlignVCenter, fitting)

    def _strip(self, painter: QPainter, rect: QRectF, row: Row) -> None:
        """The share that is analysed, or the emotions' shares; what is not sure stays empty."""
        if row.share is None and not row.emotions:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(rect, QColor(self.theme.grid))
        if row.share is not None:
            done = QRectF(rect.left(), rect.top(), rect.width() * row.share, rect.height())
            painter.fillRect(done, QColor(self.theme.accent))
            return
        x = rect.left()
        for name, share in row.emotions:
            width = rect.width() * share
            part = QRectF(x, rect.top(), max(0.0, width - 1), rect.height())
            painter.fillRect(part, QColor(self.theme.emotion(name)))
            x += width
