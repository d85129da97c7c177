"""The read-out under the mouse: a line at its moment, and what is there beside it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QFrame, QLabel

from ser_live.ui.plots import Plots
from ser_live.ui.readout import Readout, readout
from ser_live.ui.theme import Theme
from ser_live.ui.view_model import TimelineView

_AWAY = 14  # pixels from the mouse


class Hover(QObject):
    """Follows the mouse over the plots.

    Args:
        plots: over these.
        timeline: gives the one that is shown.
        theme: colours.
    """

    def __init__(self, plots: Plots, timeline: Callable[[], TimelineView], theme: Theme) -> None:
        super().__init__(plots)
        self._plots, self._timeline = plots, timeline
        self._at: QPoint | None = None
        self._shown: object = None
        # Widgets above the plots, so that a moving mouse does not draw these anew.
        self.line = QFrame(plots.viewport())
        self.text = QLabel(plots.viewport())
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setAccessibleName("What is under the mouse")
        for widget in (self.line, self.text):
            widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            widget.hide()
        self.set_theme(theme)
        plots.hovered.connect(self._on_hovered)

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self.line.setStyleSheet(f"background: {theme.muted}; border: none;")
        self.text.setStyleSheet(
            f"background: {theme.panel}; color: {theme.text}; border: 1px solid {theme.border};"
            "border-radius: 4px; padding: 5px 7px; font-size: 12px;"
        )
        self._shown = None

    def _on_hovered(self, at: QPoint | None) -> None:
        self._at = at
        self._shown = None
        self.refresh()

    def refresh(self) -> None:
        """Look again: the plots may have moved under a mouse that rests."""
        plots, timeline = self._plots, self._timeline()
        moment = None if self._at is None else plots.time_at(plots.mapToScene(self._at))
        if self._at is None or moment is None or moment < 0:
            if not self.text.isHidden():
                self.text.hide()
                self.line.hide()
            return
        state = (round(moment / plots.pixel), plots.pixel, timeline.provisional_count,
                 len(timeline.table), plots.column)  # fmt: skip
        if state == self._shown:
            return
        self._shown = state
        self.text.setText(_html(readout(timeline, moment, plots.pixel, plots.column), self._theme))
        self.text.adjustSize()
        room = plots.viewport().size()
        x, y = self._at.x() + _AWAY, self._at.y() + _AWAY
        if x + self.text.width() > room.width():
            x = self._at.x() - _AWAY - self.text.width()
        y = min(y, room.height() - self.text.height() - 2)
        self.text.move(max(0, x), max(0, y))
        self.line.setGeometry(self._at.x(), 0, 1, room.height())
        self.line.show()
        self.text.show()
        self.text.raise_()


def _html(what: Readout, theme: Theme) -> str:
    rows = [f"<b>{what.title}</b>"]
    for line in what.lines:
        parts = [
            f'<span style="color:{theme.emotion(name)}">■</span>&nbsp;{name}&nbsp;{share}'
            for name, share in line.shares
        ]
        if line.voice:
            parts.append(line.voice)
        rows.append(f'<span style="color:{theme.muted}">{line.what}:</span> {"&ensp;".join(parts)}')
    return "<br>".join(f'<span style="white-space:nowrap">{row}</span>' for row in rows)
