"""The emotions and the voice over time: as curves or stacked, estimates and results."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from ser_live.labels import EMOTIONS
from ser_live.ui.emotion_bars import emotion_pen
from ser_live.ui.stack_item import StackItem
from ser_live.ui.theme import Theme
from ser_live.ui.view_model import TimelineView, Utterance

CURVES, STACKED = "curves", "stacked"
#: How the emotions are drawn, as the menu calls it.
STYLES = {CURVES: "Curves", STACKED: "Stacked area"}
#: From so many seconds a pixel on, means are drawn: an utterance is no wider than a few pixels.
FAR = 1.0
_COLUMN = 3  # pixels of a mean
_DASHED_LIMIT = 40  # results, up to which dashes are worth their time
_FINE_LIMIT = 1000  # points of a curve up to which dashes and smooth lines are worth their time
_THICK = 3.0
#: Top of the plot with room for the names: of curves, and of areas with the results above them.
TOPS = {CURVES: 1.16, STACKED: 1.5}
_RESULTS = (1.06, 0.22)
_N = len(EMOTIONS)


class ResultItem(pg.PlotCurveItem):
    """Results as level lines; many of them are painted as bars, which is much faster."""

    quick = False

    def paint(self, p: QPainter, opt: QStyleOptionGraphicsItem, widget: QWidget) -> None:
        """Qt's."""
        if not self.quick:
            super().paint(p, opt, widget)
            return
        x, y = self.getData()
        if x is None or not len(x):
            return
        moves = p.transform()
        p.save()
        p.resetTransform()
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(self.opts["pen"].color())
        left, right = x[::2] * moves.m11() + moves.dx(), x[1::2] * moves.m11() + moves.dx()
        top = y[::2] * moves.m22() + moves.dy() - _THICK / 2
        wide = np.maximum(1.0, right - left)
        p.drawRects([QRectF(*bar, _THICK) for bar in zip(left, top, wide, strict=True)])
        p.restore()


def _curve(plot: pg.PlotItem, connect: str, kind: type = pg.PlotCurveItem) -> pg.PlotCurveItem:
    """An empty curve; ``finite`` breaks at NaN, ``pairs`` draws single segments."""
    curve = kind(connect=connect, skipFiniteCheck=connect == "pairs")
    plot.addItem(curve, ignoreBounds=True)
    return curve


