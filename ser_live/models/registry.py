"""Architectures by name."""

from __future__ import annotations

from collections.abc import Callable

from ser_live.config import Config
from ser_live.errors import ConfigError
from ser_live.models.cnn_bilstm import CnnBiLstm

ARCHITECTURES: dict[str, Callable[[Config], CnnBiLstm]] = {"model_a": CnnBiLstm}


def build_model(config: Config) -> CnnBiLstm:
    """A freshly initialised model.

    Raises:
        ConfigError: an architecture that is not known.
    """
    name = config.model.architecture
    if name not in ARCHITECTURES:
        known = ", ".join(sorted(ARCHITECTURES))
        raise ConfigError(f"config.model.architecture: unknown {name!r} (known: {known})")
    return ARCHITECTURES[name](config)
