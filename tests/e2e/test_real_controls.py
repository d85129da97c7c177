"""A channel chosen by the real mouse in the running program, seen from outside of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.test_real_events import Program, _xdotool

# Places in the window at its first size, 1280 by 820.
_PICKER, _RIGHT_CHANNEL = (130, 23), (54, 250)


@contextmanager
def started(folder, env, title: str) -> Iterator[Program]:
    """The program, whose window has this title and stands in the corner of the screen."""
    program = Program(folder, env)
    try:
        program.wait_for("its window", lambda: program.dialog(title))
        program.window = program.dialog(title)
        _xdotool("windowmove", "--sync", program.window, "0", "0")
        _xdotool("windowfocus", "--sync", program.window)
        yield program
        assert "Traceback" not in program.stderr, program.stderr
    finally:
        program.process.kill()
        program.process.wait()


def settings(program: Program) -> list[str]:
    return program.settings.read_text().replace("\\", "").splitlines()


def click(at: tuple[int, int]) -> None:
    _xdotool("mousemove", *map(str, at), "click", "1")


@pytest.mark.timeout(600)
def test_the_channel_by_mouse(display, qapp, virtual_microphone, tmp_path):
    def channels_open() -> list[str]:
        lines = virtual_microphone.pactl("list", "short", "source-outputs").splitlines()
        return [word for line in lines if "native" in line for word in line.split()
                if word.endswith("ch")]  # fmt: skip

    with started(tmp_path, virtual_microphone.env, "default – SER Live") as program:
        program.wait_for("it listens", lambda: channels_open() == ["1ch"])
        program.wait_for("devices are listed", lambda: "input=default" in settings(program))
        click(_PICKER)
        program.wait_for("the list is open", lambda: len(program.windows()) == 2)
        click(_RIGHT_CHANNEL)
        program.wait_for("it is kept", lambda: 'channels={"default": 2}' in settings(program))
        program.wait_for("both channels are taken", lambda: channels_open() == ["2ch"])
        program.wait_for("it says so", lambda: program.dialog("default – SER Live"))
