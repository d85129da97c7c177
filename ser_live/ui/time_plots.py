"""Plots over one shared time axis: following the present moment, zooming, clicking."""

from __future__ import annotations

import time

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent

from ser_live.ui.axes import GridLines, TimeAxis, ValueAxis
from ser_live.ui.pending_move import PendingMove
from ser_live.ui.time_view import TimeViewBox

FOLLOW_SECONDS = 30.0
_LONGEST_FOLLOWED = 3600.0
_SHORTEST = 0.1  # visible at least, s
_BEFORE = 1.0  # that the view may reach before the beginning, s
_FIT_MORE = 1.03  # of the session, so that a growing one need not be fitted at every picture
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
        hovered: where the mouse is (QPoint); ``None`` when it has left or a button is held.
        moved: the user has moved the view; draw what is visible now, before it is painted.

    Attributes:
        span: what is visible in follow mode, s.
    """

    following = Signal(bool)
    clicked = Signal(float)
    hovered = Signal(object)
    moved = Signal()

    def __init__(self, rows: tuple[tuple[str, int], ...], master: int) -> None:
        super().__init__()
        self.setMinimumHeight(200)
        # A graphics view takes drops by itself: files belong to the window.
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.ci.layout.setContentsMargins(4, 4, 10, 4)
        self.ci.layout.setVerticalSpacing(_SPACING)
        self.paint_seconds = 0.0  # of a picture, running mean
        self.span = FOLLOW_SECONDS
        self._follow = True
        self._fit = False
        self._total = 0.0
        self._limit = 0.0
        self._pending = PendingMove(self)
        self._pending.due.connect(self.moved)
        self.plots: list[pg.PlotItem] = []
        self.value_axes: list[ValueAxis] = []
        self._time_axes: list[TimeAxis] = []
        self._grids: list[GridLines] = []
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
        view = TimeViewBox()
        axes = {"bottom": TimeAxis(labelled=last), "left": ValueAxis(title)}
        plot = self.addPlot(row=row, col=0, axisItems=axes, viewBox=view)
        self.ci.layout.setRowStretchFactor(row, height)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        view.setDefaultPadding(0)
        view.setLimits(xMin=-_BEFORE, minXRange=_SHORTEST)
        view.sigRangeChangedManually.connect(self._on_manual)
        view.scrolled.connect(self.pan)
        view.zoomed.connect(self._on_wheel)
        view.fit.connect(self.fit)
        grid = GridLines(axes["left"])
        plot.addItem(grid, ignoreBounds=True)
        cursor = pg.InfiniteLine(0, angle=90, movable=False)
        cursor.setVisible(False)
        cursor.setZValue(30)
        plot.addItem(cursor, ignoreBounds=True)
        self._cursors.append(cursor)
        self._grids.append(grid)
        self._time_axes.append(axes["bottom"])
        self.value_axes.append(axes["left"])
        self.plots.append(plot)

    def set_axis_colours(self, line: str, text: str, grid: str) -> None:
        """Of all axes and of the lines across the plots."""
        for axis in (*self._time_axes, *self.value_axes):
            axis.set_colours(line, text)
        for lines in self._grids:
            lines.set_colour(grid)

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

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt's."""
        super().mouseMoveEvent(event)
        self.hovered.emit(None if event.buttons() else event.position().toPoint())

    def leaveEvent(self, event: QEvent) -> None:
        """Qt's."""
        super().leaveEvent(event)
        self.hovered.emit(None)

    @property
    def follow(self) -> bool:
        """Whether the view keeps up with the present moment."""
        return self._follow

    def set_follow(self, on: bool) -> None:
        """Take up or leave follow mode."""
        self._fit = False
        if on != self._follow:
            self._follow = on
            self.following.emit(on)

    def _on_manual(self, *_: object) -> None:
        self.set_follow(False)

    @property
    def visible_range(self) -> tuple[float, float]:
        """The visible stretch of time, s."""
        if self._pending.wanted is not None:
            return self._pending.wanted
        (start, end), _ = self._view.viewRange()
        return float(start), float(end)

    def take_move(self) -> None:
        """Move the view to where the user wants it, if it is not there yet."""
        wanted = self._pending.take()
        if wanted is not None:
            self._set_range(*wanted)

    @property
    def pixel(self) -> float:
        """What a pixel's width stands for, s."""
        start, end = self.visible_range
        return (end - start) / max(1.0, float(self._view.width()))

    def time_at(self, position: QPointF) -> float | None:
        """The time (s) at a place in the scene; ``None`` outside of the plots."""
        for plot in self.plots:
            view = plot.getViewBox()
            if plot.isVisible() and view.sceneBoundingRect().contains(position):
                return float(view.mapSceneToView(position).x())
        return None

    def go_to(self, start: float, end: float) -> None:
        """Show a stretch of time in the middle of the view, and leave follow mode."""
        self.set_follow(False)
        left, right = self.visible_range
        span = max(min(right - left, FOLLOW_SECONDS), 1.3 * (end - start))
        left = max(0.0, (start + end - span) / 2)
        self._pending.ask(left, left + span)

    def fit(self) -> None:
        """Show everything, also what comes yet, until the view is moved."""
        self.set_follow(False)
        self._fit = True
        self._fit_to(self._total)

    def centre(self, moment: float) -> None:
        """Put a moment into the middle of the view, and leave follow mode."""
        start, end = self.visible_range
        self.pan((moment - (start + end) / 2) / (end - start))

    def zoom(self, factor: float) -> None:
        """Show ``factor`` times as much around the middle; in follow mode, go on following."""
        start, end = self.visible_range
        if self._follow:
            self.span = min(_LONGEST_FOLLOWED, max(1.0, (end - start) * factor))
            self._set_range(max(0.0, end - self.span), max(0.0, end - self.span) + self.span)
            return
        self._zoom_at(factor, (start + end) / 2)

    def _on_wheel(self, factor: float, share: float) -> None:
        start, end = self.visible_range
        self._zoom_at(factor, start + share * (end - start))

    def _zoom_at(self, factor: float, moment: float) -> None:
        """Show ``factor`` times as much around a moment (s), and leave follow mode."""
        self.set_follow(False)
        start, end = self.visible_range
        factor = max(factor, _SHORTEST / (end - start))
        left, right = moment - (moment - start) * factor, moment + (end - moment) * factor
        if left < 0.0:  # all of it is worth more than the place of the mouse
            left, right = 0.0, right - left
        if self._limit:
            right = min(right, max(self._limit, left + _SHORTEST))
        self._pending.ask(left, right)

    def pan(self, share: float) -> None:
        """Move by a share of the view, and leave follow mode."""
        self.set_follow(False)
        start, end = self.visible_range
        by = max(-start, (end - start) * share)
        if self._limit:
            by = min(by, max(0.0, self._limit - end))
        self._pending.ask(start + by, end + by)

    def follow_to(self, now: float, duration: float | None, total: float) -> None:
        """In follow mode, show the moment ``now``; where all is shown, go on with that.

        Args:
            now: the newest sample, or a file's cursor, s.
            duration: of a file; ``None`` for a live source, whose view ends at ``now``.
            total: seconds that there are.
        """
        self._total = total
        # There is nothing to be seen further on.
        self._limit = max(total + FOLLOW_SECONDS, 1.5 * total)
        if self._fit:
            self._fit_to(total)
        if not self._follow:
            return
        span = self.span
        if duration is None:
            start = max(0.0, now - span)
        elif duration <= 1.5 * span:
            self._set_range(0.0, max(duration, 1.0))
            return
        else:
            start = min(max(0.0, now - span / 2), duration - span)
        self._move_to(start, start + span)

    def _move_to(self, start: float, end: float) -> None:
        """Set the range; a view that creeps moves in whole pixels, or not yet."""
        left, right = self.visible_range
        pixel = self.pixel
        if abs((right - left) - (end - start)) < 1e-6 and abs(start - left) < 20 * pixel:
            by = int((start - left) / pixel + 1e-6) * pixel
            start, end = left + by, right + by
        self._set_range(start, end)

    def _fit_to(self, total: float) -> None:
        _, end = self.visible_range
        if not total <= end <= _FIT_MORE**2 * max(total, 1.0) or self.visible_range[0] != 0.0:
            self._set_range(0.0, max(_FIT_MORE * total, 1.0))

    def _set_range(self, start: float, end: float) -> None:
        self._pending.take()
        if (start, end) != self.visible_range:
            self._view.setXRange(start, end, padding=0)

    def set_cursor(self, moment: float | None) -> None:
        """The line at the moment that is heard."""
        for cursor in self._cursors:
            cursor.setVisible(moment is not None)
            if moment is not None:
                cursor.setPos(moment)

    def _on_click(self, event: object) -> None:
        if event.button() != Qt.MouseButton.LeftButton or event.double():  # type: ignore[attr-defined]
            return
        moment = self.time_at(event.scenePos())  # type: ignore[attr-defined]
        if moment is not None:
            self.clicked.emit(max(0.0, moment))
