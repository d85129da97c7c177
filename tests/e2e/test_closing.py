"""Closing the window while the model is being loaded: at once, status 0, nothing on stderr."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import sys, time
from PySide6.QtCore import QTimer
from ser_live.ui import app, tuned
from ser_live.ui.settings import Settings

def load(*_):
    time.sleep(3600)  # as long as an import that cannot be interrupted

tuned.Tuned.load_predictor = load
Settings.notice = 1000
application = app._application()

def close():
    from PySide6.QtWidgets import QApplication
    from ser_live.ui.main_window import MainWindow
    for window in QApplication.topLevelWidgets():
        if isinstance(window, MainWindow) and window.engine._loader._thread.is_alive():
            window.resize(1000, 700)
            print("closed", flush=True)
            window.close()
            timer.stop()

timer = QTimer()
timer.timeout.connect(close)
timer.start(100)
sys.exit(app.run_window(sys.argv[1], None, None, "cpu"))
"""


@pytest.mark.timeout(300)
def test_while_the_model_is_being_loaded(demo_clip, tmp_path):
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "QT_QPA_PLATFORM": "offscreen",
    }
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        environment[variable] = str(tmp_path)
    # The thread's hour is far beyond the limit: only a program that leaves it behind ends here.
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(demo_clip)],
        env=environment, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.stdout == "closed\n", done.stderr
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    kept = (tmp_path / "ser-live" / "ser-live.conf").read_text()
    assert "geometry" in kept  # nothing was lost
