"""Progress of reading a recording, on a terminal only."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from tqdm import tqdm


@contextlib.contextmanager
def reading_bar(
    label: str, total: float | None, quiet: bool = False
) -> Iterator[Callable[[float], None]]:
    """A bar on stderr with the time left, gone when done; nothing where stderr is no terminal.

    Args:
        label: what is being read.
        total: its length in seconds, where known.
        quiet: show nothing.

    Yields:
        A function to call with the seconds read so far.
    """
    form = "{desc}: {percentage:3.0f}% |{bar}| {n:.0f}/{total:.0f} s of sound [{remaining} left]"
    with tqdm(
        desc=label,
        total=total,
        disable=True if quiet else None,
        leave=False,
        bar_format=form if total else "{desc}: {n:.0f} s of sound [{elapsed}]",
    ) as bar:

        def update(done: float) -> None:
            bar.update(min(done, total or done) - bar.n)

        yield update
