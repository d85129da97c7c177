"""Lists input devices in a process of its own: ``python -m ser_live.audio.list_inputs``.

PortAudio keeps the list that it made when it was initialised, and initialising it anew would end
what is being recorded.  A process that lives for a moment sees what is there now.  It prints a JSON
list of objects with the fields of :class:`ser_live.audio.devices.Device`; it imports neither torch
nor Qt.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from ser_live.audio.devices import Device, input_devices
from ser_live.errors import AudioDeviceError

_MODULE = "ser_live.audio.list_inputs"


class InputLister:
    """Asks such a process; for one thread, except :meth:`cancel`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._cancelled = False

    def list(self, timeout: float = 15.0) -> list[Device] | None:
        """Input devices as they are now; ``None`` when that is not known.

        Args:
            timeout: seconds after which the process is ended.
        """
        # A frozen program is its own interpreter: it would start the window once more.
        if getattr(sys, "frozen", False) or not sys.executable:
            return None
        try:
            with self._lock:
                if self._cancelled:
                    return None
                child = self._child = _start()
            with child:
                try:
                    out, _ = child.communicate(timeout=timeout)
                finally:
                    child.kill()
            return [Device(**item) for item in json.loads(out)] if child.returncode == 0 else None
        except (OSError, subprocess.SubprocessError, ValueError, TypeError):
            return None

    def cancel(self) -> None:
        """End the process that runs, and start none any more; from any thread."""
        with self._lock:
            self._cancelled = True
            if self._child is not None:
                self._child.kill()


def _start() -> subprocess.Popen[str]:
    # -P: no file in the user's folder may pass for one of the library's modules.
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    flags: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows: no console flashes up
    return subprocess.Popen(
        [sys.executable, "-P", "-m", _MODULE],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        creationflags=flags,
    )


def main() -> int:
    """Print the list; return the exit status."""
    if hasattr(os, "nice"):
        os.nice(10)  # the analysis comes first
    try:
        devices = input_devices()
    except AudioDeviceError as error:
        print(error, file=sys.stderr)
        return 1
    # Escapes only: the encoding of stdout is the system's.
    print(json.dumps([dataclasses.asdict(device) for device in devices]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
