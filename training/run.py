"""``python -m training train``: one run, from cached features to a checkpoint and its figures."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser_live.config import Config, from_mapping
from ser_live.config_override import override
from ser_live.errors import SerLiveError
from ser_live.models.checkpoint import save_checkpoint
from ser_live.predictor import resolve_device
from training.batches import joint_labels
from training.cache import load_cache
from training.evaluate import fit_temperature, predict_clips, probabilities
from training.metrics import scores_by_corpus, scores_table
from training.parallel import make_fabric
from training.precision import choose_precision
from training.predictions import FILE as PREDICTIONS
from training.predictions import predictions_table, write_predictions
from training.prepare import features_folder
from training.recipe import Recipe, load_config, load_recipe
from training.split import Split, load_or_assign, split_fold, split_leave_out
from training.trainer import Trainer
from training.versions import Version, load_versions
from training.warm_start import Start, load_start

FOLDS = Path(os.environ.get("SER_FOLDS", Path(__file__).parent / "folds.csv"))


def run_training(args: argparse.Namespace) -> None:
    """Train (or continue), calibrate on validation speakers, test once, write the checkpoint."""
    recipe = load_recipe(args.recipe, epochs=args.epochs, fold=args.fold)
    config = override(load_config(args.recipe), args.set)
    table = _manifest(args.cache)
    stored = features_folder(args.cache, config)
    cache = load_cache(stored)
    if cache.config.features != config.features or cache.config.segmenter != config.segmenter:
        raise SerLiveError(
            f"{args.cache}: cached with another configuration; remove it and prepare again"
        )
    versions: tuple[Version, ...] = ()
    if recipe.augmented_share > 0:
        versions = load_versions(stored, recipe.augmentation, recipe.versions)
    if recipe.context_share > 0:  # the last one, see draw_versions
        versions = (*versions, *load_versions(stored, "context", 1))
    cache = replace(cache, versions=versions)
    folds = load_or_assign(table, FOLDS)
    left_out: str | None = getattr(args, "leave_out", None)
    split = split_leave_out(table, left_out) if left_out else split_fold(table, folds, recipe.fold)
    folder: Path = args.run
    folder.mkdir(parents=True, exist_ok=True)
    start_run: Path | None = getattr(args, "start_from", None)
    start = load_start(start_run, config, table, split) if start_run else None
    _claim(folder, config, recipe, left_out, start)
    _keep_folds(folder, folds[folds["speaker"].isin(table["speaker"])].reset_index(drop=True))
    device = resolve_device(args.device)
    fabric = make_fabric(device, args.devices, args.nodes)
    fabric.launch()  # from here on there may be several of this process
    timed = choose_precision(config, fabric.device) if fabric.is_global_zero else ("", 0.0)
    precision, speed = fabric.broadcast(timed)
    if fabric.is_global_zero:
        print(
            f"{folder}: {device}, {fabric.world_size} process(es), {precision} ({speed:.0f} "
            f"clips/s in a short trial); {_counts(table, split)}",
            flush=True,
        )
    trainer = Trainer(folder, table, cache, split, config, recipe, device, precision, fabric)
    if start and trainer.epoch == 0:
        trainer.model.load_state_dict(start.state)
    model = trainer.fit()
    if not fabric.is_global_zero:
        return
    labels = joint_labels(table)
    corpus = table["corpus"].to_numpy()
    held = split.validation
    device = fabric.device
    logs = predict_clips(model, cache, trainer.windows, held, device)
    temperature = fit_temperature(logs, labels[held])
    figures: dict[str, Any] = {"temperature": temperature}
    joint = probabilities(logs, temperature)
    figures["validation"] = scores_by_corpus(joint, labels[held], corpus[held])
    predictions = [predictions_table("validation", table.iloc[held], joint)]
    print("validation speakers\n" + scores_table(figures["validation"]))
    if not args.no_test:
        tested, joint = _test(trainer, split, temperature)
        figures.update(tested)
        predictions.append(predictions_table("test", table.iloc[split.test], joint))
        print("test speakers, never seen\n" + scores_table(figures["test"]))
    training = {
        "recipe": asdict(recipe),
        "epochs": trainer.epoch,
        "validation_uar": trainer.best_uar,
        "speakers": {
            name: sorted(table["speaker"].iloc[getattr(split, name)].unique())
            for name in ("train", "validation", "test")
        },
        "figures": figures,
        **({"leave_out": left_out} if left_out else {}),
        **({"start": {**start.facts, "epochs": start.epochs}} if start else {}),
    }
    final = replace(config, decision=replace(config.decision, temperature=temperature))
    path = save_checkpoint(folder / "model.safetensors", model.cpu(), final, training)
    write_predictions(folder / PREDICTIONS, pd.concat(predictions, ignore_index=True))
    (folder / "metrics.json").write_text(json.dumps(training, indent=1) + "\n")
    print(f"{path}: written", flush=True)
    _report(folder, args)


def _counts(table: pd.DataFrame, split: Split) -> str:
    parts = (split.train, split.validation, split.test)
    return (
        f"{len(split.train):,} clips to train, {len(split.validation):,} to validate, "
        f"{len(split.test):,} to test; speakers "
        + "/".join(str(table["speaker"].iloc[rows].nunique()) for rows in parts)
    )


def _report(folder: Path, args: argparse.Namespace) -> None:
    """The run's report; it can be made later, so a missing library does not fail the run."""
    try:
        from training.run_report import report_run
    except ImportError as error:
        print(f"no report ({error}); `make setup-training`, then `python -m training report`")
        return
    print(f"{report_run(folder, args.cache, args.corpora)}: written")


