"""Sounds that are mixed in for training: never those that the stress tests or the tuning use.

ESC-50's folds 1 to 3 (fold 4 is for tuning, fold 5 for the tests) and babble of the LibriSpeech
speakers that the stress tests leave out.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import fft

from ser_live.errors import SerLiveError
from training.stress.perturb import rms
from training.stress.sources import RESERVED, esc50, librispeech, piece, read_at

FOLDS = (1, 2, 3)
#: Of the human sounds only these: laughing and crying carry an emotion of their own.
EVENTS = ("coughing", "sneezing")
VOICES = (3, 7)
_SILENT = 1e-4


class Sounds:
    """Noise drawn at random, RMS 1.

    Args:
        root: folder with the corpora.
        rate: Hz.

    Raises:
        SerLiveError: ESC-50 or LibriSpeech is not there, or not all that is needed of it.
    """

    def __init__(self, root: Path, rate: int) -> None:
        self.rate = rate
        self.recordings = esc50(root, "environment", FOLDS)
        self.recordings += [path for kind in EVENTS for path in esc50(root, kind, FOLDS)]
        self.speakers = librispeech(root, reserved=True)
        if not self.recordings:
            raise SerLiveError(
                f"{root}: noise needs ESC-50 here: ESC-50/esc50.csv, or ESC-50/meta/esc50.csv, and "
                "the clips that it lists"
            )
        if not self.speakers:
            raise SerLiveError(
                f"{root}: noise needs LibriSpeech/test-other here, of it the voices "
                f"{', '.join(sorted(RESERVED))}"
            )

    def white(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """(count,) Gaussian white noise."""
        return rng.standard_normal(count)

    def coloured(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """(count,) noise whose power falls as 1/f to the power 0.5 to 2: around pink."""
        spectrum = fft.rfft(rng.standard_normal(count))
        place = np.maximum(np.arange(len(spectrum)), 1)
        return _unit(fft.irfft(spectrum * place ** (-rng.uniform(0.5, 2.0) / 2), count))

    def recorded(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """(count,) samples of an ESC-50 clip from a random place; zero where all were silent."""
        for _ in range(20):  # short sounds are padded with silence there: draw again
            path = self.recordings[rng.integers(len(self.recordings))]
            noise = piece(read_at(path, self.rate), count, rng)
            if rms(noise) > _SILENT:
                return _unit(noise)
        return np.zeros(count)

    def babble(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """(count,) samples of several voices at once, equally loud; a speaker may speak twice."""
        names = sorted(self.speakers)
        low, high = VOICES
        noise = np.zeros(count)
        for _ in range(int(rng.integers(low, high + 1))):
            paths = self.speakers[names[rng.integers(len(names))]]
            path = paths[rng.integers(len(paths))]
            noise += _unit(piece(read_at(path, self.rate), count, rng))
        return _unit(noise)


def _unit(noise: np.ndarray) -> np.ndarray:
    level = rms(noise)
    return noise / level if level else np.zeros(len(noise))
