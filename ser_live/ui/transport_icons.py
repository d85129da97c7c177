"""Icons of the transport bar, drawn in the colour of the text beside them."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPolygonF

from ser_live.ui.icons import SIZE, drawn


def transport_icon(name: str, colour: str) -> QIcon:
    """One of ``previous``, ``next``, ``loop``, ``loud``, ``muted``."""
    return drawn(lambda painter: _draw(painter, name, colour), colour)


def _draw(painter: QPainter, name: str, colour: str) -> None:
    if name in ("previous", "next"):
        if name == "previous":
            painter.translate(SIZE, 0)
            painter.scale(-1, 1)
        painter.drawPolygon(QPolygonF([QPointF(3, 3), QPointF(10.5, 8), QPointF(3, 13)]))
        painter.drawRect(QRectF(11, 3, 2, 10))
    elif name == "loop":
        _loop(painter, colour)
    else:
        cone = [(1.5, 6), (4, 6), (8, 2.5), (8, 13.5), (4, 10), (1.5, 10)]
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in cone]))
        painter.setPen(_pen(colour))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if name == "loud":
            painter.drawArc(QRectF(6.5, 5, 5, 6), -60 * 16, 120 * 16)
            painter.drawArc(QRectF(5, 2.5, 9.5, 11), -55 * 16, 110 * 16)
        else:
            painter.drawLine(QPointF(10.5, 6), QPointF(14.5, 10))
            painter.drawLine(QPointF(14.5, 6), QPointF(10.5, 10))


def _loop(painter: QPainter, colour: str) -> None:
    """Two arrows that chase each other around a rounded box."""
    painter.setPen(_pen(colour))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for turn in (0, 180):
        painter.save()
        painter.translate(8, 8)
        painter.rotate(turn)
        path = QPainterPath(QPointF(-6, 0.5))
        path.lineTo(-6, -1)
        path.quadTo(-6, -4, -3, -4)
        path.lineTo(4, -4)
        painter.drawPath(path)
        painter.drawPolyline(QPolygonF([QPointF(2, -6.5), QPointF(4.8, -4), QPointF(2, -1.5)]))
        painter.restore()


def _pen(colour: str) -> QPen:
    pen = QPen(QColor(colour), 1.6)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen
