"""Another microphone and steady noise, drawn anew for every window, on the features themselves.

A linear microphone multiplies every frequency by a gain, so its mel bands in dB are shifted by a
curve; noise that does not depend on the speech adds its power.  Both are exact up to the width of
a band (noise up to the interference of the two), cost a few percent of a training step, and need
no second copy of the features, as perturbed recordings do (:mod:`training.augment.acoustic`).
What is no sum of powers, reverberation and coding, stays with those.
"""

from __future__ import annotations

import math

import torch
import torchaudio

from ser_live.config import Config

#: A frame counts as active within so many dB of the loudest, as in ``ser_live.features``.
_ACTIVE_RANGE_DB = 30.0
#: Deviation of the first cosine of the gain curve; the k-th has a k-th of it.
_CURVE_DB, _CURVES = 5.0, 6
#: Chance of a low-pass, its edge and how steeply it falls from there on.
_LOW_PASS, _EDGE_HZ, _FALL_DB_PER_KHZ = 0.5, (3_000.0, 8_000.0), (15.0, 80.0)
#: Chance of a high-pass, its edge and its fall towards 0 Hz.
_HIGH_PASS, _HIGH_EDGE_HZ, _FALL_DB_PER_100_HZ = 0.3, (80.0, 350.0), (5.0, 20.0)
#: Chance of noise, and its ratio to the speech.
_NOISE, _SNR_DB = 0.6, (3.0, 40.0)


def _between(low: float, high: float, count: int, device: torch.device) -> torch.Tensor:
    """(count, 1, 1) uniform numbers."""
    return low + (high - low) * torch.rand(count, 1, 1, device=device)


class Channel:
    """Colours, band-limits and adds noise to the mel bands, and derives the other rows from them.

    Args:
        config: of the features.
        share: chance that a window is changed at all.
        device: of the features.
    """

    def __init__(self, config: Config, share: float, device: torch.device) -> None:
        f = config.features
        self.share = share
        self._mels, self._mfccs = f.n_mels, f.n_mfcc
        self._floor_db = 10.0 * math.log10(f.floor_power)
        self._dct = torchaudio.functional.create_dct(f.n_mfcc, f.n_mels, norm="ortho").to(device)
        place = (torch.arange(f.n_mels, device=device) + 0.5) / f.n_mels
        top = 2_595.0 * math.log10(1.0 + f.fmax / 700.0)  # HTK's mel scale, as the features use
        bottom = 2_595.0 * math.log10(1.0 + f.fmin / 700.0)
        mel = bottom + place * (top - bottom)
        self._hz = (700.0 * (10.0 ** (mel / 2_595.0) - 1.0))[None, :, None]
        order = torch.arange(1, _CURVES + 1, device=device)
        self._cosines = torch.cos(math.pi * order[:, None] * place) / order[:, None]

    def __call__(
        self, values: torch.Tensor, mask: torch.Tensor, zero_crossings: torch.Tensor
    ) -> torch.Tensor:
        """Some windows as through another microphone; the others as they are.

        The zero-crossing rate does not follow from the bands: where noise is added it is
        replaced, or it would tell the model what the microphone does not.

        Args:
            values: (batch, 170, frames) raw features.
            mask: (batch, frames) bool.
            zero_crossings: scalar, what replaces that row.

        Returns:
            (batch, 170, frames) float32, another tensor.
        """
        values = values.float().clone()
        (chosen,) = torch.nonzero(torch.rand(len(values), device=values.device) < self.share).T
        if not len(chosen):
            return values
        part, inside = values[chosen], mask[chosen][:, None]
        mel = part[:, : self._mels]
        before = torch.where(inside, 10.0 ** (mel / 10.0), 0.0)
        power = before * 10.0 ** (self._curve(len(chosen), values.device) / 10.0)
        noise, noisy = self._noise(power, inside)
        power = power + noise
        loud, louder = before.sum(1, keepdim=True), power.sum(1, keepdim=True)
        # A window is always scaled to one speech level, so through any microphone.
        scale = _active(loud) / _active(louder).clamp(min=1e-12)
        power = power * scale
        new = (10.0 * torch.log10(power.clamp(min=1e-12))).clamp(min=self._floor_db)
        new = torch.where(inside, new, mel)
        rows = self._mels + self._mfccs
        rms = part[:, rows : rows + 1] * torch.sqrt(louder * scale / loud.clamp(min=1e-12))
        part[:, : self._mels] = new
        part[:, self._mels : rows] = self._dct.T @ new
        part[:, rows : rows + 1] = torch.where(inside, rms, 0.0)
        part[:, rows + 1 :] = torch.where(noisy, zero_crossings, part[:, rows + 1 :])
        values[chosen] = part
        return values

    def _curve(self, count: int, device: torch.device) -> torch.Tensor:
        """Gains in dB, (count, bands, 1)."""
        weights = _CURVE_DB * torch.randn(count, _CURVES, device=device)
        gain = (weights @ self._cosines)[:, :, None]
        edge = _between(*_EDGE_HZ, count, device)
        fall = _between(*_FALL_DB_PER_KHZ, count, device) / 1_000.0
        fall = fall * (torch.rand_like(fall) < _LOW_PASS)
        gain = gain - fall * (self._hz - edge).clamp(min=0.0)
        edge = _between(*_HIGH_EDGE_HZ, count, device)
        fall = _between(*_FALL_DB_PER_100_HZ, count, device) / 100.0
        fall = fall * (torch.rand_like(fall) < _HIGH_PASS)
        return gain - fall * (edge - self._hz).clamp(min=0.0)

    def _noise(
        self, speech: torch.Tensor, inside: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Power of steady noise, (count, bands, frames), and (count, 1, 1) where there is any."""
        count, device = len(speech), speech.device
        noisy = torch.rand(count, 1, 1, device=device) < _NOISE
        snr = _between(*_SNR_DB, count, device)
        weights = 2.0 * _CURVE_DB * torch.randn(count, _CURVES, device=device)
        # White noise has a band's width in hertz, which grows with its frequency.
        shape = 10.0 ** ((weights @ self._cosines)[:, :, None] / 10.0) * (self._hz + 700.0)
        shape = shape / shape.sum(1, keepdim=True)
        level = _active(speech.sum(1, keepdim=True)) * 10.0 ** (-snr / 10.0)
        # The power of noise in a narrow band varies from frame to frame like an exponential.
        varied = -torch.log(torch.rand_like(speech).clamp(min=1e-6))
        return torch.where(noisy & inside, level * shape * varied, 0.0), noisy


def _active(power: torch.Tensor) -> torch.Tensor:
    """Mean power of the active frames: (count, 1, frames) to (count, 1, 1)."""
    active = power >= power.amax(2, keepdim=True) * 10.0 ** (-_ACTIVE_RANGE_DB / 10.0)
    active = active & (power > 0)
    return (power * active).sum(2, keepdim=True) / active.sum(2, keepdim=True).clamp(min=1)
