"""What surrounds the capture of a CUDA graph: the default generator, and weights as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from training.paper.model import PaperModel


@contextmanager
def default_generator_aside(device: torch.device) -> Iterator[None]:
    """Keep the device's default generator out of a capture.

    Every capture takes part in it, and one that fails would leave it unusable for the process.
    """
    index = torch.cuda.current_device() if device.index is None else device.index
    default = torch.cuda.default_generators[index]
    state = default.graphsafe_get_state()
    default.graphsafe_set_state(default.clone_state())
    try:
        yield
    finally:
        default.graphsafe_set_state(state)


class Snapshot:
    """Weights, buffers and Adam's state, put back in place: a graph holds their addresses."""

    def __init__(self, model: PaperModel, optimizer: torch.optim.Adam) -> None:
        self._model, self._optimizer = model, optimizer
        self._weights = {name: value.clone() for name, value in model.state_dict().items()}
        self._state = {
            parameter: {name: value.clone() for name, value in entries.items()}
            for parameter, entries in optimizer.state.items()
        }

    @torch.no_grad()
    def restore(self) -> None:
        """As it was; a state that was not there yet becomes that of no step, zeros."""
        for name, value in self._model.state_dict().items():
            value.copy_(self._weights[name])
        for parameter, entries in self._optimizer.state.items():
            before = self._state.get(parameter, {})
            for name, value in entries.items():
                value.copy_(before[name]) if name in before else value.zero_()
