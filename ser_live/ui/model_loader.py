"""Loads the model in a thread of its own, torch included, while the window is already there."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from ser_live.ui.backends import Backends
from ser_live.ui.messages import Message, explain

if TYPE_CHECKING:
    from ser_live.predictor import Predictor


class ModelLoader(QObject):
    """Loads at the start, and again when another model is chosen.

    Signals:
        changed: look at ``predictor`` and ``error``; or the model goes on elsewhere.
        message: a :class:`Message` for the banner; also why another model could not take the place
            of the present one, which stays.

    Attributes:
        predictor: the model once loaded.
        error: why it could not be.
    """

    changed = Signal()
    message = Signal(object)
    _answer = Signal(object)

    def __init__(
        self, model: str | None, device: str, backends: Backends, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._arguments = (model, device, backends)
        self._thread = threading.Thread(target=self._load, name="ser-load", daemon=True)
        self.predictor: Predictor | None = None
        self.error: Exception | None = None
        self.done = threading.Event()  # for other threads; the signal follows
        self._answer.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        """Begin, if that has not been done."""
        if self._thread.ident is None:
            self._thread.start()

    def reload(self, model: str | None, device: str) -> None:
        """Load another model; what is being loaded is finished first and not used."""
        earlier = self._thread
        self._arguments = (model, device, self._arguments[2])

        def work() -> None:
            if earlier.ident is not None:
                earlier.join()
            self._load()

        self._thread = threading.Thread(target=work, name="ser-load", daemon=True)
        self._thread.start()

    def wait(self, timeout: float) -> bool:
        """Wait for the thread; tell whether it has ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _load(self) -> None:
        model, device, backends = self._arguments
        result: Any
        try:
            result = backends.load_predictor(model, device, self._tell_fallback)
        except Exception as error:  # shown in the window
            result = error
        # Set here as well as on the UI thread, for those who wait for `done`.
        if isinstance(result, Exception) and self.predictor is None:
            self.error = result
        self.done.set()
        with contextlib.suppress(RuntimeError):  # the window was closed meanwhile
            self._answer.emit(result)

    def _tell_fallback(self, text: str) -> None:
        with contextlib.suppress(RuntimeError):
            # From whatever thread the predictor runs in.
            self.message.emit(
                Message("backend", "warning", text, "Slower, but the results stay right.")
            )
            self.changed.emit()

    @Slot(object)
    def _take(self, result: Predictor | Exception) -> None:
        if not isinstance(result, Exception):
            self.predictor, self.error = result, None
        else:
            self.message.emit(explain(result, "model"))
            if self.predictor is not None:
                return
            self.error = result
        self.changed.emit()
