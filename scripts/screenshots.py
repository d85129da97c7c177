"""Take the README's screenshots of the real program, with synthesised speech only.

    xvfb-run -s "-screen 0 1600x1000x24" python scripts/screenshots.py [--only dark files]

Writes dark, light, presentation, files, settings and report (.png) into
assets/screenshots.  Needs a display (a virtual one will do), Pillow, and for the report Chromium,
which draws the page; without it that picture stays as it is.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
DEMO = REPOSITORY / "assets" / "demo.wav"
sys.path.insert(0, str(REPOSITORY))

WINDOW = ("dark", "light", "presentation", "settings", "files")
REPORT = "report"
_PATIENCE = 600.0  # s for all of it, on a busy machine
_SETTLE = 1.5  # s until curves, bars and cursor stand
_LAYOUT = 0.3  # s until what was beside a message has taken its place
#: Parts of the demo clip (name, beginning and end in s), as files of a list.
PARTS = (
    ("1 welcome.wav", 0.0, 8.0),
    ("2 station.wav", 8.0, 18.5),
    ("3 present.wav", 18.5, 22.7),
    ("4 evening.wav", 22.7, 29.8),
)

#: What a scene waits for: seconds, or until something is so.
Wait = float | Callable[[], bool]


def main() -> int:
    """Take the pictures; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="checkpoint (default: the shipped one)")
    parser.add_argument("--size", default="1280x800", help="of the window (default: 1280x800)")
    parser.add_argument("--at", type=float, help="moment of the clip, s (default: the surest)")
    parser.add_argument("--only", nargs="+", choices=(*WINDOW, REPORT), default=(*WINDOW, REPORT))
    parser.add_argument("--output", type=Path, default=REPOSITORY / "assets" / "screenshots")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ser-live-screenshots-") as folder:
        status = 0
        if set(args.only) & set(WINDOW):
            status = take_window(args, Path(folder))
        if REPORT in args.only:
            status = take_report(args, Path(folder)) or status
    return status


# ------------------------------------------------------------------ the window


def take_window(args: argparse.Namespace, folder: Path) -> int:
    """The pictures of the window; returns the exit status."""
    os.environ["XDG_CONFIG_HOME"] = str(folder)  # the user's settings stay untouched

    from PySide6.QtCore import QSettings, QTimer
    from PySide6.QtWidgets import QApplication

    from ser_live.ui import app
    from ser_live.ui.main_window import MainWindow
    from ser_live.ui.notice import EDITION
    from ser_live.ui.settings import Settings

    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    Settings().notice = EDITION  # no notice on consent over the picture
    deadline = time.monotonic() + _PATIENCE
    told: Iterator[Wait] | None = None
    until: Wait = 0.0
    finished = False

    def step() -> None:
        nonlocal told, until, finished
        shown = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
        if not shown:
            return
        if told is None:
            told = story(shown[0], args, folder)
        if time.monotonic() > deadline:
            timer.stop()
            shown[0].close()
        elif until() if callable(until) else time.monotonic() >= until:
            try:
                wait = next(told)
                until = wait if callable(wait) else time.monotonic() + wait
            except StopIteration:
                finished = True
                timer.stop()
                shown[0].close()

    timer = QTimer()
    application = app._application()
    timer.timeout.connect(step)
    timer.start(100)
    status = app.run_window(str(DEMO), None, args.model, "cpu")
    application.processEvents()
    if not finished:
        print("screenshots: the analysis did not come to its end", file=sys.stderr)
    return status or (0 if finished else 1)


