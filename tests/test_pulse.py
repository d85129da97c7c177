"""Sources of a real sound server: listed, chosen, recorded, and lost without a word."""

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
import soundfile

from ser_live.audio import devices, pulse
from ser_live.audio.devices import find_input, input_devices, server_inputs
from ser_live.audio.microphone import MicrophoneSource
from ser_live.errors import AudioDeviceError
from tests.test_microphone import FakePortAudio, install

RATE = 48_000


@contextmanager
def loaded(virtual_microphone, *module):
    """A module of the server, unloaded afterwards."""
    number = virtual_microphone.pactl("load-module", *module).strip()
    try:
        yield number
    finally:
        if any(line.split("\t")[0] == number for line in modules(virtual_microphone)):
            virtual_microphone.pactl("unload-module", number)


def modules(virtual_microphone):
    return virtual_microphone.pactl("list", "short", "modules").splitlines()


def sink(name, description, rate=RATE, channels=2):
    return (
        "module-null-sink", f"sink_name={name}", f"rate={rate}", f"channels={channels}",
        "format=float32le", "norewinds=1",
        f"sink_properties=device.description={description}",
    )  # fmt: skip


def play(virtual_microphone, path, device):
    return subprocess.Popen(
        ["paplay", f"--device={device}", "--latency-msec=50", str(path)],
        env=virtual_microphone.env,
        stdin=subprocess.DEVNULL,
    )


def strength(samples, rate, frequency):
    """Amplitude of a sine of this frequency in (n,) samples."""
    turn = np.exp(-2j * np.pi * frequency * np.arange(len(samples)) / rate)
    window = np.hanning(len(samples))
    return 2 * abs(np.sum(samples * window * turn)) / window.sum()


def hear(source, until, seconds=30.0):
    """Read blocks until the last second satisfies ``until``; return that second."""
    deadline = time.monotonic() + seconds
    kept = np.zeros(0, np.float32)
    for block in source.blocks():
        kept = np.concatenate([kept, block])[-source.sample_rate :]
        if len(kept) == source.sample_rate and until(kept):
            return kept
        if time.monotonic() > deadline:
            return kept
    return kept


@pytest.fixture
def stereo(tmp_path, tone):
    """A long file: 700 Hz on the left, 1,100 Hz on the right."""
    path = tmp_path / "stereo.wav"
    both = np.stack([tone(700, 60), tone(1100, 60)], axis=1)
    soundfile.write(path, both, RATE, subtype="FLOAT")
    return path


def test_sources_come_and_go(virtual_microphone):
    before = {d.source for d in server_inputs()}
    assert {"vmic", "speakers.monitor"} <= before
    with loaded(virtual_microphone, *sink("tv", "Television", 44_100)):
        found = next(d for d in input_devices() if d.source == "tv.monitor")
        assert found.name == "System playback: Television" and found.monitor
        assert (found.inputs, found.sample_rate) == (2, pulse.RATE)
        assert find_input("System playback: Television") == found
        assert find_input("tv.monitor") == found
        assert find_input("television") == found
        remap = ("module-remap-source", "source_name=headset", "master=tv.monitor")
        with loaded(virtual_microphone, *remap, "source_properties=device.description=Headset"):
            headset = find_input("Headset")
            assert headset.source == "headset" and not headset.monitor
    assert {d.source for d in server_inputs()} == before


def test_equal_descriptions_are_told_apart(virtual_microphone):
    # Two sinks of the fixture have the same description.
    names = [d.name for d in server_inputs()]
    assert len(set(names)) == len(names)
    assert any(name.endswith("[speakers.monitor]") for name in names)


def test_the_default_stays_portaudios(virtual_microphone):
    assert find_input(None).source == ""


def test_system_playback_is_recorded(virtual_microphone, stereo):
    with loaded(virtual_microphone, *sink("tv", "Television")):
        player = play(virtual_microphone, stereo, "tv")
        source = MicrophoneSource("System playback: Television")
        try:
            assert pulse.VARIABLE not in os.environ
            heard = hear(source, lambda s: strength(s, RATE, 700) > 0.0495)
        finally:
            source.close()
            player.terminate()
            player.wait()
    assert source.sample_rate == RATE
    # The mix of 0.1 on one side each.
    for frequency in (700, 1100):
        assert strength(heard, RATE, frequency) == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize(("channel", "there", "not_there"), [(1, 700, 1100), (2, 1100, 700)])
