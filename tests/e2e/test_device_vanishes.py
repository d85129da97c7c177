"""The sound server goes away while the program listens, and comes back."""

import time

import numpy as np

from ser_live.audio.microphone import MicrophoneSource
from ser_live.pipeline import Session


def wait_for(condition, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_a_vanished_device_is_noticed_and_taken_up_again(virtual_microphone, predictor, demo_clip):
    source = MicrophoneSource(None)
    session = Session(source, predictor)
    session.start()
    try:
        assert wait_for(lambda: session.stats().time > 0.5, 10)
        virtual_microphone.stop_server()
        gone = time.monotonic()
        assert wait_for(lambda: source.stalled, 5)
        noticed = time.monotonic() - gone
        assert any("stopped delivering" in text for text in source.warnings)
        before = session.stats().time
        virtual_microphone.start_server()
        assert wait_for(lambda: not source.stalled, 15)
        virtual_microphone.start(demo_clip)
        assert wait_for(lambda: session.timeline.windows(), 25)
        # The time that the device was away counts.
        assert session.stats().time - before > 0.9 * (time.monotonic() - gone - noticed)
    finally:
        session.stop()
    assert session.error is None and not session.running
    assert noticed < 3.0
    assert np.isfinite(session.stats().peak_db)