class EmotionRow:
    """What is drawn in the plots of the emotions and of the voice.

    Args:
        emotion, voice: the plots.

    Attributes:
        style: ``curves`` or ``stacked``.
        column: width of the means that are drawn, s; 0 where the estimates themselves are.
    """

    def __init__(self, emotion: pg.PlotItem, voice: pg.PlotItem) -> None:
        self.areas = StackItem(_N, 0.0, 1.0)
        self.blocks = StackItem(_N, *_RESULTS)
        for item in (self.areas, self.blocks):
            item.setZValue(-5)
            item.setVisible(False)
            emotion.addItem(item, ignoreBounds=True)
        self.curves = {name: _curve(emotion, "finite") for name in EMOTIONS}
        self.finals = {name: _curve(emotion, "pairs", ResultItem) for name in EMOTIONS}
        self.voice_curve = _curve(voice, "finite")
        self.voice_final = _curve(voice, "pairs", ResultItem)
        self.style = CURVES
        self.column = 0.0
        self._names = set(EMOTIONS)
        self._look: tuple[bool, bool, bool] = (False, False, True)
        self._rows = self._results = np.zeros((0, 2 + _N))
        self._theme: Theme | None = None

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self._restyle(self._look)
        full = [QColor(theme.emotion(name)) for name in EMOTIONS]
        self.blocks.set_colours(full)
        self.areas.set_colours([_blend(c, QColor(theme.panel), 0.72) for c in full])

    def set_style(self, style: str) -> None:
        """A key of ``STYLES``."""
        self.style = style
        self._arrange()
        self._draw()

    def set_names(self, names: set[str]) -> None:
        """Draw these emotions only."""
        self._names = names
        shown = np.array([name in names for name in EMOTIONS])
        self.areas.set_shown(shown)
        self.blocks.set_shown(shown)
        self._arrange()

    def _arrange(self) -> None:
        stacked = self.style == STACKED
        for item in (self.areas, self.blocks):
            item.setVisible(stacked)
        for name in EMOTIONS:
            for curve in (self.curves[name], self.finals[name]):
                curve.setVisible(not stacked and name in self._names)

    def clear(self) -> None:
        """Show nothing."""
        self._rows = self._results = np.zeros((0, 2 + _N))
        self.column = 0.0
        self._draw()

    def show(
        self, timeline: TimelineView, view: tuple[float, float], pixel: float,
        results: list[Utterance],
    ) -> None:  # fmt: skip
        """Draw what is visible.

        Args:
            timeline: estimates.
            view: the visible stretch, s.
            pixel: seconds a pixel stands for.
            results: the visible utterances that have one.
        """
        far = pixel > FAR
        self.column = 0.0
        if far:
            width = _COLUMN * pixel
            rows, self.column = timeline.far.means(*view, width)
            found, _ = timeline.far.results(*view, width)
        else:
            rows = timeline.provisional(*view)
            found = _pairs(results)
        thick = not far and len(results) > _DASHED_LIMIT
        look = (thick, far, len(rows) <= _FINE_LIMIT)
        if look != self._look:
            self._restyle(look)
        same = rows.shape == self._rows.shape and np.array_equal(rows, self._rows, equal_nan=True)
        if not same or not np.array_equal(found, self._results, equal_nan=True):
            # Copies: the store's own rows go on growing under a view of them.
            self._rows, self._results = rows.copy(), found
            self._draw()

    def _draw(self) -> None:
        rows, found, far = self._rows, self._results, self.column > 0
        if self.style == STACKED:
            self.areas.set_rows(rows[:, : 1 + _N])
            self.blocks.set_rows(found[:, : 1 + _N])
        # From far away an estimate and a result are at the same place: the result counts.
        near = rows[:0] if far else rows
        single = found if far else found[~np.isnan(found[:, 1])]
        way = {"connect": "finite" if far else "pairs", "skipFiniteCheck": not far}
        for i, name in enumerate(EMOTIONS if self.style == CURVES else (), 1):
            self.curves[name].setData(near[:, 0], near[:, i])
            self.finals[name].setData(single[:, 0], single[:, i], **way)
        self.voice_curve.setData(near[:, 0], near[:, _N + 1])
        self.voice_final.setData(single[:, 0], single[:, _N + 1], **way)

    def _restyle(self, look: tuple[bool, bool, bool]) -> None:
        self._look = look
        bars, far, fine = look
        if self._theme is None:
            return
        width = 2.0 if far else _THICK
        for name in EMOTIONS:
            thin, bold = emotion_pen(self._theme, name, 1), emotion_pen(self._theme, name, width)
            if not fine:
                thin.setStyle(Qt.PenStyle.SolidLine)
            if far:
                bold.setStyle(Qt.PenStyle.SolidLine)
            self._set(self.curves[name], thin, fine, False)
            self._set(self.finals[name], bold, False, bars)
        thin, bold = QPen(QColor(self._theme.gender), 1), QPen(QColor(self._theme.gender), width)
        for pen in (thin, bold):
            pen.setCosmetic(True)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        self._set(self.voice_curve, thin, fine, False)
        self._set(self.voice_final, bold, False, bars)

    @staticmethod
    def _set(curve: pg.PlotCurveItem, pen: QPen, fine: bool, quick: bool) -> None:
        curve.opts["antialias"] = fine
        curve.quick = quick
        curve.setPen(pen)


def _pairs(results: list[Utterance]) -> np.ndarray:
    """Two rows an utterance, its beginning and its end, and a row of NaN after them."""
    rows = np.full((3 * len(results), 2 + _N), np.nan)
    for at, u in enumerate(results):
        assert u.reading is not None and u.end is not None
        rows[3 * at : 3 * at + 2, 1:] = (*u.reading.emotions, u.reading.female)
        rows[3 * at : 3 * at + 3, 0] = (u.start, u.end, u.end)
    return rows


def _blend(colour: QColor, ground: QColor, share: float) -> QColor:
    parts = zip(colour.getRgb()[:3], ground.getRgb()[:3], strict=True)
    return QColor(*(round(share * a + (1 - share) * b) for a, b in parts))
