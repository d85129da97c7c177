"""Text into a binary stream."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import BinaryIO, TextIO


@contextlib.contextmanager
def as_text(stream: BinaryIO) -> Iterator[TextIO]:
    """The stream as UTF-8 text without translation of line ends; it stays open afterwards."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    try:
        yield text
    finally:
        text.detach()
