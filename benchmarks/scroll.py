"""How smoothly the window scrolls and zooms through a long recording.

Opens a recording of two hours (synthesised, in a temporary folder) in the real window, with its
real waveform and player, and results and a spectrogram of the same length from `synthetic.py`.
Then xdotool turns the wheel and drags over the plots, as a hand does, through the X server:

- steps with a pause after each: from the arrival of the event to the end of the paint that shows
  everything at the new place; "work" is the UI thread's processor time in between, which other
  programs do not change;
- a stream of steps without waiting: how many finished pictures a second that gives.

    xvfb-run -s "-screen 0 1600x1000x24" python benchmarks/scroll.py [--hours 2] [--style stacked]
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

_OUT, _IN = (["click", "--delay", "1", button] for button in "54")
_LEFT, _RIGHT = (["mousemove_relative", "--", by, "0"] for by in ("-8", "8"))
# Seconds in view at first (0: all), where they begin, what xdotool does there and back, and how
# many steps each way.
SCENES: dict[str, tuple[float, float, list[str], list[str], int]] = {
    "scroll, 30 s in view": (30.0, 0.0, _OUT, _IN, 30),
    "scroll, 10 min in view": (600.0, 0.0, _OUT, _IN, 30),
    "scroll, 1 h in view": (3600.0, 0.0, _OUT, _IN, 10),
    "zoom, all to 10 s": (0.0, 0.0, _IN, _OUT, 30),
    "drag, 10 min in view": (600.0, 3600.0, _LEFT, _RIGHT, 30),
}


class Watch:
    """Notes when an event comes and when a paint has shown all that it changed.

    Args:
        window: whose plots are watched.
    """

    def __init__(self, window: Any) -> None:
        from PySide6.QtCore import QEvent, QObject

        self.plots, self.steps, self.pictures = window.plots, [], []
        self._waiting: list[tuple[float, float]] = []  # events, by clock and processor time
        self._shown: list[tuple[float, float]] = []  # those that the next picture answers
        self._drawn: object = None
        watch = self

        class Filter(QObject):
            """Sees the events before the plots do."""

            def eventFilter(self, watched: QObject, event: QEvent) -> bool:
                """Qt's."""
                moved = event.type() == QEvent.Type.MouseMove and event.buttons()
                if event.type() == QEvent.Type.Wheel or moved:
                    watch._waiting.append((time.perf_counter(), time.thread_time()))
                return False

        self._filter = Filter()
        self.plots.viewport().installEventFilter(self._filter)
        show, paint = self.plots.show_view, self.plots.paintEvent

        def show_view(*args: Any, **kwargs: Any) -> None:
            show(*args, **kwargs)
            self._shown += self._waiting
            self._waiting.clear()
            self._drawn = self.plots._view.viewRange()[0]

        def paint_event(event: Any) -> None:
            paint(event)
            if self._drawn != self.plots._view.viewRange()[0] or not self.plots.complete:
                return
            wall, work = time.perf_counter(), time.thread_time()
            if self._shown:
                self.steps += [(wall - a, work - b) for a, b in self._shown]
                self.pictures.append(wall)
                self._shown.clear()

        self.plots.show_view = show_view
        type(self.plots).paintEvent = lambda _, event: paint_event(event)

    def clear(self) -> None:
        """Forget what was."""
        self.steps, self.pictures = [], []
        self._waiting.clear()
        self._shown.clear()


def open_window(path: Path, hours: float, style: str) -> tuple[Any, Any, Any]:
    """The window on the file, everything analysed and drawn; application, engine, window."""
    os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="ser-live-scroll-")
    from dataclasses import replace

    import synthetic
    from PySide6.QtCore import QSettings

    from ser_live.ui import app as program
    from ser_live.ui.backends import open_file, open_player
    from ser_live.ui.engine import Engine
    from ser_live.ui.main_window import MainWindow
    from ser_live.ui.settings import Settings

    app = program._application()
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    source = open_file(path)
    session = synthetic.SyntheticSession(source)
    session.advance(hours * 3600)
    machine = replace(
        synthetic.backends(session), open_file=lambda _: source, open_player=open_player
    )
    engine = Engine(None, "cpu", machine)
    window = MainWindow(engine, Settings(QSettings("ser-live", "scroll")))
    window.choose_style(style)
    window.choose_strips("both")
    window.show()
    program.begin(engine, window, str(path), None)
    wait(app, lambda: window.presenter._session is session)
    session.running = False
    engine.player.pause()
    wait(app, lambda: engine.player.waveform.complete)
    seen = -1
    while seen != window.presenter.timeline.provisional_count:  # a part at a time
        seen = window.presenter.timeline.provisional_count
        spin(app, 0.3)
    return app, engine, window


