"""The source's Model A as its notebook builds it."""

from __future__ import annotations

import torch
from torch import nn

CHANNELS, LSTM_UNITS, DROPOUT = 128, 256, 0.3


class UniformDropout(nn.Dropout):
    """Dropout by comparing uniform numbers: on a CPU a third of the time of drawing the mask.

    Args:
        p: share that becomes 0.
        generator: of the numbers, on the device of what is dropped; ``None`` is its default one.
    """

    def __init__(self, p: float = 0.5, generator: torch.Generator | None = None) -> None:
        super().__init__(p)
        self.generator = generator

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As :class:`torch.nn.Dropout`, of any shape; never in place."""
        if not self.training:
            return x
        kept = torch.rand(x.shape, device=x.device, generator=self.generator) >= self.p
        return x * (kept / (1.0 - self.p)).to(x.dtype)


class PaperModel(nn.Module):
    """4 × [convolution, ReLU, batch norm, dropout], BiLSTM over the 170 numbers, last step, dense.

    The last step of the backward direction has seen one number only; that is the notebook's.  So
    that direction is computed for one step: the same result in little more than half the time.

    Args:
        classes: 14 (Model A) or 7 (Model C).
        channels, units: of the convolutions and of the LSTM in one direction (tests use fewer).
        generator: of dropout; see :class:`UniformDropout`.

    Attributes:
        half_lstm: whether the LSTM computes in float16, whatever the rest does.
    """

    def __init__(
        self,
        classes: int,
        channels: int = CHANNELS,
        units: int = LSTM_UNITS,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.half_lstm = False
        layers: list[nn.Module] = []
        for inputs in (1, channels, channels, channels):
            layers += [
                nn.Conv1d(inputs, channels, 3, padding=1),
                nn.ReLU(),
                nn.BatchNorm1d(channels),
                UniformDropout(DROPOUT, generator),
            ]
        self.blocks = nn.Sequential(*layers)
        self.forwards = nn.LSTM(channels, units, batch_first=True)
        self.backwards = nn.LSTM(channels, units, batch_first=True)
        self.dropout = UniformDropout(DROPOUT, generator)
        self.dense = nn.Linear(2 * units, classes)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """(batch, 170) numbers to (batch, classes) logits."""
        steps = self.blocks(values[:, None]).transpose(1, 2)
        last = [self.recur(self.forwards, steps), self.recur(self.backwards, steps[:, -1:])]
        return self.dense(self.dropout(torch.cat(last, 1)))

    def recur(self, layer: nn.Module, steps: torch.Tensor) -> torch.Tensor:
        """(batch, steps, channels) to the (batch, units) of the last step.

        cuDNN's kernel that keeps the weights on the chip from step to step is taken for float16
        only (and multiples of 128 channels and units, and multiples of 8 rows up to 128).
        """
        if not self.half_lstm:
            return layer(steps)[0][:, -1]
        with torch.autocast(steps.device.type, torch.float16, cache_enabled=False):
            return layer(steps.half())[0][:, -1].float()
