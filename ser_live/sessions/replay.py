"""A saved session in the place of a running one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ser_live.audio.sources import Source
from ser_live.audio.spectrogram import Spectrogram
from ser_live.ready import Ready
from ser_live.sessions.reader import SavedSession

if TYPE_CHECKING:
    from ser_live.pipeline import Stats


_PAUSE = 0.002  # s


class _SavedSource(Source):
    """The recorded sound as a source, nothing where it was not kept."""

    def __init__(self, saved: SavedSession) -> None:
        self.name = saved.facts.source
        self.sample_rate = saved.facts.sample_rate
        self.duration = saved.duration
        self._audio = saved.audio

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield the sound."""
        if self._audio is not None:
            yield from self._audio.blocks()


class Replay(Ready):
    """What the window needs of :class:`ser_live.pipeline.Session`, without a model.

    To be made off the UI thread: the first one imports torch.

    Args:
        saved: what was read from a session file.

    Attributes:
        spectrogram: grows after :meth:`start`, some hundred times faster than the sound was;
            ``None`` where the sound was not kept.
        error: why the sound cannot be read.
    """

    running = False
    error: Exception | None = None

    def __init__(self, saved: SavedSession) -> None:
        self.saved = saved
        self.duration = saved.duration
        self.source: Source = _SavedSource(saved)
        self.timeline = saved.timeline
        self.waveform = saved.waveform
        self._audio = saved.audio
        self.spectrogram = None if saved.audio is None else Spectrogram(saved.audio.sample_rate)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="ser-spectrogram", daemon=True)
        # Imported here, so that asking whether something is a replay costs nothing.
        from ser_live.pipeline import Stats

        # The length; no level, no load.
        self._stats = Stats(saved.duration, -100.0, -100.0, False, 0, 0, 0.0, 0.0, 0.0, 0.0)

    @property
    def model_name(self) -> str:
        """Of the checkpoint that the results come from."""
        return self.saved.facts.model

    def start(self) -> None:
        """Begin with what is not in the file: the spectrogram."""
        if self.spectrogram is not None:
            self._thread.start()

    def stop(self, discard: bool = False, timeout: float | None = None) -> None:
        """End the work on the spectrogram."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _listen(self) -> None:
        assert self._audio is not None and self.spectrogram is not None
        try:
            for block in self._audio.blocks():
                if self._stop.is_set():
                    return
                self.spectrogram.push(block)
                # A breath: whoever draws waits for the interpreter.
                self._stop.wait(_PAUSE)
        except Exception as error:  # shown by whoever owns the session; a thread has no caller
            self.error = error

    def stats(self) -> Stats:
        """The figures of a session that rests."""
        return self._stats
