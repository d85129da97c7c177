"""JSON Lines: one object a line (https://jsonlines.org)."""

from __future__ import annotations

import json
from typing import Any, TextIO


def write_line(record: dict[str, Any], stream: TextIO) -> None:
    """Write one object as a line and flush, so that a reader at a pipe sees it at once."""
    stream.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")
    stream.flush()
