"""Opening and closing PortAudio's streams, so that it is known whether one is open.

PortAudio looks for devices only when it is initialised, and initialising it anew ends every stream
of the process.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from ser_live.audio import devices
from ser_live.errors import AudioDeviceError

# Weak: what its owner forgot to close is not kept from its end.
_open: list[weakref.ref[Any]] = []


def open_stream(make: Callable[[], Any]) -> Any:
    """Open a stream, to be ended by :func:`close_stream`.

    Args:
        make: opens it.

    Raises:
        sounddevice.PortAudioError: it was refused.
    """
    with devices.LOCK:
        stream = make()
        _open.append(weakref.ref(stream))
        return stream


def start_stream(make: Callable[[], Any]) -> Any:
    """Open a stream and start it.

    Args:
        make: opens it.

    Raises:
        sounddevice.PortAudioError: it was refused.
    """
    with devices.LOCK:
        stream = open_stream(make)
        try:
            stream.start()
        except BaseException:
            close_stream(stream)
            raise
        return stream


def close_stream(stream: Any) -> None:
    """End a stream; nothing is raised."""
    # abort, not stop: a vanished device would keep stop waiting for its buffers.
    stream.abort(ignore_errors=True)
    stream.close(ignore_errors=True)
    with devices.LOCK:
        _open[:] = [ref for ref in _open if ref() is not None and ref() is not stream]


def rescan() -> bool:
    """Make PortAudio look for devices again, unless a stream is open; tell whether it did.

    Raises:
        AudioDeviceError: PortAudio is not there or does not start.
    """
    sd: Any = devices.portaudio()
    with devices.LOCK:
        if any(ref() is not None for ref in _open):
            return False
        try:
            sd._terminate()
            sd._initialize()
        except sd.PortAudioError as error:
            raise AudioDeviceError(f"the sound system does not start ({error})") from error
    return True


def is_active(stream: Any) -> bool:
    """Whether PortAudio still serves a stream; it ends some by itself when a device vanishes."""
    try:
        return bool(stream.active)
    except Exception:  # PortAudioError has no importable type without PortAudio
        return False
