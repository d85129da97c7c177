"""For how long the window does not answer while the real model analyses a file.

    xvfb-run -s "-screen 0 1600x1000x24" python benchmarks/blocked.py [--minutes 20] [--play]
        [--files 100]

The demo clip, repeated, is opened in the real program, or so many copies of it as a list of files.
A timer of the UI thread asks for a turn every 5 ms; what it waits beyond that is how long a click
or a key would have waited.  Printed for each stage (the start with torch's import, the analysis,
and playing afterwards): median, 99th percentile and the longest waits.  Of each of the longest
stand in brackets the UI thread's own work, its wait for a processor (on a busy machine not ours;
Linux only), and the rest: a wait for the interpreter's lock, mostly.  Also how many pictures of the
plots were painted a second.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

HERE = Path(__file__).resolve()
_TURN = 0.005  # s from turn to turn
_AFTER = 10.0  # s of playing
STAGES = ("loading", "analysing", "playing")


class Turns:
    """When the UI thread had its turns, stage by stage."""

    def __init__(self) -> None:
        self.stage = STAGES[0]
        self.waits: dict[str, list[tuple[float, float, float, float]]] = {s: [] for s in STAGES}
        self.spent = dict.fromkeys(STAGES, 0.0)
        self.pictures = dict.fromkeys(STAGES, 0)
        self._began = time.perf_counter()
        self._last: tuple[float, float, float] | None = None

    def take(self) -> None:
        """It is the UI thread's turn."""
        now = time.perf_counter(), time.thread_time(), _queued()
        if self._last is not None:
            gap, busy, queued = (b - a for a, b in zip(self._last, now, strict=True))
            at = now[0] - self._began
            self.waits[self.stage].append((max(0.0, gap - _TURN), busy, queued, at))
            self.spent[self.stage] += gap
        self._last = now


def _queued() -> float:
    """For how long this thread was ready to run and had no processor so far, s."""
    try:
        text = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text()
        return int(text.split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def measure(path: str, play: bool) -> dict[str, Any]:
    """Open the window on a file, in this process."""
    from PySide6.QtCore import QSettings, Qt, QTimer
    from PySide6.QtWidgets import QApplication

    from ser_live.batch_entry import State
    from ser_live.ui import app as program
    from ser_live.ui.main_window import MainWindow
    from ser_live.ui.notice import EDITION
    from ser_live.ui.plots import Plots
    from ser_live.ui.settings import Settings

    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    Settings().notice = EDITION
    Settings().ask_unsaved = False
    turns, out = Turns(), {}
    inner = Plots.paintEvent

    def paint(self: Plots, event: Any) -> None:
        inner(self, event)
        turns.pictures[turns.stage] += 1

    Plots.paintEvent = paint  # type: ignore[method-assign]
    ends: list[float] = []

    def finished(window: MainWindow) -> bool:
        states = {entry.state for entry in window.files.batch.entries()}
        if states:  # a list
            return not states & {State.WAITING, State.ANALYSING}
        session = window.engine.session
        return not session.running and len(session.timeline) > 0

    def turn() -> None:
        turns.take()
        windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
        if not windows:
            return
        engine = windows[0].engine
        session = engine.session
        if turns.stage == "loading" and session is not None and engine.predictor is not None:
            turns.stage = "analysing"
        elif turns.stage == "analysing" and finished(windows[0]):
            turns.stage = "playing"
            ends.append(time.perf_counter() + (_AFTER if play else 0.5))
            if play:
                windows[0].engine.player.play()
        elif turns.stage == "playing" and time.perf_counter() > ends[0]:
            timer.stop()
            out["utterances"] = len(windows[0].presenter.timeline.table)
            out["files"] = len(windows[0].files.batch.entries()) or 1
            windows[0].close()

    program._application()
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(turn)
    timer.start(round(1e3 * _TURN))
    program.run_window(path, None, None, "cpu")
    return {**out, "waits": turns.waits, "spent": turns.spent, "pictures": turns.pictures}


def main() -> None:
    """Measure in a process of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=20.0, help="length of the file")
    parser.add_argument("--files", type=int, default=1, help="so many, each of that length")
    parser.add_argument("--play", action="store_true", help="play 10 s of it afterwards")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(args.one, args.play)))
        return
    with tempfile.TemporaryDirectory(prefix="ser-live-blocked-") as folder:
        clip, rate = sf.read(HERE.parents[1] / "assets" / "demo.wav", dtype="int16")
        path = Path(folder) / "files"
        path.mkdir()
        for number in range(args.files):
            file = path / f"{number + 1:03}.wav"
            sf.write(file, np.resize(clip, round(60 * args.minutes * rate)), rate)
        path = file if args.files == 1 else path
        command = [sys.executable, str(HERE), "--one", str(path)] + ["--play"] * args.play
        env = {**os.environ, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder}
        env |= {"XDG_STATE_HOME": folder, "XDG_CACHE_HOME": folder}
        done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    what = f"{found['files']} file(s) of {60 * args.minutes:.0f} s"
    print(f"{what}, {found['utterances']} utterances in the one shown")
    for stage in STAGES:
        waits = np.array(found["waits"][stage]).reshape(-1, 4)
        seconds = found["spent"][stage]
        if not len(waits) or not (args.play or stage != "playing"):
            continue
        late = 1e3 * waits[:, 0]
        worst = waits[np.argsort(-waits[:, 0])[:5]]
        print(
            f"{stage} ({seconds:.1f} s): wait median {np.median(late):.1f} ms, 99 % "
            f"{np.percentile(late, 99):.1f} ms, longest "
            + ", ".join(
                f"{1e3 * wait:.0f} ({1e3 * own:.0f} + {1e3 * queued:.0f} + "
                f"{1e3 * max(0.0, wait + _TURN - own - queued):.0f}; at {at:.1f} s)"
                for wait, own, queued, at in worst
            )
            + f" ms; over 50 ms: {int((late > 50).sum())}; "
            f"{found['pictures'][stage] / max(seconds, 1e-9):.0f} pictures/s"
        )


if __name__ == "__main__":
    main()
