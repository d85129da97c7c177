"""Finding files below a folder."""

from __future__ import annotations

import os
from pathlib import Path


def files_below(folder: Path) -> list[Path]:
    """All files below a folder, in order, also below folders that are linked into it.

    ``Path.rglob`` does not enter linked folders before Python 3.13, but large recordings often lie
    elsewhere and are linked.  A folder that is met again (a link to one above) is passed by.
    """
    found: list[Path] = []
    known: set[str] = set()
    for name, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(name)
        if real in known:
            folders.clear()
            continue
        known.add(real)
        folders.sort()
        found += [Path(name, file) for file in files]
    return sorted(found)
