"""The source's Model A as its notebook builds it."""

from __future__ import annotations

import torch
from torch import nn

CHANNELS, LSTM_UNITS, DROPOUT = 128, 256, 0.3


class UniformDropout(nn.Dropout):
    """Dropout by comparing uniform numbers: on a CPU a third of the time of drawing the mask."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As :class:`torch.nn.Dropout`, of any shape; never in place."""
        if not self.training:
            return x
        kept = torch.rand(x.shape, device=x.device) >= self.p
        return x * (kept / (1.0 - self.p)).to(x.dtype)


class PaperModel(nn.Module):
    """4 × [convolution, ReLU, batch norm, dropout], BiLSTM over the 170 numbers, last step, dense.

    The last step of the backward direction has seen one number only; that is the notebook's.  So
    that direction is computed for one step: the same result in little more than half the time.

    Args:
        classes: 14 (Model A) or 7 (Model C).
        channels, units: of the convolutions and of the LSTM in one direction (tests use fewer).
    """

    def __init__(self, classes: int, channels: int = CHANNELS, units: int = LSTM_UNITS) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs in (1, channels, channels, channels):
            layers += [
                nn.Conv1d(inputs, channels, 3, padding=1),
                nn.ReLU(),
                nn.BatchNorm1d(channels),
                UniformDropout(DROPOUT),
            ]
        self.blocks = nn.Sequential(*layers)
        self.forwards = nn.LSTM(channels, units, batch_first=True)
        self.backwards = nn.LSTM(channels, units, batch_first=True)
        self.dropout = UniformDropout(DROPOUT)
        self.dense = nn.Linear(2 * units, classes)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """(batch, 170) numbers to (batch, classes) logits."""
        steps = self.blocks(values[:, None]).transpose(1, 2)
        last = [self.forwards(steps)[0][:, -1], self.backwards(steps[:, -1:])[0][:, 0]]
        return self.dense(self.dropout(torch.cat(last, 1)))
