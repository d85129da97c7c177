"""How good a model is after an epoch: UAR of the validation speakers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ser_live.models.cnn_bilstm import CnnBiLstm
from training.batches import ClipWindows
from training.cache import FeatureCache
from training.evaluate import WindowBatch, predict_clips, probabilities, window_batches
from training.metrics import scores_by_corpus


class Validation:
    """Asks models about the same clips again and again.

    Args:
        cache: with the clips' windows.
        windows: of all clips.
        clips: (n,) manifest rows of the validation speakers.
        labels, corpus: joint class and corpus of every manifest row.
        device: of the models.
    """

    def __init__(
        self,
        cache: FeatureCache,
        windows: ClipWindows,
        clips: np.ndarray,
        labels: np.ndarray,
        corpus: np.ndarray,
        device: torch.device,
    ) -> None:
        self._cache, self._windows, self._clips, self._device = cache, windows, clips, device
        self._labels, self._corpus = labels[clips], corpus[clips]
        self._held: list[WindowBatch] | None = None

    def __call__(self, model: CnnBiLstm, precision: str, stride: int = 1) -> tuple[float, str]:
        """Mean over corpora of the UAR, and the single figures as text.

        Args:
            model: to ask.
            precision: as :func:`training.precision.autocast` takes it.
            stride: every how many frames the model sees one.
        """
        if self._device.type != "cpu" and self._held is None:
            # Kept where an epoch is so fast that putting them together would count.
            self._held = list(self._batches())
        seen = (
            (values[..., ::stride], mask[:, ::stride])
            for values, mask in self._held or self._batches()
        )
        logs = predict_clips(
            model, self._cache, self._windows, self._clips, self._device, precision, seen
        )
        figures = scores_by_corpus(probabilities(logs), self._labels, self._corpus)
        uar = float(np.mean([f["uar"] for f in figures.values()]))
        return uar, ", ".join(f"{n} {100 * f['uar']:.1f}" for n, f in figures.items())

    def _batches(self) -> Iterator[WindowBatch]:
        return window_batches(self._cache, self._windows, self._clips, self._device)
