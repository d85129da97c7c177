"""One plot's view, moved by the mouse as in audio editors."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGraphicsSceneWheelEvent

_ZOOM_A_NOTCH = 1.25
_SCROLL_A_NOTCH = 0.1  # of the view
_NOTCH = 120.0  # Qt's eighths of a degree


class TimeViewBox(pg.ViewBox):
    """Wheel: zoom at the mouse; Shift and wheel, or sideways: scroll; drag: pan; double-click: all.

    Signals:
        scrolled: by a share of the view.
        zoomed: factor, and where in the view (0 … 1) the moment is that stays there.
        fit: show everything.
    """

    scrolled = Signal(float)
    zoomed = Signal(float, float)
    fit = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.setMouseEnabled(x=True, y=False)

    def wheelEvent(self, ev: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:
        """Qt's."""
        notches = ev.delta() / _NOTCH
        sideways = ev.orientation() == Qt.Orientation.Horizontal
        if sideways or ev.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.scrolled.emit(-_SCROLL_A_NOTCH * notches)
        else:
            share = float(ev.pos().x() / max(1.0, self.width()))
            self.zoomed.emit(_ZOOM_A_NOTCH**-notches, share)
        ev.accept()

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:
        """pyqtgraph's: the left and the middle button pan."""
        if ev.button() == Qt.MouseButton.RightButton:
            ev.ignore()
            return
        ev.accept()
        (start, end), _ = self.viewRange()
        by = (ev.lastPos().x() - ev.pos().x()) / max(1.0, self.width())
        if by and end > start:
            self.scrolled.emit(by)

    def mouseDoubleClickEvent(self, ev: Any) -> None:
        """Qt's."""
        if ev.button() == Qt.MouseButton.LeftButton:
            self.fit.emit()
        super().mouseDoubleClickEvent(ev)
