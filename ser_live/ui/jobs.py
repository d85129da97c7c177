"""One thread for everything that may block, in order; results come back as signals."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

Job = Callable[[], Any]
Done = Callable[[Any], None]


class Jobs(QObject):
    """Runs jobs one after the other off the UI thread.

    One thread, not a pool: a device must be closed before the next one is opened.  ``done`` and
    ``failed`` are called on the thread that this object lives in.
    """

    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None, name: str = "ser-jobs") -> None:
        super().__init__(parent)
        self._queue: queue.Queue[tuple[Job, Done | None, Done | None] | None] = queue.Queue()
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Job, done: Done | None = None, failed: Done | None = None) -> None:
        """Queue a job.

        Args:
            job: called on the thread.
            done: called with its result.
            failed: called with the exception that it raised.
        """
        self._queue.put((job, done, failed))

    def finish(self) -> None:
        """No more jobs: the thread ends after those that wait."""
        self._queue.put(None)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the thread to end; tell whether it did."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            job, done, failed = item
            try:
                answer, value = done, job()
            except Exception as error:  # handed to the caller's `failed`
                answer, value = failed, error
            if answer is not None:
                try:
                    self._finished.emit((answer, value))
                except RuntimeError:  # the Qt object is gone: the program ends
                    return

    @Slot(object)
    def _deliver(self, item: tuple[Done, Any]) -> None:
        answer, value = item
        answer(value)
