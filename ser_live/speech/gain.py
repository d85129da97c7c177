"""Gain control in front of the voice-activity detectors."""

from __future__ import annotations

import numpy as np

from ser_live.config import VadConfig

_SILENCE_DB = -100.0


def level_db(samples: np.ndarray) -> float:
    """RMS level of (n,) samples in dBFS (0 dB: a constant 1.0), at least -100."""
    if not len(samples):
        return _SILENCE_DB
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return max(_SILENCE_DB, 10.0 * float(np.log10(max(power, 1e-20))))


class FollowingGain:
    """Bring speech of unknown loudness to the level that the detectors were made for.

    The gain follows the loudest recent frame: at once upwards, slowly downwards.  It knows past
    audio only (the newest frame included), so that live and file analysis agree.
    """

    def __init__(self, config: VadConfig) -> None:
        self._target = config.target_level_db
        self._max_gain = config.max_gain_db
        self._release = config.gain_release_db_per_second * config.frame_seconds
        # Unknown at first: assume a quiet microphone, half way to the greatest gain.
        self._level = config.target_level_db - config.max_gain_db / 2
        self._gain = self._factor()

    def _factor(self) -> float:
        gain_db = min(self._max_gain, self._target - self._level)
        return float(10.0 ** (gain_db / 20.0))

    def push(self, frame: np.ndarray) -> tuple[np.ndarray, float]:
        """Scale one (n,) frame; return it as float32 within ±1, and its level before gain, dBFS."""
        level = level_db(frame)
        self._level = max(level, self._level - self._release)
        gain = self._factor()
        # A ramp from the last gain to this one: steps would click.
        if gain < self._gain:
            self._gain = gain  # falling gain takes effect at once, or the onset would clip
        ramp = np.linspace(self._gain, gain, len(frame), dtype=np.float32)
        self._gain = gain
        return np.clip(frame * ramp, -1.0, 1.0), level
