"""Files of the cache and of runs: written whole or not at all, and errors that name the file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from ser_live.errors import SerLiveError

#: Stays in a folder once a process has worked there (see :func:`only_one`).
LOCK = ".lock"


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write a file so that it is there whole or, after any error or kill, as before.

    Yields:
        ``NAME.part`` beside it, which takes its place in the end; after an error it is removed,
        so that it does not keep a full disk full.

    Raises:
        SerLiveError: it cannot be written (a full disk, no permission); the message names it.
    """
    temporary = path.with_name(path.name + ".part")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        _discard(temporary)
        raise SerLiveError(f"{path}: cannot be written: {reason(error)}") from error
    except BaseException:
        _discard(temporary)
        raise


@contextmanager
def appending(path: Path) -> Iterator[None]:
    """Name the file that a long computation appends to; what is in it stays, to go on from.

    Raises:
        SerLiveError: it cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise SerLiveError(
            f"{path}: cannot be written: {reason(error)}; the same command goes on from there"
        ) from error


def _discard(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def reason(error: OSError) -> str:
    """What the system says, without the number and the file's name."""
    return error.strerror or str(error)


def named(error: OSError) -> str:
    """An error of the system as a message that begins with the file, where it knows one."""
    return f"{error.filename}: {reason(error)}" if error.filename else str(error)


def write_text(path: Path, text: str) -> None:
    """Write a text file (UTF-8); see :func:`whole`."""
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any, **options: Any) -> None:
    """Write JSON with an indent of 1 and a last newline; see :func:`whole`."""
    write_text(path, json.dumps(value, indent=1, **options) + "\n")


def write_table(path: Path, table: pd.DataFrame, **options: Any) -> None:
    """Write a CSV file without row names; see :func:`whole`."""
    with whole(path) as temporary:
        table.to_csv(temporary, **{"index": False, **options})


def make_folder(path: Path) -> None:
    """Make a folder, with those above it.

    Raises:
        SerLiveError: a file is in its place, or it may not be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise SerLiveError(f"{path}: is a file, not a folder; choose another name") from error
    except OSError as error:
        raise SerLiveError(f"{path}: cannot be made: {reason(error)}") from error


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Keep a second process out of a folder while one writes to it.

    The system gives the lock back when its holder ends, however it ends.  On a file system
    without locks nothing is kept out.

    Raises:
        SerLiveError: another one does.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise SerLiveError(f"{folder}: another process is at work here right now") from None
    except (OSError, NotImplementedError):
        pass
    try:
        yield
    finally:
        lock.release()


def read_json(path: Path, fields: Iterable[str] = ()) -> dict[str, Any]:
    """Read an object from a JSON file.

    Args:
        path: the file.
        fields: what it must hold.

    Raises:
        SerLiveError: it cannot be read, is no JSON object, or lacks a field; the message names
            the file, and the line.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise SerLiveError(
            f"{path}: line {error.lineno}: damaged, not JSON ({error.msg})"
        ) from error
    except UnicodeDecodeError as error:
        raise SerLiveError(f"{path}: damaged, not UTF-8 (byte {error.start})") from error
    except OSError as error:
        raise SerLiveError(f"{path}: {reason(error)}") from error
    if not isinstance(value, dict):
        raise SerLiveError(f"{path}: damaged, not a JSON object")
    for field in fields:
        if field not in value:
            raise SerLiveError(f"{path}: has no field {field!r}")
    return value


def read_table(path: Path, columns: Iterable[str] = (), **options: Any) -> pd.DataFrame:
    """Read a CSV file that this module wrote.

    Args:
        path: the file.
        columns: that it must have.
        options: of :func:`pandas.read_csv`.

    Raises:
        SerLiveError: it cannot be read, is no table, or lacks a column; the message names it.
    """
    try:
        table: pd.DataFrame = pd.read_csv(path, **options)
    except pd.errors.EmptyDataError as error:
        raise SerLiveError(f"{path}: is empty") from error
    except UnicodeDecodeError as error:
        raise SerLiveError(f"{path}: damaged, not UTF-8 (byte {error.start})") from error
    except OSError as error:
        raise SerLiveError(f"{path}: {reason(error)}") from error
    except ValueError as error:  # pandas' ParserError is one, too
        raise SerLiveError(f"{path}: damaged: {' '.join(str(error).split())}") from error
    for column in columns:
        if column not in table:
            raise SerLiveError(f"{path}: no column {column!r}")
    return table
