"""Session files: nothing lost, nothing kept that was not asked for, every fault told."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import soundfile as sf

from ser_live.audio.decode import read_audio
from ser_live.audio.peaks import PeakStore
from ser_live.audio.sources import FileSource
from ser_live.cli import main
from ser_live.config import Config
from ser_live.errors import SessionFileError
from ser_live.pipeline import Session
from ser_live.sessions.reader import read_session
from ser_live.sessions.recording import Recording
from ser_live.sessions.schema import Facts
from ser_live.sessions.writer import SessionWriter
from ser_live.timeline import (
    SpeechEnded,
    SpeechStarted,
    Timeline,
    UtteranceResult,
    WindowResult,
)
from tests.estimates import estimate
from tests.session_support import RATE, REPOSITORY, FakeSession, noise, utter


def facts(rate=RATE):
    started = "2026-01-02T03:04:05+01:00"
    config = Config().to_json()
    return Facts("Mic “ü”", "model_a@1234", config, started, rate, 100, "SER Live 0")


def rows(timeline):
    """Everything a timeline holds, to the bit."""
    return [
        (e, e.estimate.joint.tobytes() if isinstance(e, WindowResult | UtteranceResult) else b"")
        for e in timeline.since(0)
    ]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a talk #1?.serlive"  # characters that mean something in an address


# ------------------------------------------------------------------ writing and reading


def test_a_whole_session_comes_back_to_the_bit(path, demo_clip, predictor):
    session = Session(FileSource(demo_clip), predictor)
    recording = Recording(session, path, audio=True)
    recording.start()
    session.start()
    session.join(120)
    recording.stop()
    assert recording.error is None and not recording.running
    assert [p.name for p in path.parent.iterdir()] == [path.name]  # one file
    saved = read_session(path)
    assert rows(saved.timeline) == rows(session.timeline)
    assert len(saved.timeline.utterances()) >= 5
    for ours, theirs in zip(
        saved.waveform.get(0, 10**6), session.waveform.get(0, 10**6), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    samples, rate = read_audio(demo_clip)
    assert saved.duration == pytest.approx(len(samples) / rate)
    assert saved.facts.source == str(demo_clip) and saved.facts.model.startswith("model_a@")
    assert Config.from_json(saved.facts.config) == predictor.config
    assert saved.facts.started[10] == "T" and saved.facts.started[-6] in "+-"
    heard = np.concatenate(list(saved.audio.blocks()))
    assert saved.audio.sample_rate == rate and saved.audio.duration == pytest.approx(saved.duration)
    np.testing.assert_allclose(heard, samples, atol=1.5 / 32768)
    later = np.concatenate(list(saved.audio.blocks(12.345)))
    np.testing.assert_array_equal(later, heard[round(12.345 * rate) :])


def test_the_sound_is_kept_only_when_asked_for(path):
    session = FakeSession()
    recording = Recording(session, path)
    recording.start()
    session.hear(noise(3))
    recording.stop()
    saved = read_session(path)
    assert saved.audio is None and saved.duration == 3.0 and len(saved.waveform) == 300
    with sqlite3.connect(path) as base:
        assert base.execute("SELECT count(*) FROM audio").fetchone() == (0,)
    assert path.stat().st_size < 100_000


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_others_cannot_read_it(path):
    SessionWriter(path, facts()).close()
    assert path.stat().st_mode & 0o077 == 0


def test_recording_begins_when_asked_not_before(path):
    session = FakeSession()
    utter(session.timeline, 1, 1.0, 3.0)
    session.timeline.append(SpeechStarted(2, 8.0))
    session.timeline.append(WindowResult(2, 8.0, 9.5, 1.0, False, estimate()))
    session.samples = 10 * RATE
    recording = Recording(session, path, audio=True)
    recording.start()
    sound = noise(5)
    session.hear(sound)
    guess = estimate(emotion="sad")
    session.timeline.append(WindowResult(2, 8.5, 11.5, 2.5, False, guess))
    session.timeline.append(SpeechEnded(2, 8.0, 12.0, 3.5))
    session.timeline.append(UtteranceResult(2, 8.0, 12.0, 3.5, guess))
    utter(session.timeline, 3, 13.0, 14.5)
    recording.stop()
    session.hear(noise(1))  # after the end: nobody listens
    saved = read_session(path)
    spans = [(u.utterance, u.start, u.end, u.speech) for u in saved.timeline.utterances()]
    assert spans == [(2, 0.0, 2.0, 2.0), (3, 3.0, 4.5, 1.5)]
    assert next((w.start, w.end) for w in saved.timeline.windows()) == (0.0, 1.5)
    assert saved.duration == 5.0 and saved.audio.duration == 5.0
    np.testing.assert_allclose(
        np.concatenate(list(saved.audio.blocks())), np.clip(sound, -1, 1), atol=1.5 / 32768
    )


def test_an_utterance_that_is_cut_off_is_ended(path):
    session = FakeSession()
    recording = Recording(session, path)
    recording.start()
    session.hear(noise(4))
    session.timeline.append(SpeechStarted(1, 1.0))
    session.timeline.append(WindowResult(1, 1.0, 3.0, 1.8, False, estimate()))
    recording.stop()
    last = read_session(path).timeline.since(0)[-1]
    assert last == SpeechEnded(1, 1.0, 4.0, 1.8)


def test_loud_and_odd_sound_survives(path):
    session = FakeSession(44_100)
    recording = Recording(session, path, audio=True)
    recording.start()
    session.hear(np.array([2.0, -2.0, 0.5] * 1000, np.float32))
    recording.stop()
    heard = np.concatenate(list(read_session(path).audio.blocks()))
    np.testing.assert_allclose(heard[:3], [1, -1, 0.5], atol=1e-4)


def test_nothing_heard_is_still_a_session(path):
    recording = Recording(FakeSession(), path, audio=True)
    recording.start()
    recording.stop()
    saved = read_session(path)
    assert saved.duration == 0 and saved.audio is None and len(saved.timeline) == 0


def test_a_file_that_is_there_is_kept_unless_told(path):
    path.write_text("mine")
    with pytest.raises(SessionFileError, match="exists already"):
        Recording(FakeSession(), path)
    assert path.read_text() == "mine"
    recording = Recording(FakeSession(), path, overwrite=True)
    recording.start()
    recording.stop()
    assert read_session(path).duration == 0
    with pytest.raises(SessionFileError, match="cannot be written"):
        Recording(FakeSession(), path.parent / "no" / "x.serlive")


# ------------------------------------------------------------------ kill

_VICTIM = """
import sys, time
from pathlib import Path
import numpy as np
sys.path.insert(0, {root!r})
from tests.session_support import FakeSession, utter, noise
from ser_live.sessions.recording import Recording
session = FakeSession()
recording = Recording(session, Path({path!r}), audio=True)
recording.start()
sound = noise(60)
began, number = time.monotonic(), 0
while True:
    due = int((time.monotonic() - began) * 16000)
    session.hear(sound[session.samples:due])
    while number < due / 16000 - 1:
        number += 1
        utter(session.timeline, number, number - 1.0, float(number))
    print(session.samples / 16000, flush=True)
    time.sleep(0.02)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL")
