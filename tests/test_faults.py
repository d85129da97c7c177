"""What can go wrong with files: the program says what to do next, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_live.cli import main
from ser_live.errors import SerLiveError, SessionFileError
from ser_live.export.output import open_binary_output
from ser_live.sessions.reader import read_session
from ser_live.sessions.recording import Recording
from ser_live.ui.messages import explain
from tests.session_support import RATE, FakeSession, noise, utter

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    if not (sys.platform == "linux" and ROOT and shutil.which("mount")):
        pytest.skip("needs root to mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no disk could be mounted: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def read_only(small_disk: Path) -> Path:
    """A folder that even root cannot write to, with a session and a sound file in it."""
    record(small_disk / "talk.serlive", 4)
    change = ["mount", "-o", "remount,ro", str(small_disk)]
    subprocess.run(change, check=True, capture_output=True)
    return small_disk


def record(path: Path, seconds: int) -> Path:
    session = FakeSession()
    recording = Recording(session, path, audio=True)
    recording.start()
    for number in range(seconds):
        session.hear(noise(1, seed=number))
        utter(session.timeline, number + 1, number, number + 0.9)
    recording.stop()
    assert recording.error is None
    return path


def advice(error: SerLiveError, key: str = "file") -> str:
    """The banner's text for an error; it is one line and says what to do next."""
    message = explain(error, key)
    assert message.level == "error" and message.advice
    assert "\n" not in message.title
    return f"{message.title} {message.advice}"


# ------------------------------------------------------------------ a full disk


def test_a_real_disk_that_fills_up_while_recording(small_disk):
    path = small_disk / "talk.serlive"
    session = FakeSession()
    recording = Recording(session, path, audio=True)
    recording.start()
    for second in range(200):
        session.hear(noise(1, seed=second))
        utter(session.timeline, second + 1, second, second + 0.9)
        recording._thread.join(0.3)
        if not recording.running:
            break
    assert recording.error is not None and "the disk is full" in str(recording.error)
    assert "what was written until then is kept" in str(recording.error)
    recording.stop()
    # What was written can be read although the disk is still full.
    saved = read_session(path)
    assert saved.duration == recording.seconds >= 3
    assert len(saved.timeline.utterances()) >= saved.duration - 1
    assert sum(map(len, saved.audio.blocks())) >= (saved.duration - 2) * RATE
    assert not [p for p in small_disk.iterdir() if p.name.endswith((".part", ".tmp"))]


def test_an_export_that_does_not_fit_leaves_the_old_one(small_disk):
    target = small_disk / "talk.csv"
    target.write_text("the old one")

    def write() -> None:
        with open_binary_output(str(target)) as out:
            for _ in range(40):
                out.write(b"x" * 100_000)

    with pytest.raises(SerLiveError, match="cannot be written") as caught:
        write()
    assert "No space left" in str(caught.value)
    assert target.read_text() == "the old one"
    assert [p.name for p in small_disk.iterdir()] == ["talk.csv"]


def test_a_disk_without_room_to_begin(small_disk):
    (small_disk / "filler").write_bytes(b"x" * (1 << 20))
    with pytest.raises(SessionFileError, match="cannot be written"):
        Recording(FakeSession(), small_disk / "talk.serlive")


# ------------------------------------------------------------------ a folder that is read-only


def test_recording_into_a_read_only_folder(read_only):
    with pytest.raises(SessionFileError) as caught:
        Recording(FakeSession(), read_only / "new.serlive")
    assert "cannot be written" in str(caught.value) and "Read-only" in str(caught.value)
    assert advice(caught.value, "record")
    # Nor is the one that is there lost when it should have been replaced.
    with pytest.raises(SessionFileError):
        Recording(FakeSession(), read_only / "talk.serlive", overwrite=True)
    assert read_session(read_only / "talk.serlive").duration == 4


def test_exports_from_a_read_only_folder(read_only, tmp_path, capsys):
    session = read_only / "talk.serlive"
    assert main(["export", str(session), "--to", "csv"]) == 1
    said = capsys.readouterr().err
    assert "talk.csv" in said and "cannot be written" in said and "Traceback" not in said
    target = tmp_path / "talk.html"
    assert main(["export", str(session), "--to", "html", "-o", str(target)]) == 0
    assert "4 utterances" in target.read_text(encoding="utf-8")


# ------------------------------------------------------------------ files that are not right


def spoil(path: Path, how: str) -> None:
    if how == "truncated":
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
    elif how == "newer":
        base = sqlite3.connect(path, isolation_level=None)
        base.execute("PRAGMA user_version = 7")
        base.close()
    elif how == "no session":
        path.write_bytes(b"RIFF" + bytes(5000))
    elif how == "empty":
        path.write_bytes(b"")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("truncated", "copy it again from where it came from"),
        ("newer", "update the program"),
        ("no session", "is not a session file"),
        ("empty", "is not a session file"),
    ],
)
def test_a_session_that_cannot_be_read(tmp_path, capsys, how, said):
    path = record(tmp_path / "talk.serlive", 6)
    good = record(tmp_path / "good.serlive", 2)
    spoil(path, how)
    before = path.read_bytes()
    with pytest.raises(SessionFileError) as caught:
        read_session(path)
    shown = advice(caught.value)
    assert said in shown and "another file (Ctrl+O)" in shown
    # The command line says the same, does the others, and touches nothing.
    assert main(["export", str(path), str(good), "--to", "csv"]) == 1
    err = capsys.readouterr().err
    assert said in err and "Traceback" not in err
    assert (tmp_path / "good.csv").exists() and not (tmp_path / "talk.csv").exists()
    assert path.read_bytes() == before


def test_an_export_keeps_what_is_there(tmp_path, capsys):
    path = record(tmp_path / "talk.serlive", 2)
    (tmp_path / "talk.html").write_text("mine")
    assert main(["export", str(path), "--to", "html"]) == 1
    assert "--force replaces it" in capsys.readouterr().err
    assert (tmp_path / "talk.html").read_text() == "mine"
