"""Windows to probabilities, on whatever device works best."""

from __future__ import annotations

import contextlib
import copy
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ser_live.config import ModelConfig
from ser_live.errors import BackendError
from ser_live.features import FeatureExtractor
from ser_live.labels import JOINT
from ser_live.models.checkpoint import Checkpoint

log = logging.getLogger(__name__)

#: Share of float32's time that bfloat16 may take at most to be chosen.
_CLEARLY = 0.8

DEVICES = ("auto", "cpu", "cuda", "mps")


def resolve_device(name: str) -> torch.device:
    """The torch device for ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Raises:
        BackendError: unknown, or asked for and not usable here.
    """
    if name not in DEVICES:
        raise BackendError(f"--device {name}: unknown (choose from {', '.join(DEVICES)})")
    cuda = torch.cuda.is_available()
    mps = torch.backends.mps.is_available()
    if name == "auto":
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    if name == "cuda" and not cuda:
        raise BackendError("--device cuda: no usable NVIDIA GPU and driver on this machine")
    if name == "mps" and not mps:
        raise BackendError("--device mps: no usable Apple GPU on this machine")
    return torch.device(name)


@dataclass(frozen=True)
class Timing:
    """Seconds that a window took, mean over those of the last prediction."""

    features: float = 0.0
    model: float = 0.0


#: The precision that this process has found faster, by architecture: what is analysed twice in one
#: program gives the same figures twice.
_CHOSEN: dict[ModelConfig, str] = {}

#: How often :meth:`Predictor.predict_steady` hears a window.
HEARINGS = 4


