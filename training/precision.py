"""Which device and numeric precision to train with, chosen by timing."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import torch

from ser_live.config import Config
from ser_live.models.registry import build_model

PRECISIONS = ("float32", "bfloat16")


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """A context that runs convolutions and matrix products in ``precision``."""
    if precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def faster_precision(
    make_step: Callable[[], Callable[[], torch.Tensor]],
    device: torch.device,
    among: Sequence[str] = PRECISIONS,
) -> tuple[str, float]:
    """The faster of float32 and bfloat16 for a training step on this machine.

    Some processors compute bfloat16 at several times the speed of float32, others emulate it:
    so measure.

    Args:
        make_step: returns a function (with a new model) that computes a loss.
        device: where.
        among: names to choose from.

    Returns:
        The precision's name, and the seconds that a step, forward and backward, took.
    """
    seconds = {}
    for precision in among:
        step, times = make_step(), []
        for _ in range(3):
            began = time.perf_counter()
            with autocast(device, precision):
                loss = step()
            loss.backward()
            if device.type == "cuda":
                torch.cuda.synchronize()
            times.append(time.perf_counter() - began)
        seconds[precision] = min(times[1:])
    best = min(seconds, key=lambda name: seconds[name])
    return best, seconds[best]


def choose_precision(
    config: Config, device: torch.device, among: Sequence[str] = PRECISIONS, batch: int = 16
) -> tuple[str, float]:
    """The faster precision for Model A, as :func:`faster_precision`.

    Args:
        config: of the model.
        device: where.
        among: names to choose from.
        batch: windows in the trial.

    Returns:
        The precision's name, and its measured clips a second.
    """
    torch.manual_seed(0)
    frames = config.frames_per_window
    values = torch.randn(batch, config.features.n_features, frames, device=device)
    mask = torch.ones(batch, frames, dtype=torch.bool, device=device)

    def make_step() -> Callable[[], torch.Tensor]:
        model = build_model(config).to(device).train()
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return lambda: model(values, mask).square().mean()

    best, seconds = faster_precision(make_step, device, among)
    return best, batch / seconds
