"""A sound file that is shown and played before there is a model; its analysis follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ser_live.audio.peaks import PeakStore
from ser_live.ready import Ready

if TYPE_CHECKING:
    from ser_live.audio.sources import Source
    from ser_live.pipeline import Session
    from ser_live.predictor import Predictor

_RATE = 16_000  # Hz, of a store that stays empty: the waveform is the player's


@dataclass(frozen=True)
class EarlyStats:
    """The figures of :class:`ser_live.pipeline.Stats` that there are, without importing torch."""

    time: float = 0.0  # s, analysed
    queued: int = 0
    dropped: int = 0


class NoResults:
    """In the place of :class:`ser_live.timeline.Timeline`, whose import takes torch's time."""

    def since(self, index: int, limit: int | None = None) -> list[Any]:
        """Nothing."""
        return []

    def utterances(self) -> list[Any]:
        """None."""
        return []


class Early(Ready):
    """In the place of a session until the model is loaded.

    Args:
        source: what the analysis will read; closed here if it never begins.
        later: gives the analysis instead, where somebody else does it; may block.

    Attributes:
        asked: ``later`` was called already.
        successor: the analysis that took its place.
    """

    over = False
    running = True  # not complete: nothing to save yet
    error: Exception | None = None
    spectrogram = None
    timeline = NoResults()

    def __init__(
        self, source: Source | None = None, later: Callable[[], Ready] | None = None
    ) -> None:
        self._source, self.later = source, later
        self.waveform = PeakStore(_RATE)
        self.asked = False
        self.successor: Session | Ready | None = None

    @property
    def model_name(self) -> str:
        """None yet."""
        return ""

    def analysis(self, make: Callable[[Source, Predictor], Session], model: Predictor) -> Session:
        """The session that takes over the source; only where there is one.

        Raises:
            ConfigError: as ``make``; the source is closed with this then.
        """
        assert self._source is not None
        session = make(self._source, model)
        self._source = None
        return session

    def stop(self, discard: bool = False, timeout: float | None = None) -> None:
        """Close what no analysis has taken."""
        source, self._source = self._source, None
        if source is not None:
            source.close()

    def stats(self) -> EarlyStats:
        """Nothing is analysed."""
        return EarlyStats()
