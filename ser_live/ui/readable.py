"""Markdown as pages that are good to read: tables with room, lines not too close."""

from __future__ import annotations

from PySide6.QtGui import QTextBlockFormat, QTextCursor, QTextFrameFormat, QTextTable
from PySide6.QtWidgets import QTextBrowser

from ser_live.ui.text_scale import px

_LINE = 125.0  # % of a line's height


def show_markdown(page: QTextBrowser, text: str) -> None:
    """Show a text in Markdown (GitHub's)."""
    page.setMarkdown(text)
    document = page.document()
    document.setDocumentMargin(px(16))
    cursor = QTextCursor(document)
    cursor.select(QTextCursor.SelectionType.Document)
    line = QTextBlockFormat()
    line.setLineHeight(_LINE, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    cursor.mergeBlockFormat(line)
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            form = frame.format()
            form.setBorderCollapse(True)
            form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
            form.setBorderBrush(page.palette().mid())
            form.setBorder(1)
            form.setCellPadding(px(5))
            frame.setFormat(form)
    page.moveCursor(QTextCursor.MoveOperation.Start)
