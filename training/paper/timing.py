"""Which precision a step is fastest in on a GPU."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import torch

from training.paper.model import PaperModel
from training.paper.steps import CUDA_PRECISIONS, Steps, make_optimizer

_TIMED_STEPS, _TIMES = 20, 5


def seconds_a_step(steps: Steps) -> float:
    """Median over five times twenty steps on CUDA; the model is trained by them."""
    seconds = []
    for _ in range(_TIMES + 1):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        steps.run(_TIMED_STEPS)
        end.record()
        end.synchronize()
        seconds.append(begin.elapsed_time(end) / 1_000 / _TIMED_STEPS)
    return statistics.median(seconds[1:])


def faster_on_cuda(
    make_model: Callable[[torch.Generator], PaperModel],
    train: tuple[torch.Tensor, torch.Tensor],
) -> str:
    """The fastest of :data:`CUDA_PRECISIONS` for a step on this GPU, replayed where that works.

    Args:
        make_model: a new model with this generator for dropout.
        train: see :class:`Steps`.
    """
    device = train[0].device
    seconds: dict[str, float] = {}
    for precision in CUDA_PRECISIONS:
        try:
            generator = torch.Generator(device)
            model = make_model(generator).to(device)
            steps = Steps(model, make_optimizer(model, device), train, generator, precision)
            steps.prepare()
            seconds[precision] = seconds_a_step(steps)
        except RuntimeError as error:  # a kernel that this GPU or cuDNN does not have
            print(f"{precision}: {' '.join(str(error).split())[:300]}", flush=True)
    said = ", ".join(f"{name} {1_000 * value:.2f} ms" for name, value in seconds.items())
    print(f"a step takes: {said}", flush=True)
    return min(seconds, key=lambda name: seconds[name], default="float32")
