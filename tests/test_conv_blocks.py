"""Blocks that are computed otherwise while they train."""

import pytest
import torch
from torch import nn

from ser_live.models.conv_blocks import ConvBlock, OneChannelBlock


def _pair(pool=(2, 2), inputs=1):
    """The block, and the plain layers with the same weights."""
    torch.manual_seed(0)
    block = OneChannelBlock(6, pool) if inputs == 1 else ConvBlock(inputs, 6, pool)
    block = block.double()
    with torch.no_grad():
        block[1].weight.uniform_(-1.5, 1.5)
        block[1].bias.uniform_(-0.5, 0.5)
    plain = nn.Sequential(
        nn.Conv2d(inputs, 6, 3, padding=1), nn.BatchNorm2d(6), nn.MaxPool2d(pool), nn.ReLU()
    ).double()
    plain.load_state_dict(block.state_dict())
    return block.float(), plain.float()


@pytest.mark.parametrize("inputs", [1, 4])
@pytest.mark.parametrize("pool", [(2, 2), (2, 1)])
def test_it_trains_as_the_plain_layers_do(pool, inputs):
    block, plain = _pair(pool, inputs)
    x = torch.randn(3, inputs, 11, 9) * 2 + 0.7
    x[1, :, :, 5:] = 0  # padding
    outputs = [layers(x) for layers in (block, plain)]
    torch.testing.assert_close(*outputs, rtol=1e-4, atol=1e-5)
    pull = torch.randn_like(outputs[0])
    for output in outputs:
        (output * pull).sum().backward()
    for (name, ours), theirs in zip(block.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(
            ours.grad, theirs.grad, rtol=1e-3, atol=1e-4, msg=lambda m, name=name: f"{name}: {m}"
        )


@pytest.mark.parametrize("inputs", [1, 4])
@pytest.mark.parametrize("momentum", [0.1, None])
def test_it_keeps_the_same_statistics_and_infers_with_them(momentum, inputs):
    block, plain = _pair(inputs=inputs)
    block[1].momentum = plain[1].momentum = momentum
    for seed in range(3):
        torch.manual_seed(seed)
        x = torch.randn(2, inputs, 8, 8) * (seed + 1) - seed
        block(x), plain(x)
    for name, ours in block.state_dict().items():
        torch.testing.assert_close(ours, plain.state_dict()[name], rtol=1e-4, atol=1e-4)
    plain.load_state_dict(block.state_dict())
    assert torch.equal(block.eval()(x), plain.eval()(x))


def test_bfloat16_touches_the_convolution_alone():
    block, _ = _pair()
    x = torch.randn(2, 1, 8, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = block(x)
    assert output.dtype == torch.bfloat16
    assert block[1].running_var.dtype == torch.float32
    torch.testing.assert_close(
        block[1].running_mean,
        0.1 * nn.functional.conv2d(x, block[0].weight, block[0].bias, padding=1).mean((0, 2, 3)),
        rtol=1e-4,
        atol=1e-5,
    )
