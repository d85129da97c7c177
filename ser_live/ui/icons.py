"""Small icons drawn in the colour of the text beside them, so that they fit every theme."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPixmap, QPolygonF

#: Side of the square that an icon is drawn in; it has two pixels to each unit.
SIZE = 16


def drawn(draw: Callable[[QPainter], None], colour: str) -> QIcon:
    """An icon.

    Args:
        draw: draws it from (0, 0) to (:data:`SIZE`, :data:`SIZE`), with a painter that fills
            shapes and has no pen.
        colour: of the fill, as ``QColor`` takes it.
    """
    pixmap = QPixmap(2 * SIZE, 2 * SIZE)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    draw(painter)
    painter.end()
    return QIcon(pixmap)


def icon(name: str, colour: str) -> QIcon:
    """One of ``play``, ``pause``, ``stop``, ``open``, ``menu``, ``follow``, ``record``."""
    return drawn(lambda painter: _draw(painter, name), colour)


def _draw(painter: QPainter, name: str) -> None:
    if name == "play":
        painter.drawPolygon(QPolygonF([QPointF(3, 2), QPointF(14, 8), QPointF(3, 14)]))
    elif name == "pause":
        painter.drawRect(QRectF(3, 2, 4, 12))
        painter.drawRect(QRectF(9, 2, 4, 12))
    elif name == "stop":
        painter.drawRoundedRect(QRectF(3, 3, 10, 10), 1.5, 1.5)
    elif name == "open":
        path = QPainterPath()
        path.addRoundedRect(QRectF(1, 4, 14, 9.5), 1.5, 1.5)
        path.addRoundedRect(QRectF(1, 2.5, 6, 4), 1, 1)
        painter.drawPath(path.simplified())
    elif name == "menu":
        for y in (3, 7.2, 11.4):
            painter.drawRoundedRect(QRectF(2, y, 12, 1.8), 0.9, 0.9)
    elif name == "follow":
        painter.drawPolygon(QPolygonF([QPointF(2, 3), QPointF(9, 8), QPointF(2, 13)]))
        painter.drawRect(QRectF(11, 3, 2, 10))
    elif name == "record":
        painter.drawEllipse(QRectF(3, 3, 10, 10))
