"""``python -m training stages``: all stages of all folds, their figures together, the final model.

A recipe in several stages is a chain of runs, each beginning with the weights of the one before
(:mod:`training.warm_start`).  This starts what of all chains is not finished yet, several side by
side, so that the same command goes on after any stop and ends with figures and a checkpoint.

    RUN/stages.json                 what is trained, so that it is not continued as something else
    RUN/stage-1.toml …              the recipes as they were then, which all folds train by
    RUN/precision.json              device → float32 or bfloat16, the same for all folds
    RUN/fold-0-stage-1 …            a run folder a fold and stage
    RUN/fold-0-stage-1.log …        what its process said
    RUN/everyone-stage-1 …          the same with nobody held out
    RUN/pooled                      figures of all folds together
    RUN/model.safetensors           the last stage on everyone, calibrated by the folds; its card
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ser_live.config import Config, from_mapping
from ser_live.config_override import override
from ser_live.errors import SerLiveError
from ser_live.predictor import resolve_device
from training.chains import Chain, Stage, train_chains
from training.config_trial import try_model
from training.files import make_folder, read_json, write_json, write_text
from training.manifest import read_manifest
from training.nested import difference
from training.precision import PRECISIONS, choose_precision
from training.recipe import Recipe, load_config, load_recipe
from training.workers import worker_pool

EVERYONE = "everyone"
_PLAN = "stages.json"


def run_stages(args: argparse.Namespace) -> None:
    """Train what is not finished; then pool the folds, and export the model of everyone.

    Args:
        args: ``run, cache, corpora`` (paths), ``recipes`` (paths, one a stage), ``set`` (changes
            of the configuration, for all stages), ``folds`` (numbers; ``None``: all),
            ``everyone``, ``no_test`` (bool), ``jobs`` (chains side by side), ``device``,
            ``precision`` (``auto`` or a name).

    Raises:
        SerLiveError: a wrong recipe or fold, a folder that began with other stages, or a stage
            that failed (after the other chains have come to their end).
        KeyboardInterrupt: stopped; so are the stages.
    """
    from training.run import FOLDS
    from training.split import load_or_assign

    table = read_manifest(args.cache)
    # Here and once: processes side by side would all write that file.
    assigned = load_or_assign(table, FOLDS)
    known = sorted(
        int(n) for n in assigned[assigned["speaker"].isin(table["speaker"])]["fold"].unique()
    )
    wanted = known if args.folds is None else sorted(set(args.folds))
    if unknown := sorted(set(wanted) - set(known)):
        choice = ", ".join(map(str, known))
        raise SerLiveError(f"nobody is tested in fold {unknown[0]}; choose from {choice}")
    if not wanted and not args.everyone:
        raise SerLiveError("nothing to train: name --folds, or --everyone")
    recipes = _claim(args)
    precision = _agreed_precision(args, recipes[0])
    units: list[tuple[str, int | None]] = [(f"fold-{n}", n) for n in wanted]
    if args.everyone:
        units.append((EVERYONE, None))
    chains = [_chain(args, recipes, precision, *unit) for unit in units]
    train_chains(chains, args.jobs)
    _complete(args, known)


def _plans(recipes: Sequence[Path], changes: list[str]) -> dict[str, Any]:
    """What is trained by these recipes: number of the stage → its recipe and configuration."""
    plans: dict[str, Any] = {}
    for number, path in enumerate(recipes, 1):
        recipe, config = load_recipe(path), override(load_config(path), changes)
        # Each chain has a fold of its own.
        plans[str(number)] = {"recipe": asdict(replace(recipe, fold=0)), "config": asdict(config)}
    return plans


def _claim(args: argparse.Namespace) -> list[Path]:
    """Write down what is trained, or refuse to go on as something else.

    Returns:
        A recipe a stage: copies, for the last stage of the last fold may begin days later.

    Raises:
        SerLiveError: a wrong recipe, or the folder is of another one.
    """
    wanted = _plans(args.recipes, args.set)
    for recipe_path in args.recipes:
        if load_recipe(recipe_path).distil_share > 0:
            raise SerLiveError(
                f"{recipe_path}: distil_share: each fold has teachers of its own, which `train "
                "--teacher` names"
            )
        try_model(override(load_config(recipe_path), args.set))
    make_folder(args.run)
    path = args.run / _PLAN
    if not path.exists():
        write_json(path, wanted, sort_keys=True)
    else:
        began = {}
        for name, stage in read_json(path).items():
            # Through the dataclasses: what an older version did not know had today's default.
            recipe = from_mapping(Recipe, stage["recipe"], f"{path}: recipe")
            config = from_mapping(Config, stage["config"], f"{path}: config")
            began[name] = {"recipe": asdict(recipe), "config": asdict(config)}
        if where := difference(began, wanted, "stage "):
            raise SerLiveError(f"{path}: began as another recipe: {where}; choose another --run")
    copies = []
    for number, recipe_path in enumerate(args.recipes, 1):
        copy = args.run / f"stage-{number}.toml"
        if not copy.exists():
            write_text(copy, recipe_path.read_text(encoding="utf-8"))
        copies.append(copy)
    # Somebody may have changed a recipe in this moment, or a copy since.
    if where := difference(_plans(copies, args.set), wanted, "stage "):
        raise SerLiveError(
            f"{copies[0].parent}: its copies of the recipes are not what was begun: {where}; "
            f"remove stage-*.toml there"
        )
    return copies


def _agreed_precision(args: argparse.Namespace, recipe: Path) -> str:
    """The precision that all chains train in on this device, chosen once and kept.

    Each would time it for itself otherwise, beside the others, and folds could differ.
    """
    device = resolve_device(args.device)
    path = args.run / "precision.json"
    known = read_json(path) if path.exists() else {}
    if args.precision != "auto":
        chosen = args.precision
    elif known.get(device.type) in PRECISIONS:
        chosen = known[device.type]
    else:
        config = override(load_config(recipe), args.set)
        # In a process of its own, which leaves nothing on a GPU.
        with worker_pool(1) as pool:
            chosen, speed = pool.apply(choose_precision, (config, device))
        print(f"{device}, {chosen} ({speed:.0f} clips/s in a short trial)", flush=True)
    if known.get(device.type) != chosen:
        write_json(path, known | {device.type: chosen})
    return str(chosen)


def _folder(run: Path, unit: str, stage: int) -> Path:
    return run / f"{unit}-stage-{stage}"


def _chain(
    args: argparse.Namespace, recipes: list[Path], precision: str, unit: str, fold: int | None
) -> Chain:
    """The stages of a fold, or of everyone."""
    stages = []
    last = len(recipes)
    for number, recipe in enumerate(recipes, 1):
        folder = _folder(args.run, unit, number)
        tests = fold is not None and number == last and not args.no_test
        command = [sys.executable, "-m", "training", "train", "--run", str(folder)]
        command += ["--recipe", str(recipe), "--device", args.device]
        command += ["--precision", precision]
        command += ["--corpora", str(args.corpora), "--cache", str(args.cache)]
        for change in args.set:
            command += ["--set", change]
        command += [f"--{EVERYONE}"] if fold is None else ["--fold", str(fold)]
        if fold is not None and not tests:
            command.append("--no-test")
        if number > 1:
            command += ["--start-from", str(_folder(args.run, unit, number - 1))]
        name = f"{unit}, stage {number} of {last}" if last > 1 else unit
        epochs = load_recipe(recipe).epochs
        stages.append(Stage(name, folder, epochs, tests, tuple(command)))
    return tuple(stages)


def _complete(args: argparse.Namespace, folds: list[int]) -> None:
    """Pool the folds once all are tested; calibrate the model of everyone by them."""
    if args.no_test:
        print("test speakers were left alone; without --no-test the last stages test them")
        return
    last = len(args.recipes)
    runs = [_folder(args.run, f"fold-{n}", last) for n in folds]
    stages = (Stage(str(run), run, 0, True, ()) for run in runs)
    missing = [stage.name for stage in stages if not stage.is_trained()]
    if missing:
        print(f"not tested yet: {', '.join(missing)}")
        return
    from training.pool import pool_runs

    pooled = args.run / "pooled"
    pool_runs(runs, pooled, args.cache, args.corpora)
    final = _folder(args.run, EVERYONE, last)
    if not Stage(EVERYONE, final, 0, False, ()).is_trained():
        print("--everyone trains the model to hand out")
        return
    from training.export import export_run

    export_run(final, args.run / "model.safetensors", pooled)