def test_a_kill_loses_at_most_two_seconds(path):
    code = _VICTIM.format(root=str(REPOSITORY), path=str(path))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        heard = 0.0
        try:
            while heard < 7.9:
                heard = float(child.stdout.readline())
        finally:
            child.kill()
        rest = child.stdout.read().split()
    heard = float(rest[-1]) if rest else heard
    saved = read_session(path)
    assert heard - 2.0 <= saved.duration <= heard
    assert heard - 2.0 <= saved.audio.duration <= heard
    assert len(saved.waveform) >= 100 * (heard - 2.0)
    assert len(saved.timeline.utterances()) >= int(heard - 3.0)
    expected = noise(60)[: round(saved.audio.duration * RATE)]
    np.testing.assert_allclose(
        np.concatenate(list(saved.audio.blocks())), np.clip(expected, -1, 1), atol=1.5 / 32768
    )


def test_a_session_can_be_read_while_it_is_written(path):
    session = FakeSession()
    recording = Recording(session, path)
    recording.start()
    session.hear(noise(2))
    deadline = time.monotonic() + 20
    while recording.seconds < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert read_session(path).duration == 2.0
    session.hear(noise(1))
    recording.stop()
    assert recording.error is None and read_session(path).duration == 3.0


# ------------------------------------------------------------------ disk full


def full_after(pages):
    """A writer whose database may grow to so many pages: SQLite's own "disk is full"."""

    def make(path, facts, overwrite):
        writer = SessionWriter(path, facts, overwrite)
        writer._base.execute(f"PRAGMA max_page_count = {pages}")
        return writer

    return make


