"""Waveform to features: one module, used by training and by the live path.

A window of at most 66,150 samples becomes a matrix of 170 rows × frames: 128 mel bands in dB,
40 MFCC (the DCT of those same bands), RMS energy and zero-crossing rate.  Every *window* is first
scaled to one speech level, because a microphone's gain is unknown, and padded symmetrically.

Windows are computed one at a time, never as a batch: matrix kernels may add in another order for
another batch size, and training and live features shall agree to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
import torchaudio

from ser_live.config import Config, FeatureConfig

#: A frame counts as active when its power is within this many dB of the loudest frame's.
_ACTIVE_RANGE_DB = 30.0


@dataclass(frozen=True)
class Features:
    """Features of one window.

    Attributes:
        values: (170, frames) float32, not normalised.
        mask: (frames,) bool, false where the window is padding.
    """

    values: torch.Tensor
    mask: torch.Tensor


def speech_gain(samples: np.ndarray, config: FeatureConfig) -> float:
    """Factor that brings a window's active speech level to the configured one.

    The level is the mean power of the 25 ms frames within 30 dB of the loudest, after the idea
    of ITU-T P.56: pauses do not count.  Zero input gives 1.

    Args:
        samples: (n,) float32.
    """
    size = config.win_length
    if len(samples) < size:
        samples = np.pad(samples, (0, size - len(samples)))
    whole = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
    power = np.mean(np.square(whole), axis=1)
    loudest = float(power.max())
    if loudest <= 0.0:
        return 1.0
    active = power[power >= loudest * 10 ** (-_ACTIVE_RANGE_DB / 10)]
    gain_db = config.speech_level_db - 10 * np.log10(float(active.mean()))
    return float(10 ** (min(gain_db, config.max_gain_db) / 20))


def pad_symmetric(samples: np.ndarray, length: int) -> tuple[np.ndarray, int]:
    """Centre (n,) samples in ``length`` zeros; return them and where they begin.

    Raises:
        ValueError: more samples than ``length``.
    """
    if len(samples) > length:
        raise ValueError(f"{len(samples)} samples do not fit a window of {length}")
    before = (length - len(samples)) // 2
    return np.pad(samples, (before, length - len(samples) - before)), before


class FeatureExtractor:
    """Computes :class:`Features` of windows on the CPU.

    Args:
        config: the whole configuration; ``audio`` and ``features`` are used.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        c = config.features
        self._mel = torchaudio.transforms.MelSpectrogram(
            sample_rate=config.audio.sample_rate,
            n_fft=c.n_fft,
            win_length=c.win_length,
            hop_length=c.hop_length,
            f_min=c.fmin,
            f_max=c.fmax,
            n_mels=c.n_mels,
            power=2.0,
            center=True,
            pad_mode="constant",
            norm=None,
            mel_scale="htk",
        )
        # (n_mels, n_mfcc): orthonormal DCT-II, as librosa's and torchaudio's MFCC use.
        self._dct = torchaudio.functional.create_dct(c.n_mfcc, c.n_mels, norm="ortho")

    def __call__(self, samples: np.ndarray) -> Features:
        """Features of one window.

        Args:
            samples: (n,) float32 mono at the analysis rate, 1 ≤ n ≤ a full window.

        Raises:
            ValueError: no samples, too many, or values that are not finite.
        """
        if not len(samples):
            raise ValueError("a window needs at least one sample")
        if not np.isfinite(samples).all():
            raise ValueError("a window holds values that are not finite")
        config = self.config
        gain = speech_gain(samples, config.features)
        padded, first = pad_symmetric(
            samples.astype(np.float32) * np.float32(gain), config.audio.window_samples
        )
        wave = torch.from_numpy(padded)
        with torch.inference_mode():
            mel = self.mel_db(wave)
            values = torch.cat(
                [mel, self.mfcc(mel), self.rms(wave)[None], self.zero_crossing_rate(wave)[None]]
            )
        centres = torch.arange(values.shape[1]) * config.features.hop_length
        mask = (centres >= first) & (centres < first + len(samples))
        if not mask.any():  # shorter than a hop: keep the frame nearest to it
            nearest = int((centres - first).abs().argmin())
            mask[nearest] = True
        return Features(values.clone(), mask)

    def mel_db(self, wave: torch.Tensor) -> torch.Tensor:
        """Mel power in dB with a fixed floor: (n,) to (n_mels, frames)."""
        return 10.0 * torch.log10(self._mel(wave).clamp(min=self.config.features.floor_power))

    def mfcc(self, mel_db: torch.Tensor) -> torch.Tensor:
        """Mel-frequency cepstral coefficients: (n_mels, frames) dB to (n_mfcc, frames)."""
        return self._dct.T @ mel_db

    def _frames(self, values: torch.Tensor, mode: str) -> torch.Tensor:
        """Cut into 25 ms frames centred like the spectrogram's: (n,) to (frames, win_length)."""
        size = self.config.features.win_length
        half = size // 2
        padded = F.pad(values[None, None], (half, size - half), mode=mode)[0, 0]
        return padded.unfold(0, size, self.config.features.hop_length)

    def rms(self, wave: torch.Tensor) -> torch.Tensor:
        """Root mean square per frame: (n,) to (frames,), linear."""
        return self._frames(wave, "constant").square().mean(1).sqrt()

    def zero_crossing_rate(self, wave: torch.Tensor) -> torch.Tensor:
        """Share of samples per frame at which the sign changes: (n,) to (frames,).

        Samples within the configured ``zero_threshold`` count as 0, which has no sign (librosa's
        ``threshold``).
        """
        size = self.config.features.win_length
        half = size // 2
        padded = F.pad(wave[None, None], (half, size - half), mode="replicate")[0, 0]
        threshold = self.config.features.zero_threshold
        negative = torch.signbit(torch.where(padded.abs() <= threshold, 0.0, padded))
        frames = negative.unfold(0, size, self.config.features.hop_length)
        return (frames[:, 1:] != frames[:, :-1]).sum(1) / size
