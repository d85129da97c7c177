"""From a source to a timeline, Qt-free.

:func:`analyze` runs to the end in the calling thread.  :class:`Session` does the same with two
threads, one that listens and one that classifies, and drops provisional windows rather than fall
behind a live source.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ser_live.audio.peaks import PeakStore
from ser_live.audio.sources import Source
from ser_live.audio.spectrogram import Spectrogram
from ser_live.config import Config
from ser_live.predictor import Predictor
from ser_live.recorder import Recorder, Segmentation, make_windower
from ser_live.speech.level import LevelMeter
from ser_live.speech.segmenter import UtteranceOpened
from ser_live.speech.windower import StreamEvent, Window
from ser_live.timeline import Timeline
from ser_live.window_queue import WindowQueue

#: Called with each block, which is not to be changed or kept, and the number of samples before it.
Tap = Callable[[np.ndarray, int], None]


def analyze(
    source: Source,
    predictor: Predictor,
    segment: Segmentation = "vad",
    progress: Callable[[float], None] | None = None,
    config: Config | None = None,
) -> tuple[Timeline, float]:
    """Analyse a source to its end.

    Args:
        source: what to read; closed afterwards.
        predictor: the model.
        segment: ``vad``, or ``whole`` to treat everything as one utterance.
        progress: called with the seconds read so far.
        config: the checkpoint's with values changed by
            :func:`ser_live.config_override.tune`; the checkpoint's for ``None``.

    Returns:
        The timeline, and the seconds read.

    Raises:
        AudioFileError: the source cannot be read.
        ConfigError: ``config`` contradicts what the network was trained with.
    """
    timeline = Timeline()
    recorder = Recorder(predictor, timeline, config)
    windower = make_windower(predictor, source.sample_rate, segment, config)
    try:
        for block in source.blocks():
            for event in windower.push(block):
                recorder.handle(event)
            if progress:
                progress(windower.time)
        for event in windower.flush():
            recorder.handle(event)
    finally:
        source.close()
    return timeline, windower.time


@dataclass(frozen=True)
class Stats:
    """Health of a session at one moment.

    Attributes:
        time: seconds of the source read.
        peak_db, rms_db: level of the last 0.1 s and 50 ms, dBFS.
        speaking: an utterance is open.
        queued: events waiting for the classifier.
        dropped: provisional windows dropped.
        vad_ms: resampling, voice activity and segmenting, per second of audio.
        features_ms, model_ms: of the last window.
        latency_ms: from a window's last sample to its result, the last one.
        noise_db: noise floor of the input, dBFS; ``None`` while it is not known.
        clipped_at: when the input clipped last, s of the source; ``None``: never.
    """

    time: float
    peak_db: float
    rms_db: float
    speaking: bool
    queued: int
    dropped: int
    vad_ms: float
    features_ms: float
    model_ms: float
    latency_ms: float
    noise_db: float | None = None
    clipped_at: float | None = None


class Session:
    """A running analysis with threads of its own.

    Args:
        source: what to listen to.
        predictor: the model.
        segment: ``vad`` or ``whole``.
        on_entry: called from the classifying thread after the timeline grew.
        config: as for :func:`analyze`.

    Raises:
        ConfigError: ``config`` contradicts what the network was trained with.
    """

    def __init__(
        self,
        source: Source,
        predictor: Predictor,
        segment: Segmentation = "vad",
        on_entry: Callable[[], None] | None = None,
        config: Config | None = None,
    ) -> None:
        self.source = source
        self.predictor = predictor
        self.config = config or predictor.config
        self.timeline = Timeline()
        self.waveform = PeakStore(source.sample_rate)
        self.spectrogram = Spectrogram(source.sample_rate)
        self.error: Exception | None = None
        self.latencies: deque[float] = deque(maxlen=10_000)
        self._on_entry = on_entry
        self._windower = make_windower(predictor, source.sample_rate, segment, config)
        self._recorder = Recorder(predictor, self.timeline, config)
        self._queue = WindowQueue(predictor.config.stream.max_queued_windows)
        self._tap: Tap | None = None
        self._samples = 0  # taken so far
        self._stop = threading.Event()
        self._meter = LevelMeter(source.sample_rate)
        self._busy = 0.0
        self._threads = [
            threading.Thread(target=self._guard, args=(work,), name=name, daemon=True)
            for name, work in (("ser-listen", self._listen), ("ser-classify", self._classify))
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    @property
    def running(self) -> bool:
        """Whether a thread is still at work."""
        return any(thread.is_alive() for thread in self._threads)

    @property
    def cut_short(self) -> bool:
        """Whether something was heard that was thrown away at a stop: the results end before it."""
        return self._queue.cut_short

    def stop(self, discard: bool = False, timeout: float | None = 10.0) -> None:
        """End the source, finish what was heard, and wait for the threads.

        Args:
            discard: throw waiting windows away instead of classifying them.
            timeout: seconds to wait for each thread.
        """
        self._stop.set()
        self.source.close()
        if discard:
            self._queue.close(discard=True)
        self.join(timeout)

    def join(self, timeout: float | None = None) -> None:
        """Wait until everything is read and classified."""
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout)

    def set_tap(self, tap: Tap | None) -> None:
        """Let ``tap`` hear every block from now on, in the listening thread; it must be quick."""
        self._tap = tap

    def stats(self) -> Stats:
        """Figures for the status line."""
        level = self._meter.level
        heard = self._windower.time
        timing = self.predictor.timing
        return Stats(
            heard,
            level.peak_db,
            level.rms_db,
            self._windower.speaking,
            len(self._queue),
            self._queue.dropped,
            1e3 * self._busy / max(heard, 1e-3),
            1e3 * timing.features,
            1e3 * timing.model,
            1e3 * self.latencies[-1] if self.latencies else 0.0,
            level.noise_db,
            level.clipped_at,
        )

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # shown by whoever owns the session; a thread has no caller
            self.error = self.error or error
            self._stop.set()
            self.source.close()
            self._queue.close(discard=True)

    def _listen(self) -> None:
        try:
            # A late reader gets seconds at once: in parts, so that a stop is never far away.
            step = max(1, self.source.sample_rate // 4)
            for block in self.source.blocks():
                for at in range(0, len(block), step):
                    if self._stop.is_set():
                        break
                    self._take(block[at : at + step])
                if self._stop.is_set():
                    break
            began = time.perf_counter()
            self._forward(self._windower.flush(), began)
        finally:
            self._queue.close()

    def _take(self, block: np.ndarray) -> None:
        began = time.perf_counter()
        if (tap := self._tap) is not None:
            tap(block, self._samples)
        self._samples += len(block)
        self.waveform.push(block)
        self._meter.push(block)
        events = self._windower.push(block)
        self._busy += time.perf_counter() - began
        self._forward(events, began)
        # Last, because nothing but the eye waits for it.
        self.spectrogram.push(block)

    def _forward(self, events: list[StreamEvent], arrived: float) -> None:
        for event in events:
            if isinstance(event, UtteranceOpened):
                came = arrived
            else:
                # The last sample came before the newest one by the difference of their times.
                came = arrived - (self._windower.time - event.end)
            self._queue.put(event, came, wait=not self.source.live)

    def _classify(self) -> None:
        while (item := self._queue.get()) is not None:
            event, arrived = item
            self._recorder.handle(event)
            if isinstance(event, Window) and not event.final:
                self.latencies.append(time.perf_counter() - arrived)
            if self._on_entry:
                self._on_entry()
