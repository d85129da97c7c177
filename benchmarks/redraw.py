"""What a picture of the real window costs: median and 95th percentile, and each part's share.

A made-up session of 10 minutes and one of 4 hours grow at 60 pictures a second, without waiting in
between, and every picture is made by the window's own timer function and painted by Qt.  A session
is fed through the real stores; only microphone and model are missing.  Growing it is not counted.

    xvfb-run -s "-screen 0 1600x1000x24" python benchmarks/redraw.py [--against FOLDER]

``--against`` measures another checkout in turns with this one, because a busy machine is not the
same from minute to minute.  "cpu" is the time of the UI thread alone; "wall" holds what other
programs took meanwhile.  "A live second" is the UI thread's time for 60 turns of the timer while
the session grows by a second: what has not changed is not drawn.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve()
SCENES = {
    "30 s of 10 min, followed": (600.0, 30.0, True),
    "10 min, all of it": (600.0, 600.0, False),
    "last minute of 4 h, followed": (14400.0, 60.0, True),
    "4 h, all of it": (14400.0, 14400.0, False),
}
PARTS = (
    ("ser_live.ui.presenter", "Presenter", "refresh"),
    ("ser_live.ui.plots", "Plots", "show_view"),
    ("ser_live.ui.plots", "Plots", "paintEvent"),
    ("ser_live.ui.overview", "Overview", "show_session"),
    ("ser_live.ui.overview", "Overview", "paintEvent"),
    ("ser_live.ui.spectrum_row", "SpectrumRow", "show"),
    ("ser_live.ui.utterance_table", "UtteranceTable", "show_rows"),
    ("ser_live.ui.utterance_table", "UtteranceTable", "paintEvent"),
    ("ser_live.ui.emotion_bars", "EmotionBars", "paintEvent"),
    ("pyqtgraph", "AxisItem", "paint"),
    ("pyqtgraph", "PlotCurveItem", "paint"),
    ("pyqtgraph", "ImageItem", "paint"),
    ("pyqtgraph", "TextItem", "paint"),
    ("ser_live.ui.plot_items", "SpansItem", "paint"),
    ("ser_live.ui.plot_items", "EnvelopeItem", "paint"),
)


class Clock:
    """Sums what functions take, in CPU time of this thread."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    def wrap(self, kind: Any, method: str) -> None:
        """Time a method of a class from now on."""
        inner: Callable[..., Any] = getattr(kind, method)
        name = f"{kind.__name__}.{method}"

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.thread_time()
            try:
                return inner(*args, **kwargs)
            finally:
                self.spent[name] += time.thread_time() - began

        setattr(kind, method, timed)


def measure(scenes: list[str], pictures: int, style: str, size: str) -> dict[str, Any]:
    """Measure in this process."""
    os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="ser-live-redraw-")
    import importlib

    import synthetic
    from PySide6.QtCore import QEventLoop, QSettings

    from ser_live.ui import app as program

    clock = Clock()
    for module, kind, method in PARTS:
        clock.wrap(getattr(importlib.import_module(module), kind), method)
    app = program._application()
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    out: dict[str, Any] = {}
    session = engine = window = None
    length = 0.0
    width, height = (int(part) for part in size.split("x"))
    for scene in scenes:
        wanted, span, follow = SCENES[scene]
        if wanted != length:
            if window is not None:
                window.close()
                engine.wait()
            length = wanted
            session = synthetic.SyntheticSession(synthetic.source())
            session.advance(length)
            engine, window = synthetic.open_window(
                app, session, f"redraw-{length}", (width, height)
            )
            window._timer.stop()
            seen = -1
            while seen != window.presenter.timeline.provisional_count:  # a part at a time
                seen = window.presenter.timeline.provisional_count
                window._on_timer()
        plots = window.plots
        if hasattr(window, "choose_style"):
            window.choose_style(style)
        wall, cpu = [], []
        for number in range(pictures + 10):
            # At least a pixel on, so that everything has to be drawn anew.
            session.advance(max(1 / 60, 1.05 * plots._view.width() ** -1 * span if follow else 0))
            if number == 10:
                clock.spent.clear()
            began, busy = time.perf_counter(), time.thread_time()
            if follow:
                plots.set_follow(True)
                _follow(plots, session.time, span)
            else:
                plots.set_follow(False)
                plots._set_range(max(0.0, session.time - span), session.time)
            window._on_timer()
            app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)
            if number >= 10:
                wall.append(1e3 * (time.perf_counter() - began))
                cpu.append(1e3 * (time.thread_time() - busy))
        busy = time.thread_time()
        for _ in range(60):
            fed = time.thread_time()
            session.advance(1 / 60)
            busy += time.thread_time() - fed
            window._on_timer()
            app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)
        out[scene] = {
            "wall": wall,
            "second": 1e3 * (time.thread_time() - busy),
            "cpu": cpu,
            "parts": {k: 1e3 * v / pictures for k, v in clock.spent.items()},
        }
        if picture := os.environ.get("SER_SCREENSHOTS"):
            Path(picture).mkdir(parents=True, exist_ok=True)
            name = scene.replace(" ", "-").replace(",", "")
            window.grab().save(str(Path(picture) / f"{name}-{style}.png"))
    if window is not None:
        window.close()
        engine.wait()
    out["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return out


def _follow(plots: Any, now: float, span: float) -> None:
    """Let the window follow with another span than its own."""
    from ser_live.ui import time_plots

    if hasattr(plots, "span"):
        plots.span = span
    else:
        time_plots.FOLLOW_SECONDS = span


def run(folder: Path, args: argparse.Namespace, style: str) -> dict[str, Any]:
    """Measure a checkout in a process of its own."""
    command = [sys.executable, str(HERE), "--one", "--style", style, "--size", args.size]
    command += ["--pictures", str(args.pictures), "--scenes", *args.scenes]
    env = {**os.environ, "PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--against", type=Path, help="folder of another checkout")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--pictures", type=int, default=150, help="a scene and round")
    parser.add_argument("--style", nargs="+", default=["curves", "stacked"])
    parser.add_argument("--size", default="1280x820")
    parser.add_argument("--scenes", nargs="+", default=list(SCENES), choices=list(SCENES))
    parser.add_argument("--parts", action="store_true", help="print what each part takes")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        sys.path.insert(0, str(HERE.parent))
        print(json.dumps(measure(args.scenes, args.pictures, args.style[0], args.size)))
        return
    here = HERE.parents[1]
    runs = [(f"here, {style}", here, style) for style in args.style]
    if args.against:
        runs.insert(0, ("against", args.against.resolve(), "curves"))
    results: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for _ in range(args.rounds):
        for name, folder, style in runs:
            results[name].append(run(folder, args, style))
    print("ms a picture: median / 95th percentile / largest")
    for scene in args.scenes:
        print(scene)
        for name, rounds in results.items():
            texts = []
            for kind in ("cpu", "wall"):
                values = np.concatenate([r[scene][kind] for r in rounds])
                median, high = np.percentile(values, (50, 95))
                texts.append(f"{kind} {median:6.1f} / {high:6.1f} / {values.max():6.1f}")
            second = np.median([r[scene]["second"] for r in rounds])
            print(f"  {name:15} {'   '.join(texts)}   a live second {second:4.0f}")
            if args.parts:
                for part in rounds[0][scene]["parts"]:
                    mean = np.mean([r[scene]["parts"].get(part, 0.0) for r in rounds])
                    print(f"      {part:28} {mean:6.2f}")
    for name, rounds in results.items():
        print(f"memory, {name}: at most {max(r['memory'] for r in rounds):.0f} MB")


if __name__ == "__main__":
    main()
