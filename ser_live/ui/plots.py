"""What is drawn over time: waveform, emotions and voice, with the utterances behind them."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen, QResizeEvent

from ser_live.audio.spectrogram import Spectrogram
from ser_live.labels import EMOTIONS
from ser_live.ui.emotion_bars import emotion_pen
from ser_live.ui.plot_items import NOT_SURE, EnvelopeItem, Labels, Span, SpansItem, fitted
from ser_live.ui.spectrum_row import AUTO, SpectrumRow, shown_strips
from ser_live.ui.theme import Theme
from ser_live.ui.time_plots import FOLLOW_SECONDS, TimePlots
from ser_live.ui.view_model import TimelineView, Utterance
from ser_live.ui.waveform_view import WaveformView

_SCALES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # full heights of the waveform
_HEADROOM = 1.4  # of the waveform, for the numbers of the utterances
#: With more visible utterances than this, results are drawn thin: thick pens are slow.
_THICK_LIMIT = 150
_LABEL_LIMIT = 60
_FINE_LIMIT = 1000  # points of a curve up to which dashes and smooth lines are worth their time
_MOST_POINTS = 4000  # of a curve; beyond, every n-th is drawn
_MOST_RESULTS = 800


class Plots(TimePlots):
    """The four plots."""

    def __init__(self, theme: Theme) -> None:
        super().__init__((("waveform", 3), ("spectrum", 3), ("emotion", 6), ("voice", 3)), master=2)
        self.setAccessibleName("Waveform, spectrogram, emotions and voice over time")
        self.setAccessibleDescription(
            "Arrows move and zoom; the figures are in the table of utterances below"
        )
        self.wave, self.spectrum, self.emotion, self.gender = self.plots
        self.spectrum_row = SpectrumRow(self.spectrum)
        self._spectrogram: Spectrogram | None = None
        self._strips = AUTO
        self._spans = [
            SpansItem(-1, _HEADROOM),
            SpansItem(0, 1.16, strip=0.02),
            SpansItem(-0.2, 1.2),
        ]
        for plot, spans in zip((self.wave, self.emotion, self.gender), self._spans, strict=True):
            plot.addItem(spans, ignoreBounds=True)
        self._envelope = EnvelopeItem()
        self.wave.addItem(self._envelope, ignoreBounds=True)
        self.wave.setYRange(-1, _HEADROOM, padding=0)
        self.emotion.setYRange(0, 1.16, padding=0)
        self.gender.setYRange(-0.2, 1.2, padding=0)
        self.emotion.getAxis("left").setTicks([[(0, "0"), (0.5, "50 %"), (1, "100 %")]])
        self.gender.getAxis("left").setTicks([[(0, "male"), (0.5, "50 %"), (1, "female")]])
        self.curves = {name: _curve(self.emotion, "finite") for name in EMOTIONS}
        self.finals = {name: _curve(self.emotion, "pairs") for name in EMOTIONS}
        self.gender_curve = _curve(self.gender, "finite")
        self.gender_final = _curve(self.gender, "pairs")
        self._numbers = Labels(self.wave, (0, 0))
        self._winners = Labels(self.emotion, (0, 0))
        self.labels = (self._numbers, self._winners, self.spectrum_row.numbers)
        self.set_theme(theme)
        self.reset()

    def reset(self, spectrogram: Spectrogram | None = None) -> None:
        """Empty plots, following; ``spectrogram`` of the session that comes."""
        self._spectrogram = spectrogram
        self.spectrum_row.clear()
        self._arrange()
        empty = np.zeros(0)
        self._envelope.set_data(empty, empty, empty)
        for curve in (*self.curves.values(), *self.finals.values()):
            curve.setData(empty, empty)
        self.gender_curve.setData(empty, empty)
        self.gender_final.setData(empty, empty)
        for spans in self._spans:
            spans.set_spans([])
        self._numbers.show([])
        self._winners.show([])
        self.set_cursor(None)
        self.set_follow(True)
        self._set_range(0.0, FOLLOW_SECONDS)

    def set_strips(self, choice: str) -> None:
        """What stands above the emotions, a key of ``STRIPS``."""
        self._strips = choice
        self._arrange()

    def _arrange(self) -> None:
        there = self._spectrogram is not None
        for row, on in enumerate(shown_strips(self._strips, self.height(), there)):
            self.show_row(row, on)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's."""
        super().resizeEvent(event)
        if hasattr(self, "_strips"):  # pyqtgraph's constructor gets here too
            self._arrange()

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self.setBackground(theme.panel)
        for plot in self.plots:
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(QColor(theme.border))
                axis.setTextPen(QColor(theme.muted))
            plot.setLabel("left", plot.getAxis("left").labelText, color=theme.muted)
        for spans in self._spans:
            spans.set_colours(theme.shade, theme.selected, theme.border)
        self._envelope.set_colour(theme.wave)
        self.spectrum_row.set_theme(theme)
        for cursor in self._cursors:
            cursor.setPen(QColor(theme.recording))
        self._restyle(thick=True, fine=True)

    def _restyle(self, thick: bool, fine: bool) -> None:
        self._style = (thick, fine)
        for name in EMOTIONS:
            pen = emotion_pen(self._theme, name, 1)
            if not fine:
                pen.setStyle(Qt.PenStyle.SolidLine)
            self.curves[name].opts["antialias"] = fine
            self.curves[name].setPen(pen)
            self.finals[name].setPen(emotion_pen(self._theme, name, 3 if thick else 1))
        self.gender_curve.opts["antialias"] = fine
        for curve, width in ((self.gender_curve, 1), (self.gender_final, 3 if thick else 1)):
            pen = QPen(QColor(self._theme.gender), width)
            pen.setCosmetic(True)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            curve.setPen(pen)

    def set_visible_emotions(self, names: set[str]) -> None:
        """Draw the curves of these emotions only."""
        for name in EMOTIONS:
            self.curves[name].setVisible(name in names)
            self.finals[name].setVisible(name in names)

    def show_view(
        self,
        timeline: TimelineView,
        waveform: WaveformView,
        now: float,
        selected: int | None,
        until: float = math.inf,
    ) -> None:
        """Draw what is visible.

        Args:
            timeline: curves and utterances.
            waveform: peaks.
            now: where an open utterance ends for the moment, s.
            selected: number of the utterance to mark.
            until: no sound after this is drawn, s.
        """
        start, end = self.visible_range
        scale = self._draw_waveform(waveform, start, min(end, until))
        rows = timeline.provisional(start, end)
        visible = timeline.visible(start, end)
        style = (len(visible) <= _THICK_LIMIT, len(rows) <= _FINE_LIMIT)
        if style != self._style:
            self._restyle(*style)
        self._draw_curves(rows[:: -(-len(rows) // _MOST_POINTS) or 1])
        results = [u for u in visible if u.reading is not None and u.end is not None]
        self._draw_results(results[:: -(-len(results) // _MOST_RESULTS) or 1])
        pixels = self._view.width() / max(end - start, 1e-3)
        bands = self._bands(visible, now, selected, pixels)
        for spans in self._spans:
            spans.set_spans(bands)
        labelled = visible if len(visible) <= _LABEL_LIMIT else []
        numbers = self._label(labelled, now, scale, pixels)
        if self._spectrogram is not None and self.spectrum.isVisible():
            over = None if self.wave.isVisible() else numbers
            most = max(200, round(self._view.width()))
            self.spectrum_row.show(self._spectrogram, (start, min(end, until)), most, bands, over)

    def _draw_waveform(self, waveform: WaveformView, start: float, end: float) -> float:
        times, low, high = waveform.columns(start, end, max(200, self.width()))
        self._envelope.set_data(times, low, high)
        peak = float(max(high.max(), -low.min())) if len(times) else 0.0
        scale = next((s for s in _SCALES if s >= peak * 1.02), 1.0)
        if abs(self.wave.getViewBox().viewRange()[1][0] + scale) > 1e-9:
            self.wave.setYRange(-scale, _HEADROOM * scale, padding=0)
            half = scale / 2
            ticks = [(-half, f"−{half:g}"), (0, "0"), (half, f"{half:g}")]
            self.wave.getAxis("left").setTicks([ticks])
        return scale

    def _draw_curves(self, rows: np.ndarray) -> None:
        for i, name in enumerate(EMOTIONS):
            self.curves[name].setData(rows[:, 0], rows[:, 1 + i])
        self.gender_curve.setData(rows[:, 0], rows[:, 1 + len(EMOTIONS)])

    def _draw_results(self, results: list[Utterance]) -> None:
        x = np.array([t for u in results for t in (u.start, u.end)], np.float64)
        readings = [u.reading for u in results if u.reading is not None]
        for i, name in enumerate(EMOTIONS):
            y = np.array([r.emotions[i] for r in readings], np.float64)
            self.finals[name].setData(x, np.repeat(y, 2))
        y = np.array([r.female for r in readings], np.float64)
        self.gender_final.setData(x, np.repeat(y, 2))

    def _bands(
        self, visible: list[Utterance], now: float, selected: int | None, pixels: float
    ) -> list[Span]:
        """Shaded stretches; what would be closer than a pixel is joined."""
        bands: list[Span] = []
        for u in visible:
            end = now if u.end is None else u.end
            top = None
            if u.reading is not None and not u.reading.low_evidence:
                top = self._theme.emotion(u.reading.emotion)
            near = bands and (u.start - bands[-1][1]) * pixels < 1
            if near and u.number != selected and (end - u.start) * pixels < 3:
                bands[-1] = (bands[-1][0], end, *bands[-1][2:])
                continue
            bands.append((u.start, end, u.number == selected, top))
        return bands

    def _label(
        self, visible: list[Utterance], now: float, scale: float, pixels: float
    ) -> list[tuple[str, float, float, str]]:
        """Numbers over the waveform, names over the emotions; returns the numbers."""
        start, end = self.visible_range
        theme = self._theme
        numbers: list[tuple[str, float, float, str]] = []
        winners: list[tuple[str, float, float, str]] = []
        for u in visible:
            if u.reading is None and u.end is not None:
                continue
            x = max(u.start, start)
            room = (min(u.end or now, end) - x) * pixels - 10
            numbers.append((fitted(str(u.number), room), x, _HEADROOM * scale, theme.muted))
            if u.reading is not None:
                name = NOT_SURE if u.reading.low_evidence else u.reading.emotion
                winners.append((fitted(name, room), x, 1.15, theme.text))
        self._numbers.show(numbers)
        self._winners.show(winners)
        return numbers


def _curve(plot: pg.PlotItem, connect: str) -> pg.PlotCurveItem:
    """An empty curve; ``finite`` breaks at NaN, ``pairs`` draws single segments."""
    curve = pg.PlotCurveItem(connect=connect, skipFiniteCheck=connect == "pairs")
    plot.addItem(curve, ignoreBounds=True)
    return curve
