"""From the command line to the running window."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType
from typing import NoReturn

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from ser_live.ui.backends import Backends
from ser_live.ui.closing import Closing
from ser_live.ui.engine import Engine
from ser_live.ui.first_picture import AfterFirstPicture
from ser_live.ui.garbage import UiThreadGarbage
from ser_live.ui.main_window import MainWindow
from ser_live.ui.messages import explain
from ser_live.ui.notice import EDITION, after_notice
from ser_live.ui.resources import asset
from ser_live.ui.settings import Settings
from ser_live.ui.tuned import Tuned

log = logging.getLogger(__name__)

_FILE_FIRST_MS = 400
_INTERRUPTED = 130  # what a shell expects after Ctrl-C


class ErrorReporter(QObject):
    """The global exception hook: a message in the window instead of a dead program."""

    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._previous = (sys.excepthook, threading.excepthook)

    def install(self) -> None:
        """Take the hooks of the main and of all other threads."""
        sys.excepthook = self._on_error
        threading.excepthook = lambda args: self._on_error(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )

    def remove(self) -> None:
        """Give the hooks back."""
        sys.excepthook, threading.excepthook = self._previous

    def _on_error(
        self, kind: type[BaseException], error: BaseException, where: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.exit(_INTERRUPTED)
            return
        traceback.print_exception(kind, error, where)
        self.failed.emit(explain(error, "unexpected"))


def end_now(status: int) -> NoReturn:
    """End the process although a thread is busy, such as the one that imports torch.

    An interpreter that ends in the usual way while a thread is inside a library's own code can
    abort.  Everything that had to be written is written when the window is closed.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(status)


def _application() -> QApplication:
    app = QApplication.instance()
    if isinstance(app, QApplication):
        return app
    app = QApplication(["ser-live"])
    app.setApplicationName("ser-live")
    app.setApplicationDisplayName("SER Live")
    app.setDesktopFileName("ser-live")
    # The one style that follows a palette on every system.
    app.setStyle("Fusion")
    return app


def begin(
    engine: Engine, window: MainWindow, path: str | Sequence[str] | None, input_spec: str | None
) -> None:
    """Start what was asked for: files, or a microphone, or the demo clip in its place."""
    engine.inputs.refresh(look_again=False)
    if path:
        window.files.open_paths([path] if isinstance(path, str) else path)
        # torch's import holds back all other threads: first let the file be seen and heard.
        QTimer.singleShot(_FILE_FIRST_MS, engine, engine.load_model)
    else:
        engine.load_model()
        remembered = None if input_spec is not None else window.settings.input_name
        engine.open_microphone(input_spec, asset("demo.wav"), remembered)


def begin_after_notice(window: MainWindow, start: Callable[[], None]) -> None:
    """Load the model behind the notice; what is listened to waits until that is accepted."""
    after_notice(window, start)
    if window.settings.notice < EDITION:
        window.engine.load_model()


def run_window(
    path: str | Sequence[str] | None,
    input_spec: str | None,
    model: str | None,
    device: str = "auto",
) -> int:
    """Open the window and run until it is closed.

    Args:
        path: what to open, files or folders; a microphone for nothing.
        input_spec: number, name or part of one; the default microphone for ``None``.
        model: checkpoint file; the one from the settings, else the shipped one for ``None``.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``; for ``auto`` what the settings say.

    Returns:
        Exit status: 0, or 130 after Ctrl-C.
    """
    app = _application()
    reporter = ErrorReporter()
    settings = Settings()
    tuned = Tuned.of(settings)
    backends = Backends(load_predictor=tuned.load_predictor, make_session=tuned.make_session)
    device = settings.device if device == "auto" else device
    engine = Engine(model or settings.model, device, backends)
    garbage = UiThreadGarbage(engine)
    window = MainWindow(engine, settings, tuned)
    closing = Closing(window)
    reporter.failed.connect(window.report, Qt.ConnectionType.QueuedConnection)
    reporter.install()
    # The window's timer keeps the interpreter awake, so that the signal is noticed at once.
    previous = signal.signal(signal.SIGINT, lambda *_: app.exit(_INTERRUPTED))
    try:
        # Whatever follows costs time, torch's import most of all.
        start = partial(begin, engine, window, path, input_spec)
        AfterFirstPicture(window, lambda: begin_after_notice(window, start))
        window.show()
        engine.inputs.watch(lambda: window.isVisible() and not window.isMinimized())
        status = app.exec()
        closing.end()
        window.close()
        if not (window.files.wait() & engine.wait() & window.session_saving.wait()):
            log.info("a thread did not end in time")
            end_now(status)
        return status
    finally:
        signal.signal(signal.SIGINT, previous)
        reporter.remove()
        garbage.stop()
