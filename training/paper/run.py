"""``python -m training paper``: the source's protocol from corpora to figures.  It leaks."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
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
from training.paper.trainer import BATCH, LEARNING_RATE, PaperTrainer

#: What the source reports, by the number of classes.
REPORTED = {14: 0.855, 7: 0.687}


def run_paper(args: argparse.Namespace) -> dict[str, Any]:
    """Compute what is missing, train (or continue), and write the run's figures.

    Args:
        args: ``run, cache, corpora`` (paths), ``classes`` (14 or 7), ``epochs`` (the last one),
            ``device, standardise, seed``; optionally ``channels, units, precision``.

    Returns:
        What ``metrics.json`` holds.

    Raises:
        SerLiveError: no manifest, no such device, or the run began with other settings.
    """
    table = read_manifest(args.cache)
    device = resolve_device(args.device)
    rows = Rows.of(table, paper_rows(table, args.corpora, args.cache), args.classes)
    train, test = split_versions(len(rows.labels))
    values = rows.values
    if args.standardise:
        values = StandardScaler().fit(values[train]).transform(values)
    channels, units = getattr(args, "channels", CHANNELS), getattr(args, "units", LSTM_UNITS)
    settings = {
        "protocol": f"paper ({LABEL})",
        "classes": args.classes,
        "standardise": args.standardise,
        "seed": args.seed,
        "clips": len(table),
        "channels": channels,
        "lstm_units": units,
        "batch_size": BATCH,
        "learning_rate": LEARNING_RATE,
    }
    folder: Path = args.run
    make_folder(folder)
    _claim(folder / "paper.json", settings)
    sibling = share_with_sibling(rows.clip, train, test)
    print(
        f"{folder}: the paper's protocol, which {LABEL}\n"
        f"{len(train):,} rows to train, {len(test):,} to test, {100 * sibling:.2f} % of which "
        "have a version of the same recording in training",
        flush=True,
    )
    trainer = PaperTrainer(
        folder,
        (values[train], rows.labels[train]),
        (values[test], rows.labels[test]),
        args.classes,
        device,
        args.seed,
        channels,
        units,
        getattr(args, "precision", None),
    )
    print(f"{device}, {trainer.precision}", flush=True)
    facts = {"settings": settings, "share_of_test_with_sibling_in_training": sibling}
    with only_one(folder):
        while trainer.epoch < args.epochs and not trainer.stopped:
            trainer.run_epoch(args.epochs)
            _write(folder, {**facts, **_figures(trainer, rows, table, test)})
    if not trainer.epoch:
        print(f"{folder}: no epoch was run")
        return facts
    metrics = {**facts, **_figures(trainer, rows, table, test)}
    _write(folder, metrics)
    _say(metrics)
    return metrics


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


def _write(folder: Path, metrics: dict[str, Any]) -> None:
    write_json(folder / "metrics.json", metrics)


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
