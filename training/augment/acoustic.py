"""Acoustic augmentation: room, noise, microphone, telephone, clipping, recording level, shift.

The order is that of a real recording.  Every link is drawn by chance, so a version of a clip holds
some of them.  Constant gain alone would change nothing, because every window is scaled to one
speech level; it acts here as the level at which a recorder rounds to 16 bits.

The filters are torchaudio's.  audiomentations, which has most of this ready, asks for soxr < 1 and
so does not install beside this program.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import soxr
import torch
import torchaudio.functional as AF
from scipy import signal

from ser_live.config import Config
from training.augment.base import Span
from training.augment.rooms import COUNT, SEED, load_bank
from training.augment.sounds import EVENTS, FOLDS, Sounds
from training.stress.perturb import clip_share, db, mix, rms, tilted
from training.stress.sources import RESERVED

#: Chance of each link.
CHANCES = {
    "room": 0.4,
    "noise": 0.65,
    "tilt": 0.4,
    "equaliser": 0.3,
    "telephone": 0.15,
    "clipping": 0.15,
    "recorder": 0.3,
    "shift": 0.5,
}
#: Kind of noise → its share.
NOISES = {"white": 0.3, "coloured": 0.15, "recorded": 0.3, "babble": 0.25}
SNR_DB = (0.0, 30.0)
TILT_DB = (-20.0, 20.0)  # gain at 8 kHz against 0 Hz
EQUALISER_DB = 9.0
CLIPPED = (0.001, 0.05)  # share of samples at the limit
RECORDER_DB = (-50.0, 0.0)  # peak in dBFS
SHIFT = 0.03  # s
_PHONE_RATE = 8_000


class Acoustic:
    """See the module; an :class:`~training.augment.base.Augmentation`.

    The whole clip is perturbed and the windows are cut where the segmenter cut them in the clean
    clip (moved by at most 30 ms), so that reverberation reaches in from before a window.

    Raises:
        SerLiveError: ESC-50, LibriSpeech or pyroomacoustics is not there.
    """

    name = "acoustic"

    def __init__(self, root: Path, folder: Path, config: Config) -> None:
        self.rate = config.audio.sample_rate
        self.sounds = Sounds(root, self.rate)
        self.bank = load_bank(folder, self.rate)
        self.facts: dict[str, object] = {
            "chances": CHANCES,
            "noises": NOISES,
            "snr_db": list(SNR_DB),
            "tilt_db": list(TILT_DB),
            "equaliser_db": EQUALISER_DB,
            "clipped": list(CLIPPED),
            "recorder_db": list(RECORDER_DB),
            "shift": SHIFT,
            "rooms": [COUNT, SEED],
            "esc50": [list(FOLDS), list(EVENTS)],
            "librispeech": sorted(RESERVED),
        }

    def windows(
        self, wave: np.ndarray, spans: list[Span], version: int, rng: np.random.Generator
    ) -> list[np.ndarray]:
        """Perturb the clip, then cut."""
        # All chances are drawn first: another link's parameters never change which are there.
        on = {name: bool(rng.random() < chance) for name, chance in CHANCES.items()}
        links: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
            "room": self._room,
            "noise": self._noise,
            "tilt": self._tilt,
            "equaliser": self._equaliser,
            "telephone": self._telephone,
            "clipping": self._clipping,
            "recorder": self._recorder,
        }
        heard = wave
        for name, link in links.items():
            if on[name] and np.any(heard):
                heard = link(heard, rng)
        limit = round(SHIFT * self.rate) if on["shift"] else 0
        out = []
        for first, stop in spans:
            move = int(rng.integers(-limit, limit + 1))
            move = min(max(move, -first), len(heard) - stop)  # stay inside the clip
            out.append(np.ascontiguousarray(heard[first + move : stop + move], np.float32))
        return out

    def _room(self, wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        response = self.bank[rng.integers(len(self.bank))]
        return signal.fftconvolve(wave, response)[: len(wave)].astype(np.float32)

    def _noise(self, wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        kind = str(rng.choice(list(NOISES), p=list(NOISES.values())))
        noise = getattr(self.sounds, kind)(len(wave), rng)
        return mix(wave, noise, float(rng.uniform(*SNR_DB)))

    def _tilt(self, wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return tilted(wave, self.rate, float(rng.uniform(*TILT_DB)))

    def _equaliser(self, wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        def gain() -> float:
            return float(rng.uniform(-EQUALISER_DB, EQUALISER_DB))

        level = rms(wave)
        # torchaudio's filters clamp at full scale: stay far below it.
        x = torch.from_numpy((wave * (0.01 / level)).astype(np.float32))
        x = AF.bass_biquad(x, self.rate, gain(), float(rng.uniform(80, 400)))
        x = AF.treble_biquad(x, self.rate, gain(), float(rng.uniform(2_000, 6_000)))
        for _ in range(2):
            centre = float(np.exp(rng.uniform(np.log(200), np.log(6_000))))
            x = AF.equalizer_biquad(x, self.rate, centre, gain(), float(rng.uniform(0.5, 2)))
        heard = x.numpy()
        return (heard * (level / max(rms(heard), 1e-12))).astype(np.float32)

    def _telephone(self, wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Narrow band; half of the time in 8 bits too (G.711's µ-law)."""
        narrow = soxr.resample(wave, self.rate, _PHONE_RATE)
        band = (rng.uniform(150, 400), rng.uniform(3_000, 3_700))
        sections = signal.butter(
            int(rng.integers(1, 4)), band, "bandpass", fs=_PHONE_RATE, output="sos"
        )
        narrow = signal.sosfilt(sections, narrow)
        narrow = narrow / max(float(np.abs(narrow).max()), 1e-9)
        if rng.random() < 0.5:
            codes = AF.mu_law_encoding(torch.from_numpy(narrow), 256)
            narrow = AF.mu_law_decoding(codes, 256).numpy()
        wide = soxr.resample(narrow, _PHONE_RATE, self.rate)[: len(wave)]
        wide = np.pad(wide, (0, len(wave) - len(wide)))
        return (wide * (rms(wave) / max(rms(wide), 1e-12))).astype(np.float32)

    def _clipping(self, wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        share = float(np.exp(rng.uniform(*np.log(CLIPPED))))
        return clip_share((share,))(wave, self.rate, rng)

    def _recorder(self, wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        peak = float(np.abs(wave).max())
        louder = wave * (db(float(rng.uniform(*RECORDER_DB))) / peak)
        return (np.clip(np.round(louder * 32768), -32768, 32767) / 32768).astype(np.float32)
