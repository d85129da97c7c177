"""A recipe: everything about a training run that is not the model's configuration.

The same TOML file may change the configuration too, in tables such as ``[config.model]``.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ser_live.config import Config, from_mapping
from ser_live.errors import ConfigError
from training.augment.base import NAMES as AUGMENTATIONS
from training.augment.perturbations import Perturbations
from training.files import reason

CHOICES = {
    "optimizer": ("adamw", "adam"),
    "schedule": ("onecycle", "cosine", "plateau"),
    "decay_on": ("all", "dense"),
    "averaging": ("none", "ema", "swa"),
    "augmentation": AUGMENTATIONS,
    "balance": ("none", "corpus", "emotion", "corpus+emotion"),
}


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        fold: the fold whose speakers are tested on.
        epochs: passes over the drawn clips.
        coarse_epochs: how many of them, the first ones, see every second frame only, at half the
            cost (after the smaller pictures that EfficientNetV2 is first trained on, Tan & Le
            2021, arXiv:2104.00298).  What such epochs give is judged alike and never kept.
        train_share: share of the training clips used at all (a screening run takes less).
        tess_share: share of TESS clips drawn each epoch: two speakers say 200 words each in
            seven emotions there, so a part says nearly as much.
        batch_size: clips a step.
        optimizer: ``adamw``, or ``adam``, whose ``weight_decay`` is an L2 term of the loss.
        schedule: ``onecycle`` (Smith & Topin 2018, arXiv:1708.07120), ``cosine`` to 0, or
            ``plateau``: times ``plateau_factor`` after more than ``plateau_patience`` epochs
            without a better validation UAR.
        max_lr: peak of the one-cycle schedule, start of the others.
        weight_decay: how much.
        decay_on: ``all`` weights, or those of ``dense`` and convolution layers only.
        early_stopping: stop after so many epochs without a better validation UAR; 0: never.
        averaging: of weights: ``none``, ``ema`` (with ``ema_decay`` a step) or ``swa`` (from the
            share ``swa_start`` of the epochs on).
        balance: draw every ``corpus``, ``emotion`` or ``corpus+emotion`` equally often, or
            ``none``.  ``tess_share`` then only sets how many clips an epoch has.
        label_smoothing: share of each target spread over all classes.
        listener_share: share of a CREMA-D target that its listeners' choice gets.
        distil_share: share of every target that its teachers' mean answer gets
            (:mod:`training.distillation`); above 0, ``train --teacher`` names them.
        mixup_alpha: Beta parameter (Zhang et al. 2018, arXiv:1710.09412); 0 for none.
        time_masks, time_mask_seconds, feature_masks, feature_mask_rows: SpecAugment (Park et al.
            2019, arXiv:1904.08779).
        augmented_share: chance that a clip is drawn as one of its augmented versions.
        augmentation: which kind (``acoustic`` or ``paper``), as ``prepare --augmentation`` made it.
        versions: how many of them to draw from.
        context_share: chance that a clip is drawn with what surrounds its speech, as ``prepare
            --augmentation context --versions 1`` made it.
        channel_share: chance that a window gets another microphone's colour, band and steady
            noise, drawn anew each time (:mod:`training.augment.channel`).
        consistency: weight of the divergence between what the model says of a clip and of its
            drawn version (:mod:`training.consistency`); batches then hold both, and half as many
            clips.
        on_the_fly: perturb waveforms anew for every window, on the training device
            (:mod:`training.augment.waveform`), instead of drawing stored versions;
            ``augmented_share`` and ``context_share`` then say how many windows, and ``prepare
            --waveforms`` is needed.
        tempo: with ``on_the_fly``, up to so much faster or slower (0.1: a tenth).
        pitch: with ``on_the_fly``, all frequencies up to so many semitones higher or lower.
        perturbations: with ``on_the_fly``, how often windows meet what, and how strong it is.
        provisional_share: share of clips represented by a provisional window.
        seed: of everything random.
    """

    fold: int = 0
    epochs: int = 12
    coarse_epochs: int = 0
    train_share: float = 1.0
    tess_share: float = 0.4
    batch_size: int = 32
    optimizer: str = "adamw"
    schedule: str = "onecycle"
    plateau_factor: float = 0.5
    plateau_patience: int = 5
    max_lr: float = 1e-3
    weight_decay: float = 1e-4
    decay_on: str = "all"
    early_stopping: int = 0
    averaging: str = "none"
    ema_decay: float = 0.999
    swa_start: float = 0.75
    balance: str = "none"
    label_smoothing: float = 0.05
    listener_share: float = 0.0
    distil_share: float = 0.0
    mixup_alpha: float = 0.3
    time_masks: int = 2
    time_mask_seconds: float = 0.3
    feature_masks: int = 2
    feature_mask_rows: int = 20
    augmented_share: float = 0.0
    augmentation: str = "acoustic"
    versions: int = 3
    context_share: float = 0.0
    channel_share: float = 0.0
    consistency: float = 0.0
    on_the_fly: bool = False
    tempo: float = 0.0
    pitch: float = 0.0
    perturbations: Perturbations = field(default_factory=Perturbations)
    provisional_share: float = 0.25
    seed: int = 0


