"""Which channel is listened to."""

import numpy as np
import pytest

from ser_live.audio import channels
from ser_live.audio.channels import Downmix, channel_choices, counts_to_open
from ser_live.audio.devices import Device
from ser_live.audio.microphone import MicrophoneSource
from ser_live.errors import AudioDeviceError
from tests.test_microphone import FakePortAudio, install


def device(inputs, name="USB (hw:1,0)"):
    return Device(0, name, "ALSA", inputs, 0, 48_000, True, False)


def test_choices():
    assert channel_choices(1) == []
    assert channel_choices(2) == [(None, "mix"), (1, "left (1)"), (2, "right (2)")]
    assert [n for n, _ in channel_choices(4)] == [None, 1, 2, 3, 4]
    assert device(32, "pulse").channels == 2 and device(16).channels == 16


@pytest.mark.parametrize(
    ("made", "channel", "counts"),
    [
        (device(1), None, (1,)),
        (device(2), None, (2, 1)),
        (device(2), 2, (2,)),
        (device(2), 1, (2, 1)),
        (device(4), None, (4, 2, 1)),
        (device(4), 3, (4,)),
        (device(32, "pulse"), None, (1, 2, 32)),  # the server mixes
        (device(32, "pulse"), 2, (2,)),
    ],
)
def test_numbers_of_channels_that_are_tried(made, channel, counts):
    assert counts_to_open(made, channel) == counts


def test_one_channel_or_the_mean_of_all():
    block = np.stack([np.full(100, 0.2), np.full(100, 0.6)], axis=1).astype(np.float32)
    assert Downmix(2, 1, 10)(block) == pytest.approx(0.2)
    assert Downmix(2, 2, 10)(block) == pytest.approx(0.6)
    assert Downmix(2, None, 100)(block) == pytest.approx(0.4)
    assert Downmix(2, None, 10)(block) == pytest.approx(0.4)  # longer than expected
    assert Downmix(1, 1, 10)(block[:, :1]) == pytest.approx(0.2)


def listen(monkeypatch, block, channel):
    fake = install(monkeypatch, FakePortAudio(inputs=block.shape[1]))
    source = MicrophoneSource(channel=channel)
    assert fake.opened == [(48_000, block.shape[1])]
    fake.callback(block, len(block), None, None)
    heard = next(source.blocks())
    source.close()
    return heard


@pytest.mark.parametrize(("channel", "expected"), [(None, 0.3), (1, 0.1), (2, 0.2), (3, 0.6)])
def test_the_microphone_hears_what_was_chosen(monkeypatch, channel, expected):
    block = np.tile(np.array([0.1, 0.2, 0.6], np.float32), (480, 1))
    np.testing.assert_allclose(listen(monkeypatch, block, channel), expected, rtol=1e-6)


def test_a_channel_that_is_not_there(monkeypatch):
    install(monkeypatch, FakePortAudio(inputs=2))
    with pytest.raises(AudioDeviceError, match="has 2 channels, so there is no channel 3"):
        MicrophoneSource(channel=3)
    install(monkeypatch, FakePortAudio(inputs=1))
    with pytest.raises(AudioDeviceError, match="has one channel"):
        MicrophoneSource(channel=2)


def test_names_are_those_of_the_command_line():
    assert channel_choices(2)[0][1] == channels.MIX
