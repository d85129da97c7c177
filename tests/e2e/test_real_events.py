"""The program in a process of its own, driven by X events and watched from outside.

xdotool sends keys and the mouse to a virtual display; speech is played into a virtual microphone.
What is checked is what another program can see: windows and their titles, pixels, who has the
microphone open, files, the exit status.  There is no window manager: after a dialog, the test
hands the focus back as one would.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication, QImage

from ser_live.errors import SessionFileError
from ser_live.sessions.reader import read_session

_REPOSITORY = Path(__file__).resolve().parents[2]
_SECONDS = 120.0  # for each step: machines that test are slow
_SIZE = (1280, 820)  # of the window at its first start; the places below are in it
_PLOTS = (420, 130, 820, 400)  # x, y, width, height
_MENU = (1220, 0, 60, 44)  # the menu's button, in the corner
_FIRST_ROW = (360, 612, 880, 28)  # of the table
_STOP = (317, 23)
_IN_PLOTS = (800, 330)


class Program:
    """The running program as another one sees it.

    Args:
        folder: its home, with its settings; standard error goes there too.
        env: display and sound card.
    """

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.home, self.config = folder / "home", folder / "config"
        self.settings = self.config / "ser-live" / "ser-live.conf"
        self._errors = folder / "stderr.txt"
        self.home.mkdir()
        self.settings.parent.mkdir(parents=True)
        self.settings.write_text("[General]\nnotice=1000\n")
        env = {**env, "HOME": str(self.home), "XDG_CONFIG_HOME": str(self.config)}
        for name in ("DATA", "STATE"):
            env[f"XDG_{name}_HOME"] = str(folder / name)
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ser_live", "--device", "cpu"],
                env=env, cwd=_REPOSITORY, stdin=subprocess.DEVNULL, stderr=errors,
            )  # fmt: skip
        self.window = ""

    @property
    def stderr(self) -> str:
        """What it has complained about."""
        return self._errors.read_text(errors="replace")

    def windows(self) -> dict[str, str]:
        """Titles of its windows on the screen, by id."""
        found = _xdotool("search", "--onlyvisible", "--pid", str(self.process.pid), check=False)
        return {w: _xdotool("getwindowname", w, check=False).strip() for w in found.split()}

    def dialog(self, title: str) -> str | None:
        """Id of the window whose title begins so."""
        return next((w for w, name in self.windows().items() if name.startswith(title)), None)

    def key(self, *keys: str) -> None:
        """Press keys in the main window."""
        _xdotool("windowfocus", "--sync", self.window)
        _xdotool("key", *keys)

    def wait_for(self, what: str, condition: Callable[[], object]) -> None:
        """Until it is so; fails when the program ends or it takes too long."""
        deadline = time.monotonic() + _SECONDS
        while not condition():
            assert self.process.poll() is None, f"ended before: {what}\n{self.stderr}"
            assert time.monotonic() < deadline, f"not so: {what}; {self.windows()}\n{self.stderr}"
            time.sleep(0.1)

    def answer(self, title: str, shown: str, key: str = "Return") -> None:
        """Wait for a dialog that has the focus, press a key, wait until it is gone."""
        self.wait_for(f"{shown} is open", lambda: self.dialog(title))
        dialog = self.dialog(title)
        assert dialog is not None
        # Qt gives it the focus itself.
        self.wait_for(f"{shown} has the focus", lambda: _focused() == dialog)
        _xdotool("key", key)
        if key == "Escape":
            self.wait_for(f"{shown} is closed", lambda: self.dialog(title) is None)


def _xdotool(*words: str, check: bool = True) -> str:
    done = subprocess.run(["xdotool", *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 or not check, f"xdotool {words}: {done.stderr}"
    return done.stdout


def _focused() -> str:
    return _xdotool("getwindowfocus", "-f", check=False).strip()


def _picture(place: tuple[int, int, int, int]) -> QImage:
    return QGuiApplication.primaryScreen().grabWindow(0, *place).toImage()


def _stands_still() -> bool:
    before = _picture(_PLOTS)
    time.sleep(1.5)
    return before == _picture(_PLOTS)


def _recorded(path: Path) -> int:
    try:
        return len(read_session(path).timeline.utterances())
    except SessionFileError:  # just being made
        return 0


@pytest.fixture
def program(display, qapp, virtual_microphone, tmp_path) -> Iterator[Program]:
    """It runs, and is ended whatever comes."""
    if not shutil.which("xdotool"):
        reason = "no xdotool (Debian: apt-get install xdotool)"
        if os.environ.get("SER_REQUIRE_DISPLAY") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    started = Program(tmp_path, virtual_microphone.env)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.wait()


@pytest.mark.timeout(900)
def test_a_session_by_keys_and_mouse(program, virtual_microphone, demo_clip):
    def listens() -> bool:
        return "protocol-native" in virtual_microphone.pactl("list", "short", "source-outputs")

    def speak() -> None:
        virtual_microphone.stop_playing()
        virtual_microphone.start(demo_clip)

    def moves() -> None:
        for _ in range(2):
            before = _picture(_PLOTS)
            program.wait_for("the plots move", lambda b=before: _picture(_PLOTS) != b)

    # It starts, and listens.
    program.wait_for("a window", lambda: program.dialog("") and any(program.windows().values()))
    program.wait_for("it listens", listens)
    program.wait_for("it says so", lambda: program.dialog("default – SER Live"))
    program.window = program.dialog("default – SER Live")
    _xdotool("windowmove", "--sync", program.window, "0", "0")
    size = _xdotool("getwindowgeometry", "--shell", program.window).split()
    assert {f"WIDTH={_SIZE[0]}", f"HEIGHT={_SIZE[1]}"} <= set(size)
    empty = _picture(_FIRST_ROW)
    speak()
    moves()

    # S: stacked area, which is remembered.
    program.key("s")
    program.wait_for("stacked", lambda: "style=stacked" in program.settings.read_text())
    program.key("s")
    program.wait_for("curves", lambda: "style=curves" in program.settings.read_text())

    # P: the view stands still while somebody speaks; P again: it goes on.
    program.key("p")
    program.wait_for("P pauses the view", _stands_still)
    program.key("p")
    moves()

    # The wheel zooms in what stands still; F follows again.
    speak()
    program.key("p")
    _xdotool("mousemove", *map(str, _IN_PLOTS))
    program.wait_for("P pauses the view once more", _stands_still)
    before = _picture(_PLOTS)
    _xdotool("click", "4")
    program.wait_for("the wheel zooms", lambda: _picture(_PLOTS) != before)
    program.wait_for("the zoomed view stands still", _stands_still)
    program.key("f")
    moves()

    # An utterance has its result.  R, Return: records from now on.  R: ends that.
    program.wait_for("a row in the table", lambda: _picture(_FIRST_ROW) != empty)
    program.key("r")
    program.answer("Record the session", "the record dialog")
    program.wait_for("a session file", lambda: list(program.home.glob("*.serlive")))
    (path,) = program.home.glob("*.serlive")
    speak()
    program.wait_for("an utterance in the file", lambda: _recorded(path))
    assert read_session(path).growing
    program.key("r")
    program.wait_for("the file is finished", lambda: not read_session(path).growing)
    saved = read_session(path)
    utterances = saved.timeline.utterances()
    assert utterances and saved.audio is None
    assert all(0 <= u.start < u.end <= saved.duration + 1 for u in utterances)
    assert saved.facts.source == "default"
    low, high = saved.waveform.get(0, len(saved.waveform))
    assert high.max() - low.min() > 0.05  # speech was heard

    # ? and Esc: the keys.  F11 and Esc: the presentation.
    program.key("question")
    program.answer("Keys", "the list of keys", "Escape")
    corner = _picture(_MENU)
    program.key("F11")
    program.wait_for("the presentation", lambda: _picture(_MENU) != corner)
    program.key("Escape")
    program.wait_for("the whole window again", lambda: _picture(_MENU) == corner)

    # A click: the microphone is closed.
    _xdotool("mousemove", *map(str, _STOP), "click", "1")
    program.wait_for("the microphone is closed", lambda: not listens())
    program.wait_for("it says so", lambda: program.dialog("SER Live") == program.window)

    # Ctrl+Q: what was heard before the recording is in no file, so it asks; Return, Return saves.
    program.key("ctrl+q")
    program.answer("Close SER Live", "the question")
    program.answer("Save session", "the save dialog")
    assert program.process.wait(_SECONDS) == 0
    assert "Traceback" not in program.stderr and "QThread" not in program.stderr, program.stderr
    (second,) = set(program.home.glob("*.serlive")) - {path}
    whole = read_session(second)
    assert len(whole.timeline.utterances()) > len(utterances)
    assert whole.duration > saved.duration
    assert "geometry" in program.settings.read_text()