def _test(trainer: Trainer, split: Split, temperature: float) -> tuple[dict[str, Any], np.ndarray]:
    """Figures on the test speakers, and their probabilities (n, 14) after the temperature."""
    clips = split.test
    logs = predict_clips(trainer.model, trainer.cache, trainer.windows, clips, trainer.device)
    labels, corpus = trainer.labels[clips], trainer.corpus[clips]
    joint = probabilities(logs, temperature)
    return {
        "test": scores_by_corpus(joint, labels, corpus),
        "test_before_temperature": scores_by_corpus(probabilities(logs), labels, corpus),
    }, joint


def _manifest(cache: Path) -> pd.DataFrame:
    path = cache / "manifest.csv"
    if not path.exists():
        raise SerLiveError(f"{path}: not there; run `python -m training prepare` first")
    return pd.read_csv(path, keep_default_na=False)


def _keep_folds(folder: Path, folds: pd.DataFrame) -> None:
    """Write down who is tested in which fold, or refuse to continue with another division."""
    path = folder / "folds.csv"
    text = folds.to_csv(index=False)
    if not path.exists():
        path.write_text(text)
    elif path.read_text() != text:
        raise SerLiveError(
            f"{path}: this run began with other speakers or folds; choose another --run"
        )


def _claim(
    folder: Path,
    config: Config,
    recipe: Recipe,
    left_out: str | None,
    start: Start | None = None,
) -> None:
    """Write down what the run is, or refuse to continue it as something else."""
    path = folder / "run.json"
    if path.exists():
        before = json.loads(path.read_text())
        # Through the dataclasses: a run that began before a field existed had its default.
        same = (
            from_mapping(Config, before["config"], "config") == config
            and from_mapping(Recipe, before["recipe"], "recipe") == recipe
            and before.get("leave_out") == left_out
            and before.get("start") == (start.facts if start else None)
        )
        if not same:
            raise SerLiveError(
                f"{path}: this run began with another configuration or recipe, or another "
                f"--start-from; choose another --run"
            )
        return
    facts: dict[str, Any] = {"config": dataclasses.asdict(config), "recipe": asdict(recipe)}
    if left_out:
        facts["leave_out"] = left_out
    if start:
        facts["start"] = start.facts
    path.write_text(json.dumps(facts, indent=1, sort_keys=True))
