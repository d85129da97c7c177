"""Many results into a folder, a file each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ser_live.export.formats import Format
from ser_live.export.output import open_binary_output
from ser_live.export.results import Results


@dataclass
class Written:
    """What came of it.

    Attributes:
        files: written.
        kept: were there already and stayed as they were.
    """

    files: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)


def write_each(
    results: Iterable[Results], form: Format, folder: Path, replace: bool = False
) -> Written:
    """Write every source's results into a file named after it.

    Sources of one name get a number: ``talk.csv``, ``talk-2.csv``.

    Args:
        results: of the sources.
        form: the format.
        folder: where to.
        replace: replace files that are there.

    Raises:
        SerLiveError: a file cannot be written; those before are there.
    """
    out = Written()
    used: set[str] = set()
    for each in results:
        name, number = each.stem, 1
        while name.lower() in used:  # some systems see no difference between a and A
            number += 1
            name = f"{each.stem}-{number}"
        used.add(name.lower())
        target = folder / (name + form.suffix)
        if target.exists() and not replace:
            out.kept.append(target)
            continue
        with open_binary_output(str(target)) as stream:
            form.write_one(each, stream)
        out.files.append(target)
    return out
