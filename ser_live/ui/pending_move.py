"""Where the user wants a view to be, until all events that wait are through."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

_SOON_MS = 1  # 0 would wait as long as there are events at all


class PendingMove(QObject):
    """Moves a view once for many events.

    Qt paints as soon as a view has moved.  Moved at once, every turn of the wheel would be painted
    twice, first without what has come into view, and a fast wheel would leave no time to draw that.

    Signals:
        due: the events are through: :meth:`take` it.

    Attributes:
        wanted: start and end of the view, s; ``None`` when it is there.
    """

    due = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.wanted: tuple[float, float] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tell)

    def ask(self, start: float, end: float) -> None:
        """Move there soon."""
        self.wanted = (start, end)
        if not self._timer.isActive():
            self._timer.start(_SOON_MS)

    def take(self) -> tuple[float, float] | None:
        """What is wanted, from now on somebody else's task."""
        wanted, self.wanted = self.wanted, None
        return wanted

    def _tell(self) -> None:
        if self.wanted is not None:
            self.due.emit()
