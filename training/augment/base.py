"""What every waveform augmentation offers."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from ser_live.config import Config
from ser_live.errors import SerLiveError

#: First sample and the one past the last of a window, in the clip at the analysis rate.
Span = tuple[int, int]


class Augmentation(Protocol):
    """Perturbs a clip's windows.

    Attributes:
        name: as in file names and recipes.
        facts: what it was made with; a version made with others is refused.
    """

    name: str
    facts: dict[str, object]

    def windows(
        self, wave: np.ndarray, spans: list[Span], version: int, rng: np.random.Generator
    ) -> list[np.ndarray]:
        """One perturbed window a span.

        Args:
            wave: (n,) float32, the clean clip at the analysis rate.
            spans: of its windows, found in the clean clip.
            version: from 1.
            rng: belongs to this clip and version alone.

        Returns:
            (m,) float32 each, at least one sample and at most a full window.
        """
        ...


#: Names that ``--augmentation`` takes.
NAMES = ("acoustic", "paper", "context")


def augmentation(name: str, root: Path, folder: Path, config: Config) -> Augmentation:
    """An augmentation by name.

    Args:
        name: one of :data:`NAMES`.
        root: folder with the corpora (ESC-50, LibriSpeech).
        folder: where a bank of impulse responses may be kept.
        config: its sample rate and window length are used.

    Raises:
        SerLiveError: unknown, or what it needs is not there.
    """
    if name == "acoustic":
        from training.augment.acoustic import Acoustic

        return Acoustic(root, folder, config)
    if name == "paper":
        from training.augment.paper import Paper

        return Paper(config)
    if name == "context":
        from training.augment.context import Context

        return Context(config)
    raise SerLiveError(f"augmentation {name!r}: choose from {', '.join(NAMES)}")
