"""The real window and command line with a real sound server whose sources come and go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser_live.ui.engine import State
from ser_live.ui.main_window import MainWindow
from tests.e2e.test_window import Script, act
from tests.test_pulse import RATE, loaded, play, sink, strength

TV = "System playback: Television"


def choose(window: MainWindow, text: str) -> None:
    picker = window.toolbar.picker
    index = picker.findText(text)
    picker.setCurrentIndex(index)
    picker.activated.emit(index)


def heard(window: MainWindow) -> list[np.ndarray]:
    """Whatever the session takes from now on."""
    blocks: list[np.ndarray] = []
    window.engine.session.set_tap(lambda block, before: blocks.append(block.copy()))
    return blocks


def seconds(blocks: list[np.ndarray]) -> float:
    return sum(len(block) for block in blocks) / RATE


def test_what_is_plugged_in_while_listening_is_listened_to(
    display, qapp, virtual_microphone, tone, tmp_path
):
    path = tmp_path / "stereo.wav"
    both = np.stack([tone(700, 120), tone(1100, 120)], axis=1)
    soundfile.write(path, both, RATE, subtype="FLOAT")

    def script(window: MainWindow) -> Script:
        engine, picker = window.engine, window.toolbar.picker
        yield lambda: engine.state is State.RUNNING and engine.session is not None
        first = engine.session
        assert picker.findText(TV) < 0
        with loaded(virtual_microphone, *sink("tv", "Television")):
            yield lambda: picker.findText(TV) >= 0
            assert engine.session is first and first.running and not first.source.stalled
            player = play(virtual_microphone, path, "tv")
            try:
                choose(window, TV)
                yield lambda: engine.session not in (None, first)
                assert window.toolbar.recording.text() == "● playback open"
                blocks = heard(window)
                yield (
                    lambda: (
                        strength(np.concatenate([np.zeros(1), *blocks[-100:]]), RATE, 700) > (0.045)
                    )
                )
                both = engine.session
                choose(window, "○ right (2)")
                yield lambda: engine.session not in (None, both)
                right = heard(window)
                yield lambda: seconds(right) > 4
                last = np.concatenate(right)[-RATE:]
                assert strength(last, RATE, 1100) == pytest.approx(0.1, rel=0.05)
                assert strength(last, RATE, 700) < 1e-3
                assert window.settings.input_name == TV
                assert window.settings.channels == {TV: 2}
            finally:
                player.terminate()
                player.wait()
        # Unplugged: it leaves the list, and the window says that nothing comes any more.
        yield lambda: window.engine.session.source.stalled
        yield lambda: any("stopped delivering" in b.text.text() for b in window.banners.banners)
        yield lambda: picker.findText(TV) < 0 and picker.findText(f"{TV} · right (2)") < 0
        with loaded(virtual_microphone, *sink("tv", "Television")):
            yield lambda: not window.engine.session.source.stalled
            yield lambda: picker.findText(f"{TV} · right (2)") >= 0

    act(script, None)


def ser_live(*args: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ser_live", *args],
        env={**os.environ, **variables}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_the_command_line_lists_and_takes_them(virtual_microphone, demo_clip, tmp_path):
    speech, rate = soundfile.read(demo_clip, dtype="float32")
    path = tmp_path / "left-silent.wav"
    soundfile.write(path, np.stack([0 * speech, speech], axis=1), rate, subtype="FLOAT")
    with loaded(virtual_microphone, *sink("tv", "Television")):
        listed = ser_live("devices")
        assert listed.returncode == 0, listed.stderr
        lines = listed.stdout.splitlines()
        below = lines[lines.index("System playback (--input NAME):") :]
        assert any(line.startswith(f"  {TV}  [tv.monitor, ") for line in below)
        assert any(line.startswith("*") and "default" in line for line in lines)
        player = play(virtual_microphone, path, "tv")
        try:
            done = ser_live(
                "listen", "--input", TV, "--channel", "2", "--duration", "6", "--model",
                str(Path("assets/model_a.safetensors").resolve()),
            )  # fmt: skip
        finally:
            player.terminate()
            player.wait()
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert records[0]["source"] == TV and records[0]["channel"] == 2
    assert any(record["type"] == "speech_start" for record in records)


def test_what_the_command_line_refuses(virtual_microphone):
    for channel in ("0", "left", "-1"):
        done = ser_live("listen", f"--channel={channel}")
        assert done.returncode == 2 and "neither mix nor a channel" in done.stderr
    done = ser_live("listen", "--input", "vmic", "--channel", "2")
    assert done.returncode == 1 and "has one channel" in done.stderr
    assert "Traceback" not in done.stderr
