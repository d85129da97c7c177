"""Changing single values of a configuration, and which of them may change at run time.

A checkpoint fixes what its network was trained to see: the sound's rate, the window, the features,
the network, the calibration.  How speech is found and when a statement is called unsure may be set
anew by whoever uses it; :mod:`ser_live.tunables` lists these values.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from ser_live.config import Config, from_mapping
from ser_live.errors import ConfigError
from ser_live.tunables import BY_NAME, check_together


def override(config: Config, settings: list[str]) -> Config:
    """Apply ``section.field=value`` settings to a configuration, whatever they are.

    >>> override(Config(), ["segmenter.hangover=0.8"]).segmenter.hangover
    0.8

    Raises:
        ConfigError: not of that form, an unknown field or a wrong type.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        name, sep, text = setting.partition("=")
        if not sep:
            raise ConfigError(f"{setting!r}: expected section.field=value")
        try:
            values[name] = json.loads(text)
        except json.JSONDecodeError:
            values[name] = text
    return with_values(config, values)


def with_values(config: Config, values: Mapping[str, Any]) -> Config:
    """A configuration in which ``{"section.field": value}`` are changed.

    Raises:
        ConfigError: an unknown field or a wrong type.
    """
    data = dataclasses.asdict(config)
    for name, value in values.items():
        section, dot, field = name.partition(".")
        if not dot or section not in data:
            raise ConfigError(f"{name!r}: expected section.field=value")
        data[section][field] = value
    return from_mapping(Config, data, "config")


def tune(config: Config, values: Mapping[str, Any]) -> Config:
    """A checkpoint's configuration with values changed that may be changed at run time.

    Raises:
        ConfigError: a value that belongs to the checkpoint, is unknown, of the wrong type, out of
            its range, or at odds with another one.
    """
    _check_each(values)
    tuned = with_values(config, values)
    check_together(tuned)
    return tuned


def _check_each(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        tunable = BY_NAME.get(name)
        if tunable is not None:
            tunable.check(value)
            continue
        with_values(Config(), {name: value})  # unknown names are told as such
        raise ConfigError(
            f"{name}: belongs to the checkpoint and cannot be set here "
            f"(what can: {', '.join(BY_NAME)})"
        )


def parse_settings(settings: list[str]) -> dict[str, Any]:
    """``section.field=value`` texts as values for :func:`tune`, each checked for itself.

    >>> parse_settings(["segmenter.hangover=0.8", "vad.webrtc_mode=3"])
    {'segmenter.hangover': 0.8, 'vad.webrtc_mode': 3}

    Raises:
        ConfigError: as :func:`tune`.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        changed = override(Config(), [setting])
        name = setting.partition("=")[0]
        section, _, field = name.partition(".")
        values[name] = getattr(getattr(changed, section), field)
    _check_each(values)
    return values


def check_same_checkpoint(config: Config, checkpoint: Config) -> None:
    """Make sure that a configuration contradicts nothing that a network was trained with.

    Raises:
        ConfigError: it does.
    """
    for section in ("audio", "features", "model"):
        if getattr(config, section) != getattr(checkpoint, section):
            raise ConfigError(f"{section}: is not what the checkpoint was trained with")
    if config.decision.temperature != checkpoint.decision.temperature:
        raise ConfigError("decision.temperature: is not what the checkpoint was calibrated with")
