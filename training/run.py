"""``python -m training train``: one run, from cached features to a checkpoint and its figures."""

from __future__ import annotations

import argparse
import os
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser_live.config import Config
from ser_live.config_override import override
from ser_live.errors import SerLiveError
from ser_live.models.checkpoint import save_checkpoint
from ser_live.models.cnn_bilstm import CnnBiLstm
from ser_live.predictor import resolve_device
from training.augment.noise_bank import NoiseBank, load_noise_bank
from training.augment.rooms import load_bank
from training.augment.waveform import WaveformAugment
from training.cache import difference, load_cache
from training.config_trial import try_model
from training.distillation import Teachers, load_teachers, taught
from training.evaluate import fit_temperature, predict_clips, probabilities
from training.files import make_folder, only_one, read_json, write_json
from training.manifest import FILE as MANIFEST
from training.manifest import read_manifest
from training.metrics import scores_by_corpus, scores_table
from training.orphans import end_with_parent
from training.parallel import make_fabric, part
from training.precision import PRECISIONS, choose_precision
from training.predictions import FILE as PREDICTIONS
from training.predictions import in_order, predictions_table, write_predictions
from training.prepare import features_folder
from training.recipe import Recipe, load_config, load_recipe
from training.run_folder import claim_folder, keep_folds
from training.signals import termination_as_interrupt
from training.split import Split, load_or_assign, split_everyone, split_fold, split_leave_out
from training.trainer import LAST, Trainer
from training.versions import Version, load_versions
from training.warm_start import Start, load_start
from training.waveforms import Waveforms, stored_lengths

FOLDS = Path(os.environ.get("SER_FOLDS", Path(__file__).parent / "folds.csv"))


def run_training(args: argparse.Namespace) -> None:
    """Train (or continue), calibrate on validation speakers, test once, write the checkpoint."""
    with termination_as_interrupt():
        end_with_parent()
        _run_training(args)


def _run_training(args: argparse.Namespace) -> None:
    recipe = load_recipe(args.recipe, epochs=args.epochs, fold=args.fold)
    config = override(load_config(args.recipe), args.set)
    table = read_manifest(args.cache)
    stored = features_folder(args.cache, config)
    cache = load_cache(stored, table)
    if other := difference(cache.config, config):
        raise SerLiveError(
            f"{args.cache}: cached with another configuration ({other}); prepare another --cache"
        )
    versions: tuple[Version, ...] = ()
    if recipe.augmented_share > 0 and not recipe.on_the_fly:
        versions = load_versions(stored, recipe.augmentation, recipe.versions)
    if recipe.context_share > 0 and not recipe.on_the_fly:  # the last one, see draw_versions
        versions = (*versions, *load_versions(stored, "context", 1))
    cache = replace(cache, versions=versions)
    folds = load_or_assign(table, FOLDS)
    split, division = _divide(args, recipe, table, folds)
    _check_clips(split, recipe, args.cache)
    sounds = _perturbations(args, stored, table, recipe, config)
    try_model(config)
    device = resolve_device(args.device)
    fabric = make_fabric(device, args.devices, args.nodes)
    start_run: Path | None = getattr(args, "start_from", None)
    start = load_start(start_run, config, table, split) if start_run else None
    teachers = load_teachers(getattr(args, "teacher", None) or (), recipe, config, table, split)
    # Only now, so that what is refused above can be mended and begun in the same folder.
    folder: Path = args.run
    make_folder(folder)
    claim_folder(folder, config, recipe, division, start, teachers.facts)
    keep_folds(folder, folds[folds["speaker"].isin(table["speaker"])].reset_index(drop=True))
    fabric.launch()  # from here on there may be several of this process
    # A second program is told before it changes anything, and kept out until all is written.
    with only_one(folder) if fabric.is_global_zero else nullcontext():
        if fabric.broadcast(_lacks_report_alone(folder, division, args.no_test)):
            part(fabric)
            if fabric.is_global_zero:
                _report(folder, args)
            return
        precision, speed = _choose_precision(args, config, fabric)
        perturb = None
        if sounds:
            waves = Waveforms.load(stored, table, cache, fabric.device)
            perturb = WaveformAugment(waves, *sounds, recipe, config)
        answers = None
        if teachers.models and fabric.is_global_zero:
            answers = taught(folder, teachers, cache, split.train, fabric.device, precision)
        answers = fabric.broadcast(answers)
        trainer = Trainer(
            folder, table, cache, split, config, recipe, device, precision, fabric, perturb, answers
        )
        if fabric.is_global_zero:
            timed = f" ({speed:.0f} clips/s in a short trial)"
            print(
                f"{folder}: {device}, {fabric.world_size} process(es), {trainer.precision}"
                # One that goes on keeps its own.
                f"{timed if trainer.precision == precision else ''}; {_counts(table, split)}",
                flush=True,
            )
        if start and trainer.epoch == 0:
            trainer.model.load_state_dict(start.state)
        model = trainer.fit()
        part(fabric)
        if fabric.is_global_zero:
            _finish(trainer, model, division, start, teachers, args)


def _choose_precision(args: argparse.Namespace, config: Config, fabric: Any) -> tuple[str, float]:
    """The precision that was asked for, or the faster one, and its clips a second in a trial."""
    timed = ("", 0.0)
    if fabric.is_global_zero:
        named: str = getattr(args, "precision", "auto")
        among = PRECISIONS if named == "auto" else (named,)
        timed = choose_precision(config, fabric.device, among)
    return fabric.broadcast(timed)


