"""Plots over one shared time axis: following the present moment, zooming, clicking."""

from __future__ import annotations

import time

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QPaintEvent

from ser_live.ui.plot_items import TimeAxis

FOLLOW_SECONDS = 30.0
_AXIS_WIDTH = 58
_SPACING = 6.0  # pixels
_UNBOUNDED = 1e6


class TimePlots(pg.GraphicsLayoutWidget):
    """Plots one above the other whose time axes move together.

    Args:
        rows: title and relative height of each.
        master: number of the one whose time axis the others follow; it is never hidden.

    Signals:
        following: follow mode was left or taken up.
        clicked: a time (s) in a plot.
    """

    following = Signal(bool)
    clicked = Signal(float)

    def __init__(self, rows: tuple[tuple[str, int], ...], master: int) -> None:
        super().__init__()
        self.setMinimumHeight(200)
        # A graphics view takes drops by itself: files belong to the window.
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.ci.layout.setContentsMargins(4, 4, 10, 4)
        self.ci.layout.setVerticalSpacing(_SPACING)
        self.paint_seconds = 0.0  # of a picture, running mean
        self._follow = True
        self.plots: list[pg.PlotItem] = []
        self._cursors: list[pg.InfiniteLine] = []
        for number, (title, height) in enumerate(rows):
            self._add_plot(number, title, height, last=number == len(rows) - 1)
        self._heights = [height for _, height in rows]
        self._view = self.plots[master].getViewBox()
        for plot in self.plots:
            if plot is not self.plots[master]:
                plot.setXLink(self.plots[master])
        self.scene().sigMouseClicked.connect(self._on_click)

    def _add_plot(self, row: int, title: str, height: int, last: bool) -> None:
        axis = TimeAxis(orientation="bottom")
        plot = self.addPlot(row=row, col=0, axisItems={"bottom": axis})
        self.ci.layout.setRowStretchFactor(row, height)
        plot.setMouseEnabled(x=True, y=False)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setLabel("left", title)
        left = plot.getAxis("left")
        left.enableAutoSIPrefix(False)
        left.setWidth(_AXIS_WIDTH)
        # Few ticks and no vertical grid lines: they cost more to paint than all the curves.
        axis.setStyle(maxTickLevel=0)
        left.setStyle(maxTickLevel=0)
        plot.showGrid(x=False, y=True, alpha=0.25)
        view = plot.getViewBox()
        view.setDefaultPadding(0)
        view.setLimits(xMin=-1.0, minXRange=1.0)
        view.sigRangeChangedManually.connect(self._on_manual)
        if not last:
            axis.setStyle(showValues=False)
            axis.setHeight(4)
        cursor = pg.InfiniteLine(0, angle=90, movable=False)
        cursor.setVisible(False)
        cursor.setZValue(30)
        plot.addItem(cursor, ignoreBounds=True)
        self._cursors.append(cursor)
        self.plots.append(plot)

    def show_row(self, row: int, on: bool) -> None:
        """Show or hide a plot; the others take its room."""
        plot, layout = self.plots[row], self.ci.layout
        if plot.isVisible() == on:
            return
        plot.setVisible(on)
        layout.setRowStretchFactor(row, self._heights[row] if on else 0)
        layout.setRowMaximumHeight(row, _UNBOUNDED if on else 0)
        layout.setRowSpacing(row, _SPACING if on else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's; timed, because this is where most of a picture's time goes."""
        began = time.perf_counter()
        super().paintEvent(event)
        self.paint_seconds += 0.2 * (time.perf_counter() - began - self.paint_seconds)

    @property
    def follow(self) -> bool:
        """Whether the view keeps up with the present moment."""
        return self._follow

    def set_follow(self, on: bool) -> None:
        """Take up or leave follow mode."""
        if on != self._follow:
            self._follow = on
            self.following.emit(on)

    def _on_manual(self, *_: object) -> None:
        self.set_follow(False)

    @property
    def visible_range(self) -> tuple[float, float]:
        """The visible stretch of time, s."""
        (start, end), _ = self._view.viewRange()
        return float(start), float(end)

    def go_to(self, start: float, end: float) -> None:
        """Show a stretch of time in the middle of the view, and leave follow mode."""
        self.set_follow(False)
        left, right = self.visible_range
        span = max(min(right - left, FOLLOW_SECONDS), 1.3 * (end - start))
        left = max(0.0, (start + end - span) / 2)
        self._view.setXRange(left, left + span, padding=0)

    def centre(self, moment: float) -> None:
        """Put a moment into the middle of the view, and leave follow mode."""
        start, end = self.visible_range
        self.pan((moment - (start + end) / 2) / (end - start))

    def zoom(self, factor: float) -> None:
        """Show ``factor`` times as much around the middle, and leave follow mode."""
        self.set_follow(False)
        start, end = self.visible_range
        middle, half = (start + end) / 2, (end - start) / 2 * factor
        self._view.setXRange(max(-1.0, middle - half), middle + half, padding=0)

    def pan(self, share: float) -> None:
        """Move by a share of the view, and leave follow mode."""
        self.set_follow(False)
        start, end = self.visible_range
        by = max(-start, (end - start) * share)
        self._view.setXRange(start + by, end + by, padding=0)

    def follow_to(self, now: float, duration: float | None) -> None:
        """In follow mode, show the moment ``now``.

        Args:
            now: the newest sample, or a file's cursor, s.
            duration: of a file; ``None`` for a live source, whose view ends at ``now``.
        """
        if not self._follow:
            return
        if duration is None:
            start = max(0.0, now - FOLLOW_SECONDS)
        elif duration <= 1.5 * FOLLOW_SECONDS:
            self._set_range(0.0, max(duration, 1.0))
            return
        else:
            start = min(max(0.0, now - FOLLOW_SECONDS / 2), duration - FOLLOW_SECONDS)
        self._set_range(start, start + FOLLOW_SECONDS)

    def _set_range(self, start: float, end: float) -> None:
        if (start, end) != self.visible_range:
            self._view.setXRange(start, end, padding=0)

    def set_cursor(self, moment: float | None) -> None:
        """The line at the moment that is heard."""
        for cursor in self._cursors:
            cursor.setVisible(moment is not None)
            if moment is not None:
                cursor.setPos(moment)

    def _on_click(self, event: object) -> None:
        if event.button() != Qt.MouseButton.LeftButton:  # type: ignore[attr-defined]
            return
        scene: QPointF = event.scenePos()  # type: ignore[attr-defined]
        for plot in self.plots:
            view = plot.getViewBox()
            if plot.isVisible() and view.sceneBoundingRect().contains(scene):
                self.clicked.emit(max(0.0, float(view.mapSceneToView(scene).x())))
                return
