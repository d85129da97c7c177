"""The spectrogram among the plots: only what is visible is fetched and drawn."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF

from ser_live.audio.spectrogram import BANDS, Spectrogram, band_of
from ser_live.ui.plot_items import Labels, Span, SpansItem
from ser_live.ui.theme import Theme

WAVEFORM, SPECTROGRAM, BOTH, AUTO = "waveform", "spectrogram", "both", "auto"
#: What stands above the emotions, as the menu calls it.
STRIPS = {
    AUTO: "Both where there is room",
    WAVEFORM: "Waveform",
    SPECTROGRAM: "Spectrogram",
    BOTH: "Waveform and spectrogram",
}
_ROOM = 400  # pixels of all plots, from which on there is room for both
_TICKS = ((500, "0.5"), (2000, "2"), (7500, "8 kHz"))
#: Top of the plot, with room for the marks of the utterances, and for their numbers too.
_TOP, _TOP_NUMBERED = 1.15 * BANDS, 1.4 * BANDS
# Little of speech is louder than −10 dBFS in one band, and a room is seldom below −70: the colours
# are spent between.
_DARKEST, _LIGHTEST = 32, 223


def shown_strips(choice: str, height: int, there: bool) -> tuple[bool, bool]:
    """Whether the waveform and whether the spectrogram is shown.

    Args:
        choice: a key of ``STRIPS``.
        height: of all plots, pixels.
        there: the session has a spectrogram.
    """
    if not there or choice == WAVEFORM:
        return True, False
    if choice == SPECTROGRAM:
        return False, True
    return True, choice == BOTH or height >= _ROOM


class SpectrumRow:
    """Image, marks of the utterances and their numbers in one plot.

    Args:
        plot: where to.
    """

    def __init__(self, plot: pg.PlotItem) -> None:
        self.image = pg.ImageItem(axisOrder="col-major")
        # Viridis: dark to light evenly, and readable for colour-blind people.
        steps = np.clip((np.arange(256) - _DARKEST) / (_LIGHTEST - _DARKEST), 0, 1)
        self.image.setLookupTable(pg.colormap.get("viridis").map(steps, mode="byte"))
        self._over = SpansItem(BANDS, _TOP, strip=2.5)
        self._edges = SpansItem(0, BANDS)
        self._edges.setZValue(10)
        for item in (self.image, self._over, self._edges):
            plot.addItem(item, ignoreBounds=True)
        self.numbers = Labels(plot, (0, 0))
        plot.setYRange(0, _TOP, padding=0)
        self._plot, self._top = plot, _TOP
        plot.getAxis("left").setTicks([[(band_of(hertz), text) for hertz, text in _TICKS]])
        plot.showGrid(x=False, y=False)
        self._drawn: object = None

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._over.set_colours(theme.shade, theme.selected, theme.border)
        self._edges.set_colours("#00FFFFFF", "#30FFFFFF", "#B0FFFFFF")

    def clear(self) -> None:
        """Show nothing."""
        self.image.clear()
        self._over.set_spans([])
        self._edges.set_spans([])
        self.numbers.show([])
        self._drawn = None

    def show(
        self,
        store: Spectrogram,
        view: tuple[float, float],
        most: int,
        spans: list[Span],
        numbers: list[tuple[str, float, float, str]] | None,
    ) -> None:
        """Draw what is visible.

        Args:
            store: the spectrogram, which grows meanwhile.
            view: the visible stretch, s.
            most: columns worth drawing.
            spans: utterances.
            numbers: labels for them; ``None`` where another plot has them.
        """
        rate = store.frames_per_second
        step = max(1, -(-int((view[1] - view[0]) * rate) // max(1, most)))
        # At fixed multiples of the step, so that a scrolling view does not flicker.
        first = max(0, int(view[0] * rate) // step * step)
        stop = min(len(store), int(view[1] * rate) + step + 1)
        if (first, stop, step) != self._drawn:
            self._drawn = (first, stop, step)
            frames = store.get(first, stop, step)
            if len(frames):
                self.image.setImage(frames, autoLevels=False, levels=(0, 255))
                self.image.setRect(QRectF(first / rate, 0, len(frames) * step / rate, BANDS))
            self.image.setVisible(len(frames) > 0)
        top = _TOP if numbers is None else _TOP_NUMBERED
        if top != self._top:
            self._top = top
            self._plot.setYRange(0, top, padding=0)
            self._over.set_high(top)
        self._over.set_spans(spans)
        self._edges.set_spans([(start, end, chosen, None) for start, end, chosen, _ in spans])
        self.numbers.show([(text, x, top, colour) for text, x, _, colour in numbers or []])
