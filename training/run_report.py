"""``python -m training report``: the report of one run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from ser_live.errors import SerLiveError
from ser_live.models.checkpoint import load_checkpoint
from training.audit import find_demographics
from training.batches import ClipWindows
from training.cache import difference, load_cache
from training.evaluate import predict_clips, probabilities
from training.files import read_json, write_json
from training.manifest import read_manifest
from training.predictions import (
    FILE,
    PARTS,
    predictions_table,
    read_predictions,
    write_predictions,
)
from training.prepare import features_folder
from training.report import Material, write_report
from training.run_folder import read_log, temperature_of
from training.wording import division, protocol


def report_run(run: Path, cache: Path, corpora: Path) -> Path:
    """Write ``report/`` in a finished run's folder, and intervals into its ``metrics.json``.

    An older run without ``predictions.csv`` gets one, from its checkpoint and the cache.

    Args:
        run: the run's folder.
        cache: folder of the manifest and the features.
        corpora: folder of the corpora (for CREMA-D's demographics).

    Returns:
        The HTML page.

    Raises:
        SerLiveError: the run is not finished, or its predictions are damaged.
    """
    metrics_path = run / "metrics.json"
    if not metrics_path.exists():
        raise SerLiveError(f"{run}: no metrics.json; only a finished run has a report")
    metrics = read_json(metrics_path, ("recipe", "epochs", "figures"))
    if "everyone" in metrics:
        raise SerLiveError(f"{run}: trained on everyone, so there is nobody to report on")
    if not (run / FILE).exists():
        write_predictions(run / FILE, _predict(run, cache))
    everything = read_predictions(run / FILE)
    part = "test" if (everything["part"] == "test").any() else "validation"
    table = everything[everything["part"] == part].reset_index(drop=True)
    table["temperature"] = temperature_of(run)
    clips = read_manifest(cache) if (cache / "manifest.csv").exists() else None
    log = read_log(run)
    result = write_report(
        run / "report",
        Material(
            title=f"Model A, run “{run.resolve().name}”",
            subtitle=f"CNN-BiLSTM, 14 gender-emotion classes; {division(metrics)}, "
            f"{metrics['epochs']} epochs",
            protocol=protocol(part, metrics.get("leave_out"), "start" in metrics),
            part=part,
            table=table,
            logs={} if log is None else {run.resolve().name: log},
            manifest=clips,
            demographics=find_demographics(corpora),
            settings=settings(run),
        ),
    )
    metrics["intervals"] = {"part": part, **result}
    write_json(metrics_path, metrics)
    return run / "report" / "index.html"


def settings(run: Path) -> str:
    """What ``run.json`` holds, for the page; empty without one."""
    path = run / "run.json"
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _predict(run: Path, cache_folder: Path) -> pd.DataFrame:
    """Predictions of a run that did not write them; test speakers only if it tested them."""
    loaded = load_checkpoint(run / "model.safetensors")
    clips = read_manifest(cache_folder)
    cache = load_cache(features_folder(cache_folder, loaded.config), clips)
    config = loaded.config
    if other := difference(cache.config, config):
        raise SerLiveError(
            f"{cache_folder}: cached with another configuration than {run} had ({other})"
        )
    windows = ClipWindows.of(cache)
    speakers: dict[str, Any] = loaded.training["speakers"]
    tables = []
    for part in PARTS:
        if part not in loaded.training["figures"]:
            continue
        missing = set(speakers[part]) - set(clips["speaker"])
        if missing:
            raise SerLiveError(f"{cache_folder}: lacks {sorted(missing)[0]}, whom {run} held out")
        rows = np.flatnonzero(clips["speaker"].isin(speakers[part]).to_numpy())
        logs = predict_clips(loaded.model, cache, windows, rows, torch.device("cpu"))
        joint = probabilities(logs, config.decision.temperature)
        tables.append(predictions_table(part, clips.iloc[rows], joint))
    return pd.concat(tables, ignore_index=True)