#: Lowest and highest value, both allowed.
_RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(
        (
            "augmented_share",
            "context_share",
            "channel_share",
            "listener_share",
            "distil_share",
            "provisional_share",
            "tess_share",
            "swa_start",
            "label_smoothing",
            "ema_decay",
        ),
        (0, 1),
    ),
    "tempo": (0, 0.5),
    "pitch": (0, 6),
    **dict.fromkeys(("versions", "epochs"), (1, math.inf)),
    "batch_size": (2, math.inf),  # batch norms need two
    **dict.fromkeys(
        (
            "fold",
            "coarse_epochs",
            "consistency",
            "weight_decay",
            "plateau_patience",
            "early_stopping",
            "mixup_alpha",
            "time_masks",
            "time_mask_seconds",
            "feature_masks",
            "feature_mask_rows",
            "seed",
        ),
        (0, math.inf),
    ),
}


def load_recipe(path: Path | None, **overrides: Any) -> Recipe:
    """A recipe from a TOML file (the defaults without one), with single fields replaced.

    Raises:
        ConfigError: no such file, not TOML, an unknown field, a wrong type, or a value out of
            its range; the message names the file, and the field or the line.
    """
    data = _read(path)
    data.pop("config", None)
    given = {name: value for name, value in overrides.items() if value is not None}
    with _named(path):
        recipe = replace(from_mapping(Recipe, data, "recipe"), **given)
        _check(recipe)
    return recipe


def load_config(path: Path | None) -> Config:
    """The configuration that a recipe's ``[config.…]`` tables change; the default without them.

    Raises:
        ConfigError: as :func:`load_recipe`.
    """
    data = _read(path)
    with _named(path):
        return from_mapping(Config, data.get("config", {}), "config")


def _read(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 (byte {error.start})") from error
    except OSError as error:
        raise ConfigError(f"{path}: {reason(error)}") from error


@contextmanager
def _named(path: Path | None) -> Iterator[None]:
    """Put the file's name in front of what is wrong in it."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}" if path else str(error)) from error


def _check(recipe: Recipe) -> None:
    for name, known in CHOICES.items():
        if getattr(recipe, name) not in known:
            raise ConfigError(f"recipe.{name}: choose from {', '.join(known)}")
    for name, (low, high) in _RANGES.items():
        value = getattr(recipe, name)
        if not (low <= value <= high and math.isfinite(value)):
            span = f"at least {low}" if high == math.inf else f"from {low} to {high}"
            raise ConfigError(f"recipe.{name}: {span}, not {value}")
    if not 0 < recipe.max_lr <= 1:  # at 0 nothing is learnt
        raise ConfigError(f"recipe.max_lr: above 0, at most 1, not {recipe.max_lr}")
    if recipe.coarse_epochs >= recipe.epochs:
        raise ConfigError(f"recipe.coarse_epochs: fewer than epochs, not {recipe.coarse_epochs}")
    if recipe.on_the_fly and recipe.augmentation != "acoustic":
        raise ConfigError("recipe.augmentation: on_the_fly knows 'acoustic' alone")
    if not recipe.on_the_fly and (recipe.tempo or recipe.pitch):
        raise ConfigError("recipe.tempo and recipe.pitch: only with on_the_fly")
    if not recipe.on_the_fly and recipe.perturbations != Perturbations():
        raise ConfigError("recipe.perturbations: only with on_the_fly")
    recipe.perturbations.check("recipe.perturbations")
    if recipe.consistency > 0 and recipe.batch_size % 2:
        raise ConfigError(f"recipe.batch_size: even for consistency, not {recipe.batch_size}")
    if not 0 < recipe.train_share <= 1:
        raise ConfigError(f"recipe.train_share: above 0, at most 1, not {recipe.train_share}")
    if not 0 < recipe.plateau_factor < 1:
        raise ConfigError("recipe.plateau_factor: between 0 and 1")
