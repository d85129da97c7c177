"""What a run folder says the run is, so that it is not continued as something else."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pandas as pd

from ser_live.config import Config, from_mapping
from ser_live.errors import SerLiveError
from training.recipe import Recipe
from training.warm_start import Start, same_for_all_folds

#: Keys of ``run.json`` that say who was held out, where it is not a fold.
DIVISIONS = ("leave_out", "everyone")


def claim_folder(
    folder: Path,
    config: Config,
    recipe: Recipe,
    division: dict[str, Any],
    start: Start | None = None,
) -> None:
    """Write ``run.json``, or refuse to continue a run that is another one.

    Args:
        folder: of the run; it exists.
        config: of the model.
        recipe: of the training.
        division: of :data:`DIVISIONS`, what holds; empty for a fold.
        start: the weights it begins with.

    Raises:
        SerLiveError: the folder holds a run with other settings.
    """
    path = folder / "run.json"
    if path.exists():
        before = json.loads(path.read_text())
        # Through the dataclasses: a run that began before a field existed had its default.
        same = (
            from_mapping(Config, before["config"], "config") == config
            and from_mapping(Recipe, before["recipe"], "recipe") == recipe
            and {key: before[key] for key in DIVISIONS if key in before} == division
            and before.get("start") == (start.facts if start else None)
        )
        if not same:
            raise SerLiveError(
                f"{path}: this run began with another configuration or recipe, or another "
                f"--start-from, --leave-out or --everyone; choose another --run"
            )
        return
    facts = {"config": dataclasses.asdict(config), "recipe": dataclasses.asdict(recipe), **division}
    if start:
        facts["start"] = start.facts
    path.write_text(json.dumps(facts, indent=1, sort_keys=True))


def settings_of(run: Path) -> dict[str, Any]:
    """What a run's ``run.json`` says, without what differs from fold to fold, to compare runs by.

    What an older run does not know has today's default.

    Returns:
        ``config``, ``recipe`` (without its fold), ``start`` where there was one, and what of
        :data:`DIVISIONS` holds.

    Raises:
        SerLiveError: no ``run.json``, or one with settings that this version does not know.
    """
    path = run / "run.json"
    if not path.exists():
        raise SerLiveError(f"{path}: not there")
    settings = json.loads(path.read_text())
    settings["config"] = dataclasses.asdict(from_mapping(Config, settings["config"], "config"))
    settings["recipe"] = dataclasses.asdict(from_mapping(Recipe, settings["recipe"], "recipe"))
    del settings["recipe"]["fold"]
    if "start" in settings:
        settings["start"] = same_for_all_folds(settings["start"])
    return settings


def keep_folds(folder: Path, folds: pd.DataFrame) -> None:
    """Write down who is tested in which fold, or refuse to continue with another division.

    Args:
        folder: of the run.
        folds: ``speaker, fold``.

    Raises:
        SerLiveError: the run began with others.
    """
    path = folder / "folds.csv"
    text = folds.to_csv(index=False)
    if not path.exists():
        path.write_text(text)
    elif path.read_text() != text:
        raise SerLiveError(
            f"{path}: this run began with other speakers or folds; choose another --run"
        )
