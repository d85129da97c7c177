"""The source's training loop: resumable after every epoch."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import recall_score
from tqdm import tqdm

from training.files import write_table
from training.paper.model import CHANNELS, LSTM_UNITS, PaperModel
from training.precision import autocast, faster_precision
from training.resume import load_state, save_state

BATCH, LEARNING_RATE = 32, 1.5e-3
FACTOR, PLATEAU_EPOCHS, STOP_EPOCHS = 0.5, 3, 5
LAST = "last.pt"


class PaperTrainer:
    """Trains on some rows and watches the accuracy of the very rows that are reported.

    Args:
        folder: of the run; holds ``last.pt`` and ``log.csv``.
        train, test: ((n, 170) float32, (n,) int64) numbers and classes.
        classes: their number.
        device: where to compute.
        seed: of weights, order and dropout; each epoch seeds anew, so that a continued run
            equals an uninterrupted one.
        channels, units: see :class:`PaperModel`.
        precision: one of :data:`training.precision.PRECISIONS`; ``None`` takes the faster one.  A
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
        torch.manual_seed(seed)
        self.model = PaperModel(classes, channels, units).to(device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
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

    def _faster(self, *sizes: int) -> str:
        values, labels = (part[:BATCH] for part in self.train)

        def make_step() -> Callable[[], torch.Tensor]:
            model = PaperModel(*sizes).to(self.device)
            return lambda: torch.nn.functional.cross_entropy(model(values), labels)

        return faster_precision(make_step, self.device)[0]

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
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.epoch, self.waited, self.best_epoch = (
            state[name] for name in ("epoch", "waited", "best_epoch")
        )
        self.best, self.log, self.precision = state["best"], state["log"], state["precision"]
        self.guesses = state["guesses"].numpy()

    def _save(self) -> None:
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

    def run_epoch(self, epochs: int) -> None:
        """Train one epoch, look at the test rows, save, and say how long the rest may take.

        Args:
            epochs: the last epoch, for the time left.
        """
        began = time.perf_counter()
        loss, accuracy = self._train_epoch()
        guesses = self.predict()
        truth = self.test[1].cpu().numpy()
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
                "learning_rate": self.optimizer.param_groups[0]["lr"],
                "seconds": round(seconds, 1),
            }
        )
        self._save()
        mean = float(np.mean([row["seconds"] for row in self.log]))
        print(
            f"epoch {self.epoch}/{epochs}  loss {loss:.3f}  accuracy {100 * accuracy:.1f} % "
            f"in training, {100 * tested:.1f} % in the leaking test rows  {seconds:.0f} s; "
            f"at most {mean * (epochs - self.epoch) / 3_600:.1f} h left",
            flush=True,
        )

    def _train_epoch(self) -> tuple[float, float]:
        torch.manual_seed(self.seed * 10_000 + self.epoch)
        values, labels = self.train
        order = torch.randperm(len(values)).to(self.device)
        self.model.train()
        total, hits, seen = 0.0, 0, 0
        bar = tqdm(total=len(order), desc=f"epoch {self.epoch + 1}", unit="row", mininterval=2.0)
        for rows in order.split(BATCH):
            with autocast(self.device, self.precision):
                logits = self.model(values[rows])
                loss = torch.nn.functional.cross_entropy(logits, labels[rows])
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            total += float(loss.detach()) * len(rows)
            hits += int((logits.argmax(1) == labels[rows]).sum())
            seen += len(rows)
            bar.update(len(rows))
            bar.set_postfix(loss=f"{total / seen:.3f}", accuracy=f"{hits / seen:.3f}")
        bar.close()
        return total / seen, hits / seen

    def predict(self) -> np.ndarray:
        """Predicted class of every test row, (n,) int64."""
        self.model.eval()
        with torch.inference_mode(), autocast(self.device, self.precision):
            parts = [self.model(values).argmax(1) for values in self.test[0].split(256)]
        return torch.cat(parts).cpu().numpy()
