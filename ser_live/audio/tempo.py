"""Slower and faster speech at the same pitch, block by block, by FFmpeg's ``atempo``."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

#: What the filter does well for speech.
SLOWEST, FASTEST = 0.5, 2.0
#: The filter's output runs ahead of ``input time / speed``: a fragment is placed by its middle.
#: So much of a window, measured with bursts at 8 to 48 kHz and speeds 0.5 to 2.
_LEAD = 0.38


def window_seconds(sample_rate: int) -> float:
    """Length of the filter's window, s: the next power of two over a 24th of a second."""
    return float(1 << (sample_rate // 24 - 1).bit_length()) / sample_rate


class TempoFilter:
    """Change the tempo of a mono stream and keep its pitch (overlapping, aligned windows).

    Args:
        sample_rate: Hz.
        speed: 0.5 … 2; at 1 samples pass unchanged.

    Attributes:
        lead: seconds of the input by which the output is ahead of ``input / speed``.

    Raises:
        ValueError: a speed outside of the range.
    """

    def __init__(self, sample_rate: int, speed: float) -> None:
        if not SLOWEST <= speed <= FASTEST:
            raise ValueError(f"speed {speed} is not between {SLOWEST} and {FASTEST}")
        self._rate = sample_rate
        self._pushed = 0
        self._graph = None
        self.lead = 0.0
        if speed == 1.0:
            return
        import av

        self._av = av
        self.lead = _LEAD * window_seconds(sample_rate)
        graph = self._graph = av.filter.Graph()
        self._base = Fraction(1, sample_rate)
        self._in = graph.add_abuffer(
            sample_rate=sample_rate, format="flt", layout="mono", time_base=self._base
        )
        tempo, self._out = graph.add("atempo", f"{speed:.6f}"), graph.add("abuffersink")
        self._in.link_to(tempo)
        tempo.link_to(self._out)
        graph.configure()

    def push(self, samples: np.ndarray) -> np.ndarray:
        """Take (n,) float32; return what is ready, (m,) float32."""
        if self._graph is None or not len(samples):
            return samples
        data = np.ascontiguousarray(samples, np.float32)[None]
        frame = self._av.AudioFrame.from_ndarray(data, format="flt", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = self._rate, self._base, self._pushed
        self._pushed += len(samples)
        self._in.push(frame)
        return self._pull()

    def flush(self) -> np.ndarray:
        """Return the tail, (m,) float32.  The filter takes no more input afterwards."""
        if self._graph is None or not self._pushed:
            return np.empty(0, np.float32)
        self._in.push(None)
        return self._pull()

    def _pull(self) -> np.ndarray:
        parts = []
        while True:
            try:
                frame: Any = self._out.pull()
            except (self._av.error.BlockingIOError, self._av.error.EOFError):
                break
            parts.append(frame.to_ndarray().reshape(-1))
        return np.concatenate(parts) if parts else np.empty(0, np.float32)
