"""Which device and numeric precision to train with, chosen by timing."""

from __future__ import annotations

import contextlib
import time
from contextlib import AbstractContextManager

import torch

from ser_live.config import Config
from ser_live.models.registry import build_model


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """A context that runs convolutions and matrix products in ``precision``."""
    if precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def choose_precision(config: Config, device: torch.device, batch: int = 16) -> tuple[str, float]:
    """The faster of float32 and bfloat16 for a training step on this machine.

    Some processors compute bfloat16 at several times the speed of float32, others emulate it:
    so measure.

    Returns:
        The precision's name, and its measured clips a second.
    """
    torch.manual_seed(0)
    speed = {}
    frames = config.frames_per_window
    values = torch.randn(batch, config.features.n_features, frames, device=device)
    mask = torch.ones(batch, frames, dtype=torch.bool, device=device)
    for precision in ("float32", "bfloat16"):
        model = build_model(config).to(device).train()
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        times = []
        for _ in range(3):
            began = time.perf_counter()
            with autocast(device, precision):
                loss = model(values, mask).square().mean()
            loss.backward()
            if device.type == "cuda":
                torch.cuda.synchronize()
            times.append(time.perf_counter() - began)
        speed[precision] = batch / min(times[1:])
    best = max(speed, key=lambda name: speed[name])
    return best, speed[best]
