"""Input level: peak, RMS, clipping, and an estimate of the noise floor."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from ser_live.speech.gain import level_db

#: A peak from here on counts as clipped, dBFS.
CLIP_DB = -0.1
_SILENCE_DB = -100.0
_STEP = 0.010  # s; what is looked at one by one
_SHOWN = 5  # steps that the RMS is of
_HOLD = 10  # steps that a peak stays: longer than between two looks at it
# Minimum statistics.
_SMOOTHING = 0.120  # s, time constant of the smoothed power
_PART = 0.25  # s
_PARTS = 16  # the minimum is over the last 4 s: longer than nearly everyone speaks without a pause


@dataclass(frozen=True)
class Level:
    """How loud the input is.

    Attributes:
        peak_db: greatest magnitude of the last 100 ms, dBFS.
        rms_db: of the last 50 ms, dBFS.
        noise_db: noise floor, dBFS; ``None`` until a second of sound was heard.
        clipped_at: when it clipped last, s since the start of the stream; ``None``: never.
    """

    peak_db: float = _SILENCE_DB
    rms_db: float = _SILENCE_DB
    noise_db: float | None = None
    clipped_at: float | None = None


class NoiseFloor:
    """The level of the background, tracked through speech as through pauses.

    Speech is never without gaps for long, so the least smoothed power of the last seconds is the
    noise's.  R. Martin, "Noise power spectral density estimation based on optimal smoothing and
    minimum statistics", IEEE Trans. Speech and Audio Processing 9(5), 2001, section III with
    a fixed smoothing, for the whole band at once: a minimum over values that average hundreds of
    samples lies below their mean by less than 1 dB, so its bias is not corrected.  As there, the
    minimum is kept in parts: a rising floor is believed after 4 s, a falling one at once.

    Exact zeros are no sound (a muted device) and are left out.
    """

    def __init__(self) -> None:
        self._keep = float(np.exp(-_STEP / _SMOOTHING))
        self._power: float | None = None
        self._least = np.inf  # of the part that is not full
        self._count = 0
        self._parts: deque[float] = deque(maxlen=_PARTS)

    def push(self, power: float) -> None:
        """Take the mean square of the next 10 ms."""
        if power <= 0.0:
            return
        if self._power is None:
            self._power = power
        self._power = self._keep * self._power + (1 - self._keep) * power
        self._least = min(self._least, self._power)
        self._count += 1
        if self._count * _STEP >= _PART:
            self._parts.append(self._least)
            self._least, self._count = np.inf, 0

    @property
    def db(self) -> float | None:
        """Noise floor, dBFS; ``None`` until a second was heard."""
        if len(self._parts) * _PART < 1.0:
            return None
        least = min(min(self._parts), self._least)
        return max(_SILENCE_DB, 10.0 * float(np.log10(least)))


class LevelMeter:
    """Streaming level of a mono signal; misses no sample.  For one thread; ``level`` for any.

    Args:
        sample_rate: Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._step = max(1, round(sample_rate * _STEP))
        self._pending = np.empty(0, np.float32)
        self._recent: deque[np.ndarray] = deque(maxlen=_SHOWN)
        self._peaks: deque[float] = deque(maxlen=_HOLD)
        self._floor = NoiseFloor()
        self._clipped_at: float | None = None
        self._taken = 0
        self.level = Level()

    def push(self, samples: np.ndarray) -> None:
        """Take (n,) float32 samples."""
        data = np.concatenate([self._pending, samples]) if len(self._pending) else samples
        whole = len(data) // self._step * self._step
        self._pending = data[whole:].copy()
        if not whole:
            return
        frames = data[:whole].reshape(-1, self._step)
        peaks = np.abs(frames).max(axis=1)
        powers = np.mean(np.square(frames, dtype=np.float64), axis=1)
        clipped = np.flatnonzero(peaks >= 10 ** (CLIP_DB / 20))
        if len(clipped):
            self._clipped_at = (self._taken + (int(clipped[-1]) + 1) * self._step) / self._rate
        self._taken += whole
        for power in powers:
            self._floor.push(float(power))
        self._peaks.extend(float(peak) for peak in peaks[-_HOLD:])
        # Copies: the block belongs to the source.
        self._recent.extend(frame.copy() for frame in frames[-_SHOWN:])
        self.level = Level(
            max(_SILENCE_DB, 20.0 * float(np.log10(max(max(self._peaks), 1e-5)))),
            level_db(np.concatenate(self._recent)),
            self._floor.db,
            self._clipped_at,
        )
