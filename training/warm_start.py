"""Begin a run with the weights of another one: a second stage of the same fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from ser_live.config import Config, from_mapping
from ser_live.errors import SerLiveError
from ser_live.models.checkpoint import Checkpoint, load_checkpoint
from training.files import read_json
from training.nested import plain
from training.recipe import Recipe
from training.split import Split


@dataclass(frozen=True)
class Start:
    """The model that a run begins with.

    Attributes:
        state: its weights.
        epochs: that it was trained for, its own start included.
        facts: for ``run.json``: the run's name, its checkpoint's digest, its recipe, and its own
            start and teachers if it had any.
    """

    state: dict[str, torch.Tensor]
    epochs: int
    facts: dict[str, Any]


def load_start(run: Path, config: Config, table: pd.DataFrame, split: Split) -> Start:
    """The best model of a finished run, if it may be trained further on this split.

    Args:
        run: its folder.
        config: of the new run.
        table: the manifest.
        split: of the new run.

    Raises:
        SerLiveError: not a finished run, another model or other features, or one that was trained
            or chosen with speakers that the new run validates or tests with.
        CheckpointError: its checkpoint is damaged.
    """
    checkpoint, facts = load_finished(run, config, table, split, ("model", "features", "audio"))
    training = checkpoint.training
    epochs = int(training["epochs"]) + int(training.get("start", {}).get("epochs", 0))
    return Start(checkpoint.model.state_dict(), epochs, facts)


def load_finished(
    run: Path, config: Config, table: pd.DataFrame, split: Split, same: Sequence[str]
) -> tuple[Checkpoint, dict[str, Any]]:
    """The checkpoint of a finished run that may have a part in training on this split.

    Args:
        run, config, table, split: as :func:`load_start`.
        same: sections of the configuration that both must share.

    Returns:
        The checkpoint, and facts for ``run.json`` as :class:`Start` has them.

    Raises:
        SerLiveError, CheckpointError: as :func:`load_start`.
    """
    path, metrics = run / "model.safetensors", run / "metrics.json"
    for file in (path, metrics, run / "run.json"):
        if not file.exists():
            raise SerLiveError(f"{file}: not there, so it is not a finished run to learn from")
    training = read_json(metrics, ("speakers", "epochs", "recipe"))
    speakers = training["speakers"]
    for part in ("validation", "test"):  # all others are trained on
        mine = sorted(table["speaker"].iloc[getattr(split, part)].unique())
        if speakers[part] != mine:
            raise SerLiveError(
                f"{run}: its {part} speakers are others; take a run of the same fold"
            )
    checkpoint = load_checkpoint(path)
    for section in same:
        if getattr(checkpoint.config, section) != getattr(config, section):
            raise SerLiveError(f"{path}: its configuration's section {section!r} is another")
    facts: dict[str, Any] = {
        "run": run.resolve().name,
        "digest": checkpoint.digest,
        "recipe": training["recipe"],
    }
    earlier = read_json(run / "run.json")
    facts |= {name: earlier[name] for name in ("start", "teachers") if earlier.get(name)}
    return checkpoint, facts


def same_for_all_folds(start: dict[str, Any]) -> dict[str, Any]:
    """The facts of a start or teacher without what differs from fold to fold, to compare runs by.

    What an older run's recipe does not know has today's default.
    """
    recipe = plain(from_mapping(Recipe, start["recipe"], "recipe"))
    del recipe["fold"]
    facts: dict[str, Any] = {"recipe": recipe}
    return facts | origins(start)


def origins(settings: dict[str, Any]) -> dict[str, Any]:
    """``start`` and ``teachers`` of some settings, where there are any, to compare runs by."""
    found: dict[str, Any] = {}
    if "start" in settings:
        found["start"] = same_for_all_folds(settings["start"])
    if "teachers" in settings:
        found["teachers"] = [same_for_all_folds(teacher) for teacher in settings["teachers"]]
    return found