def test_one_side_alone_is_recorded(virtual_microphone, stereo, channel, there, not_there):
    with loaded(virtual_microphone, *sink("tv", "Television")):
        player = play(virtual_microphone, stereo, "tv")
        source = MicrophoneSource("tv.monitor", channel=channel)
        try:
            heard = hear(source, lambda s: strength(s, RATE, there) > 0.099)
        finally:
            source.close()
            player.terminate()
            player.wait()
    assert strength(heard, RATE, there) == pytest.approx(0.1, rel=0.05)
    assert strength(heard, RATE, not_there) < 1e-3


def test_the_next_opening_is_not_misled(virtual_microphone, tone):
    with loaded(virtual_microphone, *sink("tv", "Television")):
        for spec in ("tv.monitor", None):
            source = MicrophoneSource(spec)
            rate = source.sample_rate
            virtual_microphone.start(tone(440, 60))  # into the microphone
            try:
                seconds = 60 if spec is None else 4
                heard = hear(source, lambda s, rate=rate: strength(s, rate, 440) > 0.05, seconds)
            finally:
                source.close()
                virtual_microphone.stop_playing()
            assert (strength(heard, rate, 440) > 0.05) == (spec is None)


def test_a_monitor_that_goes_away_is_not_replaced_by_the_microphone(
    virtual_microphone, stereo, tone
):
    """The server moves the stream to its default source; the sink comes back at another rate."""
    with loaded(virtual_microphone, *sink("tv", "Television")) as number:
        source = MicrophoneSource("tv.monitor")
        blocks = source.blocks()
        try:
            next(blocks)
            virtual_microphone.start(tone(440, 60))  # into the microphone
            virtual_microphone.pactl("unload-module", number)
            back = []

            def come_back():
                deadline = time.monotonic() + 60
                while not source.stalled and time.monotonic() < deadline:
                    time.sleep(0.02)
                time.sleep(2)
                back.append(
                    virtual_microphone.pactl("load-module", *sink("tv", "Television", 44_100))
                )

            helper = threading.Thread(target=come_back)
            helper.start()
            heard = []
            while not back or source.stalled:
                heard.append(next(blocks))
            helper.join()
            # At most what came between two looks.
            leaked = np.concatenate(heard)
            assert np.count_nonzero(leaked) < 1.0 * RATE
            player = play(virtual_microphone, stereo, "tv")
            again = hear(source, lambda s: strength(s, RATE, 700) > 0.0495)
            player.terminate()
            player.wait()
        finally:
            source.close()
            virtual_microphone.stop_playing()
            for made in back:
                virtual_microphone.pactl("unload-module", made.strip())
    assert strength(again, source.sample_rate, 700) == pytest.approx(0.05, rel=0.1)
    assert strength(again, source.sample_rate, 440) < 1e-3
    assert source.sample_rate == RATE


def test_silent_loudspeakers_are_not_a_muted_microphone(virtual_microphone):
    with loaded(virtual_microphone, *sink("tv", "Television")):
        source = MicrophoneSource("tv.monitor")
        try:
            hear(source, lambda _: False, 3)
            assert not source.warnings
        finally:
            source.close()


def test_without_a_server_nothing_is_found(tmp_path):
    code = (
        "from ser_live.audio.pulse import pulse_sources, SourceWatch;"
        "print(pulse_sources(), SourceWatch('x').present)"
    )
    for more in ({"PULSE_SERVER": f"unix:{tmp_path}/none"}, {"PYTHONPATH": str(tmp_path)}):
        if "PYTHONPATH" in more:
            (tmp_path / "pulsectl.py").write_text("raise OSError('libpulse.so.0: not found')\n")
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PULSE_SERVER": f"unix:{tmp_path}/none", **more},
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        assert done.stdout.strip() == "[] False"


def test_a_missing_plug_in_is_named(monkeypatch):
    install(monkeypatch, FakePortAudio(names=["hw:0,0"]))
    found = pulse.PulseSource("tv.monitor", "TV", True, 2, "pulseaudio")
    monkeypatch.setattr(devices, "pulse_sources", lambda: [found])
    with pytest.raises(AudioDeviceError, match=r"System playback: TV.*libasound2-plugins"):
        MicrophoneSource("tv.monitor")


def test_the_variable_is_put_back(monkeypatch):
    monkeypatch.setenv(pulse.VARIABLE, "the user's")

    def fail():
        with pulse.selected("tv.monitor"):
            assert os.environ[pulse.VARIABLE] == "tv.monitor"
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert os.environ[pulse.VARIABLE] == "the user's"
    monkeypatch.delenv(pulse.VARIABLE)
    with pulse.selected("tv.monitor"):
        assert os.environ[pulse.VARIABLE] == "tv.monitor"
    assert pulse.VARIABLE not in os.environ
