"""The default microphone of a real sound server is unplugged, replaced, and plugged in again."""

import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

from ser_live.audio.microphone import MicrophoneSource
from tests.test_pulse import RATE, loaded, modules, strength

VMIC = ("module-remap-source", "source_name=vmic", "master=mic.monitor", "remix=no")
OTHER = ("module-remap-source", "source_name=webcam", "master=mic.monitor", "remix=no")


def unplug(virtual_microphone):
    line = next(m for m in modules(virtual_microphone) if "source_name=vmic" in m)
    virtual_microphone.pactl("unload-module", line.split("\t")[0])


@contextmanager
def microphone_unplugged(virtual_microphone):
    """The default source is gone; it is there again for the next test."""
    unplug(virtual_microphone)
    try:
        yield
    finally:
        if not any("source_name=vmic" in m for m in modules(virtual_microphone)):
            virtual_microphone.pactl("load-module", *VMIC)
        virtual_microphone.pactl("set-default-source", "vmic")


@pytest.fixture
def source(virtual_microphone):
    made = MicrophoneSource()
    heard = []
    reader = threading.Thread(target=lambda: heard.extend(made.blocks()))
    reader.start()
    made.heard = heard
    yield made
    made.close()
    reader.join(30)
    assert not reader.is_alive()


def wait_for(condition):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def seconds(source):
    return sum(map(len, source.heard)) / source.sample_rate


def loud(source):
    """Whether the newest second is the tone of the microphone."""
    last = np.concatenate([np.zeros(1), *source.heard[-200:]])[-source.sample_rate :]
    return strength(last, source.sample_rate, 440) > 0.05


def test_unplugged_is_said_and_listening_goes_on_when_it_is_back(virtual_microphone, source, tone):
    assert wait_for(lambda: seconds(source) > 0.2)
    with microphone_unplugged(virtual_microphone):
        assert wait_for(lambda: source.unplugged)
        assert source.stalled and source.unplugged == "Remapped Monitor of Null Output"
        said = source.warnings
        assert "unplugged" in said[0] and "zeros" not in " ".join(said)
        before, began = seconds(source), time.monotonic()
        time.sleep(1)
        virtual_microphone.pactl("load-module", *VMIC)
        virtual_microphone.pactl("set-default-source", "vmic")
        assert wait_for(lambda: not source.stalled)
    assert not source.unplugged and "unplugged" not in " ".join(source.warnings)
    virtual_microphone.start(tone(440, 60))
    assert wait_for(lambda: loud(source))
    # The time away counts.
    assert seconds(source) - before > 0.7 * (time.monotonic() - began)


def test_another_microphone_takes_its_place(virtual_microphone, source, tone):
    with loaded(virtual_microphone, *OTHER):
        assert wait_for(lambda: seconds(source) > 0.2)
        with microphone_unplugged(virtual_microphone):
            virtual_microphone.pactl("set-default-source", "webcam")
            virtual_microphone.start(tone(440, 60))
            assert wait_for(lambda: loud(source) and not source.stalled)
            assert source._watch.name == "webcam" and not source.unplugged


def test_what_the_user_chooses_in_the_systems_settings_is_followed(virtual_microphone, source):
    assert wait_for(lambda: seconds(source) > 0.2)
    assert not source._watch.monitor
    virtual_microphone.pactl("set-default-source", "speakers.monitor")
    try:
        assert wait_for(lambda: source._watch.monitor)
        assert not source.stalled
        silence = "nothing but zeros: no microphone is connected?"  # nothing is played
        assert wait_for(lambda: silence in " ".join(source.warnings))
    finally:
        virtual_microphone.pactl("set-default-source", "vmic")
    assert wait_for(lambda: source._watch.name == "vmic")
    assert not source.stalled


def test_a_server_that_goes_away_is_not_called_unplugged(virtual_microphone, source):
    assert wait_for(lambda: seconds(source) > 0.2)
    virtual_microphone.stop_server()
    assert wait_for(lambda: source.stalled)
    assert not source.unplugged and "stopped delivering" in source.warnings[0]
    virtual_microphone.start_server()
    assert wait_for(lambda: not source.stalled)
    assert source.sample_rate in (RATE, 44_100)