def spin(app: Any, seconds: float) -> None:
    """Let the window run for a while as it does by itself."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop(app)  # the application's own would close the window at its end
    QTimer.singleShot(round(1e3 * seconds), loop.quit)
    loop.exec()


def wait(app: Any, condition: Callable[[], bool], most: float = 300.0) -> None:
    """Let the window run until a condition holds."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > most:
            raise TimeoutError(f"nothing after {most:.0f} s")
        spin(app, 0.05)


def play(app: Any, window: Any, scene: str, pause: float, hours: float) -> None:
    """One scene's steps, sent by xdotool while the window runs."""
    from PySide6.QtCore import QPoint

    span, begin, there, back, count = SCENES[scene]
    plots = window.plots
    plots.set_follow(False)
    plots._set_range(begin, begin + (span or hours * 3600))
    spin(app, 0.5)
    place = plots.mapToGlobal(QPoint(plots.width() // 2, plots.height() // 2))
    command = ["xdotool", "mousemove", str(place.x()), str(place.y())]
    held = {"drag": ["mousedown", "1"], "scroll": ["keydown", "shift"]}.get(scene.split(",")[0], [])
    wait_a_bit = ["sleep", f"{pause:g}"]
    legs = [*there, *wait_a_bit] * count + [*back, *wait_a_bit] * count
    command += held + legs * -(-30 // count)
    command += [held[0].replace("down", "up"), held[1]] if held else []
    process = subprocess.Popen(command)
    wait(app, lambda: process.poll() is not None)
    spin(app, 0.3)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--style", default="curves", choices=("curves", "stacked"))
    parser.add_argument("--scenes", nargs="+", default=list(SCENES), choices=list(SCENES))
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    args = parser.parse_args()
    from open_file import make_recording

    with tempfile.TemporaryDirectory(prefix="ser-scroll-") as name:
        path = make_recording(Path(name), args.hours, "flac")
        app, engine, window = open_window(path, args.hours, args.style)
        watch = Watch(window)
        print(f"{args.hours:g} h, {len(window.presenter.timeline.table)} utterances, {args.style}; "
              "ms: median / 95th percentile / largest", flush=True)  # fmt: skip
        profile = cProfile.Profile()
        for scene in args.scenes:
            watch.clear()
            play(app, window, scene, 0.15, args.hours)
            wall, work = 1e3 * np.array(watch.steps).T
            watch.clear()
            if args.profile:
                profile.enable()
            play(app, window, scene, 0.012, args.hours)
            profile.disable()
            ends = np.array(watch.pictures)
            pace = (len(ends) - 1) / (ends[-1] - ends[0]) if len(ends) > 1 else 0.0
            rate = len(watch.steps) / (ends[-1] - ends[0])
            print(f"{scene:24} {len(wall):3} steps: work {_three(work)}   event to paint "
                  f"{_three(wall)}   stream: {rate:.0f} steps and {pace:.0f} pictures a second",
                  flush=True)  # fmt: skip
            if folder := os.environ.get("SER_SCREENSHOTS"):
                file = scene.replace(" ", "-").replace(",", "")
                window.grab().save(str(Path(folder, f"scroll-{file}-{args.style}.png")))
        window.close()
        engine.wait()
        if args.profile:
            pstats.Stats(profile).sort_stats("tottime").print_stats(30)


def _three(values: np.ndarray) -> str:
    median, high = np.percentile(values, (50, 95))
    return f"{median:5.1f} / {high:5.1f} / {values.max():5.1f}"


if __name__ == "__main__":
    main()
