"""Processes that end with the one that started them, however that one ends.

A program that is killed cannot tell its children.  So a child that is to end with it gets a pipe as
its standard input, to which nobody writes: the system closes it with the program, and the child
reads its end.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress

#: Set in the environment of a child whose standard input is such a pipe.
VARIABLE = "SER_ENDS_WITH_STDIN"


def end_with_parent() -> None:
    """End this process as SIGTERM does once its parent is gone, if it was started that way.

    Its own children are not asked to: they may have another standard input.
    """
    if os.environ.pop(VARIABLE, None) is not None:
        threading.Thread(target=_wait_for_the_end, name="parent", daemon=True).start()


def _wait_for_the_end() -> None:
    with suppress(OSError):
        while os.read(0, 1):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
