"""From voice-activity frames to utterances, and from utterances to windows.

All times are seconds since the start of the stream.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from ser_live.config import SegmenterConfig, VadConfig
from ser_live.speech.vad import VadFrame

_EPS = 1e-6  # times are sums of frame lengths; compare them with a little slack


@dataclass(frozen=True)
class UtteranceOpened:
    """Someone began to speak."""

    utterance: int
    start: float


@dataclass(frozen=True)
class WindowCut:
    """A stretch to classify: ``final`` ones make the utterance's result."""

    utterance: int
    start: float
    end: float
    speech: float
    final: bool


@dataclass(frozen=True)
class UtteranceClosed:
    """An utterance ended; its final windows were cut just before."""

    utterance: int
    start: float
    end: float
    speech: float


SegmentEvent = UtteranceOpened | WindowCut | UtteranceClosed


def final_spans(start: float, end: float, window: float, hop: float) -> list[tuple[float, float]]:
    """Windows over an utterance: itself if it fits, else overlapping ones, the last at the end.

    >>> final_spans(0.0, 5.0, 3.0, 1.5)
    [(0.0, 3.0), (1.5, 4.5), (2.0, 5.0)]
    """
    if end - start <= window + _EPS:
        return [(start, end)]
    spans = []
    at = start
    while at + window < end - _EPS:
        spans.append((at, at + window))
        at += hop
    spans.append((end - window, end))
    return spans


class Segmenter:
    """Hysteresis, pre-roll and hangover over voice-activity frames.

    Feed :class:`VadFrame` objects in order; get events in order.  An utterance opens when enough
    of the last frames are proposed by webrtcvad and confirmed by silero-vad, closes after
    ``hangover`` seconds without speech or at ``max_utterance`` seconds, then at the quietest
    frame of its last ``split_search`` seconds, where the next one begins.
    """

    def __init__(
        self,
        config: SegmenterConfig | None = None,
        vad: VadConfig | None = None,
        window_seconds: float = 3.0,
    ) -> None:
        self.config = config or SegmenterConfig()
        self._vad = vad or VadConfig()
        self._step = self._vad.frame_seconds
        self._window = window_seconds
        self._recent: deque[VadFrame] = deque(maxlen=self.config.open_of_frames)
        self._open = False
        self._count = 0
        self._floor = 0.0  # no utterance starts before the last one's end
        self._start = 0.0
        # Of the open utterance: (frame start, is speech, level) since its start.
        self._frames: list[tuple[float, bool, float]] = []
        self._speech_frames = 0
        self._speech_end = 0.0
        self._next_provisional: float | None = None
        self._now = 0.0

    @property
    def speaking(self) -> bool:
        """Whether an utterance is open."""
        return self._open

    def push(self, frame: VadFrame) -> list[SegmentEvent]:
        """Take the next frame; return what it caused."""
        self._now = (frame.index + 1) * self._step
        self._recent.append(frame)
        if not self._open:
            return self._try_open()
        events: list[SegmentEvent] = []
        self._add(frame)
        events += self._provisional()
        if self._now - self._speech_end >= self.config.hangover - _EPS:
            events += self._close(min(self._speech_end + self.config.post_roll, self._now))
            self._recent.clear()
        elif self._now - self._start >= self.config.max_utterance - _EPS:
            events += self._split()
        return events

    def flush(self, end: float) -> list[SegmentEvent]:
        """The stream is over at ``end``: close what is open."""
        if not self._open:
            return []
        return self._close(min(self._speech_end + self.config.post_roll, max(end, self._now)))

    def _is_speech(self, frame: VadFrame) -> bool:
        return frame.probability >= self._vad.open_probability or (
            frame.proposed and frame.probability >= self._vad.keep_probability
        )

    def _add(self, frame: VadFrame) -> None:
        speech = self._is_speech(frame)
        self._frames.append((frame.index * self._step, speech, frame.level_db))
        if speech:
            self._speech_frames += 1
            self._speech_end = self._now

    def _try_open(self) -> list[SegmentEvent]:
        config = self.config
        proposed = sum(f.proposed for f in self._recent)
        confirmed = sum(f.probability >= self._vad.open_probability for f in self._recent)
        if proposed < config.open_frames or confirmed < config.confirm_frames:
            return []
        first = next(f for f in self._recent if f.proposed)
        start = max(self._floor, first.index * self._step - config.pre_roll, 0.0)
        self._begin(start)
        for frame in self._recent:
            if frame.index >= first.index:
                # silero-vad needs a moment to be sure: what webrtcvad proposed counts as speech.
                self._frames.append((frame.index * self._step, frame.proposed, frame.level_db))
                self._speech_frames += frame.proposed
        self._speech_end = self._now
        return [UtteranceOpened(self._count, start), *self._provisional()]

    def _begin(self, start: float) -> None:
        self._open = True
        self._count += 1
        self._start = start
        self._frames = []
        self._speech_frames = 0
        self._next_provisional = None

    def _speech_between(self, start: float, end: float) -> float:
        step = self._step
        return sum(
            max(0.0, min(at + step, end) - max(at, start))
            for at, speech, _ in self._frames
            if speech
        )

    def _provisional(self) -> list[SegmentEvent]:
        config = self.config
        if self._next_provisional is None:
            if self._speech_frames * self._step < config.first_provisional_speech - _EPS:
                return []
            self._next_provisional = self._now
        events: list[SegmentEvent] = []
        while self._next_provisional <= self._now + _EPS:
            end = self._next_provisional
            self._next_provisional += config.provisional_hop
            if end - self._speech_end > config.post_roll:
                continue  # a pause, perhaps the end: nothing new to say
            start = max(self._start, end - self._window)
            speech = self._speech_between(start, end)
            events.append(WindowCut(self._count, start, end, speech, False))
        return events

    def _close(self, end: float) -> list[SegmentEvent]:
        self._open = False
        self._floor = end
        speech = self._speech_between(self._start, end)
        events: list[SegmentEvent] = []
        if speech >= self.config.min_utterance_speech - _EPS:
            for at, to in final_spans(self._start, end, self._window, self.config.final_hop):
                events.append(WindowCut(self._count, at, to, self._speech_between(at, to), True))
        events.append(UtteranceClosed(self._count, self._start, end, speech))
        return events

    def _split(self) -> list[SegmentEvent]:
        """Close an endless utterance at its quietest recent frame and go on from there."""
        earliest = self._now - self.config.split_search
        late = [entry for entry in self._frames if entry[0] >= earliest]
        at = min(late, key=lambda entry: entry[2])[0] + self._step / 2
        frames = self._frames
        events = self._close(at)
        self._begin(at)
        self._frames = [entry for entry in frames if entry[0] >= at - self._step]
        self._speech_frames = sum(speech for start, speech, _ in self._frames if start >= at)
        return [*events, UtteranceOpened(self._count, at), *self._provisional()]
