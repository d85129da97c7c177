"""Sources of a PulseAudio or PipeWire server, which PortAudio through ALSA does not list.

A monitor is what a sink (loudspeakers, headphones) plays, as a source.  Where there is no server,
or no ``libpulse``, everything here finds nothing and raises nothing.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

#: libpulse reads it whenever it connects: ALSA's pulse plug-in does that for every stream.
VARIABLE = "PULSE_SOURCE"
#: Sources are opened at this rate, Hz: the server resamples where theirs is another (pulsectl's
#: copy of a source's rate points into memory that is freed already).
RATE = 48_000
#: So long a connection may take, s, try after try: pulsectl waits all of it even when the server
#: answers at once, which takes a millisecond.
_PATIENCE = (0.02, 0.2, 1.8)


@dataclass(frozen=True)
class PulseSource:
    """A source of the sound server.

    Attributes:
        name: the server's, unique: ``alsa_output.usb.monitor``.
        description: for people; of a monitor, the sink's own.
        monitor: it is what a sink plays.
        channels: of the source itself.
        server: what the server calls itself.
    """

    name: str
    description: str
    monitor: bool
    channels: int
    server: str


def _library() -> ModuleType | None:
    try:
        import pulsectl
    except Exception:  # not installed, or libpulse is not there (OSError)
        return None
    return pulsectl


def _connect(pulse: Any) -> None:
    """Connect, or raise pulsectl's error when the server does not answer in time."""
    for seconds in _PATIENCE[:-1]:
        with contextlib.suppress(Exception):
            pulse.connect(autospawn=False, timeout=seconds)
            return
    pulse.connect(autospawn=False, timeout=_PATIENCE[-1])


@contextlib.contextmanager
def connected() -> Iterator[Any]:
    """A connection to the server, ``None`` where there is none."""
    library = _library()
    if library is None:
        yield None
        return
    with contextlib.ExitStack() as stack:
        try:
            pulse = stack.enter_context(library.Pulse("ser-live", connect=False))
            _connect(pulse)
        except Exception:  # PulseError, or what ctypes says of an odd library
            pulse = None
        yield pulse


def pulse_sources() -> list[PulseSource]:
    """All sources of the server, monitors last; empty where there is no server."""
    with connected() as pulse:
        if pulse is None:
            return []
        try:
            sinks = {sink.index: sink.description for sink in pulse.sink_list()}
            sources = pulse.source_list()
            server = str(pulse.server_info().server_name)
        except Exception:  # the server went away meanwhile
            return []
    found = [
        PulseSource(
            str(s.name),
            str(sinks.get(s.monitor_of_sink) or s.description or s.name),
            s.monitor_of_sink in sinks,
            int(s.channel_count),
            server,
        )
        for s in sources
    ]
    return sorted(found, key=lambda s: s.monitor)


class SourceWatch:
    """Tells whether a source is still the one that was there at first.

    A server moves a stream whose source goes away to another one, and says nothing: what was
    taken for system playback would then be the microphone.  For use by one thread.

    Args:
        name: the server's name of the source.
        description: of it, for people.

    Attributes:
        unplugged: its description when it is known to be gone; empty before.
    """

    def __init__(self, name: str, description: str = "") -> None:
        self._name, self._description = name, description
        self.unplugged = ""
        self._stack = contextlib.ExitStack()
        self._pulse = self._stack.enter_context(connected())
        self._index = self._look()

    def _look(self) -> int | None:
        if self._pulse is None:
            return None
        try:
            return int(self._pulse.get_source_by_name(self._name).index)
        except Exception:  # it is gone, or the server is
            return None

    @property
    def present(self) -> bool:
        """Whether it is there, and was never away (it would have another number)."""
        if self._index is not None and self._look() == self._index:
            return True
        if self._pulse is not None and self._pulse.connected:  # else the server is gone
            self.unplugged = self._description
        return False

    def close(self) -> None:
        """Disconnect."""
        self._pulse = None
        self._stack.close()


@contextlib.contextmanager
def selected(name: str) -> Iterator[None]:
    """Let what ALSA's pulse plug-in opens meanwhile record from a source; nothing for ``""``.

    The variable belongs to the process: use it under the lock of the sound system.
    """
    if not name:
        yield
        return
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before
