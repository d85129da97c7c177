"""Windows that hold what surrounds the speech, as a segmenter with other habits would cut them.

Voice activity cuts close to the speech.  ``--segment whole``, a user's own cut, or speech that was
noticed late leave silence and room tone before and after it.  Here each window lies anywhere around
its speech that the clip allows, and is as long as a window may be.
"""

from __future__ import annotations

import numpy as np

from ser_live.config import Config
from training.augment.base import Span


class Context:
    """See the module; an :class:`~training.augment.base.Augmentation`."""

    name = "context"

    def __init__(self, config: Config) -> None:
        self.longest = config.audio.window_samples
        self.facts: dict[str, object] = {"longest": self.longest}

    def windows(
        self, wave: np.ndarray, spans: list[Span], version: int, rng: np.random.Generator
    ) -> list[np.ndarray]:
        """Cut anew: all of the old window is in the new one."""
        out = []
        for start, stop in spans:
            earliest = max(0, stop - self.longest)
            latest = max(earliest, min(start, len(wave) - self.longest))
            first = int(rng.integers(earliest, latest + 1))
            out.append(np.ascontiguousarray(wave[first : first + self.longest], np.float32))
        return out
