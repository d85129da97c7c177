"""Optimiser, learning-rate schedule and weight averaging of a recipe."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

from ser_live.models.cnn_bilstm import CnnBiLstm
from training.recipe import Recipe


def build_optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW (decay apart from the gradient) or Adam (L2 in the gradient), over all weights.

    With ``decay_on = "dense"`` only the weights of convolutions and dense layers decay: no bias,
    no norm, no LSTM.
    """
    kind = torch.optim.Adam if recipe.optimizer == "adam" else torch.optim.AdamW
    if recipe.decay_on == "all":
        return kind(model.parameters(), lr=recipe.max_lr, weight_decay=recipe.weight_decay)
    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    decayed = [layer.weight for layer in layers]
    others = [p for p in model.parameters() if all(p is not d for d in decayed)]
    groups: list[dict[str, Any]] = [
        {"params": decayed, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return kind(groups, lr=recipe.max_lr)


class Schedule:
    """The learning rate, by step (one-cycle, cosine to 0) or by epoch (plateau of validation UAR).

    Args:
        optimizer: to steer.
        recipe: ``schedule`` and its values.
        steps: of the whole training.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, recipe: Recipe, steps: int) -> None:
        self._steps = steps
        self._by_epoch: lr_scheduler.ReduceLROnPlateau | None = None
        self._by_step: lr_scheduler.LRScheduler | None = None
        if recipe.schedule == "plateau":
            self._by_epoch = lr_scheduler.ReduceLROnPlateau(
                optimizer, "max", recipe.plateau_factor, recipe.plateau_patience
            )
        elif recipe.schedule == "cosine":
            self._by_step = lr_scheduler.CosineAnnealingLR(optimizer, steps)
        else:
            self._by_step = lr_scheduler.OneCycleLR(
                optimizer,
                recipe.max_lr,
                total_steps=max(steps, 8),  # fewer leave its warm-up without a step
                pct_start=0.25,
            )

    def after_step(self) -> None:
        """An optimiser step is done."""
        if self._by_step is not None and self._by_step.last_epoch < self._steps - 1:
            self._by_step.step()

    def after_epoch(self, uar: float) -> None:
        """An epoch is done, with this validation UAR."""
        if self._by_epoch is not None:
            self._by_epoch.step(uar)

    def state_dict(self) -> dict[str, Any]:
        """As the scheduler's own, so that older ``last.pt`` files stay readable."""
        inner = self._by_epoch or self._by_step
        assert inner is not None
        return inner.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from :meth:`state_dict`."""
        inner = self._by_epoch or self._by_step
        assert inner is not None
        inner.load_state_dict(state)


class _OnPair(nn.Module):
    """Takes (values, mask) as one argument, as ``update_bn`` gives it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, pair: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        return self.model(*pair)


class Averaging:
    """Averages of the weights over training (``torch.optim.swa_utils``).

    ``ema``: an exponential mean over steps (decay ``ema_decay``); ``swa``: the mean over the ends
    of epochs from the share ``swa_start`` of them on, coarse ones apart (Izmailov et al. 2018,
    arXiv:1803.05407).
    Of ``swa`` the batch norms' statistics are then computed anew, as they do not fit the mean of
    models that lie epochs apart; of ``ema`` they are averaged along with the weights.
    """

    def __init__(self, model: CnnBiLstm, recipe: Recipe) -> None:
        self.kind = recipe.averaging
        self._first = max(int(recipe.swa_start * recipe.epochs), recipe.coarse_epochs)
        average = get_ema_multi_avg_fn(recipe.ema_decay) if self.kind == "ema" else None
        self._averaged = AveragedModel(model, multi_avg_fn=average, use_buffers=self.kind == "ema")
        self._source = model

    def after_step(self) -> None:
        """An optimiser step is done."""
        if self.kind == "ema":
            self._averaged.update_parameters(self._source)

    def after_epoch(self, epoch: int) -> None:
        """The epoch (from 0) is done."""
        if self.kind == "swa" and epoch >= self._first:
            self._averaged.update_parameters(self._source)

    @property
    def ready(self) -> bool:
        """Whether anything was averaged yet."""
        return int(self._averaged.n_averaged) > 0

    def model(self, pairs: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> CnnBiLstm:
        """The averaged model.

        Args:
            pairs: normalised values (batch, 170, frames) and masks (batch, frames) to compute the
                batch norms' statistics from.
        """
        module: CnnBiLstm = self._averaged.module  # type: ignore[assignment]
        if self.kind == "ema":
            return module
        update_bn(([pair] for pair in pairs), _OnPair(module))
        return module

    def state_dict(self) -> dict[str, Any]:
        """For ``last.pt``."""
        return self._averaged.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from :meth:`state_dict`."""
        self._averaged.load_state_dict(state)
