"""Which channel of a device is listened to: one of them, or the mean of all."""

from __future__ import annotations

import numpy as np

from ser_live.audio.devices import Device

MIX = "mix"
_SIDES = {1: "left (1)", 2: "right (2)"}


def channel_choices(count: int) -> list[tuple[int | None, str]]:
    """What can be chosen on a device with so many channels: the number from 1, and its name.

    ``None`` is the mean of all; a device with one channel leaves no choice.

    >>> channel_choices(3)
    [(None, 'mix'), (1, 'left (1)'), (2, 'right (2)'), (3, '3')]
    """
    if count < 2:
        return []
    return [(None, MIX)] + [(n, _SIDES.get(n, str(n))) for n in range(1, count + 1)]


def counts_to_open(device: Device, channel: int | None) -> tuple[int, ...]:
    """Numbers of channels to try to open the device with, best first.

    Hardware opened with fewer channels than it has gives the first ones and drops the others, so
    that a mix needs all; a sound server mixes by itself.
    """
    if channel is None and device.is_virtual:
        return tuple(dict.fromkeys((1, 2, device.inputs)))
    counts = (device.channels, min(2, device.inputs), 1)
    return tuple(dict.fromkeys(n for n in counts if n >= (channel or 1)))


class Downmix:
    """One channel out of blocks of several; for an audio callback: makes no array data.

    Args:
        channels: in a block.
        channel: number from 1; the mean of all for ``None``.
        capacity: frames in the longest block that is to be expected.
    """

    def __init__(self, channels: int, channel: int | None, capacity: int) -> None:
        self._at = 0 if channels == 1 else None if channel is None else channel - 1
        self._share = np.float32(1 / channels)
        self._mixed = np.zeros(capacity, np.float32)

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """Take a (frames, channels) float32 block; return (frames,), valid until the next call."""
        if self._at is not None:
            return block[:, self._at]
        if len(block) > len(self._mixed):  # longer than ever expected
            self._mixed = np.zeros(len(block), np.float32)
        out = self._mixed[: len(block)]
        np.add.reduce(block, axis=1, out=out)
        out *= self._share
        return out
