"""The list of input devices, kept up to date while the window is visible; no widgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance

from ser_live.ui.jobs import Jobs
from ser_live.ui.messages import Message

if TYPE_CHECKING:
    from ser_live.audio.devices import Device
    from ser_live.audio.list_inputs import InputLister
    from ser_live.ui.backends import Backends

_EVERY_MS = 3000


class InputList(QObject):
    """Lists devices on request, and by itself once :meth:`watch` was called.

    What is on request asks PortAudio in this process, which looks again only while nothing is
    open.  What goes on by itself asks a process that lives for a moment
    (:mod:`ser_live.audio.list_inputs`), in a thread of its own, and is silent when that fails.

    Args:
        jobs: where everything that blocks runs.
        backends: what is asked.
        message: emitted with a :class:`Message` when there is something to tell.
        in_use: what has to be done before PortAudio can look again; ``None``: nothing is open.

    Signals:
        changed: the devices, a list of :class:`ser_live.audio.devices.Device`.

    Attributes:
        devices: as last listed.
    """

    changed = Signal(object)

    def __init__(
        self,
        jobs: Jobs,
        backends: Backends,
        message: SignalInstance,
        in_use: Callable[[], str | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._backends, self._message, self._in_use = jobs, backends, message, in_use
        self.devices: list[Device] = []
        self._poller: Jobs | None = None
        self._lister: InputLister | None = None
        self._visible: Callable[[], bool] = lambda: False
        self._looking = self._closed = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)

    def refresh(self, look_again: bool = True) -> None:
        """List input devices anew; PortAudio can look again only while nothing is open."""
        if look_again and (what := self._in_use()):
            look_again = False
            self._message.emit(
                Message("devices", "info", f"{what} to look for newly connected devices.")
            )
        self._jobs.submit(
            lambda: self._backends.list_inputs(look_again), self._show, lambda error: self._show([])
        )

    def watch(self, visible: Callable[[], bool]) -> None:
        """Look every few seconds from now on.

        Args:
            visible: tells whether anyone can see the list; while not, nobody looks.
        """
        self._visible = visible
        if self._poller is None:
            self._lister = self._backends.make_lister()
            self._poller = Jobs(self, "ser-devices")
            self._timer.start(_EVERY_MS)

    def _look(self) -> None:
        if self._looking or self._poller is None or self._lister is None or not self._visible():
            return
        self._looking = True
        self._poller.submit(self._lister.list, self._looked, lambda error: self._looked(None))

    def _looked(self, devices: list[Device] | None) -> None:
        self._looking = False
        if self._closed or devices is None or devices == self.devices:
            return
        self._show(devices)
        if self._in_use() is None:
            # Else PortAudio looks again when it is asked for a device that it does not know.
            self._jobs.submit(lambda: self._backends.list_inputs(True))

    def _show(self, devices: list[Device]) -> None:
        self.devices = devices
        self.changed.emit(devices)

    def close(self) -> None:
        """Look no more; returns at once."""
        self._closed = True
        self._timer.stop()
        if self._poller is not None and self._lister is not None:
            self._lister.cancel()
            self._poller.finish()

    def wait(self, timeout: float) -> bool:
        """Wait for the thread to end; tell whether it did."""
        return self._poller is None or self._poller.wait(timeout)