class Predictor:
    """A checkpoint ready to answer windows.

    Features are always computed on the CPU, so that every backend sees the same ones; the network
    runs on the chosen device.  On the CPU float32 and bfloat16 are both timed on a warm-up window,
    and bfloat16 is taken where it is clearly faster.  When a GPU fails later (driver, memory), the
    same windows are answered on the CPU, and ``on_fallback`` is told.

    Safe to call from several threads; calls take turns.

    Args:
        checkpoint: what :func:`ser_live.models.checkpoint.load_checkpoint` returned.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        on_fallback: called once with a message when the GPU is given up.

    Raises:
        BackendError: the device cannot be used, or the model leaves gender open.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        device: str = "auto",
        on_fallback: Callable[[str], None] | None = None,
    ) -> None:
        if checkpoint.config.model.n_classes != len(JOINT):
            raise BackendError(
                f"{checkpoint.path}: a model of emotions alone, it says nothing of gender; choose "
                "one of the 14 classes"
            )
        self.checkpoint = checkpoint
        self.config = checkpoint.config
        self.timing = Timing()
        self._on_fallback = on_fallback
        self._extract = FeatureExtractor(self.config)
        self._lock = threading.Lock()
        self.device = resolve_device(device)
        # A copy: fusing changes the model, and the checkpoint may be used again.
        self._fused = copy.deepcopy(checkpoint.model).fuse()
        self._fused = self._fused.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.precision = "float32"
        if self.device.type == "cpu":
            self._choose_cpu_precision()
        else:
            try:
                self._fused.to(self.device)
                self._warm_up()
            except RuntimeError as error:
                self._fall_back(error)

    @property
    def backend(self) -> str:
        """Device and precision as text, e.g. ``cpu bfloat16``."""
        return f"{self.device.type} {self.precision}"

    def _autocast(self) -> contextlib.AbstractContextManager[object]:
        if self.precision == "bfloat16":
            return torch.autocast(self.device.type, dtype=torch.bfloat16)
        return contextlib.nullcontext()

    def _warm_up(self) -> float:
        """Run blank windows; return the least time of one in seconds."""
        frames = self.config.frames_per_window
        values = torch.zeros(1, self.config.features.n_features, frames)
        mask = torch.ones(1, frames, dtype=torch.bool)
        times = []
        for _ in range(5):
            began = time.perf_counter()
            self._forward(values, mask)
            times.append(time.perf_counter() - began)
        return min(times[1:])  # what else the machine does only ever adds

    def _choose_cpu_precision(self) -> None:
        known = _CHOSEN.get(self.config.model)
        if known is not None:
            self.precision = known
            self._warm_up()
            return
        times = {}
        for self.precision in ("float32", "bfloat16"):
            times[self.precision] = self._warm_up()
        # bfloat16 must be clearly faster: a close race would be decided anew at every start, and
        # results differ in the third digit.
        faster = times["bfloat16"] < _CLEARLY * times["float32"]
        self.precision = "bfloat16" if faster else "float32"
        _CHOSEN[self.config.model] = self.precision
        log.info(
            "CPU: float32 %.1f ms, bfloat16 %.1f ms a window; using %s",
            1e3 * times["float32"],
            1e3 * times["bfloat16"],
            self.precision,
        )

    def _fall_back(self, error: Exception) -> None:
        message = f"{self.device.type} failed ({str(error).splitlines()[0]}); going on with the CPU"
        log.warning(message)
        self.device = torch.device("cpu")
        self._fused = copy.deepcopy(self.checkpoint.model).fuse()
        self._fused = self._fused.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._choose_cpu_precision()
        if self._on_fallback:
            self._on_fallback(message)

    def _forward(self, values: torch.Tensor, mask: torch.Tensor) -> np.ndarray:
        with torch.inference_mode(), self._autocast():
            values, mask = values.to(self.device), mask.to(self.device)
            logits = self._fused(self._fused.normalise(values, mask), mask)
        return logits.double().cpu().numpy()

    def predict(self, windows: Sequence[np.ndarray]) -> np.ndarray:
        """Joint class probabilities of windows, at the checkpoint's temperature.

        Args:
            windows: (n,) float32 arrays of mono audio at the analysis rate, each at most a full
                window long.

        Returns:
            (len(windows), 14) float64, rows sum to 1.

        Raises:
            ValueError: an empty or too long window, or values that are not finite.
        """
        if not len(windows):
            return np.empty((0, len(JOINT)))
        with self._lock:
            began = time.perf_counter()
            features = [self._extract(window) for window in windows]
            values = torch.stack([f.values for f in features])
            mask = torch.stack([f.mask for f in features])
            extracted = time.perf_counter()
            try:
                logits = self._forward(values, mask)
            except RuntimeError as error:
                if self.device.type == "cpu":
                    raise
                self._fall_back(error)
                logits = self._forward(values, mask)
            ended = time.perf_counter()
            self.timing = Timing(
                (extracted - began) / len(windows), (ended - extracted) / len(windows)
            )
        scaled = logits / self.config.decision.temperature
        scaled -= scaled.max(1, keepdims=True)
        p = np.exp(scaled)
        return p / p.sum(1, keepdims=True)

    def predict_steady(self, windows: Sequence[np.ndarray]) -> np.ndarray:
        """As :meth:`predict`, but hardly moved by where exactly a window begins.

        Speech that is played again is cut up to 30 ms earlier or later, and its frames fall
        elsewhere on it, which moves the answer: total variation of the emotions 0.034 (median of
        70 windows of corpora and readers, moved by up to 30 ms), for one window in ten 0.08.  So
        each window is heard :data:`HEARINGS` times, and the answer is the mean
        (:func:`aggregate`): 0.011 and 0.034.  It costs as many model runs, and gains or loses no
        accuracy to speak of.

        Args:
            windows: as :meth:`predict`.

        Returns:
            (len(windows), 14) float64, rows sum to 1.

        Raises:
            ValueError: as :meth:`predict`.
        """
        step = self.config.features.hop_length // 2
        heard = [_beginnings(window, step) for window in windows]
        joint = iter(self.predict([part for parts in heard for part in parts]))
        rows = [aggregate(np.stack([next(joint) for _ in parts])) for parts in heard]
        return np.stack(rows) if rows else np.empty((0, len(JOINT)))


def _beginnings(window: np.ndarray, step: int) -> list[np.ndarray]:
    """A window, and the same begun some steps later, but none of less than half of it.

    As windows are padded symmetrically, half a hop less at the beginning moves all of the sound by
    a quarter of a hop: together these hear it at every quarter of a frame.
    """
    return [window[n:] for n in range(0, HEARINGS * step, step) if n <= len(window) // 2]


def aggregate(joint: np.ndarray) -> np.ndarray:
    """One distribution for several windows: the normalised mean of their log-probabilities.

    Args:
        joint: (n, 14) probabilities, n ≥ 1.

    Returns:
        (14,) probabilities.
    """
    logs = np.log(np.maximum(joint, 1e-12)).mean(0)
    p = np.exp(logs - logs.max())
    return p / p.sum()
