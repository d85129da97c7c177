"""The training loop: resumable after every epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from ser_live.config import Config
from ser_live.errors import SerLiveError
from ser_live.models.cnn_bilstm import CnnBiLstm
from ser_live.models.registry import build_model
from training.augment.channel import Channel
from training.augment.waveform import WaveformAugment
from training.batches import (
    Augment,
    ClipWindows,
    batches,
    draw_epoch,
    draw_versions,
    feature_statistics,
    joint_labels,
    waveform_batches,
)
from training.cache import FeatureCache
from training.consistency import divergence, pair_up
from training.epoch_log import EpochLog, write_epochs
from training.optim import Averaging, Schedule, build_optimizer
from training.parallel import make_fabric
from training.precision import autocast
from training.recipe import Recipe
from training.resume import SAVE_SECONDS, load_state, save_state
from training.split import Split
from training.targets import blended, soft_targets
from training.validation import Validation

LAST = "last.pt"
#: Batches that an averaged model's batch norms are computed from.
_NORM_BATCHES = 64
#: Steps between looks at the loss, for each of which a GPU must be waited for.
_LOOK_STEPS = 25


class Trainer:
    """Trains one model on one split.

    After an epoch the whole state goes to ``last.pt`` in the run folder, written whole or not at
    all, unless that was done less than 20 s ago; a new trainer on the same folder continues from
    there.  Randomness is seeded anew for each epoch, and the precision is that of the first, so
    that a continued run equals an uninterrupted one; on a GPU up to the order of its sums.

    With several processes (``fabric``) each has a trainer; the first one validates and writes.
    Whoever makes one keeps other programs out of the folder (:func:`training.files.only_one`).
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
        fabric: Any = None,
        perturb: WaveformAugment | None = None,
        taught: np.ndarray | None = None,
    ) -> None:
        self.fabric = fabric or make_fabric(device)
        device = self.fabric.device
        self.folder, self.table, self.cache, self.split = folder, table, cache, split
        self.config, self.recipe, self.device, self.precision = config, recipe, device, precision
        self.windows = ClipWindows.of(cache)
        self.labels = joint_labels(table)
        self.targets = soft_targets(table, recipe.listener_share)
        self.corpus = table["corpus"].to_numpy()
        self.emotion = table["emotion"].to_numpy()
        torch.manual_seed(recipe.seed)
        self.model: CnnBiLstm = build_model(config)
        mean, std = feature_statistics(cache, split.train)
        self.model.feature_mean.copy_(torch.from_numpy(mean))
        self.model.feature_std.copy_(torch.from_numpy(std))
        self.model.to(device)
        self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = build_optimizer(self.model, recipe)
        self._parallel, self._stepper = self.fabric.setup(self.model, self.optimizer)
        self.epoch = 0
        drawn, _ = self._draw()
        # The number drawn varies a little from epoch to epoch: leave the schedule some room.
        windows = len(drawn) * (2 if recipe.consistency > 0 else 1)
        self._steps = int(1.05 * windows / recipe.batch_size + 1) * recipe.epochs
        self.schedule = Schedule(self.optimizer, recipe, self._steps)
        averaged = recipe.averaging != "none"
        self.averaging = Averaging(self.model, recipe) if averaged else None
        self.augment = Augment(recipe, config)
        self.channel = Channel(config, recipe.channel_share, device)
        self.perturb, self._taught = perturb, taught  # (cache rows, 14): training.distillation
        self._saved = -math.inf
        clips = split.validation
        self._validation = Validation(cache, self.windows, clips, self.labels, self.corpus, device)
        self.best_uar = -1.0
        self.best: dict[str, torch.Tensor] = {}
        self.log: list[dict[str, Any]] = []
        if (folder / LAST).exists():
            self._resume()

    def _resume(self) -> None:
        load_state(self.folder / LAST, self.device, self._take)
        if self.log and self.fabric.is_global_zero:
            write_epochs(self.folder, self.log)  # a kill may have come between the state and it
        print(f"{self.folder}: continues after epoch {self.epoch}")

    def _take(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        if self.averaging:
            self.averaging.load_state_dict(state["averaging"])
        self.epoch, self.best_uar = state["epoch"], state["best_uar"]
        self.best, self.log = state["best"], state["log"]
        # Chosen by timing, so it may come out the other way on a busy machine.
        self.precision = state.get("precision", self.precision)

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "epoch": self.epoch,
            "best_uar": self.best_uar,
            "best": self.best,
            "log": self.log,
            "precision": self.precision,
        }
        if self.averaging:
            state["averaging"] = self.averaging.state_dict()
        save_state(self.folder / LAST, state)
        self._saved = time.monotonic()

    def fit(self) -> CnnBiLstm:
        """Train to the recipe's last epoch.

        Returns:
            The model of the best validation UAR; of the last epoch where nobody validates.

        Raises:
            SerLiveError: the loss is no number any more.
        """
        self._fit()
        if self.fabric.is_global_zero:
            self.model.load_state_dict(self.best)
        return self.model

    def _fit(self) -> None:
        while self.epoch < self.recipe.epochs and not self._stalled():
            began = time.perf_counter()
            loss, clips = self._train_epoch()
            seconds = time.perf_counter() - began
            if not math.isfinite(loss):
                raise SerLiveError(
                    f"{self.folder}: the loss of epoch {self.epoch + 1} is no number any more; "
                    "choose another --run and a lower max_lr"
                )
            uar, text = self.fabric.broadcast(self._judge())
            self.schedule.after_epoch(uar)
            self.epoch += 1
            speed = round(clips / seconds, 2)
            row = EpochLog(self.epoch, loss, uar, round(seconds, 1), speed, text)
            self.log.append(asdict(row))
            if not self.fabric.is_global_zero:
                continue
            write_epochs(self.folder, self.log)
            last = self.epoch >= self.recipe.epochs or self._stalled()
            if last or time.monotonic() - self._saved >= SAVE_SECONDS:
                self._save()
            judged = text if math.isnan(uar) else f"validation UAR {100 * uar:.1f} % ({text})"
            print(
                f"epoch {self.epoch}/{self.recipe.epochs}  loss {loss:.3f}  {judged}  "
                f"{seconds:.0f} s, {clips / seconds:.1f} clips/s",
                flush=True,
            )

    def _stalled(self) -> bool:
        """Whether the recipe's early stopping says that it is enough."""
        uars = [row["validation_uar"] for row in self.log[self.recipe.coarse_epochs :]]
        patience = self.recipe.early_stopping
        return bool(patience and uars) and len(uars) - 1 - int(np.argmax(uars)) >= patience

    def _judge(self) -> tuple[float, str]:
        """Validate the model, or its average, and keep the best one; first process only."""
        if self.averaging:
            self.averaging.after_epoch(self.epoch)
        if not self.fabric.is_global_zero:
            return 0.0, ""
        model = self.model
        if self.averaging and self.averaging.ready:
            with autocast(self.device, self.precision):
                model = self.averaging.model(self._pairs())
        everyone = not len(self.split.validation)
        uar, text = math.nan, "everyone is trained on"
        if not everyone:
            uar, text = self.validate(model)
        if self.epoch == self.recipe.coarse_epochs:
            self.best_uar = -1.0  # nothing of before is like the model to come
        if everyone or uar > self.best_uar:
            self.best_uar = uar
            self.best = {k: v.detach().clone() for k, v in model.state_dict().items()}
        return uar, text

    def _pairs(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Normalised training windows, as clean as those that the model will be asked about."""
        rows, _ = self._draw()
        size = self.recipe.batch_size
        for at in range(0, min(len(rows) - 1, _NORM_BATCHES * size), size):
            values, mask = (x.to(self.device) for x in self.cache.batch(rows[at : at + size]))
            yield self.model.normalise(values, mask), mask

    def _draw(self) -> tuple[np.ndarray, np.ndarray]:
        return draw_epoch(
            self.split.train, self.corpus, self.windows, self.recipe, self.epoch, self.emotion
        )

    def _train_epoch(self) -> tuple[float, int]:
        recipe = self.recipe
        rows, clips = self._draw()
        rank, world = self.fabric.global_rank, self.fabric.world_size
        versions = draw_versions(len(rows), recipe, self.epoch, len(self.cache.versions))
        if recipe.consistency > 0:
            rows, clips, versions = pair_up(rows, clips, versions, recipe.batch_size, world)
        seed = recipe.seed * 1_000 + self.epoch + 1_000_003 * rank
        torch.manual_seed(seed)
        np.random.seed(seed)
        self.model.train()
        total, seen = torch.zeros((), device=self.device), 0
        bar = tqdm(
            total=len(rows),
            desc=f"epoch {self.epoch + 1}",
            unit="clip",
            mininterval=2.0,
            disable=rank > 0,
        )
        for step, (values, mask, targets) in enumerate(self._batches(rows, clips, versions)):
            values, mask = values.to(self.device), mask.to(self.device)
            if recipe.channel_share > 0:
                values = self.channel(values, mask, self.model.feature_mean[-1])
            values = self.model.normalise(values, mask)
            values, mask, targets = self.augment(values, mask, targets.to(self.device))
            values, mask = values[..., :: self._stride], mask[:, :: self._stride]
            with autocast(self.device, self.precision):
                logits = self._parallel(values, mask)
                loss = torch.nn.functional.cross_entropy(
                    logits, targets, label_smoothing=recipe.label_smoothing
                )
                if recipe.consistency > 0:
                    loss = loss + recipe.consistency * divergence(logits)
            self.optimizer.zero_grad(set_to_none=True)
            self.fabric.backward(loss)
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
            self._stepper.step()
            self.schedule.after_step()
            if self.averaging:
                self.averaging.after_step()
            total += loss.detach() * len(values)
            seen += len(values)
            bar.update(len(values) * world)
            if step % _LOOK_STEPS == 0:
                bar.set_postfix(loss=f"{float(total) / seen:.3f}")
        bar.close()
        return float(total) / max(seen, 1), seen * world

    def _batches(
        self, rows: np.ndarray, clips: np.ndarray, versions: np.ndarray
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        """This process's part of the epoch's batches: raw values, masks and targets."""
        size, targets = self.recipe.batch_size, self.targets[clips]
        if self._taught is not None:
            targets = blended(targets, self._taught[rows], self.recipe.distil_share)
        rank, world = self.fabric.global_rank, self.fabric.world_size
        if self.perturb is None:
            return batches(self.cache, rows, targets, size, versions, rank, world)
        rng = np.random.default_rng([self.recipe.seed, self.epoch, 55, rank])
        return waveform_batches(self.perturb, rows, targets, size, versions, rng, rank, world)

    def validate(self, model: CnnBiLstm) -> tuple[float, str]:
        """Mean over corpora of the validation UAR, and the single figures as text."""
        return self._validation(model, self.precision, self._stride)

    @property
    def _stride(self) -> int:
        """Every how many frames the model sees one in this epoch."""
        return 2 if self.epoch < self.recipe.coarse_epochs else 1
