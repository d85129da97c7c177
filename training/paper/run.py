"""``python -m training paper``: the source's protocol from corpora to figures.  It leaks."""

from __future__ import annotations

import argparse
import json
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import recall_score
from sklearn.preprocessing import StandardScaler

from ser_live.errors import SerLiveError
from ser_live.predictor import resolve_device
from training.files import make_folder, only_one, write_json, write_text
from training.manifest import read_manifest
from training.paper import LABEL
from training.paper.data import CLASSES, Rows, share_with_sibling, split_versions
from training.paper.features import paper_rows
from training.paper.model import CHANNELS, LSTM_UNITS
from training.paper.steps import BATCH, LEARNING_RATE, own_stream
from training.paper.trainer import PaperTrainer

#: What the source reports, by the number of classes.
REPORTED = {14: 0.855, 7: 0.687}


def run_paper(args: argparse.Namespace) -> dict[str, Any]:
    """Compute what is missing, train (or continue), and write the run's figures.

    It may run in a thread beside another training on the same GPU, which may begin once ``ready``
    is set: a CUDA graph is captured, and precisions are timed, before.

    Args:
        args: ``run, cache, corpora`` (paths; the last one is not read where the cache holds all
            numbers), ``classes`` (14 or 7), ``epochs`` (the last one), ``device, standardise,
            seed``; optionally ``channels, units, precision``, ``minutes`` (the run ends with the
            epoch that passes them; the same call goes on), and ``ready``, an event to set when
            the first epoch begins, or none will.

    Returns:
        What ``metrics.json`` holds.

    Raises:
        SerLiveError: no manifest, no such device, the run began with other settings, or the loss
            is not finite any more.
    """
    ready: threading.Event | None = getattr(args, "ready", None)
    try:
        device = resolve_device(args.device)
        with own_stream(device):
            return _run(args, device, ready or threading.Event())
    finally:
        if ready is not None:
            ready.set()


def _run(args: argparse.Namespace, device: torch.device, ready: threading.Event) -> dict[str, Any]:
    began, minutes = time.monotonic(), getattr(args, "minutes", None)
    table = read_manifest(args.cache)
    rows = Rows.of(table, paper_rows(table, args.corpora, args.cache), args.classes)
    train, test = split_versions(len(rows.labels))
    folder: Path = args.run
    make_folder(folder)
    settings = _settings(args, len(table))
    _claim(folder / "paper.json", settings)
    sibling = share_with_sibling(rows.clip, train, test)
    print(
        f"{folder}: the paper's protocol, which {LABEL}\n"
        f"{len(train):,} rows to train, {len(test):,} to test, {100 * sibling:.2f} % of which "
        "have a version of the same recording in training",
        flush=True,
    )
    facts = {"settings": settings, "share_of_test_with_sibling_in_training": sibling}
    with only_one(folder):
        trainer = _trainer(args, device, rows, train, test)
        ready.set()

        def keep() -> dict[str, Any]:
            trainer.save()
            metrics = {**facts, **_figures(trainer, rows, table, test)}
            write_json(folder / "metrics.json", metrics)
            return metrics

        while trainer.epoch < args.epochs and not trainer.stopped:
            trainer.run_epoch(args.epochs)
            if minutes is not None and time.monotonic() - began >= 60 * minutes:
                print(f"{folder}: {minutes:g} min have passed; the same command goes on")
                break
            if trainer.save_due:
                keep()
        if not trainer.epoch:
            print(f"{folder}: no epoch was run")
            return facts
        metrics = keep()
    _say(metrics)
    return metrics


def _sizes(args: argparse.Namespace) -> tuple[int, int]:
    return getattr(args, "channels", CHANNELS), getattr(args, "units", LSTM_UNITS)


def _settings(args: argparse.Namespace, clips: int) -> dict[str, Any]:
    channels, units = _sizes(args)
    return {
        "protocol": f"paper ({LABEL})",
        "classes": args.classes,
        "standardise": args.standardise,
        "seed": args.seed,
        "clips": clips,
        "channels": channels,
        "lstm_units": units,
        "batch_size": BATCH,
        "learning_rate": LEARNING_RATE,
    }


def _trainer(
    args: argparse.Namespace,
    device: torch.device,
    rows: Rows,
    train: np.ndarray,
    test: np.ndarray,
) -> PaperTrainer:
    values = rows.values
    if args.standardise:
        values = StandardScaler().fit(values[train]).transform(values)
    trainer = PaperTrainer(
        args.run,
        (values[train], rows.labels[train]),
        (values[test], rows.labels[test]),
        args.classes,
        device,
        args.seed,
        *_sizes(args),
        getattr(args, "precision", None),
    )
    graph = ", a CUDA graph a step" if trainer.captured else ""
    print(f"{device}, {trainer.precision}{graph}", flush=True)
    return trainer


def _figures(
    trainer: PaperTrainer, rows: Rows, table: pd.DataFrame, test: np.ndarray
) -> dict[str, Any]:
    truth, guess = rows.labels[test], trainer.guesses
    names = CLASSES[rows.classes]
    present = np.unique(truth)
    recall = recall_score(truth, guess, labels=present, average=None, zero_division=0)
    corpus = table["corpus"].to_numpy()[rows.clip[test]]
    return {
        "epochs": trainer.epoch,
        "precision": trainer.precision,
        "stopped_early": trainer.stopped,
        "best_epoch": trainer.best_epoch,
        "accuracy": float((truth == guess).mean()),
        "uar": float(recall.mean()),
        "chance": 1.0 / len(present),
        "reported_by_the_source": REPORTED[rows.classes],
        "recall": {names[c]: float(r) for c, r in zip(present, recall, strict=True)},
        "accuracy_by_corpus": {
            name: float((truth == guess)[corpus == name].mean()) for name in dict.fromkeys(corpus)
        },
    }


def _say(metrics: dict[str, Any]) -> None:
    classes = metrics["settings"]["classes"]
    end = "stopped early" if metrics["stopped_early"] else "not finished"
    print(
        f"{classes} classes, epoch {metrics['best_epoch']} of {metrics['epochs']} ({end}): "
        f"accuracy {100 * metrics['accuracy']:.1f} %, UAR {100 * metrics['uar']:.1f} %, chance "
        f"{100 * metrics['chance']:.1f} %; the source reports "
        f"{100 * metrics['reported_by_the_source']:.1f} %\nThis protocol {LABEL}."
    )


def _claim(path: Path, settings: dict[str, Any]) -> None:
    text = json.dumps(settings, indent=1, sort_keys=True) + "\n"
    if path.exists() and path.read_text() != text:
        raise SerLiveError(f"{path}: this run began with other settings; choose another --run")
    write_text(path, text)
