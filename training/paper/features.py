"""170 numbers for each of six versions of a clip, as the source's notebook computes them.

Torchaudio's defaults for everything: 25 ms is not asked for (``n_fft`` 400, hop 200), and several
of its 128 mel filters are empty.  Two deviations, both for speed:

- the speed 1.25x is made by resampling 4:5 instead of 22,050:27,562, which differs by 0.002 % and
  needs no filter of 13,781 phases;
- the mean over time is taken before the cosine transform, which gives the same number.
"""

from __future__ import annotations

import warnings
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import torchaudio

from training.clip_rows import Compute, clip_rows

SAMPLE_RATE = 22_050
OFFSET_SECONDS, SECONDS = 0.5, 3.0
VERSIONS = ("original", "noise", "shift", "pitch +2", "speed 1.25", "speed 0.8")
N_FEATURES = 170
_N_FFT, _N_MELS, _N_MFCC = 400, 128, 40
_NOISE = 0.005  # standard deviation, full scale 1
_SHIFT = 0.2  # of the length, circular
_FLOOR, _TOP_DB = 1e-10, 80.0


def cut(samples: np.ndarray, rate: int) -> torch.Tensor:
    """Up to 3 s from 0.5 s on, at 22,050 Hz; not padded.

    A clip that ends before has no such part; it is taken from its beginning.

    Args:
        samples: (n,) float32.
        rate: in Hz.

    Returns:
        (m,) float32, at least one transform long.
    """
    wave = torchaudio.functional.resample(torch.from_numpy(samples), rate, SAMPLE_RATE)
    begin, count = int(OFFSET_SECONDS * SAMPLE_RATE), int(SECONDS * SAMPLE_RATE)
    part = wave[begin : begin + count]
    if len(part) < _N_FFT:
        part = wave[:count]
    return torch.nn.functional.pad(part, (0, max(0, _N_FFT - len(part))))


def versions(wave: torch.Tensor, generator: torch.Generator) -> list[torch.Tensor]:
    """The six versions of :data:`VERSIONS`, (m,) each but for the speeds (1.25 m and 0.8 m).

    "Speed" is resampling without telling the rate: 1.25x is slower and lower, 0.8x faster.
    """
    functional = torchaudio.functional
    return [
        wave,
        wave + _NOISE * torch.randn(wave.shape, generator=generator),
        torch.roll(wave, int(_SHIFT * len(wave))),
        functional.pitch_shift(wave, SAMPLE_RATE, n_steps=2)[: len(wave)],
        functional.resample(wave, 4, 5),
        functional.resample(wave, 5, 4),
    ]


class PaperFeatures:
    """Computes the (6, 170) numbers of a clip: 40 MFCC, 128 mel bands in dB, RMS, zero crossings.

    The last is a count (each crossing as 2), so it grows with the length.
    """

    def __init__(self) -> None:
        with warnings.catch_warnings():
            # The notebook's own setting: 128 bands are too many for 201 frequencies.
            warnings.filterwarnings("ignore", "At least one mel filterbank", UserWarning)
            self._mel = torchaudio.transforms.MelSpectrogram(
                SAMPLE_RATE, n_fft=_N_FFT, n_mels=_N_MELS
            )
        self._dct = torchaudio.functional.create_dct(_N_MFCC, _N_MELS, norm="ortho")

    def __call__(self, samples: np.ndarray, rate: int) -> np.ndarray:
        """(6, 170) float32 of (n,) float32 samples at ``rate`` Hz; equal for equal samples."""
        generator = torch.Generator().manual_seed(zlib.crc32(samples.tobytes()))
        with torch.inference_mode():
            rows = [self.row(wave) for wave in versions(cut(samples, rate), generator)]
        return torch.stack(rows).numpy()

    def row(self, wave: torch.Tensor) -> torch.Tensor:
        """(170,) of (m,) samples."""
        db = 10.0 * torch.log10(self._mel(wave).clamp(min=_FLOOR))
        limited = torch.maximum(db, db.max() - _TOP_DB)  # for the MFCC only
        mfcc = limited.mean(1) @ self._dct
        rms = wave.square().mean().sqrt()
        crossings = wave.sign().diff().abs().sum()
        return torch.cat([mfcc, db.mean(1), rms[None], crossings[None]])


def _make() -> Compute:
    torch.set_num_threads(1)
    return PaperFeatures()


def paper_rows(table: pd.DataFrame, root: Path, cache: Path) -> np.ndarray:
    """The numbers of every version of every clip, (n, 6, 170) float32, kept in ``cache/paper``.

    Raises:
        SerLiveError: see :func:`training.clip_rows.clip_rows`.
    """
    settings = {"versions": list(VERSIONS), "sample_rate": SAMPLE_RATE, "revision": 1}
    shape = (len(VERSIONS), N_FEATURES)
    return clip_rows(table, root, cache / "paper", shape, settings, _make)
