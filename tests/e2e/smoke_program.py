"""The whole window from its start to its end, in a process of its own; see test_smoke.py.

    python smoke_program.py CLIP FOLDER

Opens the clip with an unread notice, accepts it, waits for the results, opens every dialog that the
menu leads to, exports a report through the file dialog, and closes.  Prints what it has seen as one
JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit

from ser_live.ui import app
from ser_live.ui.main_window import MainWindow
from ser_live.ui.settings import Settings

_SECONDS = 400.0  # for everything: machines that test are slow
Script = Generator[Callable[[], bool], None, None]


def script(window: MainWindow, folder: Path, seen: dict[str, object]) -> Script:
    """What a user does; yields what is waited for."""
    yield lambda: hasattr(window, "notice") and window.notice.isVisible()
    seen["opened before the notice"] = window.engine.session is not None
    window.notice.agree.click()
    yield lambda: window.engine.session is not None and not window.engine.session.running
    session = window.engine.session
    yield lambda: window.table.content.rowCount() == len(session.timeline.utterances()) > 0
    seen["utterances"] = window.table.content.rowCount()
    seen["dialogs"] = []
    menu = window.toolbar.menu
    for action in [a for a in menu.actions() if a.text().split("\t")[0].endswith("…")]:
        title = action.text().split("\t")[0]
        if not action.isEnabled():  # a file cannot be recorded
            continue
        save = folder / "report.html" if title.startswith("Export") else None
        answering = QTimer()
        answered: list[str] = []
        answering.timeout.connect(lambda s=save, a=answered: answer(s, a))
        answering.start(100)
        action.trigger()  # a file dialog returns when it is answered
        yield lambda a=answered: bool(a)
        answering.stop()
        seen["dialogs"].append([title, *answered])  # type: ignore[attr-defined]
    yield (folder / "report.html").exists
    window.toggle_presentation()
    yield lambda: window.presenting and window.presentation.isVisible()
    window.toggle_presentation()
    yield lambda: not window.presenting and window.view.isVisible()
    # A screen of 800 pixels is narrower than what the window holds: that comes back with a layout.
    yield lambda: window.width() >= window.minimumSizeHint().width()
    picture = window.grab()
    seen["picture"] = [picture.width(), picture.height()]
    seen["ratio"] = picture.devicePixelRatio()
    image = picture.toImage()
    width, height = image.width(), image.height()
    seen["colours"] = len(
        {image.pixel(x, y) for x in range(0, width, 3) for y in range(0, height, 11)}
    )
    picture.save(str(folder / "window.png"))
    window.choose_text_scale(2.0)
    yield lambda: window.table.rowHeight(0) > 40
    window.grab().save(str(folder / "large.png"))


def answer(save: Path | None, answered: list[str]) -> None:
    """Close the dialog that stands open, or save with it."""
    for widget in QApplication.topLevelWidgets():
        if answered or not (isinstance(widget, QDialog) and widget.isVisible()):
            continue
        if isinstance(widget, QFileDialog) and save is not None:
            name = widget.findChild(QLineEdit, "fileNameEdit")
            name.setText(str(save))  # as typed; choosing waits for the folder to be read
            answered.append("saved")
            widget.accept()
        else:
            answered.append(type(widget).__name__)
            widget.reject()


def main() -> int:
    """Run; return the exit status."""
    clip, folder = sys.argv[1], Path(sys.argv[2])
    seen: dict[str, object] = {}
    application = app._application()
    seen["platform"] = QGuiApplication.platformName()
    Settings().notice = 0
    state: dict[str, object] = {}
    deadline = time.monotonic() + _SECONDS

    def step() -> None:
        windows = [w for w in application.topLevelWidgets() if isinstance(w, MainWindow)]
        if not windows or state.get("inside"):  # within a file dialog's own event loop
            return
        state["inside"] = True
        try:
            if "script" not in state:
                state["script"] = script(windows[0], folder, seen)
            elif not state["condition"]():  # type: ignore[operator]
                if time.monotonic() > deadline:
                    line = state["script"].gi_frame.f_lineno  # type: ignore[attr-defined]
                    raise TimeoutError(f"line {line}: did not come true")
                return
            state["condition"] = next(state["script"])  # type: ignore[call-overload]
        except StopIteration:
            seen["done"] = True
        except Exception as error:
            shown = [f"{m.title} {m.advice}" for m in windows[0].banners.messages]
            seen["failure"] = f"{type(error).__name__}: {error}; the window says {shown}"
        finally:
            state["inside"] = False
        if "done" in seen or "failure" in seen:
            timer.stop()
            windows[0].close()

    timer = QTimer()
    timer.timeout.connect(step)
    timer.start(50)
    status = app.run_window(clip, None, None, "cpu")
    application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)
    print(json.dumps(seen))
    return status


if __name__ == "__main__":
    sys.exit(main())
