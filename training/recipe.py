"""A recipe: everything about a training run that is not the model's configuration."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ser_live.config import from_mapping
from ser_live.errors import ConfigError


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        fold: the fold whose speakers are tested on.
        epochs: passes over the drawn clips.
        train_share: share of the training clips used at all (a screening run takes less).
        tess_share: share of TESS clips drawn each epoch: two speakers say 200 words each in
            seven emotions there, so a part says nearly as much.
        batch_size: clips a step.
        max_lr: peak of the one-cycle schedule (Smith & Topin 2018, arXiv:1708.07120).
        weight_decay: AdamW's.
        label_smoothing: share of each target spread over all classes.
        mixup_alpha: Beta parameter (Zhang et al. 2018, arXiv:1710.09412); 0 for none.
        time_masks, time_mask_seconds, feature_masks, feature_mask_rows: SpecAugment (Park et al.
            2019, arXiv:1904.08779).
        augmented_share: chance that a clip is drawn as one of its augmented versions.
        augmentation: which kind (``acoustic`` or ``paper``), as ``prepare --augmentation`` made it.
        versions: how many of them to draw from.
        provisional_share: share of clips represented by a provisional window.
        seed: of everything random.
    """

    fold: int = 0
    epochs: int = 12
    train_share: float = 1.0
    tess_share: float = 0.4
    batch_size: int = 32
    max_lr: float = 1e-3
    weight_decay: float = 1e-4
    label_smoothing: float = 0.05
    mixup_alpha: float = 0.3
    time_masks: int = 2
    time_mask_seconds: float = 0.3
    feature_masks: int = 2
    feature_mask_rows: int = 20
    augmented_share: float = 0.0
    augmentation: str = "acoustic"
    versions: int = 3
    provisional_share: float = 0.25
    seed: int = 0


def load_recipe(path: Path | None, **overrides: Any) -> Recipe:
    """A recipe from a TOML file (the defaults without one), with single fields replaced.

    Raises:
        ConfigError: an unknown field or a wrong type.
        tomllib.TOMLDecodeError: not TOML.
    """
    data = tomllib.loads(path.read_text()) if path else {}
    recipe = from_mapping(Recipe, data, "recipe")
    given = {name: value for name, value in overrides.items() if value is not None}
    recipe = replace(recipe, **given)
    if not 0 <= recipe.augmented_share <= 1 or recipe.versions < 1:
        raise ConfigError("recipe: augmented_share is from 0 to 1, versions at least 1")
    return recipe
