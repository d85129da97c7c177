"""What a run folder says the run is, so that it is not continued as something else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ser_live.config import Config, from_mapping
from ser_live.errors import SerLiveError
from training.files import read_json, read_table, write_json, write_text
from training.nested import plain
from training.recipe import Recipe
from training.warm_start import Start, origins

#: Keys of ``run.json`` that say who was held out, where it is not a fold.
DIVISIONS = ("leave_out", "everyone")


def claim_folder(
    folder: Path,
    config: Config,
    recipe: Recipe,
    division: dict[str, Any],
    start: Start | None = None,
    teachers: Sequence[dict[str, Any]] = (),
) -> None:
    """Write ``run.json``, or refuse to continue a run that is another one.

    Args:
        folder: of the run; it exists.
        config: of the model.
        recipe: of the training.
        division: of :data:`DIVISIONS`, what holds; empty for a fold.
        start: the weights it begins with.
        teachers: facts about the runs that it learns from.

    Raises:
        SerLiveError: the folder holds a run with other settings, or its ``run.json`` is damaged.
    """
    path = folder / "run.json"
    if path.exists():
        before = read_json(path, ("config", "recipe"))
        # Through the dataclasses: a run that began before a field existed had its default.
        same = (
            from_mapping(Config, before["config"], f"{path}: config") == config
            and from_mapping(Recipe, before["recipe"], f"{path}: recipe") == recipe
            and {key: before[key] for key in DIVISIONS if key in before} == division
            and before.get("start") == (start.facts if start else None)
            and before.get("teachers", []) == list(teachers)
        )
        if not same:
            raise SerLiveError(
                f"{path}: this run began with another configuration, recipe or augmentation, or "
                f"another --start-from, --teacher, --leave-out or --everyone; choose another --run"
            )
        return
    facts = {"config": plain(config), "recipe": plain(recipe), **division}
    if start:
        facts["start"] = start.facts
    if teachers:
        facts["teachers"] = list(teachers)
    write_json(path, facts, sort_keys=True)


def settings_of(run: Path) -> dict[str, Any]:
    """What a run's ``run.json`` says, without what differs from fold to fold, to compare runs by.

    What an older run does not know has today's default; lists are lists, as JSON has them.

    Returns:
        ``config``, ``recipe`` (without its fold), ``start`` and ``teachers`` where there were
        any, and what of :data:`DIVISIONS` holds.

    Raises:
        SerLiveError: no ``run.json``, or one with settings that this version does not know.
    """
    path = run / "run.json"
    if not path.exists():
        raise SerLiveError(f"{path}: not there")
    return comparable(read_json(path, ("config", "recipe")), f"{path}: ")


def comparable(settings: dict[str, Any], where: str) -> dict[str, Any]:
    """Settings as :func:`settings_of` returns them, of whatever age; its own stay as they are.

    Args:
        settings: with ``config``, ``recipe`` and perhaps ``start`` and ``teachers``.
        where: put before a field's name in messages.

    Raises:
        ConfigError: a setting that this version does not know.
    """
    config = from_mapping(Config, settings["config"], f"{where}config")
    recipe = plain(from_mapping(Recipe, settings["recipe"], f"{where}recipe"))
    del recipe["fold"]
    return settings | {"config": plain(config), "recipe": recipe} | origins(settings)


def read_log(run: Path) -> pd.DataFrame | None:
    """``log.csv`` of a run, a row an epoch; ``None`` without one.

    Its column ``coarse`` tells the epochs that saw every second frame only (``coarse_epochs``).

    Raises:
        SerLiveError: it is damaged.
    """
    path = run / "log.csv"
    if not path.exists():
        return None
    table = read_table(path, ("epoch", "loss", "validation_uar", "per_corpus"))
    if not len(table):
        raise SerLiveError(f"{path}: no epoch in it")
    began = run / "run.json"  # the oldest runs have none
    recipe = read_json(began, ("recipe",))["recipe"] if began.exists() else {}
    return table.assign(coarse=table["epoch"] <= recipe.get("coarse_epochs", 0))


def temperature_of(run: Path) -> float:
    """The temperature that a finished run's ``metrics.json`` holds.

    Raises:
        SerLiveError: it holds none, or is damaged.
    """
    path = run / "metrics.json"
    figures = read_json(path, ("figures",))["figures"]
    if not isinstance(figures, dict) or not isinstance(figures.get("temperature"), int | float):
        raise SerLiveError(f"{path}: has no temperature")
    return float(figures["temperature"])


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
        write_text(path, text)
    elif path.read_text(encoding="utf-8", errors="replace") != text:
        raise SerLiveError(
            f"{path}: this run began with other speakers or folds; choose another --run"
        )
