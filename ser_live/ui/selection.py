"""A stretch of time marked with Shift and the mouse, shaded in every plot."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent

from ser_live.ui.theme import Theme
from ser_live.ui.time_plots import TimePlots

Span = tuple[float, float]
SHORTEST = 0.1  # s; less is a click


class Selection(QObject):
    """Marks a stretch in plots.

    Args:
        plots: where the mouse marks, and what is shaded.
        theme: colours.

    Attributes:
        enabled: whether the mouse marks anything.

    Signals:
        marked: the user has marked a stretch (start and end, s), or none.
    """

    marked = Signal(object)

    def __init__(self, plots: TimePlots, theme: Theme) -> None:
        super().__init__(plots)
        self.enabled = False
        self._plots = plots
        self._span: Span | None = None
        self._from: float | None = None
        self._regions = [pg.LinearRegionItem((0, 0), movable=False) for _ in plots.plots]
        for plot, region in zip(plots.plots, self._regions, strict=True):
            region.setZValue(15)
            region.hide()
            plot.addItem(region, ignoreBounds=True)
        self.set_theme(theme)
        plots.viewport().installEventFilter(self)

    @property
    def span(self) -> Span | None:
        """What is marked, s."""
        return self._span

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        shade = QColor(theme.accent)
        shade.setAlpha(50)
        for region in self._regions:
            region.setBrush(shade)
            for line in region.lines:
                line.setPen(pg.mkPen(theme.accent, width=1))

    def show(self, span: Span | None) -> None:
        """Shade a stretch, or nothing."""
        self._span = span
        for region in self._regions:
            region.setVisible(span is not None)
            if span is not None:
                region.setRegion(span)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's: drags with Shift mark; all else is the plots' own."""
        kind = event.type()
        if not isinstance(event, QMouseEvent) or not self.enabled:
            return False
        if kind == QEvent.Type.MouseButtonPress:
            shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            if event.button() != Qt.MouseButton.LeftButton or not shift:
                return False
            self._from = self._time(event)
            return True
        if self._from is None:
            return False
        if kind == QEvent.Type.MouseMove:
            self.show(self._stretch(event))
            return True
        if kind == QEvent.Type.MouseButtonRelease:
            span = self._stretch(event)
            self._from = None
            self.show(span)
            self.marked.emit(span)
            return True
        return False

    def _time(self, event: QMouseEvent) -> float:
        at = self._plots.mapToScene(event.position().toPoint())
        view = self._plots.plots[0].getViewBox()
        for plot in self._plots.plots:
            if plot.isVisible():
                view = plot.getViewBox()
        return max(0.0, float(view.mapSceneToView(at).x()))

    def _stretch(self, event: QMouseEvent) -> Span | None:
        assert self._from is not None
        start, end = sorted((self._from, self._time(event)))
        return (start, end) if end - start >= SHORTEST else None
