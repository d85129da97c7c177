"""Two programs at once: one session file, one set of settings; with real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from ser_live.errors import SessionFileError
from ser_live.sessions import lock
from ser_live.sessions.reader import read_session
from ser_live.sessions.recording import Recording
from ser_live.ui.growing_sessions import KEY
from ser_live.ui.settings import Settings
from tests.session_support import RATE, REPOSITORY, FakeSession, noise

#: Records a sound a second until a line comes in, or until it is killed.
_RECORDS = """
import sys, threading
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.session_support import FakeSession, noise, utter
from ser_live.sessions.recording import Recording
session = FakeSession()
recording = Recording(session, Path({path!r}), audio=True)
recording.start()
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), ended.set()), daemon=True).start()
number = 0
while not ended.is_set():
    session.hear(noise(1, seed=number))
    number += 1
    utter(session.timeline, number, number - 1.0, number - 0.1)
    while recording.seconds < number:
        if not recording.running:
            sys.exit(str(recording.error))
        ended.wait(0.02)
    if number == 3:
        print("recording", flush=True)
    ended.wait(0.2)
recording.stop()
print(recording.seconds, recording.error)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "talk.serlive"


@pytest.fixture
def other(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program, which records into the file."""
    code = _RECORDS.format(root=str(REPOSITORY), path=str(path))
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "recording\n"
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def end(process: subprocess.Popen[str]) -> float:
    """End the other program in peace; the seconds it has recorded."""
    said, _ = process.communicate("\n", timeout=60)
    seconds, error = said.split()
    assert process.returncode == 0 and error == "None"
    return float(seconds)


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_second_is_told_and_the_first_loses_nothing(path, other, overwrite):
    with pytest.raises(SessionFileError) as caught:
        Recording(FakeSession(), path, overwrite=overwrite)
    assert "is being recorded by another" in str(caught.value)
    assert "choose another name" in str(caught.value)
    seconds = end(other)
    saved = read_session(path)
    assert saved.duration == seconds >= 3
    assert len(saved.timeline.utterances()) == seconds
    assert sum(map(len, saved.audio.blocks())) == seconds * RATE


def test_reading_what_the_other_records(path, other):
    first = read_session(path)
    assert first.growing and first.duration >= 2
    assert len(first.timeline.utterances()) >= 2
    seconds = end(other)
    after = read_session(path)
    assert not after.growing and after.duration == seconds >= first.duration


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_program_holds_nothing(path, other):
    other.kill()
    other.wait()
    assert not read_session(path).growing
    recording = Recording(FakeSession(), path, overwrite=True)
    recording.start()
    recording.stop()
    assert read_session(path).duration == 0


def test_the_lock_goes_with_the_recording(path):
    session = FakeSession()
    recording = Recording(session, path)
    assert lock.is_held(path)
    recording.start()
    session.hear(noise(1))
    recording.stop()
    assert not lock.is_held(path)
    with pytest.raises(SessionFileError, match="exists already"):
        Recording(session, path)
    assert not lock.is_held(path)


def test_another_way_to_name_the_file_is_the_same_file(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    held = lock.hold(path)
    try:
        assert lock.is_held(Path("talk.serlive"))
        assert not lock.is_held(Path("walk.serlive"))
    finally:
        held.release()


def test_without_room_for_a_lock_recording_goes_on(path, tmp_path, monkeypatch):
    monkeypatch.setattr(lock.tempfile, "gettempdir", lambda: str(tmp_path / "not there"))
    session = FakeSession()
    recording = Recording(session, path)
    recording.start()
    session.hear(noise(1))
    recording.stop()
    assert recording.error is None and read_session(path).duration == 1.0


def test_the_window_tells_that_a_session_is_still_recorded(
    qtbot, path, other, tmp_path, monkeypatch
):
    from ser_live.ui.engine import Engine
    from ser_live.ui.main_window import MainWindow
    from tests.ui_recording import RecordingWorld
    from tests.ui_support import texts

    world = RecordingWorld()
    engine = Engine(None, "auto", world.backends())
    store = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    window = MainWindow(engine, Settings(store))
    qtbot.addWidget(window)
    window.show()
    world.loading.set()
    engine.open_file(path)
    qtbot.waitUntil(lambda: "still being recorded" in texts(window), timeout=30_000)
    assert len(window.engine.session.timeline.utterances()) >= 2
    end(other)
    engine.open_file(path)
    qtbot.waitUntil(lambda: "still being recorded" not in texts(window), timeout=30_000)
    assert KEY not in [m.key for m in window.banners.messages]
    window.close()
    assert engine.wait(10)


# ------------------------------------------------------------------ settings


def test_the_recent_files_of_both_are_kept(tmp_path):
    def settings() -> Settings:
        return Settings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))

    here = settings()
    here.add_recent("first.wav")
    code = textwrap.dedent(f"""
        from PySide6.QtCore import QSettings
        from ser_live.ui.settings import Settings
        there = Settings(QSettings({str(tmp_path / "s.ini")!r}, QSettings.Format.IniFormat))
        assert there.recent == ["first.wav"]
        there.add_recent("second.wav")
        there.theme = "dark"
        """)
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    here.add_recent("third.wav")
    here.smoothing = 0.5
    again = settings()
    assert again.recent == ["third.wav", "second.wav", "first.wav"]
    assert (again.theme, again.smoothing) == ("dark", 0.5)


_ADDS = """
import sys
from PySide6.QtCore import QSettings
from ser_live.ui.settings import Settings
settings = Settings(QSettings(sys.argv[1], QSettings.Format.IniFormat))
print("ready", flush=True)
sys.stdin.readline()
for i in range(4):
    settings.add_recent(f"{sys.argv[2]}{i}.wav")
"""


def test_recent_files_added_at_once_are_all_kept(tmp_path):
    store = tmp_path / "s.ini"
    adding = [
        subprocess.Popen(
            [sys.executable, "-c", _ADDS, store, name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name in "ab"
    ]  # fmt: skip
    for process in adding:
        assert process.stdout.readline() == "ready\n"
    for process in adding:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in adding:
        process.communicate(timeout=60)
        assert process.returncode == 0
    found = Settings(QSettings(str(store), QSettings.Format.IniFormat)).recent
    assert sorted(found) == sorted(f"{name}{i}.wav" for name in "ab" for i in range(4))


_WINDOW = """
import os, sys, time
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from ser_live.ui import app
from ser_live.ui.main_window import MainWindow
mine, others = Path(sys.argv[2]), Path(sys.argv[3])
deadline = time.monotonic() + 200
def step():
    for window in QApplication.topLevelWidgets():
        if isinstance(window, MainWindow):
            session = window.engine.session
            if session is not None and session.timeline.utterances():
                mine.touch()
            if others.exists() and mine.exists() or time.monotonic() > deadline:
                timer.stop()
                window.close()
application = app._application()
timer = QTimer()
timer.timeout.connect(step)
timer.start(50)
status = app.run_window(sys.argv[1], None, None, "cpu")
sys.exit(status if mine.exists() else 1)
"""


def test_two_windows_run_beside_each_other(tmp_path, demo_clip):
    folder = Path(os.environ["XDG_CONFIG_HOME"]) if sys.platform == "linux" else None
    if folder is None:
        pytest.skip("would use the user's own settings")
    clips = [tmp_path / "one.wav", tmp_path / "two.wav"]
    marks = [tmp_path / "one.mark", tmp_path / "two.mark"]
    for clip in clips:
        clip.write_bytes(demo_clip.read_bytes())
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _WINDOW, clips[i], marks[i], marks[1 - i]],
            env=environment, stderr=subprocess.PIPE, text=True,
        )
        for i in (0, 1)
    ]  # fmt: skip
    try:
        for process in running:
            _, said = process.communicate(timeout=250)
            assert process.returncode == 0, said
            assert "Traceback" not in said
    finally:
        for process in running:
            if process.poll() is None:
                process.kill()
                process.wait()
    recent = Settings().recent
    assert {str(clip) for clip in clips} <= set(recent)
