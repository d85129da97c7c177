"""The real window on a real display, with the shipped model: the demo clip, and the microphone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from ser_live.labels import EMOTIONS
from ser_live.ui.app import run_window
from ser_live.ui.closing import Closing
from ser_live.ui.engine import State
from ser_live.ui.main_window import MainWindow

#: Yields conditions to wait for; goes on when they hold.
Script = Generator[Callable[[], bool], None, None]
SECONDS = 120.0  # for one condition: machines that test are slow


class Actor:
    """Runs a script in the window's event loop, and closes the window at its end."""

    def __init__(self, script: Callable[[MainWindow], Script]) -> None:
        self.done = False
        self.failure: str | None = None
        self._make = script
        self._script: Script | None = None
        self._condition: Callable[[], bool] | None = None
        self._deadline = 0.0
        self._timer = QTimer()
        self._timer.timeout.connect(self._step)
        self._timer.start(50)

    def _step(self) -> None:
        windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
        shown = [w for w in windows if w.isVisible()]
        if not shown:
            return
        try:
            if self._script is None:
                self._script = self._make(shown[0])
            elif self._condition is not None and not self._condition():
                if time.monotonic() > self._deadline:
                    line = self._script.gi_frame.f_lineno
                    raise TimeoutError(f"line {line}: the condition did not come true")
                return
            self._condition = next(self._script)
            self._deadline = time.monotonic() + SECONDS
        except StopIteration:
            self.done = True
            self._end(shown[0])
        except Exception as error:  # reported by the test, outside of Qt's event loop
            self.failure = f"{type(error).__name__}: {error}"
            self._end(shown[0])

    def _end(self, window: MainWindow) -> None:
        self._timer.stop()
        window.close()
        closing = window.findChild(Closing)
        while window.isVisible() and closing.question is not None:  # another one may follow
            closing.question.discard.click()


def act(script: Callable[[MainWindow], Script], path: str | None) -> None:
    """Run the program with a script, and see that it ends well."""
    before = set(threading.enumerate())
    actor = Actor(script)
    status = run_window(path, None, None, "cpu")
    assert actor.failure is None, actor.failure
    assert actor.done
    assert status == 0
    left = [t.name for t in threading.enumerate() if t not in before]
    assert not [name for name in left if name.startswith("ser-")], left


def save_picture(window: MainWindow, name: str, folder: Path) -> Path:
    """A picture of the window; also into ``SER_SCREENSHOTS`` where that is set."""
    path = folder / f"{name}.png"
    picture = window.grab()
    assert picture.save(str(path))
    if target := os.environ.get("SER_SCREENSHOTS"):
        Path(target).mkdir(parents=True, exist_ok=True)
        picture.save(str(Path(target) / path.name))
    return path


def points(window: MainWindow) -> int:
    """Finite points of the curve of ``angry``."""
    _, y = window.plots.curves["angry"].getData()
    return 0 if y is None else int(np.isfinite(y).sum())


def test_the_demo_clip_is_played_and_analysed(display, qapp, demo_clip, tmp_path):
    def script(window: MainWindow) -> Script:
        assert window.toolbar.model.text() == "loading model…"
        yield lambda: window.engine.predictor is not None
        yield lambda: points(window) > 3
        first = points(window)
        yield lambda: points(window) > first
        yield lambda: window.table.content.rowCount() >= 2
        yield lambda: window.presenter.timeline.present(window.engine.player.position).reading
        session = window.engine.session
        yield lambda: not session.running
        assert session.error is None
        count = len(session.timeline.utterances())
        yield lambda: window.table.content.rowCount() == count
        for name in EMOTIONS:
            _, y = window.plots.curves[name].getData()
            finite = y[np.isfinite(y)]
            assert ((finite >= 0) & (finite <= 1)).all()
        at = window.engine.player.position
        yield lambda: window.engine.player.position > at + 0.5
        window.table.selectRow(1)
        start = window.table.content.utterance(1).start
        yield lambda: start <= window.engine.player.position < start + 5
        yield lambda: window.presenter.selected == 2
        yield lambda: window.panel.bars._reading is not None
        picture = save_picture(window, "demo", tmp_path)
        assert picture.stat().st_size > 20_000
        window.toolbar.toggle.click()
        assert not window.engine.player.playing

    act(script, str(demo_clip))


def test_the_microphone_is_heard_stopped_and_started_again(
    display, qapp, virtual_microphone, demo_clip, tmp_path
):
    def script(window: MainWindow) -> Script:
        yield lambda: window.engine.state is State.RUNNING
        assert window.engine.capturing
        assert window.toolbar.recording.isVisible()
        session = window.engine.session
        yield lambda: session.stats().time > 0.5
        virtual_microphone.start(demo_clip)
        yield lambda: window.toolbar.speech.text() == "◉ speech"
        yield lambda: points(window) > 3
        first = points(window)
        yield lambda: points(window) > first
        yield lambda: window.table.content.rowCount() >= 2
        _, low, high = window.presenter._waveform.columns(0, session.stats().time, 1000)
        assert (high - low).max() > 0.01
        save_picture(window, "microphone", tmp_path)
        window.toolbar.toggle.click()
        assert window.engine.state is State.STOPPED
        assert not window.toolbar.recording.isVisible()
        yield lambda: not session.running
        assert session.error is None
        heard = session.stats().time
        window.toolbar.toggle.click()
        yield lambda: window.engine.session is not None and window.engine.session is not session
        again = window.engine.session
        yield lambda: again.stats().time > 0.5
        assert session.stats().time == heard
        virtual_microphone.start(demo_clip)  # on a busy machine the first one is over by now
        yield lambda: window.toolbar.speech.text() == "◉ speech"
        yield lambda: points(window) > 3

    act(script, None)


def test_a_device_that_is_not_there_leads_to_the_demo_clip(
    display, qapp, virtual_microphone, demo_clip
):
    def script(window: MainWindow) -> Script:
        yield lambda: window.engine.state is not State.NONE  # the program has begun by itself
        window.engine.open_microphone("no such device", demo_clip)
        yield lambda: window.engine.state is State.RUNNING and window.engine.is_file
        shown = " ".join(b.text.text() for b in window.banners.banners)
        assert "no such device" in shown

    act(script, None)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT between processes")
def test_ctrl_c_ends_the_program(display, demo_clip):
    process = subprocess.Popen(
        [sys.executable, "-m", "ser_live", str(demo_clip), "--device", "cpu"],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        time.sleep(8)
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            process.kill()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "QThread" not in said
