"""A saved session in the place of a running one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ser_live.audio.sources import Source
from ser_live.ready import Ready
from ser_live.sessions.reader import SavedSession

if TYPE_CHECKING:
    from ser_live.pipeline import Stats


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
    """What the window needs of :class:`ser_live.pipeline.Session`, without threads or a model.

    To be made off the UI thread: the first one imports torch.

    Args:
        saved: what was read from a session file.
    """

    running = False
    error: Exception | None = None

    def __init__(self, saved: SavedSession) -> None:
        self.saved = saved
        self.duration = saved.duration
        self.source: Source = _SavedSource(saved)
        self.timeline = saved.timeline
        self.waveform = saved.waveform
        # Imported here, so that asking whether something is a replay costs nothing.
        from ser_live.pipeline import Stats

        # The length; no level, no load.
        self._stats = Stats(saved.duration, -100.0, -100.0, False, 0, 0, 0.0, 0.0, 0.0, 0.0)

    @property
    def model_name(self) -> str:
        """Of the checkpoint that the results come from."""
        return self.saved.facts.model

    def stats(self) -> Stats:
        """The figures of a session that rests."""
        return self._stats
