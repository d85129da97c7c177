"""From raw samples to windows of audio: resampling, voice activity and segmenter in one object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ser_live.audio.resample import StreamingResampler
from ser_live.audio.ring_buffer import History
from ser_live.config import Config
from ser_live.speech.segmenter import (
    Segmenter,
    SegmentEvent,
    UtteranceClosed,
    UtteranceOpened,
    WindowCut,
)
from ser_live.speech.vad import VoiceActivity


@dataclass(frozen=True)
class Window:
    """Audio to classify.

    Attributes:
        utterance: number of the utterance it belongs to, from 1.
        start, end: seconds since the start of the stream.
        speech: seconds of it that are speech.
        final: it counts towards the utterance's result (else provisional).
        samples: (n,) float32 mono at the analysis rate, n at most a full window.
    """

    utterance: int
    start: float
    end: float
    speech: float
    final: bool
    samples: np.ndarray


StreamEvent = UtteranceOpened | Window | UtteranceClosed


class Windower:
    """Cut a mono stream into utterances and windows.

    The result depends on the samples alone, not on how they were cut into blocks.

    Args:
        config: the configuration of the model that will read the windows.
        sample_rate: rate of the input, Hz.
    """

    def __init__(self, config: Config, sample_rate: int) -> None:
        self.config = config
        self.sample_rate = sample_rate
        rate = config.audio.sample_rate
        block = config.stream.block_seconds
        self._to_analysis = StreamingResampler(sample_rate, rate, block)
        self._to_vad = StreamingResampler(sample_rate, config.vad.sample_rate, block)
        self._history = History(round(rate * config.stream.history_seconds))
        self._vad = VoiceActivity(config.vad)
        self._segmenter = Segmenter(config.segmenter, config.vad, config.audio.window_seconds)
        self._waiting: list[SegmentEvent] = []
        self._received = 0

    @property
    def time(self) -> float:
        """Seconds of input received."""
        return self._received / self.sample_rate

    @property
    def speaking(self) -> bool:
        """Whether an utterance is open."""
        return self._segmenter.speaking

    def push(self, samples: np.ndarray) -> list[StreamEvent]:
        """Take (n,) float32 samples at the input rate; return the events they completed."""
        out: list[StreamEvent] = []
        # Long inputs go through in parts, so that the history always holds what a window needs.
        step = self.sample_rate
        for i in range(0, len(samples), step):
            part = samples[i : i + step]
            self._received += len(part)
            self._history.push(self._to_analysis.push(part))
            self._segment(self._to_vad.push(part))
            out += self._ready()
        return out

    def flush(self) -> list[StreamEvent]:
        """The stream is over: close what is open and return the last events."""
        self._history.push(self._to_analysis.flush())
        self._segment(self._to_vad.flush())
        self._waiting += self._segmenter.flush(self.time)
        return self._ready(last=True)

    def _segment(self, samples: np.ndarray) -> None:
        for frame in self._vad.push(samples):
            self._waiting += self._segmenter.push(frame)

    def _ready(self, last: bool = False) -> list[StreamEvent]:
        rate = self.config.audio.sample_rate
        out: list[StreamEvent] = []
        while self._waiting:
            event = self._waiting[0]
            if isinstance(event, WindowCut):
                first, stop = round(event.start * rate), round(event.end * rate)
                stop = min(stop, first + self.config.audio.window_samples)
                if last:
                    stop = min(stop, self._history.end)
                if stop > self._history.end:
                    break  # the two resamplers differ in delay: wait for the audio
                samples = self._history.get(first, stop)
                out.append(
                    Window(
                        event.utterance, event.start, event.end, event.speech, event.final, samples
                    )
                )
            else:
                out.append(event)
            del self._waiting[0]
        return out


class WholeWindower:
    """Treat the whole stream as one utterance: overlapping final windows, no voice activity.

    Same interface as :class:`Windower`; ``speech`` of a window is its length.
    """

    def __init__(self, config: Config, sample_rate: int) -> None:
        self.config = config
        self.sample_rate = sample_rate
        rate = config.audio.sample_rate
        self._resampler = StreamingResampler(sample_rate, rate, config.stream.block_seconds)
        self._history = History(round(rate * config.stream.history_seconds))
        self._hop = round(config.segmenter.final_hop * rate)
        self._next = 0  # where the next full window starts
        self._received = 0

    @property
    def time(self) -> float:
        """Seconds of input received."""
        return self._received / self.sample_rate

    @property
    def speaking(self) -> bool:
        """Always: the whole stream counts as speech."""
        return True

    def push(self, samples: np.ndarray) -> list[StreamEvent]:
        """Take (n,) float32 samples at the input rate; return the events they completed."""
        out: list[StreamEvent] = []
        for i in range(0, len(samples), self.sample_rate):
            part = samples[i : i + self.sample_rate]
            if not self._received and len(part):
                out.append(UtteranceOpened(1, 0.0))
            self._received += len(part)
            self._history.push(self._resampler.push(part))
            size = self.config.audio.window_samples
            # One sample more than a window: the last window is anchored to the end, at flush.
            while self._history.end > self._next + size:
                out.append(self._cut(self._next, self._next + size))
                self._next += self._hop
        return out

    def flush(self) -> list[StreamEvent]:
        """The stream is over: cut the last window and close."""
        self._history.push(self._resampler.flush())
        end = self._history.end
        if not end:
            return []
        out: list[StreamEvent] = []
        size = self.config.audio.window_samples
        while end > self._next + size:
            out.append(self._cut(self._next, self._next + size))
            self._next += self._hop
        out.append(self._cut(max(0, end - size), end))
        duration = end / self.config.audio.sample_rate
        out.append(UtteranceClosed(1, 0.0, duration, duration))
        return out

    def _cut(self, first: int, stop: int) -> Window:
        rate = self.config.audio.sample_rate
        start, end = first / rate, stop / rate
        return Window(1, start, end, end - start, True, self._history.get(first, stop))
