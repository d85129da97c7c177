"""Convolution blocks whose batch norm costs less while they train, with the same results."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class ConvBlock(nn.Sequential):
    """3×3 convolution → batch norm → max-pool → ReLU.

    The same layers, parameters, buffers and (but for rounding) results as the plain
    ``nn.Sequential``.  In training the convolution's bias is left out, since the batch norm takes
    it away again, and is added to the mean that the norm keeps: adding it, and summing up its
    gradient, which is 0, are passes over everything that the convolution puts out.  The ReLU comes
    after the pool, for the maximum of rectified values is the rectified maximum, and this order
    leaves it a quarter of the values.

    Args:
        inputs, channels: of the convolution.
        pool: rows and columns that one maximum is taken over.
    """

    def __init__(self, inputs: int, channels: int, pool: tuple[int, int]) -> None:
        super().__init__(
            nn.Conv2d(inputs, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
            nn.MaxPool2d(pool),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, inputs, rows, frames) to (batch, channels, pooled rows, pooled frames)."""
        convolution, norm, pool, relu = self
        # After `CnnBiLstm.fuse` there is no norm.
        if not (self.training and isinstance(norm, nn.BatchNorm2d)):
            return relu(pool(norm(convolution(x))))
        assert isinstance(convolution, nn.Conv2d)
        return self._train(x, convolution, norm)

    def _train(self, x: torch.Tensor, convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> torch.Tensor:
        _, _, pool, relu = self
        assert convolution.bias is not None and norm.running_mean is not None
        assert norm.num_batches_tracked is not None
        norm.num_batches_tracked.add_(1)
        y = functional.conv2d(x, convolution.weight, None, padding=1)
        bias = convolution.bias.detach()
        mean, scale = norm.running_mean - bias, norm.weight
        # A gradient of 0 instead of none: several processes wait for each parameter's.
        offset, share = norm.bias + 0.0 * convolution.bias, _share(norm)
        y = functional.batch_norm(
            y, mean, norm.running_var, scale, offset, training=True, momentum=share, eps=norm.eps
        )
        norm.running_mean.copy_(mean + bias)  # `mean` itself is kept for the gradient
        return relu(pool(y))


class OneChannelBlock(ConvBlock):
    """A :class:`ConvBlock` over one channel.

    In training the batch's statistics come from the input instead of from the
    convolution's output, which is 128 times as large: an output is w·p + b for the nine values p
    under the kernel, so over the batch its mean is w·E[p] + b and its variance wᵀ Cov[p] w, the
    batch norm is a scale and an offset of the convolution, and the gradient takes the same way
    back.  Reading and writing that output is most of what a training step costs on a CPU.

    Args:
        channels: of the convolution's output.
        pool: rows and columns that one maximum is taken over.
    """

    def __init__(self, channels: int, pool: tuple[int, int]) -> None:
        super().__init__(1, channels, pool)

    def _train(self, x: torch.Tensor, convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> torch.Tensor:
        _, _, pool, relu = self
        with torch.autocast(x.device.type, enabled=False):
            weight, bias = self._normalised(x.float(), convolution, norm)
        weight = weight.contiguous(memory_format=torch.channels_last)
        y = pool(functional.conv2d(x, weight, padding=1))
        # The maximum of what is greater by the same: a quarter of the additions.
        return relu(y + bias.to(y.dtype)[:, None, None])

    @staticmethod
    def _normalised(
        x: torch.Tensor, convolution: nn.Conv2d, norm: nn.BatchNorm2d
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Weight and bias of the convolution with this batch's norm in them."""
        assert convolution.bias is not None
        with torch.no_grad():
            patches = functional.unfold(x, 3, padding=1).transpose(0, 1).flatten(1)
            count = patches.shape[1]
            centre = patches.mean(1)
            patches -= centre[:, None]
            covariance = patches @ patches.T / count
        flat = convolution.weight.flatten(1)
        mean = flat @ centre + convolution.bias
        variance = ((flat @ covariance) * flat).sum(1)
        scale = norm.weight * torch.rsqrt(variance + norm.eps)
        _keep_statistics(norm, mean.detach(), variance.detach() * count / max(count - 1, 1))
        weight = convolution.weight * scale[:, None, None, None]
        return weight, norm.bias + (convolution.bias - mean) * scale


def _keep_statistics(norm: nn.BatchNorm2d, mean: torch.Tensor, variance: torch.Tensor) -> None:
    """What ``nn.BatchNorm2d`` keeps of a batch for inference; no momentum: the mean of all."""
    assert norm.running_mean is not None and norm.running_var is not None
    assert norm.num_batches_tracked is not None
    norm.num_batches_tracked.add_(1)
    share = _share(norm)
    norm.running_mean.lerp_(mean, share)
    norm.running_var.lerp_(variance, share)


def _share(norm: nn.BatchNorm2d) -> float:
    """Of this batch in the kept statistics, once it is counted."""
    if norm.momentum is not None:
        return norm.momentum
    return 1.0 / float(norm.num_batches_tracked or 1)
