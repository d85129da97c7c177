"""What is drawn over time: waveform, emotions and voice, with the utterances behind them."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtGui import QColor, QResizeEvent

from ser_live.audio.spectrogram import Spectrogram
from ser_live.stacking import merged
from ser_live.ui.emotion_row import CURVES, TOPS, EmotionRow
from ser_live.ui.giving_way import EMOTION, STRIP, VOICE_ALONE
from ser_live.ui.plot_items import NOT_SURE, EnvelopeItem, Labels, Span, SpansItem, fitted
from ser_live.ui.spectrum_row import AUTO, BOTH, SpectrumRow, shown_strips
from ser_live.ui.theme import Theme
from ser_live.ui.time_plots import FOLLOW_SECONDS, TimePlots
from ser_live.ui.view_model import TimelineView, Utterance
from ser_live.ui.waveform_view import WaveformView

_SCALES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # full heights of the waveform
_HEADROOM = 1.4  # of the waveform, for the numbers of the utterances
_LABEL_LIMIT = 60
_MOST_SPANS = 300  # utterances, from which on they are shaded without looking at each
_STYLE_MARKS = {0.0: "0", 0.5: "50 %", 1.0: "100 %"}


class Plots(TimePlots):
    """The four plots."""

    def __init__(self, theme: Theme) -> None:
        rows = ("waveform", STRIP), ("spectrum", STRIP), ("emotion", EMOTION), ("voice", STRIP)
        super().__init__(rows, master=2)
        self.setAccessibleName("Waveform, spectrogram, emotions and voice over time")
        self.setAccessibleDescription(
            "Arrows move and zoom; the figures are in the table of utterances below"
        )
        self.wave, self.spectrum, self.emotion, self.gender = self.plots
        self.spectrum_row = SpectrumRow(self.spectrum, self.value_axes[1])
        self._spectrogram: Spectrogram | None = None
        self._note = ""
        self._strips = AUTO
        self._room_for_strips = True
        self._spans = [
            SpansItem(-1, _HEADROOM),
            SpansItem(0, TOPS[CURVES], strip=0.02),
            SpansItem(-0.2, 1.2),
        ]
        for plot, spans in zip((self.wave, self.emotion, self.gender), self._spans, strict=True):
            plot.addItem(spans, ignoreBounds=True)
        self._envelope = EnvelopeItem()
        self.wave.addItem(self._envelope, ignoreBounds=True)
        self.wave.setYRange(-1, _HEADROOM, padding=0)
        self.gender.setYRange(-0.2, 1.2, padding=0)
        self.value_axes[2].set_marks(list(_STYLE_MARKS.items()))
        self.value_axes[3].set_marks([(0, "male"), (0.5, "50 %"), (1, "female")])
        self.emotions = EmotionRow(self.emotion, self.gender)
        self.curves, self.finals = self.emotions.curves, self.emotions.finals
        self._numbers = Labels(self.wave, (0, 0))
        self._winners = Labels(self.emotion, (0, 0))
        self.set_style(CURVES)
        self.labels = (self._numbers, self._winners, self.spectrum_row.numbers)
        self.set_theme(theme)
        self.reset()

    def reset(self, spectrogram: Spectrogram | None = None, note: str = "") -> None:
        """Empty plots, following.

        Args:
            spectrogram: of the session that comes, which may grow.
            note: why there is none; shown in its place.
        """
        self.take_spectrogram(spectrogram, note)
        empty = np.zeros(0)
        self._envelope.set_data(empty, empty, empty)
        self.emotions.clear()
        for spans in self._spans:
            spans.set_spans([])
        self._numbers.show([])
        self._winners.show([])
        self.set_cursor(None)
        self.span = FOLLOW_SECONDS
        self.set_follow(True)
        self._set_range(0.0, FOLLOW_SECONDS)

    def take_spectrogram(self, spectrogram: Spectrogram | None, note: str = "") -> None:
        """As :meth:`reset`, but all else stays as it is."""
        self._spectrogram, self._note = spectrogram, note
        self.spectrum_row.clear(spectrogram, note)
        self._arrange()

    @property
    def column(self) -> float:
        """Width of the means that are drawn, s; 0 where the estimates themselves are."""
        return self.emotions.column

    def set_style(self, style: str) -> None:
        """Draw the emotions as ``curves`` or ``stacked``."""
        self.emotions.set_style(style)
        self._top = TOPS[style]
        self.emotion.setYRange(0, self._top, padding=0)
        self._spans[1].set_high(self._top)

    def set_strips(self, choice: str) -> None:
        """What stands above the emotions, a key of ``STRIPS``."""
        self._strips = choice
        self._arrange()

    @property
    def strips_chosen(self) -> int:
        """How many strips the user wants above the emotions; 0 where that is left to the room."""
        return {AUTO: 0, BOTH: 2}.get(self._strips, 1)

    def set_room_for_strips(self, room: bool) -> None:
        """Whether there is room for a strip that nobody has asked for."""
        if room != self._room_for_strips:
            self._room_for_strips = room
            self._arrange()

    def _arrange(self) -> None:
        there = self._spectrogram is not None or bool(self._note)
        wave, spectrum = shown_strips(self._strips, self.height(), there)
        room = self._room_for_strips or self._strips != AUTO
        self.show_row(0, room and (wave or bool(self._note)))
        self.show_row(1, room and spectrum)
        self.ci.layout.setRowStretchFactor(3, self._heights[3] if room else VOICE_ALONE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's."""
        super().resizeEvent(event)
        if hasattr(self, "_strips"):  # pyqtgraph's constructor gets here too
            self._arrange()

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self.setBackground(theme.panel)
        self.set_axis_colours(theme.border, theme.muted, theme.grid)
        for spans in self._spans:
            spans.set_colours(theme.shade, theme.selected, theme.border)
        self._envelope.set_colour(theme.wave)
        self.spectrum_row.set_theme(theme)
        for cursor in self._cursors:
            cursor.setPen(QColor(theme.recording))
        self.emotions.set_theme(theme)

    def set_visible_emotions(self, names: set[str]) -> None:
        """Draw these emotions only."""
        self.emotions.set_names(names)

    @property
    def complete(self) -> bool:
        """Whether all that is visible was drawn; else draw again."""
        return self.spectrum_row.complete

    @property
    def spectrum_seconds(self) -> float:
        """How much spectrogram there is, s."""
        store = self._spectrogram
        return 0.0 if store is None else len(store) / store.frames_per_second

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
        self.take_move()
        start, end = self.visible_range
        scale = self._draw_waveform(waveform, start, min(end, until))
        pixel = self.pixel
        visible = timeline.visible(start, end)
        results = [u for u in visible if u.reading is not None and u.end is not None]
        self.emotions.show(timeline, (start, end), pixel, results)
        if len(visible) > _MOST_SPANS:
            bands = self._thin(timeline, visible[-1], now, selected, pixel)
        else:
            bands = self._bands(visible, now, selected, 1 / pixel)
        for spans in self._spans:
            spans.set_spans(bands)
        labelled = visible if len(visible) <= _LABEL_LIMIT else []
        numbers = self._label(labelled, now, scale, 1 / pixel)
        if self.spectrum.isVisible():
            over = None if self.wave.isVisible() else numbers
            most = max(200, round(self._view.width()))
            self.spectrum_row.show((start, min(end, until)), most, bands, over)

    def _draw_waveform(self, waveform: WaveformView, start: float, end: float) -> float:
        times, low, high = waveform.columns(start, end, max(200, self.width()))
        self._envelope.set_data(times, low, high)
        peak = float(max(high.max(), -low.min())) if len(times) else 0.0
        scale = next((s for s in _SCALES if s >= peak * 1.02), 1.0)
        if abs(self.wave.getViewBox().viewRange()[1][0] + scale) > 1e-9:
            self.wave.setYRange(-scale, _HEADROOM * scale, padding=0)
            half = scale / 2
            ticks = [(-half, f"−{half:g}"), (0, "0"), (half, f"{half:g}")]
            self.value_axes[0].set_marks(ticks)
        return scale

    def _thin(
        self,
        timeline: TimelineView,
        last: Utterance,
        now: float,
        selected: int | None,
        pixel: float,
    ) -> list[Span]:
        """Of thousands of utterances, where there is speech; what is selected lies above."""
        spans = timeline.far.spoken(*self.visible_range)
        if last.end is None:
            spans = np.vstack([spans, (last.start, now)])
        bands: list[Span] = [(a, b, False, None) for a, b in merged(spans, pixel).tolist()]
        chosen = None if selected is None else timeline.numbered(selected)
        if chosen is not None:
            bands.append((chosen.start, chosen.end or now, True, None))
        return bands

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
                winners.append((fitted(name, room), x, self._top - 0.01, theme.text))
        self._numbers.show(numbers)
        self._winners.show(winners)
        return numbers
