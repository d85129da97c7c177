"""Model A: a small CNN over the feature matrix, a bidirectional LSTM over time."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ser_live.config import Config
from ser_live.errors import ConfigError
from ser_live.labels import EMOTIONS, GENDERS, JOINT
from ser_live.models.conv_blocks import ConvBlock, OneChannelBlock

#: A silent frame's weight beside RMS in the mean of a window: a window of silence has one, too.
_LEAST_WEIGHT = 1e-6


class CnnBiLstm(nn.Module):
    """N × [3×3 convolution → batch norm → ReLU → max-pool] → BiLSTM → masked mean → dense.

    Every block halves the feature axis; the first ``time_pools`` halve time too.  The LSTM's
    steps become one vector by their mean over the unpadded ones: the last step alone would
    discard what the backward pass read.

    Variants (``config.model``) for comparison: no batch norm, without the rows of RMS and
    zero-crossing rate, mean normalisation, two heads, seven emotions alone.  All give 14 logits:
    two heads the sums of their log-probabilities, so that the softmax is the product of both
    distributions; seven emotions the same for both genders.

    The normalisation statistics of the features are buffers, so that they travel with the
    weights.
    """

    feature_mean: torch.Tensor
    feature_std: torch.Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        m = config.model
        if m.n_classes not in (len(EMOTIONS), len(JOINT)) or (m.two_heads and m.n_classes == 7):
            raise ConfigError(
                f"config.model: n_classes {m.n_classes}: 14, or 7 without two_heads; no other"
            )
        rows = config.features.n_features
        self.time_pools = m.time_pools
        self.mean_normalisation = m.mean_normalisation
        self.register_buffer("feature_mean", torch.zeros(rows))
        self.register_buffer("feature_std", torch.ones(rows))
        if not m.rms_zcr:
            rows -= 2
        self.rows = rows
        self.two_heads, self.emotion_only = m.two_heads, m.n_classes == len(EMOTIONS)
        blocks: list[nn.Sequential] = []
        channels = 1
        for i in range(m.n_blocks):
            pool = (2, 2) if i < m.time_pools else (2, 1)
            if not m.batch_norm:
                blocks.append(
                    nn.Sequential(
                        nn.Conv2d(channels, m.channels, 3, padding=1),
                        nn.Identity(),
                        nn.MaxPool2d(pool),
                        nn.ReLU(inplace=True),
                    )
                )
            elif channels == 1:
                blocks.append(OneChannelBlock(m.channels, pool))
            else:
                blocks.append(ConvBlock(channels, m.channels, pool))
            channels = m.channels
            rows //= 2
        self.blocks = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(m.dropout)
        self.lstm = nn.LSTM(channels * rows, m.lstm_units, batch_first=True, bidirectional=True)
        outputs = len(EMOTIONS) + len(GENDERS) if m.two_heads else m.n_classes
        self.dense = nn.Linear(2 * m.lstm_units, outputs)

    def normalise(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Standardise features and zero the padding.

        With ``mean_normalisation`` mel bands and MFCC are centred on the window's own mean, over
        frames weighted by their RMS: what a microphone does to speech counts, and noise in the
        pauses hardly moves it.

        Args:
            values: (batch, 170, frames) float32 or float16.
            mask: (batch, frames) bool.

        Returns:
            (batch, 170, frames) float32.
        """
        values, inside = values.float(), mask[:, None]
        mean, std = self.feature_mean[None, :, None], self.feature_std[None, :, None]
        if self.mean_normalisation:
            # RMS and zero crossings, the last two rows, are no logarithms: a gain is no offset.
            weight = (values[:, -2:-1] + _LEAST_WEIGHT) * inside
            own = (values * weight).sum(2, keepdim=True)
            own /= weight.sum(2, keepdim=True).clamp(min=_LEAST_WEIGHT)
            mean = torch.cat([own[:, :-2], mean[:, -2:].expand(len(own), -1, -1)], 1)
        return (values - mean) / std * inside

    def forward(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits of normalised features.

        Args:
            values: (batch, 170, frames), as :meth:`normalise` returns.
            mask: (batch, frames) bool.

        Returns:
            (batch, 14) logits.
        """
        x = values[:, None, : self.rows].contiguous(memory_format=torch.channels_last)
        x = self.blocks(x)
        steps = mask[:, None].float()
        for _ in range(self.time_pools):
            steps = nn.functional.max_pool1d(steps, 2)
        x = x.permute(0, 3, 1, 2).flatten(2)
        x = self._recurrent(self.dropout(x))
        weight = steps.transpose(1, 2).to(x.dtype)
        # A window shorter than a pooled step can leave none: then all steps count.
        weight = torch.where(weight.sum(1, keepdim=True) > 0, weight, torch.ones_like(weight))
        x = (x * weight).sum(1) / weight.sum(1)
        return self._joint(self.dense(self.dropout(x)).float())

    def _recurrent(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, steps, inputs) to (batch, steps, 2 × units).

        Autocast lets a GPU compute LSTMs in float16 whatever type it is asked for, and gradients
        so small as ours vanish there.
        """
        if x.device.type == "cuda":
            with torch.autocast("cuda", enabled=False):
                return self.lstm(x.float())[0]
        return self.lstm(x)[0]

    def _joint(self, logits: torch.Tensor) -> torch.Tensor:
        """What the dense layer gives, to (batch, 14)."""
        if self.two_heads:
            emotion = logits[:, None, : len(EMOTIONS)].log_softmax(2)
            return (emotion + logits[:, len(EMOTIONS) :, None].log_softmax(1)).flatten(1)
        return logits.repeat(1, len(GENDERS)) if self.emotion_only else logits

    def fuse(self) -> CnnBiLstm:
        """Fold the batch norms into the convolutions, for inference; changes the model."""
        self.eval()
        for block in self.blocks:
            assert isinstance(block, nn.Sequential)
            convolution, norm = block[0], block[1]
            if isinstance(norm, nn.Identity):
                continue
            assert isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
            block[0] = fuse_conv_bn_eval(convolution, norm)
            block[1] = nn.Identity()
        return self
