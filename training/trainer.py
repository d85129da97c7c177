"""The training loop: resumable after every epoch."""

from __future__ import annotations

import csv
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from ser_live.config import Config
from ser_live.models.cnn_bilstm import CnnBiLstm
from ser_live.models.registry import build_model
from training.batches import (
    Augment,
    ClipWindows,
    batches,
    draw_epoch,
    draw_versions,
    feature_statistics,
    joint_labels,
)
from training.cache import FeatureCache
from training.evaluate import predict_clips, probabilities
from training.metrics import scores_by_corpus
from training.precision import autocast
from training.recipe import Recipe
from training.split import Split

LAST = "last.pt"


@dataclass
class EpochLog:
    """One row of ``log.csv``."""

    epoch: int
    loss: float
    validation_uar: float
    seconds: float
    clips_per_second: float
    per_corpus: str


class Trainer:
    """Trains one model on one split.

    After every epoch the whole state goes to ``last.pt`` in the run folder, written whole or not
    at all; a new trainer on the same folder continues from there.  Randomness is seeded anew for
    each epoch, so that a continued run equals an uninterrupted one.
    """

    def __init__(
        self,
        folder: Path,
        table: pd.DataFrame,
        cache: FeatureCache,
        split: Split,
        config: Config,
        recipe: Recipe,
        device: torch.device,
        precision: str,
    ) -> None:
        self.folder, self.table, self.cache, self.split = folder, table, cache, split
        self.config, self.recipe, self.device, self.precision = config, recipe, device, precision
        self.windows = ClipWindows.of(cache)
        self.labels = joint_labels(table)
        self.corpus = table["corpus"].to_numpy()
        torch.manual_seed(recipe.seed)
        self.model: CnnBiLstm = build_model(config)
        mean, std = feature_statistics(cache, split.train)
        self.model.feature_mean.copy_(torch.from_numpy(mean))
        self.model.feature_std.copy_(torch.from_numpy(std))
        self.model.to(device)
        self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=recipe.max_lr, weight_decay=recipe.weight_decay
        )
        drawn, _ = draw_epoch(split.train, self.corpus, self.windows, recipe, 0)
        # The number drawn varies a little from epoch to epoch: leave the schedule some room.
        self._steps = int(1.05 * len(drawn) / recipe.batch_size + 1) * recipe.epochs
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, recipe.max_lr, total_steps=self._steps, pct_start=0.25
        )
        self.augment = Augment(recipe, config)
        self.epoch = 0
        self.best_uar = -1.0
        self.best: dict[str, torch.Tensor] = {}
        self.log: list[dict[str, Any]] = []
        if (folder / LAST).exists():
            self._resume()

    def _resume(self) -> None:
        state = torch.load(self.folder / LAST, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.epoch, self.best_uar = state["epoch"], state["best_uar"]
        self.best, self.log = state["best"], state["log"]
        print(f"{self.folder}: continues after epoch {self.epoch}")

    def _save(self) -> None:
        temporary = self.folder / (LAST + ".part")
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "epoch": self.epoch,
            "best_uar": self.best_uar,
            "best": self.best,
            "log": self.log,
        }
        torch.save(state, temporary)
        temporary.replace(self.folder / LAST)
        with open(self.folder / "log.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, list(self.log[0]))
            writer.writeheader()
            writer.writerows(self.log)

    def fit(self) -> CnnBiLstm:
        """Train to the recipe's last epoch; return the model of the best validation UAR."""
        while self.epoch < self.recipe.epochs:
            began = time.perf_counter()
            loss, clips = self._train_epoch()
            seconds = time.perf_counter() - began
            uar, text = self.validate()
            self.epoch += 1
            if uar > self.best_uar:
                self.best_uar = uar
                self.best = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
            speed = round(clips / seconds, 2)
            row = EpochLog(self.epoch, loss, uar, round(seconds, 1), speed, text)
            self.log.append(asdict(row))
            self._save()
            print(
                f"epoch {self.epoch}/{self.recipe.epochs}  loss {loss:.3f}  "
                f"validation UAR {100 * uar:.1f} % ({text})  "
                f"{seconds:.0f} s, {clips / seconds:.1f} clips/s",
                flush=True,
            )
        self.model.load_state_dict(self.best)
        return self.model

    def _train_epoch(self) -> tuple[float, int]:
        recipe = self.recipe
        rows, clips = draw_epoch(self.split.train, self.corpus, self.windows, recipe, self.epoch)
        versions = draw_versions(len(rows), recipe, self.epoch, len(self.cache.versions))
        torch.manual_seed(recipe.seed * 1_000 + self.epoch)
        np.random.seed(recipe.seed * 1_000 + self.epoch)
        self.model.train()
        total, seen = 0.0, 0
        n_classes = self.config.model.n_classes
        bar = tqdm(total=len(rows), desc=f"epoch {self.epoch + 1}", unit="clip", mininterval=2.0)
        for values, mask, targets in batches(
            self.cache, rows, self.labels[clips], recipe.batch_size, n_classes, versions
        ):
            values, mask = values.to(self.device), mask.to(self.device)
            values = self.model.normalise(values, mask)
            values, mask, targets = self.augment(values, mask, targets.to(self.device))
            with autocast(self.device, self.precision):
                logits = self.model(values, mask)
                loss = torch.nn.functional.cross_entropy(
                    logits, targets, label_smoothing=recipe.label_smoothing
                )
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
            self.optimizer.step()
            if self.schedule.last_epoch < self._steps - 1:
                self.schedule.step()
            total += float(loss.detach()) * len(values)
            seen += len(values)
            bar.update(len(values))
            bar.set_postfix(loss=f"{total / seen:.3f}")
        bar.close()
        return total / max(seen, 1), seen

    def validate(self) -> tuple[float, str]:
        """Mean over corpora of the validation UAR, and the single figures as text."""
        clips = self.split.validation
        logs = predict_clips(
            self.model, self.cache, self.windows, clips, self.device, self.precision
        )
        figures = scores_by_corpus(probabilities(logs), self.labels[clips], self.corpus[clips])
        uar = float(np.mean([f["uar"] for f in figures.values()]))
        return uar, ", ".join(f"{n} {100 * f['uar']:.1f}" for n, f in figures.items())
