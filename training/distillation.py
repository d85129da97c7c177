"""An ensemble distilled into one model: finished runs say what the targets of a new one are.

After Hinton et al. 2015 (arXiv:1503.02531), at temperature 1: a share of every target is the mean
of what the teachers say of the window.  They hear it as it is, even where the pupil hears it
perturbed (as Xie et al. 2020, arXiv:1911.04252, have it), so each is asked once, not every epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from ser_live.config import Config
from ser_live.errors import SerLiveError
from ser_live.labels import JOINT
from ser_live.models.cnn_bilstm import CnnBiLstm
from training.cache import FeatureCache
from training.files import reason, whole
from training.precision import autocast
from training.recipe import Recipe
from training.split import Split
from training.warm_start import load_finished

FILE = "teachers.npy"
_BATCH = 64


@dataclass(frozen=True)
class Teachers:
    """Finished models that a new one learns from.

    Attributes:
        models: in evaluation mode, on the CPU; none for training without teachers.
        facts: for ``run.json``, one a model, as :class:`training.warm_start.Start` has them.
    """

    models: tuple[CnnBiLstm, ...] = ()
    facts: tuple[dict[str, Any], ...] = ()


def load_teachers(
    runs: Sequence[Path], recipe: Recipe, config: Config, table: pd.DataFrame, split: Split
) -> Teachers:
    """The best models of finished runs, if they may teach on this split.

    Their architecture may be another one, their features may not.

    Args:
        runs: their folders.
        recipe: of the new run; its ``distil_share`` is 0 exactly where there are no teachers.
        config, table, split: of the new run.

    Raises:
        SerLiveError: a share and no teachers or teachers and no share; or as
            :func:`training.warm_start.load_start`.
        CheckpointError: a checkpoint is damaged.
    """
    if recipe.distil_share > 0 and not runs:
        raise SerLiveError("recipe.distil_share: from whom? Name finished runs with --teacher")
    if runs and not recipe.distil_share > 0:
        raise SerLiveError("--teacher: the recipe's distil_share is 0, so nothing would be learnt")
    found = [load_finished(run, config, table, split, ("features", "audio")) for run in runs]
    return Teachers(
        tuple(checkpoint.model for checkpoint, _ in found), tuple(facts for _, facts in found)
    )


def taught(
    folder: Path,
    teachers: Teachers,
    cache: FeatureCache,
    clips: np.ndarray,
    device: torch.device,
    precision: str = "float32",
) -> np.ndarray:
    """What the teachers say of every window of some clips; kept in the run folder.

    Args:
        folder: of the run, which no other program uses; what it holds is of these teachers.
        teachers: one or more.
        cache: with the clips' windows.
        clips: manifest rows.
        device: where to compute.
        precision: as :func:`training.precision.autocast` takes it.

    Returns:
        (rows of ``cache.index``, 14) float32, the mean of their probabilities; 0 for other clips.

    Raises:
        SerLiveError: the file in the folder is damaged, or cannot be written.
    """
    path, shape = folder / FILE, (len(cache.index), len(JOINT))
    if path.exists():
        return _read(path, shape)
    answers = np.zeros(shape, np.float32)
    rows = np.flatnonzero(cache.index["clip"].isin(clips).to_numpy())
    with (
        tqdm(total=len(rows) * len(teachers.models), desc="teachers", unit="window") as bar,
        torch.inference_mode(),
        autocast(device, precision),
    ):
        for model in teachers.models:
            model.to(device).to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
            for at in range(0, len(rows), _BATCH):
                part = rows[at : at + _BATCH]
                answers[part] += _ask(model, cache, part, device) / len(teachers.models)
                bar.update(len(part))
            model.cpu()
    with whole(path) as temporary, open(temporary, "wb") as file:
        np.save(file, answers)
    return answers


def _ask(
    model: CnnBiLstm, cache: FeatureCache, rows: np.ndarray, device: torch.device
) -> np.ndarray:
    values, mask = (part.to(device) for part in cache.batch(rows))
    logits = model(model.normalise(values, mask), mask)
    return logits.float().softmax(1).cpu().numpy()


def _read(path: Path, shape: tuple[int, int]) -> np.ndarray:
    again = "; remove it, and the teachers are asked again"
    try:
        answers = np.load(path)
    except OSError as error:
        raise SerLiveError(f"{path}: {reason(error)}{again}") from error
    except (ValueError, EOFError) as error:
        raise SerLiveError(f"{path}: damaged{again}") from error
    if answers.shape != shape or answers.dtype != np.float32:
        raise SerLiveError(f"{path}: damaged{again}")
    return answers
