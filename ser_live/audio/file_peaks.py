"""The waveform of a whole file, computed beside everything else: rough at once, then exact.

First short samples at ever denser places, so that hours are there within a second or two; then
the file from its start to its end.  Memory depends on the length only: 3 to 6 MB an hour.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

import numpy as np
import soundfile as sf

from ser_live.audio.peaks import PeakStore
from ser_live.audio.playable import Playable
from ser_live.errors import SerLiveError

log = logging.getLogger(__name__)

#: Fine bins in one coarse bin, half a second.
COARSE = 50
_ROUGH_SECONDS = 1.5  # for the rough picture
_FEWEST_PLACES = 400  # or more, on a machine that is too busy for this many
_MOST_SECONDS = 6.0
_ROUGH_PLACES = 1200  # about as many as the screen has columns
_SHORT = 120.0  # s: shorter ones are read to their end at once


class FilePeaks:
    """Minimum and maximum per bin of all of a sound; any readers.

    Args:
        sound: what to read.
        seconds: its length; 0 where it is not known.

    Attributes:
        seconds: length, s; exact once ``complete``.
        rough: there is something to see everywhere.
        sampled: all places were looked at: what follows is exact.
        complete: every bin is exact.
        version: changes whenever a bin has.
    """

    def __init__(self, sound: Playable, seconds: float) -> None:
        self._sound = sound
        self.seconds = seconds
        self.rough = self.sampled = self.complete = False
        self.version = 0
        self._store = PeakStore(sound.sample_rate)
        self.bins_per_second = self._store.bins_per_second
        count = max(1, -(-int(seconds * self.bins_per_second) // COARSE))
        self._low = np.zeros(count, np.float32)
        self._high = np.zeros(count, np.float32)
        self._exact = 0  # coarse bins from the start that are exact
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ser-peaks", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def close(self, timeout: float | None = 5.0) -> None:
        """Stop reading; may block shortly."""
        self._closed.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def __len__(self) -> int:
        if self.rough and not self.complete:
            return len(self._low) * COARSE
        return len(self._store)

    def get(self, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """(n,) float32 minima and maxima of fine bins ``start … end``, copied; in part rough."""
        start, end = max(0, start), max(0, min(end, len(self)))
        low, high = self._store.get(start, end)
        if start + len(low) < end:
            where = np.arange(start + len(low), end) // COARSE
            with self._lock:
                low = np.concatenate([low, self._low[where]])
                high = np.concatenate([high, self._high[where]])
        return low, high

    def get_coarse(self, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """(n,) float32 minima and maxima of coarse bins, ``COARSE`` fine ones each."""
        with self._lock:
            there = len(self._low) if self.rough else self._exact
            start, end = max(0, start), max(0, min(end, there))
            return self._low[start:end].copy(), self._high[start:end].copy()

    # -- the thread

    def _run(self) -> None:
        try:
            if self.seconds > _SHORT:
                self._sample()
            self.sampled = True
            self._fill()
        except (SerLiveError, sf.LibsndfileError, OSError) as error:
            # Playing and analysing read the same file and say what is wrong with it.
            log.warning("%s: the waveform stays rough: %s", self._sound.path, error)

    def _sample(self) -> None:
        """Look at places spread evenly, ever more densely."""
        began = time.monotonic()
        places: list[int] = []
        for place in spread(len(self._low), _ROUGH_PLACES):
            most = _ROUGH_SECONDS if len(places) >= _FEWEST_PLACES else _MOST_SECONDS
            if self._closed.is_set() or time.monotonic() - began > most:
                break
            if (got := self._look_at(place)) is None:
                continue
            places.append(place)
            with self._lock:
                self._low[place], self._high[place] = got
            if len(places) >= 32 and len(places).bit_count() == 1:  # 32, 64, 128 …
                self._spread_out(places)
        self._spread_out(places)

    def _look_at(self, place: int) -> tuple[float, float] | None:
        block = next(self._sound.blocks(place * COARSE / self.bins_per_second), None)
        if block is None or not len(block):
            return None
        return float(block.min()), float(block.max())

    def _spread_out(self, places: list[int]) -> None:
        """Show between two places what was found at the first of them."""
        if not places:
            return
        known = np.array(sorted(places))
        at = np.searchsorted(known, np.arange(len(self._low)), side="right") - 1
        nearest = known[np.maximum(0, at)]
        with self._lock:
            self._low, self._high = self._low[nearest], self._high[nearest]
        self.rough = True
        self.version += 1

    def _fill(self) -> None:
        """Read everything from the start."""
        samples, told = 0, 0.0
        for block in self._sound.blocks():
            if self._closed.is_set():
                return
            self._store.push(block)
            samples += len(block)
            if time.monotonic() - told > 0.1:
                told = time.monotonic()
                self._refine()
                time.sleep(0.001)  # lets the other threads in
        self._refine()
        # A file that breaks off is shown as far as it goes.
        self.seconds = samples / self._sound.sample_rate
        with self._lock:
            self._low, self._high = self._low[: self._exact], self._high[: self._exact]
            rest = self._store.get(self._exact * COARSE, len(self._store))
            if len(rest[0]):
                self._low = np.append(self._low, rest[0].min())
                self._high = np.append(self._high, rest[1].max())
        self.rough = self.complete = True
        self.version += 1

    def _refine(self) -> None:
        """Coarse bins from the fine ones that have come."""
        whole = len(self._store) // COARSE
        if whole <= self._exact:
            return
        low, high = self._store.get(self._exact * COARSE, whole * COARSE)
        low, high = low.reshape(-1, COARSE).min(1), high.reshape(-1, COARSE).max(1)
        with self._lock:
            if whole > len(self._low):  # longer than it was said to be
                missing = np.zeros(whole - len(self._low), np.float32)
                self._low = np.concatenate([self._low, missing])
                self._high = np.concatenate([self._high, missing])
            self._low[self._exact : whole], self._high[self._exact : whole] = low, high
            self._exact = whole
        self.version += 1


def spread(count: int, most: int) -> Iterator[int]:
    """Numbers below ``count``, evenly spread at every moment, each once, about ``most``.

    The van der Corput sequence: the bits of 0, 1, 2 … read backwards as a fraction.

    >>> list(spread(8, 8))
    [0, 4, 2, 6, 1, 5, 3, 7]
    """
    seen: set[int] = set()
    for i in range(most):
        bits, share = i, 0.0
        weight = 0.5
        while bits:
            share += weight * (bits & 1)
            bits, weight = bits >> 1, weight / 2
        place = int(share * count)
        if place not in seen:
            seen.add(place)
            yield place
