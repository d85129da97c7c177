"""eGeMAPSv02 functionals: 88 numbers a clip, computed by openSMILE.

Eyben et al. 2016, "The Geneva Minimalistic Acoustic Parameter Set (GeMAPS) for Voice Research and
Affective Computing".  The package ``opensmile`` (extra ``baseline``) is free for research and
teaching; commercial use needs a licence from audEERING.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import soxr

from ser_live.errors import SerLiveError
from training.clip_rows import Compute, clip_rows

N_FUNCTIONALS = 88
#: All corpora at the lowest of their rates, so that the band does not tell the corpus.
SAMPLE_RATE = 16_000
_SHORTEST = SAMPLE_RATE // 5  # openSMILE needs some frames


def _make() -> Compute:
    try:
        import opensmile
    except ImportError as error:
        raise SerLiveError(
            f"{error}; the baseline needs openSMILE (research licence): pip install '.[baseline]'"
        ) from error
    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
    )

    def compute(samples: np.ndarray, rate: int) -> np.ndarray:
        wave = soxr.resample(samples, rate, SAMPLE_RATE)
        if len(wave) < _SHORTEST:
            wave = np.pad(wave, (0, _SHORTEST - len(wave)))
        return smile.process_signal(wave, SAMPLE_RATE).to_numpy(np.float32)[0]

    return compute


def functionals(table: pd.DataFrame, root: Path, cache: Path) -> np.ndarray:
    """Functionals of every clip, (n, 88) float32, kept in ``cache/egemaps``.

    The whole recording is taken, at its own level.

    Raises:
        SerLiveError: openSMILE is not installed, or see :func:`training.clip_rows.clip_rows`.
    """
    settings = {"set": "eGeMAPSv02", "level": "functionals", "sample_rate": SAMPLE_RATE}
    return clip_rows(table, root, cache / "egemaps", (N_FUNCTIONALS,), settings, _make)
