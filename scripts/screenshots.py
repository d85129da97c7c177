"""Take the README's screenshots of the real program while it plays the demo clip.

    xvfb-run -s "-screen 0 1600x1000x24" python scripts/screenshots.py

Writes light.png, dark.png and presentation.png into assets/screenshots; needs a display (a virtual
one will do).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))


def main() -> int:
    """Take the pictures; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="checkpoint (default: the shipped one)")
    parser.add_argument("--size", default="1280x800", help="of the window (default: 1280x800)")
    parser.add_argument("--at", type=float, help="moment of the clip, s (default: the surest)")
    parser.add_argument("--output", type=Path, default=REPOSITORY / "assets" / "screenshots")
    args = parser.parse_args()
    width, height = (int(part) for part in args.size.split("x"))
    # The user's settings stay untouched.
    os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="ser-live-screenshots-")

    from PySide6.QtCore import QSettings, QTimer
    from PySide6.QtWidgets import QApplication

    from ser_live.ui import app, theme
    from ser_live.ui.main_window import MainWindow
    from ser_live.ui.notice import EDITION
    from ser_live.ui.settings import Settings

    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    Settings().notice = EDITION  # no notice on consent over the picture
    deadline = time.monotonic() + 180
    presentation = "presentation"
    left = [presentation, theme.DARK, theme.LIGHT]
    placed = 0.0

    def step() -> None:
        nonlocal placed
        shown = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
        if not shown:
            return
        window = shown[0]
        if time.monotonic() > deadline or not left:
            timer.stop()
            window.close()
            return
        session, player = window.engine.session, window.engine.player
        if session is None or player is None or session.running:
            return
        if not placed:
            window.resize(width, height)
            if left[-1] == presentation:  # in the colours of the picture before
                window.toggle_presentation()
                window.resize(width, height)
            else:
                window.choose_theme(left[-1])
            player.seek(args.at if args.at is not None else surest(window))
            player.play()
            placed = time.monotonic()
        elif time.monotonic() - placed > 1.5:
            for banner in window.banners.messages:  # this machine's lack of a sound card
                window.banners.remove(banner.key)
            QApplication.processEvents()
            args.output.mkdir(parents=True, exist_ok=True)
            window.grab().save(str(args.output / f"{left.pop()}.png"))
            placed = 0.0

    def surest(window: MainWindow) -> float:
        table = [u for u in window.presenter.timeline.table if u.reading and u.length > 2]
        best = max(table, key=lambda u: u.reading.confidence, default=None)
        return 0.0 if best is None else best.start + 0.6 * best.length - 1.5

    timer = QTimer()
    application = app._application()
    timer.timeout.connect(step)
    timer.start(100)
    status = app.run_window(str(REPOSITORY / "assets" / "demo.wav"), None, args.model, "cpu")
    application.processEvents()
    if left:
        print("screenshots: the analysis did not come to its end", file=sys.stderr)
    return status or (1 if left else 0)


if __name__ == "__main__":
    sys.exit(main())
