"""What the keys that move in time do, for a file and for a microphone."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QSlider, QWidget

from ser_live.ui.engine import Engine
from ser_live.ui.plots import Plots

STEP_SECONDS = 5.0
_SCROLL = 0.25  # share of the view
_ZOOM = 2.0


class Moving:
    """Moves a file's cursor, or the view of what has no cursor.

    Args:
        engine: whose file is moved.
        plots: whose view is moved.
    """

    def __init__(self, engine: Engine, plots: Plots) -> None:
        self._engine, self._plots = engine, plots

    def step(self, direction: int) -> None:
        """Five seconds back (−1) or on (1): the cursor of a file; else a quarter of the view."""
        player = self._engine.player
        if player is not None:
            self._engine.seek(player.position + STEP_SECONDS * direction)
        else:
            self._plots.pan(_SCROLL * direction)

    def to_start(self) -> None:
        """To the beginning of the file or of the session."""
        self._engine.seek(0.0)
        if self._engine.player is None:
            start, end = self._plots.visible_range
            self._plots.centre((end - start) / 2)
        else:
            self._plots.set_follow(True)

    def to_end(self) -> None:
        """To the end of the file, or to the present moment."""
        player = self._engine.player
        if player is not None and player.duration is not None:
            self._engine.seek(player.duration)
        self._plots.set_follow(True)

    def zoom(self, larger: bool) -> None:
        """Show half or twice as much time."""
        self._plots.zoom(1 / _ZOOM if larger else _ZOOM)


_UP_DOWN = (Qt.Key.Key_Up, Qt.Key.Key_Down)
_SLIDING = (*_UP_DOWN, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


class ArrowsKept(QObject):
    """Leaves the arrows to what has the focus: a list, to walk through it, or a slider.

    Args:
        widgets: those that need these keys themselves.
    """

    def __init__(self, *widgets: QWidget) -> None:
        super().__init__()
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's: an override that is accepted is no shortcut any more."""
        override = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        keys = _SLIDING if isinstance(watched, QSlider) else _UP_DOWN
        if override and event.key() in keys:
            event.accept()
        return False
