"""Streaming resampling that does not depend on how the stream was cut into blocks."""

from __future__ import annotations

import numpy as np
import soxr


class StreamingResampler:
    """Resample a mono stream with state, block by block.

    The input is regrouped into blocks of one fixed size before it reaches soxr, so that the
    output is the same to the bit however the caller cut it.

    Args:
        source_rate: rate of the input, Hz.
        target_rate: rate of the output, Hz.
        block_seconds: size of the fixed blocks, and so the added latency.
    """

    def __init__(self, source_rate: int, target_rate: int, block_seconds: float = 0.02) -> None:
        self.source_rate = source_rate
        self.target_rate = target_rate
        self._block = max(1, round(source_rate * block_seconds))
        self._pending = np.empty(0, np.float32)
        self._stream = (
            None
            if source_rate == target_rate
            else soxr.ResampleStream(source_rate, target_rate, 1, dtype="float32", quality="HQ")
        )

    def push(self, samples: np.ndarray) -> np.ndarray:
        """Take (n,) float32 at the source rate; return what is ready, (m,) float32."""
        if self._stream is None:
            return samples
        data = np.concatenate([self._pending, samples]) if self._pending.size else samples
        whole = len(data) // self._block * self._block
        self._pending = data[whole:].copy()
        out = [
            self._stream.resample_chunk(data[i : i + self._block])
            for i in range(0, whole, self._block)
        ]
        return np.concatenate(out) if out else np.empty(0, np.float32)

    def flush(self) -> np.ndarray:
        """Return the tail, (n,) float32.  The resampler takes no more input afterwards."""
        if self._stream is None:
            return np.empty(0, np.float32)
        tail = self._stream.resample_chunk(self._pending, last=True)
        self._pending = np.empty(0, np.float32)
        return tail


def resampled(
    samples: np.ndarray, source_rate: int, target_rate: int, block_seconds: float = 0.02
) -> np.ndarray:
    """A whole recording as :class:`StreamingResampler` gives it, (n,) to (m,) float32."""
    resampler = StreamingResampler(source_rate, target_rate, block_seconds)
    step = source_rate  # a second at a time
    parts = [resampler.push(samples[i : i + step]) for i in range(0, len(samples), step)]
    return np.concatenate([*parts, resampler.flush()])
