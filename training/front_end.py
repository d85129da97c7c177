"""The front end for a batch of windows at once, on the training device.

The same numbers, but for rounding and for zero crossings at the very ends of a full window, as
:class:`ser_live.features.FeatureExtractor` gives for single windows (a test holds both together).
On top of that a window may be heard faster or slower and higher or lower, independently: frames are
taken closer or wider apart, as a phase vocoder does, and the frequency axis of their power spectra
is stretched, which moves pitch and formants alike (as vocal tract length perturbation does: Jaitly
& Hinton 2013).
"""

from __future__ import annotations

import math

import torch
import torchaudio

from ser_live.config import Config

#: A block counts as active within so many dB of the loudest, as in ``ser_live.features``.
_ACTIVE_RANGE_DB = 30.0


class BatchFrontEnd:
    """Computes features of many windows.

    Args:
        config: ``audio`` and ``features`` are used.
        device: where.
    """

    def __init__(self, config: Config, device: torch.device) -> None:
        c = self.features = config.features
        self.size = config.audio.window_samples
        self.frames = config.frames_per_window
        self._window = torch.hann_window(c.win_length, device=device)
        self._bank = torchaudio.functional.melscale_fbanks(
            c.n_fft // 2 + 1,
            c.fmin,
            c.fmax,
            c.n_mels,
            config.audio.sample_rate,
            norm=None,
            mel_scale="htk",
        ).to(device)
        self._dct = torchaudio.functional.create_dct(c.n_mfcc, c.n_mels, norm="ortho").to(device)
        self._bins = torch.arange(c.n_fft // 2 + 1, device=device)
        self._hops = torch.arange(self.frames, device=device) * c.hop_length
        # A spectrum's samples begin this far before a frame's centre, those of RMS where the length
        # is odd one later.
        self._before = c.n_fft // 2 - (c.n_fft - c.win_length) // 2
        self._own = self._before - c.win_length // 2
        self._taps = torch.arange(c.win_length + 1, device=device) - self._before

    def __call__(
        self,
        waves: torch.Tensor,
        count: torch.Tensor,
        tempo: torch.Tensor | None = None,
        pitch: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Features of windows that begin at each row's first sample.

        Args:
            waves: (batch, n) float32; what lies beyond a window's end is not heard.
            count: (batch,) int64, samples of each window, from 1 to n.
            tempo: (batch,) float32, 1.1 for a tenth faster; a window that gets longer than a full
                one loses both its ends.
            pitch: (batch,) float32, 1.1 for all frequencies a tenth higher.

        Returns:
            values (batch, 170, frames) float32, not normalised; mask (batch, frames) bool.
        """
        tempo = torch.ones(len(waves), device=waves.device) if tempo is None else tempo
        heard = (count / tempo).floor().clamp(1, self.size)  # samples once at that tempo
        first = ((count - heard * tempo) / 2).round().clamp(min=0)
        place = torch.arange(waves.shape[1], device=waves.device)
        stop = first + (heard * tempo).round()
        inside = (place >= first[:, None]) & (place < stop[:, None])
        waves = waves * inside
        waves = waves * self._gain(waves, count)[:, None]
        before = torch.div(self.size - heard, 2, rounding_mode="floor")
        centre = first[:, None] + (self._hops - before[:, None]) * tempo[:, None]
        segments = self._segments(waves, centre.round().long())
        values = self._features(segments, pitch)
        mask = (self._hops >= before[:, None]) & (self._hops < (before + heard)[:, None])
        # Shorter than a hop: keep the frame nearest to it.
        nearest = (self._hops - before[:, None]).abs().argmin(1, keepdim=True)
        return values, mask.scatter(1, nearest, mask.gather(1, nearest) | ~mask.any(1)[:, None])

    def _segments(self, waves: torch.Tensor, centre: torch.Tensor) -> torch.Tensor:
        """(batch, frames, win_length + 1) samples around (batch, frames) places; zeros outside."""
        edge = len(self._taps)
        padded = torch.nn.functional.pad(waves, (edge, edge))
        index = (centre[:, :, None] + self._taps + edge).clamp(0, padded.shape[1] - 1)
        return padded.gather(1, index.flatten(1)).view(index.shape)

    def _features(self, segments: torch.Tensor, pitch: torch.Tensor | None) -> torch.Tensor:
        c = self.features
        spectrum = torch.fft.rfft(segments[:, :, : c.win_length] * self._window, n=c.n_fft)
        power = spectrum.real.square() + spectrum.imag.square()
        if pitch is not None:
            power = self._stretched(power, pitch)
        mel = 10.0 * torch.log10((power @ self._bank).clamp(min=c.floor_power))
        own = segments[:, :, self._own : self._own + c.win_length]
        rms = own.square().mean(2, keepdim=True).sqrt()
        negative = torch.signbit(torch.where(own.abs() <= c.zero_threshold, 0.0, own))
        crossings = (negative[:, :, 1:] != negative[:, :, :-1]).sum(2, keepdim=True) / c.win_length
        if pitch is not None:
            crossings = crossings * pitch[:, None, None]
        return torch.cat([mel, mel @ self._dct, rms, crossings], 2).transpose(1, 2)

    def _stretched(self, power: torch.Tensor, pitch: torch.Tensor) -> torch.Tensor:
        """(batch, frames, bins) with all frequencies multiplied; between bins linear."""
        place = (self._bins / pitch[:, None]).clamp(max=len(self._bins) - 1.001)
        low = place.floor()
        share = (place - low)[:, None]
        index = low.long()[:, None].expand_as(power)
        return power.gather(2, index) * (1 - share) + power.gather(2, index + 1) * share

    def _gain(self, waves: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        """(batch,) factors to one speech level, as ``ser_live.features.speech_gain``."""
        c = self.features
        size = c.win_length
        blocks = math.ceil(waves.shape[1] / size)
        padded = torch.nn.functional.pad(waves, (0, blocks * size - waves.shape[1]))
        power = padded.view(len(waves), blocks, size).square().mean(2)
        whole = torch.arange(blocks, device=waves.device) < (count // size).clamp(min=1)[:, None]
        power = power * whole
        loudest = power.amax(1, keepdim=True)
        active = whole & (power >= loudest * 10 ** (-_ACTIVE_RANGE_DB / 10))
        mean = (power * active).sum(1) / active.sum(1).clamp(min=1)
        gain_db = (c.speech_level_db - 10 * torch.log10(mean.clamp(min=1e-30))).clamp(
            max=c.max_gain_db
        )
        return torch.where(loudest[:, 0] > 0, 10 ** (gain_db / 20), 1.0)
