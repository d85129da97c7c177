"""A spectrogram of hours in as many columns as a screen has, computed once a tile."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from ser_live.audio.spectrogram import BANDS, Spectrogram

_TILE = 128  # columns
_MOST_TILES = 2048  # 16 MB
#: Frames looked at in one call: 12 MB, a few milliseconds; the rest is for the next one.
_MOST_FRAMES = 200_000


class _Tile:
    """So many columns of one width, the first ones filled."""

    def __init__(self) -> None:
        self.columns = np.zeros((_TILE, BANDS), np.uint8)
        self.filled = 0


class SpectrogramTiles:
    """Reads a spectrogram in columns of 1, 2, 4 … frames, each the maximum of its frames.

    The maximum, because the frames in between would be missed: a syllable is shorter than a column
    of an hour.  Complete columns are kept.

    Args:
        store: grows meanwhile.
    """

    def __init__(self, store: Spectrogram) -> None:
        self.store = store
        self._tiles: OrderedDict[tuple[int, int], _Tile] = OrderedDict()

    def read(self, start: float, end: float, most: int) -> tuple[np.ndarray, float, float, bool]:
        """The columns between two times (s), about ``most / 2 … most`` of them.

        Returns:
            (n, 64) uint8; the time (s) that the first one begins at; seconds a column; whether
            that is all: else the rest has still to be computed, and comes with the next call.
        """
        rate = self.store.frames_per_second
        step = 1
        while (end - start) * rate > step * most:
            step *= 2
        first = max(0, int(start * rate) // step)
        stop = min(len(self.store) // step, int(end * rate) // step + 2)
        parts, left, complete = [], _MOST_FRAMES, True
        for number in range(first // _TILE, -(-stop // _TILE) if stop > first else 0):
            tile = self._tile(step, number)
            wanted = min(_TILE, stop - number * _TILE)
            left = self._fill(tile, step, number, wanted, left)
            begin = max(0, first - number * _TILE)
            parts.append(tile.columns[begin : min(tile.filled, wanted)])
            if tile.filled < wanted:
                complete = False
                break
        columns = np.concatenate(parts) if parts else np.zeros((0, BANDS), np.uint8)
        return columns, first * step / rate, step / rate, complete

    def _tile(self, step: int, number: int) -> _Tile:
        tile = self._tiles.pop((step, number), None) or _Tile()
        self._tiles[step, number] = tile  # the last one used
        if len(self._tiles) > _MOST_TILES:
            self._tiles.popitem(last=False)
        return tile

    def _fill(self, tile: _Tile, step: int, number: int, wanted: int, left: int) -> int:
        """Compute columns up to ``wanted``, at most ``left`` frames of them; what is left then."""
        stop = min(wanted, tile.filled + max(0, left) // step)
        if stop <= tile.filled:
            return left if wanted <= tile.filled else 0
        begin = number * _TILE + tile.filled
        frames = self.store.get(begin * step, (number * _TILE + stop) * step)
        pooled = frames.reshape(stop - tile.filled, step, BANDS).max(axis=1)
        tile.columns[tile.filled : stop] = pooled
        tile.filled = stop
        return left - len(frames)
