"""Voice activity: webrtcvad proposes, silero-vad says how likely speech is."""

from __future__ import annotations

import contextlib
import warnings
import weakref
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import webrtcvad

from ser_live.config import VadConfig
from ser_live.speech.gain import FollowingGain

_SILERO_CHUNK = 512  # samples at 16 kHz; the model takes no other size


@dataclass(frozen=True)
class VadFrame:
    """What is known of one 30 ms frame.

    Attributes:
        index: frame number; the frame spans ``index`` … ``index + 1`` frame lengths.
        proposed: webrtcvad calls it voiced.
        probability: silero-vad's speech probability of the newest chunk that ends in the frame.
        level_db: RMS level before gain, dBFS.
    """

    index: int
    proposed: bool
    probability: float
    level_db: float


@contextlib.contextmanager
def _keep_torch_threads() -> Iterator[None]:
    """silero-vad sets torch to one thread when imported; undo that."""
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


#: Detectors whose owner is gone.  Loading one costs 20 ms and its first calls are slow.
_idle_detectors: deque[Any] = deque()


def _borrow_detector() -> Any:
    """A silero-vad model with fresh state, nobody else's."""
    try:
        detector = _idle_detectors.pop()
    except IndexError:
        with _keep_torch_threads(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import silero_vad

            detector = silero_vad.load_silero_vad()
    detector.reset_states()
    return detector


class VoiceActivity:
    """Streaming voice activity of a mono signal at 16 kHz.

    Each instance has models and state of its own; it is not for use by two threads at once.
    """

    def __init__(self, config: VadConfig | None = None) -> None:
        self.config = config or VadConfig()
        if self.config.sample_rate != 16_000:
            raise ValueError("voice activity runs at 16 kHz")
        self._frame = round(self.config.sample_rate * self.config.frame_seconds)
        self._webrtc = webrtcvad.Vad(self.config.webrtc_mode)
        self._silero = _borrow_detector()
        weakref.finalize(self, _idle_detectors.append, self._silero)
        self._gain = FollowingGain(self.config)
        self._pending = np.empty(0, np.float32)
        self._chunk = np.empty(0, np.float32)
        self._probability = 0.0
        self._index = 0

    def push(self, samples: np.ndarray) -> list[VadFrame]:
        """Take (n,) float32 samples; return the frames that are now complete."""
        data = np.concatenate([self._pending, samples])
        frames = []
        n = self._frame
        for i in range(0, len(data) - n + 1, n):
            frames.append(self._decide(data[i : i + n]))
        self._pending = data[len(data) // n * n :].copy()
        return frames

    def _decide(self, frame: np.ndarray) -> VadFrame:
        loud, level = self._gain.push(frame)
        pcm = np.round(loud * 32767.0).astype("<i2").tobytes()
        proposed = bool(self._webrtc.is_speech(pcm, self.config.sample_rate))
        self._chunk = np.concatenate([self._chunk, loud])
        while len(self._chunk) >= _SILERO_CHUNK:
            chunk, self._chunk = self._chunk[:_SILERO_CHUNK], self._chunk[_SILERO_CHUNK:]
            with torch.inference_mode():
                self._probability = float(
                    self._silero(torch.from_numpy(chunk.copy()), self.config.sample_rate).item()
                )
        result = VadFrame(self._index, proposed, self._probability, level)
        self._index += 1
        return result
