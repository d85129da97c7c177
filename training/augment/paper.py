"""The source paper's six waveform augmentations, as six versions of every window.

Version 1: white Gaussian noise; 2 and 3: pitch two semitones up and down; 4: circular shift by
20 %; 5 and 6: 0.8 and 1.25 times the speed at the same pitch (librosa's phase vocoder, which is
also what its pitch shift uses).  A window that grows beyond three seconds keeps its middle.
"""

from __future__ import annotations

import numpy as np

from ser_live.config import Config
from ser_live.errors import SerLiveError
from training.augment.base import Span
from training.stress.perturb import mix

NOISE_SNR_DB = 20.0
SEMITONES = 2
SHIFT = 0.2
SPEEDS = (0.8, 1.25)
#: The phase vocoder's frame; a shorter window is left as it is.
_FRAME = 2_048


class Paper:
    """See the module; an :class:`~training.augment.base.Augmentation`.

    Raises:
        SerLiveError: librosa is not installed.
    """

    name = "paper"

    def __init__(self, config: Config) -> None:
        try:
            import librosa
        except ImportError as error:
            raise SerLiveError(
                "the paper's versions need librosa: `make setup-training`"
            ) from error
        self._effects = librosa.effects
        self.rate = config.audio.sample_rate
        self.longest = config.audio.window_samples
        self.facts: dict[str, object] = {
            "noise_snr_db": NOISE_SNR_DB,
            "semitones": SEMITONES,
            "shift": SHIFT,
            "speeds": list(SPEEDS),
        }

    def windows(
        self, wave: np.ndarray, spans: list[Span], version: int, rng: np.random.Generator
    ) -> list[np.ndarray]:
        """Cut, then perturb each window.

        Raises:
            SerLiveError: a version beyond the six.
        """
        return [self._changed(wave[first:stop], version, rng) for first, stop in spans]

    def _changed(self, window: np.ndarray, version: int, rng: np.random.Generator) -> np.ndarray:
        if not 1 <= version <= 6:
            raise SerLiveError("augmentation 'paper' has six versions")
        if version == 1:
            return mix(window, rng.standard_normal(len(window)), NOISE_SNR_DB)
        if version == 4:
            return np.roll(window, round(SHIFT * len(window)))
        if len(window) < _FRAME:
            return window
        if version in (2, 3):
            steps = SEMITONES if version == 2 else -SEMITONES
            heard = self._effects.pitch_shift(window, sr=self.rate, n_steps=steps)
        else:
            heard = self._effects.time_stretch(window, rate=SPEEDS[version - 5])
        over = max(0, len(heard) - self.longest)
        return heard[over // 2 : over // 2 + self.longest].astype(np.float32)
