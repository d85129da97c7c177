"""Doing something once a window has been painted."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

_LONGEST_MS = 3000  # for a window that is never painted: minimised, or behind others


class AfterFirstPicture(QObject):
    """Calls ``then`` once, when the window was painted, or some seconds after.

    A timer of 0 ms is not enough: it fires before the window system lets the window be painted.

    Args:
        window: not yet painted.
        then: what to do.
    """

    def __init__(self, window: QWidget, then: Callable[[], object]) -> None:
        super().__init__(window)
        self._then: Callable[[], object] | None = then
        self._window = window
        window.installEventFilter(self)
        QTimer.singleShot(_LONGEST_MS, self, self._go)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's."""
        if event.type() == QEvent.Type.Paint:
            # After this event the widgets inside are painted, in the same go.
            QTimer.singleShot(0, self, self._go)
        return False

    def _go(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            self._window.removeEventFilter(self)
            then()
