"""The source's training loop: resumable after an epoch.

Its random numbers come from generators of its own, so that it can run in a thread beside another
training.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import recall_score
from tqdm import tqdm

from ser_live.errors import SerLiveError
from training.files import write_table
from training.paper.model import CHANNELS, LSTM_UNITS, PaperModel
from training.paper.steps import BATCH, Steps, casting, make_optimizer
from training.paper.timing import faster_on_cuda
from training.precision import faster_precision
from training.resume import SAVE_SECONDS, load_state, save_state

FACTOR, PLATEAU_EPOCHS, STOP_EPOCHS = 0.5, 3, 5
LAST = "last.pt"
_TEST_ROWS = {"cuda": 1024}  # at a time; else 256


class PaperTrainer:
    """Trains on some rows and watches the accuracy of the very rows that are reported.

    Args:
        folder: of the run; holds ``last.pt`` and ``log.csv``.
        train, test: ((n, 170) float32, (n,) int64) numbers and classes.
        classes: their number.
        device: where to compute: on the current stream, which for CUDA graphs must be one of
            :func:`training.paper.steps.own_stream`.
        seed: of weights, order and dropout; each epoch seeds anew, so that a continued run
            equals an uninterrupted one.
        channels, units: see :class:`PaperModel`.
        precision: one of :data:`training.precision.PRECISIONS`, or on CUDA of
            :data:`training.paper.steps.CUDA_PRECISIONS`; ``None`` takes the fastest one.  A
            continued run keeps that of its first epoch.
    """

    def __init__(
        self,
        folder: Path,
        train: tuple[np.ndarray, np.ndarray],
        test: tuple[np.ndarray, np.ndarray],
        classes: int,
        device: torch.device,
        seed: int = 0,
        channels: int = CHANNELS,
        units: int = LSTM_UNITS,
        precision: str | None = None,
    ) -> None:
        self.folder, self.device, self.seed = folder, device, seed
        self.train, self.test = (
            (torch.from_numpy(x).float().to(device), torch.from_numpy(y).to(device))
            for x, y in (train, test)
        )
        self._truth = test[1]
        self._dropout = torch.Generator(device)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)  # weights are drawn from it, on the CPU
            self.model = PaperModel(classes, channels, units, self._dropout).to(device)
            self.optimizer = make_optimizer(self.model, device)
            self.schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
                self.optimizer, mode="max", factor=FACTOR, patience=PLATEAU_EPOCHS
            )
            self.epoch, self.waited, self.best_epoch = 0, 0, 0
            self.best = -1.0
            self.guesses = np.zeros(len(test[1]), np.int64)  # of the best epoch
            self.log: list[dict[str, Any]] = []
            if (folder / LAST).exists():
                self._resume()
            else:
                self.precision = precision or self._faster(classes, channels, units)
        self._saved_epoch, self._saved_time = self.epoch, time.monotonic()
        self._steps = Steps(self.model, self.optimizer, self.train, self._dropout, self.precision)
        self._steps.prepare()

    def _faster(self, classes: int, channels: int, units: int) -> str:
        if self.device.type == "cuda":
            return faster_on_cuda(
                lambda generator: PaperModel(classes, channels, units, generator), self.train
            )
        values, labels = (part[:BATCH] for part in self.train)

        def make_step() -> Callable[[], torch.Tensor]:
            model = PaperModel(classes, channels, units).to(self.device)
            return lambda: torch.nn.functional.cross_entropy(model(values), labels)

        return faster_precision(make_step, self.device)[0]

    @property
    def captured(self) -> bool:
        """Whether a step is one launch of a CUDA graph."""
        return self._steps.captured

    @property
    def rate(self) -> float:
        """The learning rate; on CUDA it is a float32."""
        return float(f"{float(self.optimizer.param_groups[0]['lr']):.7g}")

    @property
    def stopped(self) -> bool:
        """Whether the test accuracy has not risen for five epochs."""
        return self.waited >= STOP_EPOCHS

    def _resume(self) -> None:
        load_state(self.folder / LAST, self.device, self._take)
        if self.log:
            write_table(self.folder / "log.csv", pd.DataFrame(self.log))
        print(f"{self.folder}: continues after epoch {self.epoch}")

    def _take(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self._take_optimizer(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.epoch, self.waited, self.best_epoch = (
            state[name] for name in ("epoch", "waited", "best_epoch")
        )
        self.best, self.log, self.precision = state["best"], state["log"], state["precision"]
        self.guesses = state["guesses"].cpu().numpy()  # a GPU has read it to itself

    def _take_optimizer(self, state: dict[str, Any]) -> None:
        """Of whatever device it is: how Adam is computed, and where its rate lies, stay."""
        group, saved = self.optimizer.param_groups[0], state["param_groups"][0]
        saved |= {name: group[name] for name in ("foreach", "fused", "capturable")}
        rate, saved["lr"] = group["lr"], float(saved["lr"])
        self.optimizer.load_state_dict(state)
        if isinstance(rate, torch.Tensor):
            self.optimizer.param_groups[0]["lr"] = rate.fill_(saved["lr"])

    @property
    def save_due(self) -> bool:
        """Whether the last state is 20 s old."""
        return time.monotonic() - self._saved_time >= SAVE_SECONDS

    def save(self) -> None:
        """Write ``last.pt`` and ``log.csv``, if an epoch has been run since the last time."""
        if self._saved_epoch == self.epoch:
            return
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "epoch": self.epoch,
            "waited": self.waited,
            "best_epoch": self.best_epoch,
            "best": self.best,
            "precision": self.precision,
            "guesses": torch.from_numpy(self.guesses),
            "log": self.log,
        }
        save_state(self.folder / LAST, state)
        write_table(self.folder / "log.csv", pd.DataFrame(self.log))
        self._saved_epoch, self._saved_time = self.epoch, time.monotonic()

    def run_epoch(self, epochs: int) -> None:
        """Train one epoch, look at the test rows, and say how long the rest may take.

        Args:
            epochs: the last epoch, for the time left.

        Raises:
            SerLiveError: the loss is not finite any more; what is saved stays.
        """
        began = time.perf_counter()
        loss, accuracy = self._train_epoch()
        if not math.isfinite(loss):
            raise SerLiveError(
                f"{self.folder}: epoch {self.epoch + 1}: the loss is not finite ({self.precision})"
            )
        guesses, truth = self.predict(), self._truth
        tested = float((guesses == truth).mean())
        self.epoch += 1
        self.schedule.step(tested)
        self.waited += 1
        if tested > self.best:
            self.best, self.best_epoch, self.waited = tested, self.epoch, 0
            self.guesses = guesses
        seconds = time.perf_counter() - began
        self.log.append(
            {
                "epoch": self.epoch,
                "loss": loss,
                "train_accuracy": accuracy,
                "test_accuracy": tested,
                "test_uar": float(recall_score(truth, guesses, average="macro", zero_division=0)),
                "learning_rate": self.rate,
                "seconds": round(seconds, 1),
            }
        )
        mean = float(np.mean([row["seconds"] for row in self.log]))
        print(
            f"epoch {self.epoch}/{epochs}  loss {loss:.3f}  accuracy {100 * accuracy:.1f} % "
            f"in training, {100 * tested:.1f} % in the leaking test rows  {seconds:.0f} s; "
            f"at most {mean * (epochs - self.epoch) / 3_600:.1f} h left",
            flush=True,
        )

    def _train_epoch(self) -> tuple[float, float]:
        seed = self.seed * 10_000 + self.epoch
        order = torch.randperm(len(self.train[1]), generator=torch.Generator().manual_seed(seed))
        self._dropout.manual_seed(seed)
        bar = tqdm(
            total=len(order),
            desc=f"epoch {self.epoch + 1}",
            unit="row",
            mininterval=2.0,
            # In a thread the main one has a bar of its own.
            disable=threading.current_thread() is not threading.main_thread(),
        )

        def say(rows: int) -> None:
            if not bar.disable:
                loss, accuracy = self._steps.means()
                bar.set_postfix(loss=f"{loss:.3f}", accuracy=f"{accuracy:.3f}", refresh=False)
                bar.update(rows)

        with bar:
            self._steps.epoch(order, say)
        return self._steps.means()

    def predict(self) -> np.ndarray:
        """Predicted class of every test row, (n,) int64."""
        self.model.eval()
        rows = _TEST_ROWS.get(self.device.type, 256)
        with torch.inference_mode(), casting(self.device, self.precision):
            parts = [self.model(values).argmax(1) for values in self.test[0].split(rows)]
        return torch.cat(parts).cpu().numpy()
