"""How soon the window is there, and how much memory a session of four hours takes.

    xvfb-run -s "-screen 0 1600x1000x24" python benchmarks/start.py

Starts the program anew a few times, each in a process of its own, and counts from the start of the
process to the first picture of the plots; tells whether torch was imported by then, and when the
model was ready.  On a busy machine look at the processor's own work.  Then lets the real window
listen to a made-up session of 4 hours, looks at all of it and at its end, and prints the largest
memory of that process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()


def start(born: float) -> dict[str, Any]:
    """Open the window on the demo clip, in this process; seconds since ``born`` (monotonic)."""
    from PySide6.QtCore import QSettings, QTimer
    from PySide6.QtWidgets import QApplication

    from ser_live.asset_files import asset_path
    from ser_live.ui import app as program
    from ser_live.ui.main_window import MainWindow
    from ser_live.ui.plots import Plots

    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    out: dict[str, Any] = {}
    inner = Plots.paintEvent

    def paint(self: Plots, event: Any) -> None:
        inner(self, event)
        if "painted" not in out:
            out["painted"] = time.monotonic() - born
            out["busy"] = time.process_time()
            out["torch first"] = "torch" in sys.modules

    Plots.paintEvent = paint  # type: ignore[method-assign]

    def look() -> None:
        windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
        ready = windows and windows[0].engine.predictor is not None
        if ready:
            out["model"] = time.monotonic() - born
        if ready or time.monotonic() - born > 180:
            timer.stop()
            windows[0].close()

    program._application()
    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(20)
    program.run_window(str(asset_path("demo.wav")), None, None, "cpu")
    return out


def memory() -> dict[str, Any]:
    """Show a session of four hours in this process."""
    import synthetic
    import torch  # noqa: F401  (the program has it too; the model adds 5 MB)

    from ser_live.ui import app as program

    app = program._application()
    out: dict[str, Any] = {}
    session = synthetic.SyntheticSession(synthetic.source())
    engine, window = synthetic.open_window(app, session, "memory")
    out["empty"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for _ in range(240):
        session.advance(60.0)
        app.processEvents()
    for look in (window.plots.fit, lambda: window.plots.set_follow(True)):
        look()
        for _ in range(20):
            session.advance(1.0)
            window._on_timer()
            app.processEvents()
    for _ in range(12):  # all zooms
        window.plots.zoom(0.5)
        window._on_timer()
        app.processEvents()
    out["full"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    out["rows"] = len(session.timeline)
    window.close()
    engine.wait()
    return out


def run(what: str) -> dict[str, Any]:
    """One of the above, in a new process."""
    env = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    env["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="ser-live-start-")
    command = [sys.executable, str(HERE), "--one", what, "--born", str(time.monotonic())]
    done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--one", choices=("start", "memory"), help=argparse.SUPPRESS)
    parser.add_argument("--born", type=float, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(start(args.born) if args.one == "start" else memory()))
        return
    starts = [run("start") for _ in range(args.times)]
    painted = [s["painted"] for s in starts]
    print(f"first picture: median {statistics.median(painted):.2f} s, longest {max(painted):.2f} s")
    busy = statistics.median(s["busy"] for s in starts)
    print(f"of that, the processor's own work for it: {busy:.2f} s")
    print(f"torch imported before it: {'yes' if any(s['torch first'] for s in starts) else 'no'}")
    models = [s["model"] for s in starts if "model" in s]
    if models:
        print(f"model ready: median {statistics.median(models):.2f} s")
    taken = run("memory")
    print(
        f"memory: {taken['empty']:.0f} MB with an empty window, {taken['full']:.0f} MB with 4 h "
        f"({taken['rows']:,} entries)"
    )


if __name__ == "__main__":
    main()
