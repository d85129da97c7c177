"""Comparing nested settings."""

from __future__ import annotations

import dataclasses
import json
from typing import Any


def plain(settings: Any) -> dict[str, Any]:
    """A settings dataclass as it comes out of a JSON file: lists for tuples."""
    return json.loads(json.dumps(dataclasses.asdict(settings)))


def difference(a: dict[str, Any], b: dict[str, Any], where: str = "") -> str:
    """The first field in which two nested objects differ, with both values; empty if none.

    Args:
        a, b: objects of JSON values.
        where: put before the field's name.
    """
    if found := first_difference(a, b):
        name, here, there = found
        return f"{where}{name} ({here!r}, {there!r})"
    return ""


def first_difference(a: dict[str, Any], b: dict[str, Any]) -> tuple[str, Any, Any] | None:
    """Dotted name, and both values, of the first field in which two nested objects differ."""
    for name in sorted(a.keys() | b.keys()):
        here, there = a.get(name), b.get(name)
        if isinstance(here, dict) and isinstance(there, dict):
            if found := first_difference(here, there):
                return f"{name}.{found[0]}", *found[1:]
        elif here != there:
            return name, here, there
    return None