def story(window: Any, args: argparse.Namespace, folder: Path) -> Iterator[Wait]:
    """What is done with the window, picture after picture; yields what has to be waited for."""
    from ser_live.ui import theme
    from ser_live.ui.emotion_row import CURVES, STACKED

    size = [int(part) for part in args.size.split("x")]
    engine = window.engine

    def analysed() -> bool:
        session = engine.session
        return session is not None and engine.player is not None and not session.running

    def keep(name: str, widget: Any = None) -> Iterator[Wait]:
        for banner in window.banners.messages:  # this machine's lack of a sound card
            window.banners.remove(banner.key)
        yield _LAYOUT
        if name in args.only:
            path = args.output / f"{name}.png"
            (widget or window).grab().save(str(path))
            shrink(path)

    def play() -> Callable[[], bool]:
        """Play towards the moment of the picture; returns what tells that it is reached."""
        moment, end = (args.at, args.at + 1) if args.at is not None else surest(window)
        start = max(0.0, moment - 2 * _SETTLE)
        engine.player.seek(start)
        engine.player.play()

        def reached() -> bool:
            if not start - 0.5 <= engine.player.position <= end:  # late, or from before
                engine.player.seek(start)
                engine.player.play()
            return bool(moment <= engine.player.position <= end)

        return reached

    yield analysed
    yield _SETTLE  # the last result comes with the next picture
    for name, colours, style in (("dark", theme.DARK, CURVES), ("light", theme.LIGHT, STACKED)):
        window.choose_theme(colours)
        window.choose_style(style)
        window.resize(*size)
        yield play()
        yield from keep(name)
    window.choose_theme(theme.DARK)
    window.toggle_presentation()
    window.resize(*size)
    yield play()
    yield from keep("presentation")
    window.toggle_presentation()
    window.choose_theme(theme.LIGHT)
    window.choose_style(CURVES)
    engine.player.pause()
    window.setup.open()
    yield _SETTLE
    yield from keep("settings", window.setup.dialog)
    window.setup.dialog.reject()
    if "files" in args.only:
        window.files.open_paths(parts(folder))
        yield lambda: len(window.files.batch.results()) == len(PARTS) and analysed()
        window.files.show_file(window.files.batch.entries()[1].number)
        yield _SETTLE
        yield analysed
        yield play()  # the window has grown by the list
        yield from keep("files")


def surest(window: Any) -> tuple[float, float]:
    """From where to where (s) the surest estimate of the middle of the recording is shown."""
    session = window.engine.session
    middle = 0.3 * session.source.duration, 0.9 * session.source.duration
    heard = session.timeline.windows(final=False)
    best = max(
        (w for w in heard if middle[0] < w.end < middle[1]),
        key=lambda w: w.estimate.confidence,
        default=None,
    )
    return (best.end, best.end + 0.5) if best else (0.0, 1.0)


def parts(folder: Path) -> list[str]:
    """The demo clip in files of its own."""
    import soundfile

    samples, rate = soundfile.read(DEMO)
    paths = [str(folder / name) for name, _, _ in PARTS]
    for path, (_, begin, end) in zip(paths, PARTS, strict=True):
        soundfile.write(path, samples[round(begin * rate) : round(end * rate)], rate)
    return paths


# ------------------------------------------------------------------ the report


def take_report(args: argparse.Namespace, folder: Path) -> int:
    """The top of the page that an export makes; returns the exit status."""
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    if browser is None:
        print("screenshots: no Chromium, so no picture of the report", file=sys.stderr)
        return 0
    page, picture = folder / "report.html", args.output / f"{REPORT}.png"
    model = ["--model", args.model] if args.model else []
    export = [sys.executable, "-m", "ser_live", "export", str(DEMO), "--to", "html", "-q"]
    subprocess.run([*export, "-o", str(page), *model], check=True, cwd=REPOSITORY)
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    options += [f"--user-data-dir={folder / 'browser'}", "--window-size=1100,1490"]
    command = [browser, *options, f"--screenshot={picture}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE)
    shrink(picture)
    return 0


def shrink(path: Path) -> None:
    """Rewrite a PNG as small as it gets without loss: fewer colours would change the emotions'."""
    from PIL import Image

    with Image.open(path) as picture:
        plain = picture.convert("RGB")
    plain.save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
