"""Trying a configuration in a moment, so that nothing is begun with one that cannot be."""

from __future__ import annotations

import warnings

import numpy as np
import torch

from ser_live.config import Config
from ser_live.errors import ConfigError
from ser_live.features import FeatureExtractor
from ser_live.models.registry import build_model
from training.cache import clip_windows

#: What numpy, torch and our own code raise of values that are out of range.
_IMPOSSIBLE = (RuntimeError, ValueError, ArithmeticError, IndexError)


def _line(error: Exception) -> str:
    """The first line of what an error says."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def try_front_end(config: Config) -> None:
    """Cut and compute a second of noise, so that a setting that cannot be is found at once.

    Raises:
        ConfigError: it cannot be computed with this configuration.
    """
    rng = np.random.default_rng(0)
    rate = 16_000
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of filters that are empty: the error says it
            windows, _ = clip_windows(rng.normal(0, 0.1, rate).astype(np.float32), rate, config)
            shape = FeatureExtractor(config)(windows[0].samples).values.shape
    except _IMPOSSIBLE as error:
        raise ConfigError(
            f"nothing can be computed with this configuration: {_line(error)}"
        ) from error
    if not all(shape):
        raise ConfigError("nothing can be computed with this configuration: no frame in a window")


def try_model(config: Config) -> None:
    """Build the model once, so that a setting that cannot be is found before anything is written.

    Raises:
        ConfigError: it cannot be built, or computes nothing.
    """
    try:
        frames = config.frames_per_window
        if min(config.model.channels, config.model.lstm_units, config.model.n_blocks) < 1:
            raise ValueError("channels, lstm_units and n_blocks: at least 1")
        model = build_model(config).eval()
        with torch.inference_mode():
            model(
                torch.zeros(1, config.features.n_features, frames),
                torch.ones(1, frames, dtype=torch.bool),
            )
    except _IMPOSSIBLE as error:
        raise ConfigError(
            f"config.model: no model can be built with this: {_line(error)}"
        ) from error