def test_a_full_disk_ends_the_recording_and_nothing_else(path, demo_clip, predictor):
    told = []
    session = Session(FileSource(demo_clip), predictor)
    recording = Recording(
        session, path, audio=True, on_failure=told.append, make_writer=full_after(60)
    )
    recording.start()
    session.start()
    session.join(120)
    deadline = time.monotonic() + 20
    while not told and time.monotonic() < deadline:
        time.sleep(0.05)
    assert told == [recording.error] and not recording.running
    text = str(recording.error)
    assert str(path) in text and "the disk is full" in text and "\n" not in text
    assert session.error is None and len(session.timeline.utterances()) >= 5
    recording.stop()  # may be called all the same
    assert isinstance(read_session(path).timeline, Timeline)


def test_what_was_written_before_the_disk_was_full_is_kept(path):
    session = FakeSession()
    recording = Recording(session, path, audio=True, make_writer=full_after(100))
    recording.start()
    kept = 0.0
    for second in range(60):
        session.hear(noise(1, seed=second))
        utter(session.timeline, second + 1, second, second + 0.9)
        deadline = time.monotonic() + 10
        while recording.running and recording.seconds < second + 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        if not recording.running:
            break
        kept = recording.seconds
    assert recording.error is not None and kept >= 3
    saved = read_session(path)
    assert saved.duration == kept and len(saved.timeline.utterances()) == kept
    sound = np.concatenate(list(saved.audio.blocks()))
    expected = np.concatenate([noise(1, seed=s) for s in range(round(kept))])[: len(sound)]
    assert len(sound) >= (kept - 1) * RATE
    np.testing.assert_allclose(sound, np.clip(expected, -1, 1), atol=1.5 / 32768)


