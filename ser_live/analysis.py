"""The analysis of one file, a block at a time, and afterwards its results."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from ser_live.audio.peaks import PeakStore
from ser_live.audio.sources import Source
from ser_live.audio.spectrogram import Spectrogram
from ser_live.config import Config
from ser_live.pipeline import Stats
from ser_live.predictor import Predictor
from ser_live.ready import Ready
from ser_live.recorder import Recorder, Segmentation, make_windower
from ser_live.timeline import Timeline


class Analysis(Ready):
    """What :class:`ser_live.pipeline.Session` does, without threads: whoever owns it drives it.

    Between two blocks it can wait for as long as its owner likes.  When it is over, it lets go of
    everything but the results.  One thread may call :meth:`advance`; the rest is for any thread.

    Args:
        source: what to read.
        predictor: the model.
        config: as for :func:`ser_live.pipeline.analyze`.
        segment: ``vad``, or ``whole`` to treat everything as one utterance.

    Raises:
        ConfigError: ``config`` contradicts what the network was trained with.

    Attributes:
        timeline, waveform, spectrogram: the results, growing.
        over: nothing more will come.
        duration: seconds read so far.
        error: why it ended early.
    """

    def __init__(
        self,
        source: Source,
        predictor: Predictor,
        config: Config | None = None,
        segment: Segmentation = "vad",
    ) -> None:
        self.source = source
        self.predictor = predictor
        self.config = config or predictor.config
        self.timeline = Timeline()
        self.waveform = PeakStore(source.sample_rate)
        self.spectrogram = Spectrogram(source.sample_rate)
        self.over = False
        self.duration = 0.0
        self.error: Exception | None = None
        self._windower = make_windower(predictor, source.sample_rate, segment, config)
        self._recorder = Recorder(predictor, self.timeline, config)
        self._blocks: Iterator[np.ndarray] = source.blocks()
        self._busy = 0.0
        self._held = False

    @property
    def model_name(self) -> str:
        """Of the checkpoint that the results come from."""
        return self.predictor.checkpoint.name

    @property
    def running(self) -> bool:
        """Whether more is to be expected."""
        return not self.over and not self._held

    def hold(self, on: bool) -> None:
        """Let the window know that nobody goes on with it for now."""
        self._held = on

    def advance(self) -> bool:
        """Analyse the next block, of up to a second; tell whether there is more.

        Raises:
            AudioFileError: the source cannot be read (any more); it is kept in ``error``.
        """
        if self.over:
            return False
        try:
            block = next(self._blocks, None)
            if block is not None:
                self._take(block)
                return True
            for event in self._windower.flush():
                self._recorder.handle(event)
        except Exception as error:
            self.error = error
            self._end()
            raise
        self._end()
        return False

    def _take(self, block: np.ndarray) -> None:
        self.waveform.push(block)
        self.spectrogram.push(block)
        began = time.perf_counter()
        events = self._windower.push(block)
        self._busy += time.perf_counter() - began
        for event in events:
            self._recorder.handle(event)
        self.duration = self._windower.time

    def _end(self) -> None:
        self.source.close()
        self.over = True
        # The voice activity detector and half a minute of sound, for each file of a long list.
        del self._windower, self._recorder, self._blocks

    def stats(self) -> Stats:
        """Figures for the status line; a file has no level."""
        timing = self.predictor.timing
        return Stats(
            self.duration,
            -100.0,
            -100.0,
            False,
            0,
            0,
            1e3 * self._busy / max(self.duration, 1e-3),
            1e3 * timing.features,
            1e3 * timing.model,
            0.0,
        )
