"""What a device may do while it is listened to, against a PortAudio made to order."""

import gc
import threading
import time

import numpy as np
import pytest

from ser_live.audio import microphone, streams
from ser_live.audio.microphone import MicrophoneSource
from ser_live.audio.streams import close_stream, rescan, start_stream
from ser_live.config import StreamConfig
from tests.test_microphone import FakePortAudio, install
from tests.test_pulse import strength


def vanish_and_return(monkeypatch, fake, source, change):
    """Let the device be away for a moment; return the blocks' iterator after it came back."""
    monkeypatch.setattr(microphone, "_RETRY", 0.05)
    blocks = source.blocks()
    fake.deliver(np.ones(480))
    next(blocks)
    names, fake.names = fake.names, []

    def come_back():
        change()
        fake.names = names

    threading.Timer(0.5, come_back).start()
    while len(next(blocks)) == source.sample_rate:  # the time away, in whole seconds
        pass
    return blocks


def test_a_device_that_comes_back_at_another_rate(monkeypatch, tone):
    """The stream's rate stays what it was: its time is counted in samples."""
    fake = install(monkeypatch, FakePortAudio())
    source = MicrophoneSource(config=StreamConfig(device_silent_after=0.2))

    def change():
        fake.refuse = lambda rate, channels: None if rate == 44_100 else "Invalid sample rate"

    blocks = vanish_and_return(monkeypatch, fake, source, change)
    assert fake.opened == [(48_000, 1), (44_100, 1)] and source.sample_rate == 48_000
    heard = []
    for part in np.array_split(tone(1000, 2.0, 44_100), 20):
        fake.deliver(part)
        heard.append(next(blocks))
    source.close()
    heard = np.concatenate(heard)
    assert len(heard) == pytest.approx(2 * 48_000, abs=3_000)  # the resampler keeps a little back
    middle = heard[12_000:84_000]
    assert strength(middle, 48_000, 1000) == pytest.approx(0.1, rel=0.01)


def test_a_stream_that_portaudio_ended_is_noticed_at_once(monkeypatch):
    fake = install(monkeypatch, FakePortAudio())
    source = MicrophoneSource(config=StreamConfig(device_silent_after=1_000.0))
    monkeypatch.setattr(microphone, "_RETRY", 0.05)
    source._stream.active = False
    next(source.blocks())
    assert len(fake.opened) == 2
    source.close()


def test_a_busy_device_is_tried_again_until_it_is_free(monkeypatch):
    fake = install(monkeypatch, FakePortAudio())
    source = MicrophoneSource(config=StreamConfig(device_silent_after=0.2))
    tried = []

    def change():
        def refuse(rate, channels):
            tried.append(rate)
            return "Device unavailable" if len(tried) <= 18 else None  # three rounds

        fake.refuse = refuse

    blocks = vanish_and_return(monkeypatch, fake, source, change)
    assert len(tried) == 19 and not source.stalled
    fake.deliver(np.full(480, 0.5))
    assert next(blocks).max() == 0.5
    source.close()


def test_zeros_are_told_after_two_seconds(monkeypatch):
    fake = install(monkeypatch, FakePortAudio())
    source = MicrophoneSource()
    blocks = source.blocks()
    for seconds, told in ((1.9, False), (0.2, True)):
        fake.deliver(np.zeros(round(seconds * 48_000)))
        next(blocks)
        said = any("muted, or permission denied" in text for text in source.warnings)
        assert said == told
    source.close()


def test_portaudio_starts_anew_only_while_nothing_is_open(monkeypatch):
    fake = install(monkeypatch, FakePortAudio())
    starts = []
    fake._initialize = lambda: starts.append(1)
    monkeypatch.setattr(streams, "_open", [])  # of other tests
    source = MicrophoneSource()
    assert not rescan() and not starts
    source.close()
    assert rescan() and starts == [1]


def test_a_stream_that_does_not_start_is_not_counted():
    class Refusing:
        closed = False

        def start(self):
            raise ValueError("no")

        def abort(self, ignore_errors):
            pass

        def close(self, ignore_errors):
            self.closed = True

    made = Refusing()
    with pytest.raises(ValueError):
        start_stream(lambda: made)
    assert made.closed and all(ref() is not made for ref in streams._open)


def test_threads_open_and_close_without_a_trace():
    class Stream:
        def start(self):
            time.sleep(0.001)

        def abort(self, ignore_errors):
            pass

        close = abort

    gc.collect()
    before = [ref for ref in streams._open if ref() is not None]

    def work():
        for _ in range(20):
            close_stream(start_stream(Stream))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert streams._open == before
