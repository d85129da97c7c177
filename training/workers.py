"""Worker processes that leave an interrupt to their parent."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.pool import Pool
from typing import Any


@contextmanager
def worker_pool(
    processes: int, start: Callable[..., None] | None = None, arguments: tuple[Any, ...] = ()
) -> Iterator[Pool]:
    """A pool of fresh processes; they are ended on leaving.

    Ctrl+C goes to every process of a terminal's group: without this each worker would print a
    traceback of its own.  What is ignored when a process starts stays ignored in it.

    Args:
        processes: how many.
        start: called in each of them first.
        arguments: of ``start``.
    """
    inherit = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if inherit else None
    try:
        pool = multiprocessing.get_context("spawn").Pool(processes, start, arguments)
    finally:
        if inherit:
            signal.signal(signal.SIGINT, before)
    with pool:
        yield pool