_LIMITED = """
import resource, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.session_support import FakeSession, noise
from ser_live.sessions.recording import Recording
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
session = FakeSession()
recording = Recording(session, Path({path!r}), audio=True)
recording.start()
while recording.running:
    session.hear(noise(0.5))
    time.sleep(0.1)
recording.stop()
print(recording.seconds, recording.error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no resource limits")
def test_a_write_that_the_system_refuses(path):
    code = _LIMITED.format(root=str(REPOSITORY), path=str(path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    seconds, text = done.stdout.strip().split(" ", 1)
    assert "recording stopped" in text and str(path) in text
    assert float(seconds) > 2
    assert read_session(path).duration == float(seconds)


def test_a_disk_that_is_too_slow_does_not_fill_the_memory(path):
    gate = threading.Event()

    class Slow:
        def write(self, *_):
            gate.wait(20)

        def close(self):
            pass

    session = FakeSession()
    recording = Recording(session, path, make_writer=lambda *_: Slow())
    recording.start()
    session.hear(noise(1))
    time.sleep(1.0)  # it is stuck now
    for _ in range(7):
        session.hear(np.zeros(10 * RATE, np.float32))
    assert sum(map(len, recording._blocks)) <= 60 * RATE
    gate.set()
    deadline = time.monotonic() + 10
    while recording.running and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "behind" in str(recording.error)


# ------------------------------------------------------------------ faults in a file


@pytest.fixture
def good(path):
    session = FakeSession()
    recording = Recording(session, path, audio=True)
    recording.start()
    session.hear(noise(8))
    for number in range(4):
        utter(session.timeline, number + 1, 2.0 * number, 2.0 * number + 1.5)
    recording.stop()
    return path


def refused(path):
    def read():
        list(read_session(path).audio.blocks())

    with pytest.raises(SessionFileError) as caught:
        read()
    text = str(caught.value)
    assert str(path) in text and "\n" not in text
    return text


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.99])
def test_truncated(good, share):
    data = good.read_bytes()
    good.write_bytes(data[: int(share * len(data))])
    assert any(word in refused(good) for word in ("breaks off", "damaged"))


def test_not_a_session(path, demo_clip):
    assert "no such file" in refused(path)
    assert "is a folder" in refused(path.parent)
    for content in (b"", b"hello" * 1000, demo_clip.read_bytes()):
        path.write_bytes(content)
        assert "is not a session file" in refused(path)
    path.unlink()
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE facts (key, value)")
    base.close()
    assert "is not a session file" in refused(path)


def change(path, statement):
    base = sqlite3.connect(path, isolation_level=None)
    base.execute(statement)
    base.close()


def test_from_a_newer_version(good):
    change(good, "PRAGMA user_version = 2")
    assert "newer version" in refused(good)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM facts WHERE key = 'sample_rate'",
        "UPDATE facts SET value = '{' WHERE key = 'duration'",
        "UPDATE entries SET joint = x'00' WHERE kind = 'utterance'",
        "UPDATE entries SET kind = 'unheard-of' WHERE kind = 'final'",
        "UPDATE peaks SET low = x''",
        "UPDATE audio SET flac = x'0102'",
        "DROP TABLE peaks",
    ],
)
def test_damaged_inside(good, statement):
    change(good, statement)
    assert "damaged" in refused(good)


def test_overwritten_in_the_middle(good):
    data = bytearray(good.read_bytes())
    data[4096 : len(data) // 2] = os.urandom(len(data) // 2 - 4096)
    good.write_bytes(bytes(data))
    refused(good)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_from_a_folder_that_cannot_be_written(good):
    good.parent.chmod(0o500)
    try:
        assert read_session(good).duration == 8.0
    finally:
        good.parent.chmod(0o700)


def test_peaks_restored_need_as_many_minima_as_maxima():
    with pytest.raises(ValueError):
        PeakStore.of_bins(RATE, 100, np.zeros(3, np.float32), np.zeros(2, np.float32))


# ------------------------------------------------------------------ command line


def test_a_session_file_is_exported_without_the_model(good, capsys):
    assert main(["export", str(good), "--to", "jsonl", "-o", "-", "--model", "none.st"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["source"] == str(good) and record["model"] == "model_a@1234"
    assert record["duration"] == 8.0 and len(record["utterances"]) == 4
    assert main(["export", str(good), "--to", "webvtt"]) == 0
    assert good.with_suffix(".vtt").read_text().count("-->") == 4


def test_without_a_display_a_session_is_summed_up(good):
    env = dict(os.environ) | {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    done = subprocess.run(
        [sys.executable, "-m", "ser_live", str(good)],
        capture_output=True,
        text=True,
        env=env,
        timeout=60,
    )
    assert done.returncode == 0 and "no display" in done.stderr
    assert "4 utterances; model model_a@1234" in done.stdout


def test_a_bad_session_file_is_an_error(path, capsys):
    path.write_bytes(b"hello")
    assert main(["export", str(path), "--to", "csv", "-o", "-"]) == 1
    assert f"{path}: is not a session file" in capsys.readouterr().err


def test_listen_records(virtual_microphone, demo_clip, tmp_path):
    samples, rate = sf.read(demo_clip, dtype="float32")
    path = tmp_path / "live.serlive"
    command = [sys.executable, "-m", "ser_live", "listen", "--record", str(path), "--audio"]
    with subprocess.Popen(
        command, env=virtual_microphone.env, stdout=subprocess.PIPE, text=True
    ) as child:
        lines = [child.stdout.readline()]
        virtual_microphone.play(samples[: 5 * rate], rate)
        time.sleep(1.5)
        child.terminate()
        lines += child.stdout.read().splitlines()
    assert child.returncode == 0
    printed = [json.loads(line) for line in lines]
    saved = read_session(path)
    assert saved.duration == pytest.approx(printed[-1]["duration"], abs=1e-3)
    assert saved.audio.duration == pytest.approx(saved.duration)
    ours = [(u.utterance, round(u.start, 4), round(u.end, 4)) for u in saved.timeline.utterances()]
    theirs = [
        (e["utterance"], e["start"], e["end"]) for e in printed if e["type"] == "utterance"
    ]  # fmt: skip
    assert ours == theirs and ours
    assert saved.facts.sample_rate == printed[0]["sample_rate"]
    loud = np.abs(np.concatenate(list(saved.audio.blocks()))).max()
    assert loud == pytest.approx(np.abs(samples[: 5 * rate]).max(), rel=0.3)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["listen", "--audio"], "only with --record"),
        (["listen", "--record", "x.wav"], "must end in .serlive"),
    ],
)
def test_wrong_usage(args, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(args)
    assert ended.value.code == 2 and said in capsys.readouterr().err


def test_the_description_in_the_source_holds(good):
    """The tables and columns, as other programs may rely on them."""
    base = sqlite3.connect(good)
    assert base.execute("PRAGMA application_id").fetchone() == (0x5345524C,)
    assert base.execute("PRAGMA user_version").fetchone() == (1,)
    assert base.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    first, frames, flac = base.execute("SELECT * FROM audio ORDER BY first").fetchone()
    assert (first, bytes(flac[:4])) == (0, b"fLaC") and frames >= RATE
    kinds = {kind for (kind,) in base.execute("SELECT DISTINCT kind FROM entries")}
    assert kinds == {"speech_start", "speech_end", "provisional", "final", "utterance"}
    base.close()
