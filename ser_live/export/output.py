"""Where results go: stdout, or a file that appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from ser_live.errors import SerLiveError


@contextlib.contextmanager
def open_output(name: str) -> Iterator[TextIO]:
    """stdout for ``-``; else a file that appears whole or not at all.

    Raises:
        SerLiveError: the file cannot be written.
    """
    if name == "-":
        yield sys.stdout
        return
    target = Path(name)
    if target.exists() and not target.is_file():  # /dev/null, a pipe …
        with open(target, "w", encoding="utf-8", newline="") as stream:
            yield stream
        return
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        stream = open(temporary, "w", encoding="utf-8", newline="")  # noqa: SIM115
    except OSError as error:
        raise SerLiveError(f"{name}: cannot be written ({error.strerror})") from error
    try:
        with stream:
            yield stream
        os.replace(temporary, target)
    except OSError as error:
        raise SerLiveError(f"{name}: cannot be written ({error.strerror})") from error
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def open_binary_output(name: str) -> Iterator[BinaryIO]:
    """As :func:`open_output`, for bytes."""
    with open_output(name) as stream:
        stream.flush()
        yield stream.buffer
        stream.buffer.flush()