def _lacks_report_alone(folder: Path, division: dict[str, Any], no_test: bool) -> bool:
    """Whether a run was stopped between its figures and its report: the rest need not be made."""
    path = folder / "metrics.json"
    there = (path, folder / "model.safetensors", folder / PREDICTIONS, folder / LAST)
    if "everyone" in division or not all(file.exists() for file in there):
        return False
    metrics = read_json(path, ("figures",))
    return "intervals" not in metrics and (no_test or "test" in metrics["figures"])


def _finish(
    trainer: Trainer,
    model: CnnBiLstm,
    division: dict[str, Any],
    start: Start | None,
    teachers: Teachers,
    args: argparse.Namespace,
) -> None:
    """Calibrate and test; write checkpoint, figures and report."""
    folder, table, split, config = trainer.folder, trainer.table, trainer.split, trainer.config
    everyone = "everyone" in division
    figures: dict[str, Any] = {}
    if not everyone:
        figures = _figures(trainer, model, args.no_test)
        decision = replace(config.decision, temperature=figures["temperature"])
        config = replace(config, decision=decision)
    training = {
        "recipe": asdict(trainer.recipe),
        "epochs": trainer.epoch,
        "validation_uar": None if everyone else trainer.best_uar,
        "precision": trainer.precision,
        "speakers": {
            name: sorted(table["speaker"].iloc[getattr(split, name)].unique())
            for name in ("train", "validation", "test")
        },
        "corpora": in_order(table["corpus"]),
        "figures": figures,
        **division,
        **({"start": {**start.facts, "epochs": start.epochs}} if start else {}),
        **({"teachers": list(teachers.facts)} if teachers.facts else {}),
    }
    path = save_checkpoint(folder / "model.safetensors", model.cpu(), config, training)
    write_json(folder / "metrics.json", training)
    print(f"{path}: written", flush=True)
    if not everyone:
        _report(folder, args)


def _perturbations(
    args: argparse.Namespace, stored: Path, table: pd.DataFrame, recipe: Recipe, config: Config
) -> tuple[NoiseBank, list[np.ndarray]] | None:
    """Noises and rooms of a recipe that perturbs waveforms on the fly, whose waveforms are there.

    Raises:
        SerLiveError: something of it is not there, or damaged.
    """
    if not recipe.on_the_fly:
        return None
    stored_lengths(stored, table, config)
    rate = config.audio.sample_rate
    return load_noise_bank(args.cache, rate), load_bank(args.cache, rate)


def _divide(
    args: argparse.Namespace, recipe: Recipe, table: pd.DataFrame, folds: pd.DataFrame
) -> tuple[Split, dict[str, Any]]:
    """Who trains, validates and tests, and how that is called in ``run.json``.

    Raises:
        SerLiveError: everyone is to train, and the recipe needs somebody to validate; no such
            corpus or fold; or too few speakers.
    """
    try:
        return _division(args, recipe, table, folds)
    except ValueError as error:
        raise SerLiveError(f"{args.cache / MANIFEST}: {error}") from error


def _division(
    args: argparse.Namespace, recipe: Recipe, table: pd.DataFrame, folds: pd.DataFrame
) -> tuple[Split, dict[str, Any]]:
    if getattr(args, "everyone", False):
        if recipe.schedule == "plateau" or recipe.early_stopping:
            raise SerLiveError(
                "--everyone: nobody is left to validate, so neither schedule = 'plateau' nor "
                "early_stopping can be used; the folds tell how many epochs it takes"
            )
        return split_everyone(table), {"everyone": True}
    left_out: str | None = getattr(args, "leave_out", None)
    if left_out:
        return split_leave_out(table, left_out), {"leave_out": left_out}
    split = split_fold(table, folds, recipe.fold)
    if not len(split.test):
        known = sorted(folds[folds["speaker"].isin(table["speaker"])]["fold"].unique())
        choice = ", ".join(str(fold) for fold in known)
        raise ValueError(f"nobody is tested in fold {recipe.fold}; choose from {choice}")
    return split, {}


def _check_clips(split: Split, recipe: Recipe, cache: Path) -> None:
    """Make sure that an epoch has something to learn from: batch norms need two clips."""
    if recipe.train_share * len(split.train) < 2:
        raise SerLiveError(
            f"{cache / MANIFEST}: {len(split.train)} clips to train on, of which the recipe's "
            f"train_share {recipe.train_share} leaves less than two"
        )


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


def _figures(trainer: Trainer, model: CnnBiLstm, no_test: bool) -> dict[str, Any]:
    """Fit the temperature on the validation speakers, test once, write ``predictions.csv``."""
    tables = []

    def tell(part: str, clips: np.ndarray, logs: np.ndarray) -> dict[str, Any]:
        labels, corpus = trainer.labels[clips], trainer.corpus[clips]
        joint = probabilities(logs, figures["temperature"])
        tables.append(predictions_table(part, trainer.table.iloc[clips], joint))
        figures[part] = scores_by_corpus(joint, labels, corpus)
        return scores_by_corpus(probabilities(logs), labels, corpus)

    def listen(clips: np.ndarray) -> np.ndarray:
        return predict_clips(model, trainer.cache, trainer.windows, clips, trainer.device)

    held, tested = trainer.split.validation, trainer.split.test
    logs = listen(held)
    figures: dict[str, Any] = {"temperature": fit_temperature(logs, trainer.labels[held])}
    tell("validation", held, logs)
    print("validation speakers\n" + scores_table(figures["validation"]))
    if not no_test:
        figures["test_before_temperature"] = tell("test", tested, listen(tested))
        print("test speakers, never seen\n" + scores_table(figures["test"]))
    write_predictions(trainer.folder / PREDICTIONS, pd.concat(tables, ignore_index=True))
    return figures
