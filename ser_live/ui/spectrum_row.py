"""The spectrogram among the plots: only what is visible is fetched and drawn."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF

from ser_live.audio.spectrogram import BANDS, Spectrogram, band_of
from ser_live.audio.spectrogram_tiles import SpectrogramTiles
from ser_live.ui.axes import ValueAxis
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
        axis: its left one.

    Attributes:
        complete: all that is visible is drawn; else the rest comes with the next pictures.
    """

    def __init__(self, plot: pg.PlotItem, axis: ValueAxis) -> None:
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
        self._axis = axis
        self._note = pg.TextItem("", anchor=(0.5, 0.5))
        self._note.setVisible(False)
        plot.addItem(self._note, ignoreBounds=True)
        self._tiles: SpectrogramTiles | None = None
        self._drawn: object = None
        self.complete = True

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._over.set_colours(theme.shade, theme.selected, theme.border)
        self._note.setColor(theme.muted)
        self._edges.set_colours("#00FFFFFF", "#30FFFFFF", "#B0FFFFFF")

    def clear(self, store: Spectrogram | None, note: str) -> None:
        """Show nothing yet of a session.

        Args:
            store: its spectrogram, which may grow.
            note: why there is none.
        """
        self._tiles = None if store is None else SpectrogramTiles(store)
        self.image.clear()
        self._over.set_spans([])
        self._edges.set_spans([])
        self.numbers.show([])
        self._note.setText(note)
        self._note.setVisible(bool(note))
        ticks = () if note else _TICKS
        self._axis.set_marks([(band_of(hertz), text) for hertz, text in ticks])
        self._drawn = None
        self.complete = True

    def show(
        self,
        view: tuple[float, float],
        most: int,
        spans: list[Span],
        numbers: list[tuple[str, float, float, str]] | None,
    ) -> None:
        """Draw what is visible.

        Args:
            view: the visible stretch, s.
            most: columns worth drawing.
            spans: utterances.
            numbers: labels for them; ``None`` where another plot has them.
        """
        if self._tiles is not None:
            self._draw(self._tiles, view, most)
        else:
            (start, end), _ = self._plot.getViewBox().viewRange()
            self._note.setPos((start + end) / 2, BANDS / 2)
        top = _TOP if numbers is None else _TOP_NUMBERED
        if top != self._top:
            self._top = top
            self._plot.setYRange(0, top, padding=0)
            self._over.set_high(top)
        self._over.set_spans(spans)
        edges = spans if self._tiles is not None else []
        self._edges.set_spans([(start, end, chosen, None) for start, end, chosen, _ in edges])
        self.numbers.show([(text, x, top, colour) for text, x, _, colour in numbers or []])

    def _draw(self, tiles: SpectrogramTiles, view: tuple[float, float], most: int) -> None:
        columns, begin, width, self.complete = tiles.read(*view, most)
        if (len(columns), begin, width) == self._drawn:
            return
        self._drawn = (len(columns), begin, width)
        if len(columns):
            self.image.setImage(columns, autoLevels=False, levels=(0, 255))
            self.image.setRect(QRectF(begin, 0, len(columns) * width, BANDS))
        self.image.setVisible(len(columns) > 0)
