"""The microphone source against a PortAudio whose faults are made to order."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

from ser_live.audio import devices, microphone
from ser_live.audio.microphone import MicrophoneSource
from ser_live.config import StreamConfig
from ser_live.errors import AudioDeviceError


class PortAudioError(Exception):
    pass


class FakeStream:
    """Open, and nothing else."""

    active = True

    def start(self):
        pass

    def abort(self, ignore_errors):
        pass

    close = abort


class FakePortAudio:
    """Enough of the sounddevice module; ``refuse`` decides which openings fail."""

    PortAudioError = PortAudioError

    def __init__(self, names=("Mic",), refuse=lambda rate, channels: None, inputs=1):
        self.names = list(names)
        self.refuse = refuse
        self.inputs = inputs
        self.opened = []
        self.callback = None
        self.default = SimpleNamespace(device=(0 if names else -1, -1))

    def query_devices(self):
        return [
            {
                "name": n,
                "hostapi": 0,
                "max_input_channels": self.inputs,
                "max_output_channels": 0,
                "default_samplerate": 48_000.0,
            }
            for n in self.names
        ]

    def query_hostapis(self):
        return ({"name": "Fake", "default_input_device": 0, "default_output_device": -1},)

    def _terminate(self):
        pass

    def _initialize(self):
        pass

    def InputStream(self, samplerate, device, channels, dtype, callback):
        reason = self.refuse(samplerate, channels)
        if reason:
            raise PortAudioError(reason)
        self.opened.append((samplerate, channels))
        self.callback = callback
        return FakeStream()

    def deliver(self, samples, overflow=False):
        data = np.asarray(samples, np.float32)[:, None]
        status = SimpleNamespace(input_overflow=True) if overflow else None
        self.callback(data, len(data), None, status)


def install(monkeypatch, fake):
    monkeypatch.setattr(devices, "portaudio", lambda: fake)
    monkeypatch.setattr(microphone, "portaudio", lambda: fake)
    return fake


def test_opens_at_the_devices_own_rate(monkeypatch):
    fake = install(monkeypatch, FakePortAudio())
    source = MicrophoneSource()
    assert fake.opened == [(48_000, 1)] and source.sample_rate == 48_000
    fake.deliver(np.arange(480))
    blocks = source.blocks()
    np.testing.assert_array_equal(next(blocks), np.arange(480))
    source.close()
    assert list(blocks) == []


def test_takes_another_rate_and_more_channels_where_refused(monkeypatch):
    def refuse(rate, channels):
        return None if (rate, channels) == (16_000, 2) else "Invalid sample rate"

    fake = install(monkeypatch, FakePortAudio(refuse=refuse, inputs=2))
    assert MicrophoneSource().sample_rate == 16_000
    assert fake.opened == [(16_000, 2)]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("Invalid sample rate [PaErrorCode -9997]", "refuses every sampling rate"),
        ("Device unavailable [PaErrorCode -9985]", "busy"),
        ("Permission denied", "permit"),
        ("Internal error", "cannot be opened"),
    ],
)
def test_refusals_in_plain_words(monkeypatch, reason, said):
    install(monkeypatch, FakePortAudio(refuse=lambda *_: reason))
    with pytest.raises(AudioDeviceError, match=said):
        MicrophoneSource()


def test_choosing_a_device(monkeypatch):
    install(monkeypatch, FakePortAudio(names=["Built-in Microphone", "USB Headset", "USB Camera"]))
    assert devices.find_input(None).index == 0
    assert devices.find_input("1").name == "USB Headset"
    assert devices.find_input("camera").index == 2
    for spec, said in (("usb", "several"), ("piano", "no input device is called"), (9, "number 9")):
        with pytest.raises(AudioDeviceError, match=said):
            devices.find_input(spec)
    install(monkeypatch, FakePortAudio(names=[]))
    with pytest.raises(AudioDeviceError, match="no input device found"):
        MicrophoneSource()


def test_overflows_are_counted_and_zeros_noticed(monkeypatch):
    fake = install(monkeypatch, FakePortAudio())
    source = MicrophoneSource()
    blocks = source.blocks()
    fake.deliver(np.zeros(96_000), overflow=True)
    next(blocks)
    assert source.overflows == 1
    assert any("zeros" in text for text in source.warnings)
    fake.deliver(np.full(10, 0.1))
    next(blocks)
    assert not any("zeros" in text for text in source.warnings)
    source.close()


def test_lost_samples_are_replaced_so_that_time_goes_on(monkeypatch):
    fake = install(monkeypatch, FakePortAudio())
    source = MicrophoneSource(config=StreamConfig(capture_buffer_seconds=0.1))
    blocks = source.blocks()
    fake.deliver(np.ones(7_000))
    total = len(next(blocks)) + len(next(blocks))
    assert total == 7_000 and source.lost == 7_000 - 4_800 + 600
    source.close()


def test_a_vanished_device_is_noticed_and_taken_up_again(monkeypatch):
    fake = install(monkeypatch, FakePortAudio())
    monkeypatch.setattr(microphone, "_RETRY", 0.05)
    monkeypatch.setattr(microphone, "rescan", lambda: None)
    source = MicrophoneSource(config=StreamConfig(device_silent_after=0.2))
    blocks = source.blocks()
    fake.deliver(np.ones(480))
    next(blocks)
    fake.names = []  # unplugged

    import threading

    threading.Timer(0.6, lambda: fake.names.append("Mic")).start()
    began = time.monotonic()
    silence = next(blocks)
    away = time.monotonic() - began
    assert len(fake.opened) == 2 and not source.stalled
    pieces = [silence]
    while len(pieces[-1]) == 48_000:  # a longer silence comes in blocks of a second
        pieces.append(next(blocks))
    silence = np.concatenate(pieces)
    assert not silence.any()
    assert len(silence) / 48_000 == pytest.approx(away, abs=0.1)
    fake.deliver(np.ones(480))
    np.testing.assert_array_equal(next(blocks), np.ones(480))
    source.close()
