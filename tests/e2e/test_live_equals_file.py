"""A recording spoken into the microphone and the same recording analysed as a file agree.

The microphone is a virtual one: a real sound server, a real PortAudio, no hardware.
"""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from ser_live.audio.devices import find_input, input_devices
from ser_live.audio.microphone import MicrophoneSource
from ser_live.audio.sources import FileSource
from ser_live.pipeline import Session, analyze

EDGE = 0.151  # s: five frames of voice activity
DISTANCE = 0.10  # total variation
MARGIN = 0.2


@pytest.fixture(scope="module")
def heard(virtual_microphone, demo_clip, predictor):
    """The timelines of the file and of the microphone, and the session that listened.

    On a busy machine the *player* may be held up, which puts silence between what it plays: then it
    speaks once more.
    """
    reference, seconds = analyze(FileSource(demo_clip), predictor)
    for _ in range(3):
        session = listen(virtual_microphone, demo_clip, predictor, len(reference.utterances()))
        if max(edges_of(reference, session.timeline), default=9.0) <= EDGE:
            break
    return reference, session, seconds


def listen(virtual_microphone, demo_clip, predictor, count):
    """A session that has heard the clip, and stopped after so many utterances."""
    source = MicrophoneSource(None)
    session = Session(source, predictor)
    session.start()
    time.sleep(0.7)
    virtual_microphone.play(demo_clip)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if len(session.timeline.utterances()) >= count:
            break
        time.sleep(0.1)
    session.stop()
    assert session.error is None
    return session


def edges_of(reference, timeline):
    """By how much each beginning and end differs, s; empty where the numbers of utterances do."""
    expected, found = reference.utterances(), timeline.utterances()
    if len(expected) != len(found):
        return []
    # The only unknown is when the playing began.
    offset = float(np.median([f.start - e.start for f, e in zip(found, expected, strict=True)]))
    return [
        abs(getattr(f, side) - offset - getattr(e, side))
        for e, f in zip(expected, found, strict=True)
        for side in ("start", "end")
    ]


def test_the_device_is_the_virtual_one(virtual_microphone):
    assert input_devices() and find_input(None).inputs > 0


def test_same_utterances_same_edges_same_probabilities(heard, record_property):
    reference, session, _ = heard
    expected, found = reference.utterances(), session.timeline.utterances()
    assert len(found) == len(expected)
    edges = edges_of(reference, session.timeline)
    distances = []
    for e, f in zip(expected, found, strict=True):
        p, q = e.estimate.emotions, f.estimate.emotions
        distances.append(0.5 * float(np.abs(p - q).sum()))
        ordered = np.sort(p)
        if ordered[-1] - ordered[-2] > MARGIN:
            assert f.estimate.top_emotion == e.estimate.top_emotion
    print(
        f"\nlive against file: {len(found)} utterances, edges differ by at most "
        f"{1e3 * max(edges):.0f} ms (median {1e3 * np.median(edges):.0f}), total variation "
        f"at most {max(distances):.3f} (median {np.median(distances):.3f})"
    )
    record_property("largest edge difference, s", max(edges))
    record_property("largest total variation", max(distances))
    assert max(edges) <= EDGE
    assert max(distances) <= DISTANCE


def test_nothing_was_lost_and_time_went_on(heard):
    _, session, seconds = heard
    source = session.source
    assert source.lost == 0 and not source.stalled
    stats = session.stats()
    assert stats.time > seconds
    assert stats.queued == 0
    assert not session.running


def test_provisional_results_come_while_someone_speaks(heard):
    _, session, _ = heard
    assert len(session.timeline.windows(final=False)) > 20
    assert session.latencies


def test_listen_prints_json_lines_and_ends_by_itself(virtual_microphone, demo_clip):
    process = subprocess.Popen(
        [sys.executable, "-m", "ser_live", "listen", "--duration", "9", "--device", "cpu"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ) | virtual_microphone.env,
    )
    first = json.loads(process.stdout.readline())
    assert first["type"] == "start" and first["sample_rate"] > 0
    virtual_microphone.start(demo_clip)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    lines = [json.loads(line) for line in out.splitlines()]
    kinds = [line["type"] for line in lines]
    assert kinds[-1] == "end" and lines[-1]["duration"] >= 9
    assert {"speech_start", "window", "speech_end", "utterance"} <= set(kinds)
    virtual_microphone.stop_playing()


def test_ctrl_c_ends_listening_cleanly(virtual_microphone):
    import signal

    process = subprocess.Popen(
        [sys.executable, "-m", "ser_live", "listen", "--device", "cpu"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ) | virtual_microphone.env,
    )
    assert json.loads(process.stdout.readline())["type"] == "start"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0 and "Traceback" not in err
    assert json.loads(out.splitlines()[-1])["type"] == "end"
