"""Perturbations that need no other recording: (samples, rate, generator) → samples.

Samples are (n,) float32 mono, rates Hz.  Nothing is changed in place; the same generator state
gives the same result.  Where a test draws a parameter at random, the function does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy import fft, signal

Change = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]

#: The published suite hears everything at this rate, Hz; its counts of samples are of this rate.
SUITE_RATE = 16_000
#: Gain at 8 kHz against 0 Hz, dB.  The suite says "linear" and publishes impulse responses whose
#: plots span 30 dB at most; 20 dB (2.5 dB a kHz) is this project's choice.
TILT_DB = 20.0


def db(decibels: float) -> float:
    """Decibels to a factor on amplitudes."""
    return float(10 ** (decibels / 20))


def rms(samples: np.ndarray) -> float:
    """Root mean square of (n,) samples, full scale 1."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def mix(samples: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """Add (n,) noise to (n,) samples: RMS over the whole clip against RMS of the noise, dB.

    Silent samples, or silent noise, are returned as they are.
    """
    level, other = rms(samples), rms(noise)
    if not level or not other:
        return samples.copy()
    return (samples + noise * (level / other / db(snr_db))).astype(np.float32)


def white_noise(snr_db: Sequence[float]) -> Change:
    """Gaussian white noise at one of these SNRs."""

    def change(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        return mix(samples, rng.standard_normal(len(samples)), float(rng.choice(snr_db)))

    return change


def tone(low: float, high: float, snr_db: Sequence[float]) -> Change:
    """A sine between two frequencies (Hz); the SNR is that of the peaks."""

    def change(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        amplitude = np.abs(samples).max(initial=0.0) / db(float(rng.choice(snr_db)))
        angle = 2 * np.pi * rng.uniform(low, high) * np.arange(len(samples)) / rate
        return (samples + amplitude * np.sin(angle)).astype(np.float32)

    return change


def _count(counts: Sequence[int], rate: int, rng: np.random.Generator) -> int:
    return round(int(rng.choice(counts)) * rate / SUITE_RATE)


def append_zeros(counts: Sequence[int]) -> Change:
    """Zeros at the end; counts are samples at 16 kHz."""

    def change(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        return np.pad(samples, (0, _count(counts, rate, rng)))

    return change


def prepend_zeros(counts: Sequence[int]) -> Change:
    """Zeros at the start; counts are samples at 16 kHz."""

    def change(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        return np.pad(samples, (_count(counts, rate, rng), 0))

    return change


def crop_start(counts: Sequence[int]) -> Change:
    """Samples taken off the start (one is left); counts are samples at 16 kHz."""

    def change(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        return samples[min(_count(counts, rate, rng), len(samples) - 1) :].copy()

    return change


def crop_end(counts: Sequence[int]) -> Change:
    """Samples taken off the end (one is left); counts are samples at 16 kHz."""

    def change(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        return samples[: max(len(samples) - _count(counts, rate, rng), 1)].copy()

    return change


def clip_share(shares: Sequence[float]) -> Change:
    """Clip so that this share of the samples lies at the limit."""

    def change(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        share = float(rng.choice(shares))
        limit = np.quantile(np.abs(samples), 1 - share) if len(samples) else 0.0
        return np.clip(samples, -limit, limit).astype(np.float32)

    return change


def gain(gains_db: Sequence[float], *, full_scale: bool = False) -> Change:
    """Another level; with ``full_scale`` clipped at ±1 in steps of 16 bits, as a recorder would."""

    def change(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        louder = samples * db(float(rng.choice(gains_db)))
        if full_scale:
            louder = np.clip(np.round(louder * 32768), -32768, 32767) / 32768
        return louder.astype(np.float32)

    return change


def first_order(kind: str, corners: Sequence[float]) -> Change:
    """A first-order Butterworth filter, ``highpass`` or ``lowpass``, −3 dB at the corner (Hz)."""

    def change(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        b, a = signal.butter(1, float(rng.choice(corners)), kind, fs=rate)
        return signal.lfilter(b, a, samples).astype(np.float32)

    return change


def tilted(samples: np.ndarray, rate: int, tilt_db: float) -> np.ndarray:
    """Spectral tilt linear in dB over frequency, zero phase, level (RMS) kept.

    Args:
        samples: (n,).
        rate: Hz.
        tilt_db: gain at 8 kHz against 0 Hz; constant above.
    """
    size = fft.next_fast_len(len(samples) + rate // 10, real=True)
    place = np.minimum(fft.rfftfreq(size, 1 / rate) / (SUITE_RATE / 2), 1.0)
    heard = fft.irfft(fft.rfft(samples, size) * 10 ** (tilt_db * place / 20), size)
    heard = heard[: len(samples)]
    level = rms(heard)
    return (heard * (rms(samples) / level if level else 1.0)).astype(np.float32)


def tilt(direction: int) -> Change:
    """:func:`tilted` by :data:`TILT_DB`.

    Args:
        direction: +1 raises the high frequencies, −1 lowers them.
    """

    def change(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        return tilted(samples, rate, direction * TILT_DB)

    return change
