"""Who records into a session file: a lock between programs, so that none destroys another's.

The lock is a small file in the system's folder for temporary files, named after the session
file: SQLite's own locks on the session file would be lost with a second handle on it, and a file
beside it would be litter.  The system gives the lock back when its holder ends, however it ends.
Programs on two computers that record into one file of a network drive do not see each other.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import tempfile
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from ser_live.errors import SessionFileError

_PATIENCE = 0.5  # s; a reader that looks whether a file is being recorded holds its lock that long


def hold(path: Path) -> BaseFileLock | None:
    """Take the lock of a session file; ``release()`` gives it back.

    Returns:
        The lock; ``None`` where the system has no room for one: recording is worth more.

    Raises:
        SessionFileError: somebody records into the file.
    """
    try:
        lock = _lock(path)
        lock.acquire(timeout=_PATIENCE)
    except Timeout as error:
        raise SessionFileError(
            f"{path}: is being recorded by another window or program right now; choose another name"
        ) from error
    except OSError:
        return None
    return lock


def is_held(path: Path) -> bool:
    """Whether somebody records into a session file."""
    try:
        with _lock(path).acquire(blocking=False):
            return False
    except Timeout:
        return True
    except OSError:
        return False


def _lock(path: Path) -> BaseFileLock:
    folder = Path(tempfile.gettempdir(), f"ser-live-{_user()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    name = os.path.normcase(path.resolve())
    key = hashlib.sha256(os.fsencode(name)).hexdigest()[:32]
    # Taken in one thread and given back in another.
    return FileLock(folder / f"{key}.lock", thread_local=False)


def _user() -> str:
    # Another user's lock could not be opened, but neither could their session file.
    return str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()
