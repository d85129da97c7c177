"""Clip-level predictions of a model, and its temperature."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from scipy.optimize import minimize_scalar

from ser_live.labels import EMOTIONS, emotion_marginal
from ser_live.models.cnn_bilstm import CnnBiLstm
from training.batches import ClipWindows
from training.cache import FeatureCache
from training.precision import autocast

WindowBatch = tuple[torch.Tensor, torch.Tensor]


def window_batches(
    cache: FeatureCache,
    windows: ClipWindows,
    clips: np.ndarray,
    device: torch.device,
    batch: int = 64,
) -> Iterator[WindowBatch]:
    """Raw values (n, 170, frames) float16 and masks of the clips' final windows, on a device."""
    rows = np.concatenate([windows.final[int(c)] for c in clips])
    for at in range(0, len(rows), batch):
        values, mask = cache.batch(rows[at : at + batch])
        yield values.half().to(device), mask.to(device)


def predict_clips(
    model: CnnBiLstm,
    cache: FeatureCache,
    windows: ClipWindows,
    clips: np.ndarray,
    device: torch.device,
    precision: str = "float32",
    batches: Iterable[WindowBatch] | None = None,
) -> np.ndarray:
    """Mean log-probabilities over each clip's final windows, (n, 14) float64.

    Not renormalised; :func:`probabilities` does that after the temperature.

    Args:
        batches: what :func:`window_batches` gives, where it is kept for several epochs.
    """
    model.eval()
    counts = [len(windows.final[int(c)]) for c in clips]
    logs = []
    with torch.inference_mode(), autocast(device, precision):
        for values, mask in batches or window_batches(cache, windows, clips, device):
            logits = model(model.normalise(values, mask), mask)
            logs.append(torch.log_softmax(logits.float(), 1))
    # Not every device has float64.
    parts = np.split(torch.cat(logs).cpu().double().numpy(), np.cumsum(counts)[:-1])
    return np.stack([part.mean(0) for part in parts])


def probabilities(mean_logs: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Mean log-probabilities (n, 14) to probabilities (n, 14) at a temperature."""
    scaled = mean_logs / temperature
    scaled -= scaled.max(1, keepdims=True)
    p = np.exp(scaled)
    return p / p.sum(1, keepdims=True)


def fit_temperature(mean_logs: np.ndarray, labels: np.ndarray) -> float:
    """The temperature of least negative log-likelihood (Guo et al. 2017, arXiv:1706.04599).

    The likelihood is that of the emotion, summed over gender: gender is right far more often, so
    that the joint one would be sharpened at the emotion's cost.

    Args:
        mean_logs: (n, 14) of validation clips.
        labels: (n,) true joint class.
    """

    emotion = labels % len(EMOTIONS)

    def loss(log_t: float) -> float:
        p = emotion_marginal(probabilities(mean_logs, float(np.exp(log_t))))
        return float(-np.log(p[np.arange(len(labels)), emotion] + 1e-12).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded").x))
