"""Model A: a small CNN over the feature matrix, a bidirectional LSTM over time."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ser_live.config import Config


class CnnBiLstm(nn.Module):
    """N × [3×3 convolution → batch norm → ReLU → max-pool] → BiLSTM → masked mean → dense.

    Every block halves the feature axis; the first ``time_pools`` halve time too.  The LSTM's
    steps become one vector by their mean over the unpadded ones: the last step alone would
    discard what the backward pass read.

    The normalisation statistics of the features are buffers, so that they travel with the
    weights.
    """

    feature_mean: torch.Tensor
    feature_std: torch.Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        m = config.model
        rows = config.features.n_features
        self.time_pools = m.time_pools
        self.register_buffer("feature_mean", torch.zeros(rows))
        self.register_buffer("feature_std", torch.ones(rows))
        blocks = []
        channels = 1
        for i in range(m.n_blocks):
            pool = (2, 2) if i < m.time_pools else (2, 1)
            blocks.append(
                nn.Sequential(
                    nn.Conv2d(channels, m.channels, 3, padding=1),
                    nn.BatchNorm2d(m.channels),
                    nn.ReLU(inplace=True),
                    nn.MaxPool2d(pool),
                )
            )
            channels = m.channels
            rows //= 2
        self.blocks = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(m.dropout)
        self.lstm = nn.LSTM(channels * rows, m.lstm_units, batch_first=True, bidirectional=True)
        self.dense = nn.Linear(2 * m.lstm_units, m.n_classes)

    def normalise(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Standardise features and zero the padding.

        Args:
            values: (batch, 170, frames) float32 or float16.
            mask: (batch, frames) bool.

        Returns:
            (batch, 170, frames) float32.
        """
        mean, std = self.feature_mean[None, :, None], self.feature_std[None, :, None]
        return (values.float() - mean) / std * mask[:, None]

    def forward(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits of normalised features.

        Args:
            values: (batch, 170, frames), as :meth:`normalise` returns.
            mask: (batch, frames) bool.

        Returns:
            (batch, 14) logits.
        """
        x = values[:, None].contiguous(memory_format=torch.channels_last)
        x = self.blocks(x)
        steps = mask[:, None].float()
        for _ in range(self.time_pools):
            steps = nn.functional.max_pool1d(steps, 2)
        x = x.permute(0, 3, 1, 2).flatten(2)
        x, _ = self.lstm(self.dropout(x))
        weight = steps.transpose(1, 2).to(x.dtype)
        # A window shorter than a pooled step can leave none: then all steps count.
        weight = torch.where(weight.sum(1, keepdim=True) > 0, weight, torch.ones_like(weight))
        x = (x * weight).sum(1) / weight.sum(1)
        return self.dense(self.dropout(x)).float()

    def fuse(self) -> CnnBiLstm:
        """Fold the batch norms into the convolutions, for inference; changes the model."""
        self.eval()
        for block in self.blocks:
            assert isinstance(block, nn.Sequential)
            convolution, norm = block[0], block[1]
            assert isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
            block[0] = fuse_conv_bn_eval(convolution, norm)
            block[1] = nn.Identity()
        return self
