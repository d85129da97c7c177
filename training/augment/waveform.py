"""Waveforms perturbed anew for every window an epoch draws, in batches on the training device.

The links of :mod:`training.augment.acoustic`, but each window meets another room, noise and
microphone every time, which costs a GPU little and needs no stored copies.  A room, a microphone
and a telephone's band are gains of the spectrum, so they and the noise are put together there, with
one transform each way.
"""

from __future__ import annotations

import numpy as np
import torch
import torchaudio.functional as AF
from scipy.fft import next_fast_len

from ser_live.config import Config
from training.augment.noise_bank import NoiseBank
from training.augment.plan import Plan, draw_plan
from training.front_end import BatchFrontEnd
from training.recipe import Recipe
from training.waveforms import Waveforms

_LEAD = 0.5  # s before a window whose echoes reach into it
_SILENT = 1e-10
_LOWEST_NOISE_HZ = 50.0  # coloured noise is flat below: what no loudspeaker gives
_PHONE_RATE = 8_000


class WaveformAugment:
    """Draws windows, perturbs them, and computes their features.

    Args:
        waves: all clips, on the device.
        bank: noises.
        rooms: impulse responses, (n,) float32 each; scaled to energy 1, so that what is said is as
            loud through them.
        recipe, config: of the run.
    """

    def __init__(
        self,
        waves: Waveforms,
        bank: NoiseBank,
        rooms: list[np.ndarray],
        recipe: Recipe,
        config: Config,
    ) -> None:
        self.waves, self.bank, self.recipe, self.config = waves, bank, recipe, config
        self.device = waves.data.device
        self.front_end = BatchFrontEnd(config, self.device)
        rate, size = config.audio.sample_rate, config.audio.window_samples
        self._lead = round(_LEAD * rate)
        self._size = int(np.ceil(size * (1 + recipe.tempo))) + 1
        longest = max((len(r) for r in rooms), default=0)
        # Echoes of the end come back at the beginning, before the window.
        self._n = next_fast_len(self._size + max(self._lead, longest), real=True)
        self._noises = torch.from_numpy(bank.data).to(self.device)
        scaled = [response / np.linalg.norm(response) for response in rooms]
        spectra = [np.fft.rfft(response, self._n).astype(np.complex64) for response in scaled]
        spectra.append(np.ones(self._n // 2 + 1, np.complex64))  # at -1: no room
        self._rooms = torch.from_numpy(np.stack(spectra)).to(self.device)
        self._rooms_count = len(rooms)
        hz = torch.arange(self._n // 2 + 1, device=self.device) * (rate / self._n)
        self._hz = hz.clamp(min=rate / self._n)
        place = torch.log1p(self._hz / 700.0) / np.log1p(config.features.fmax / 700.0)
        order = torch.arange(1, len(recipe.perturbations.curve_db) + 1, device=self.device)
        self._cosines = torch.cos(torch.pi * order[:, None] * place.clamp(max=1.0))

    def draw(self, rows: np.ndarray, perturbed: np.ndarray, rng: np.random.Generator) -> Plan:
        """See :func:`draw_plan`."""
        rooms = self._rooms_count
        return draw_plan(
            rows, perturbed, self.waves, self.bank, rooms, self.recipe, self.config, rng
        )

    def __call__(
        self, rows: np.ndarray, perturbed: np.ndarray, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Features of windows, each perturbed or not.

        Args:
            rows: (batch,) rows of the cache's index.
            perturbed: (batch,) bool, which of them; the others are moved, and heard at another
                tempo and pitch, only.
            rng: what is drawn; noise itself comes from the device's own generator.

        Returns:
            values (batch, 170, frames) float32, not normalised; mask (batch, frames) bool.
        """
        plan = self.draw(rows, perturbed, rng)
        heard = self._read(plan)
        if len(plan.perturbed):
            index = self._on(plan.perturbed)
            heard[index] = self._perturbed(heard[index], plan)
        return self.front_end(
            heard[:, self._lead :],
            self._on(plan.count),
            self._on(plan.tempo),
            self._on(plan.pitch),
        )

    def _on(self, values: np.ndarray) -> torch.Tensor:
        """On the device; float64, which not every device has, as float32."""
        kept = values.astype(np.float32) if values.dtype == np.float64 else values
        tensor = torch.from_numpy(np.ascontiguousarray(kept))
        if self.device.type == "cuda":  # a copy from pinned memory does not wait for the device
            return tensor.pin_memory().to(self.device, non_blocking=True)
        return tensor.to(self.device)

    def _read(self, plan: Plan) -> torch.Tensor:
        """(batch, lead + longest) samples from before each window on; zeros outside its clip."""
        place = torch.arange(-self._lead, self._size, device=self.device)
        index = self._on(plan.first)[:, None] + place
        inside = (index >= 0) & (index < self._on(plan.length)[:, None])
        index = (index + self._on(plan.begin)[:, None]).clamp(0, len(self.waves.data) - 1)
        return self.waves.data[index].float() * inside

    def _perturbed(self, heard: torch.Tensor, plan: Plan) -> torch.Tensor:
        """(m, lead + longest) samples through room, noise, microphone and recorder."""
        count = self._on(plan.count[plan.perturbed])
        spectrum = torch.fft.rfft(heard, n=self._n) * self._rooms[self._on(plan.room)]
        spectrum = spectrum + self._noise(heard, count, plan.noise)
        spectrum = spectrum * 10.0 ** (self._gain_db(plan) / 20.0)
        out = torch.fft.irfft(spectrum, n=self._n)[:, : heard.shape[1]]
        inside = self._inside(out, count)
        level = ((out * inside).square().sum(1) / count).sqrt()
        limit = (self._on(plan.limit) * level)[:, None]
        out = torch.where(limit.isfinite(), out.clamp(-limit, limit), out)
        (coded,) = np.nonzero(plan.coded)
        if len(coded):
            index = self._on(coded)
            out[index] = self._coded(out[index], inside[index])
        return self._recorded(out, inside, self._on(plan.recorder_db)[:, None])

    def _inside(self, heard: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        """(m, lead + longest) bool, which samples belong to the windows."""
        window = torch.arange(heard.shape[1], device=self.device) - self._lead
        return (window >= 0) & (window < count[:, None])

    def _noise(
        self, heard: torch.Tensor, count: torch.Tensor, noise: dict[str, np.ndarray]
    ) -> torch.Tensor:
        """(m, bins) spectrum of the noise, scaled to its SNR in the window; 0 for none."""
        on, drawn, event = (self._on(noise[name])[:, None] for name in ("on", "drawn", "event"))
        m, bins = len(heard), self._n // 2 + 1
        falling = self._hz.clamp(min=_LOWEST_NOISE_HZ)
        shape = falling ** (-self._on(noise["colour"])[:, None] / 2)
        random = torch.view_as_complex(torch.randn(m, bins, 2, device=self.device)) * shape
        random[:, 0] = 0.0  # no constant, which Parseval's sum below would count twice
        place = torch.arange(-self._lead, self._n - self._lead, device=self.device)
        index = place + self._on(noise["start"]).long()[:, None]
        length = self._on(noise["length"])[:, None]
        inside = ~event | ((index >= 0) & (index < length))
        index = torch.remainder(index, length) + self._on(noise["begin"])[:, None]
        recorded = self._noises[index].float() * inside
        spectrum = torch.where(drawn, random, torch.fft.rfft(recorded))
        # By Parseval; an event's energy is spread over the window, noise is there all the time.
        energy = 2 * (spectrum.real.square() + spectrum.imag.square()).sum(1) / self._n
        power = energy / torch.where(event[:, 0], count, self._n)
        speech = heard * self._inside(heard, count)
        ratio = 10.0 ** (-self._on(noise["snr_db"]) / 10)
        gain = (speech.square().sum(1) / count * ratio / power.clamp(min=_SILENT)).sqrt()
        return spectrum * torch.where(on[:, 0] & (power > _SILENT), gain, 0.0)[:, None]

    def _gain_db(self, plan: Plan) -> torch.Tensor:
        """(m, bins) gains of the microphone and what comes after it."""
        slope = self._on(plan.tilt_db)[:, None] * (self._hz / 8_000.0)
        curve = self._on(plan.curve_db) @ self._cosines
        band = self._on(plan.band)[:, :, None]
        low, low_order, high, high_order = band.unbind(1)
        # Butterworth's: 3 dB at the edge, 6 dB an octave and order beyond it.
        below = -10 * torch.log10(1 + (low / self._hz) ** (2 * low_order)) * (low_order > 0)
        above = -10 * torch.log10(1 + (self._hz / high) ** (2 * high_order)) * (high_order > 0)
        return (slope + curve + below + above).clamp(min=-120.0)

    def _coded(self, out: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
        """Windows in 8 bits by the µ-law (ITU-T G.711's curve), and nothing above 4 kHz."""
        x = (out / _peak(out, inside)).clamp(-1, 1)
        decoded = AF.mu_law_decoding(AF.mu_law_encoding(x, 256), 256)
        # At a telephone's own rate the rounding's noise ends there, too.
        spectrum = torch.fft.rfft(decoded, n=self._n) * (self._hz < _PHONE_RATE / 2)
        return torch.fft.irfft(spectrum, n=self._n)[:, : out.shape[1]]

    @staticmethod
    def _recorded(out: torch.Tensor, inside: torch.Tensor, peak_db: torch.Tensor) -> torch.Tensor:
        """Rounded to 16 bits with the window's peak at so many dBFS; as it is where that is nan."""
        step = 10.0 ** (peak_db / 20.0) * 32_768 / _peak(out, inside)
        return torch.where(step.isfinite(), torch.round(out * step) / step, out)


def _peak(out: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """Largest absolute value of each window, (m, 1)."""
    return (out * inside).abs().amax(1, keepdim=True).clamp(min=1e-9)
