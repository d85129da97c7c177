"""Optimiser steps on rows that an order names; on CUDA a step is captured once and then replayed.

A step is some hundreds of small kernels.  Launching them one by one takes longer than they run,
more so where another thread launches its own at the same time; a graph launches them at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress

import torch

from training.paper.capture import Snapshot, default_generator_aside
from training.paper.model import PaperModel
from training.precision import PRECISIONS, autocast

BATCH, LEARNING_RATE = 32, 1.5e-3
#: On CUDA. All but float32 compute the LSTM in float16 (see :meth:`PaperModel.recur`); what else
#: is cast is cast to bfloat16, which unlike float16 holds a count of 80,000 crossings.
CUDA_PRECISIONS = ("float32", "bfloat16", "float16")
#: Of the loss where gradients pass through float16, whose smallest number is 6e-8.
LOSS_SCALE = 1024.0
_SAY_STEPS = 200  # between two looks at the totals, for which a GPU is waited for
_AHEAD_STEPS = 32  # a full queue of launches would hold up the other thread's
_TRIAL_STEPS, _TOLERANCE = 3, 0.05


@contextmanager
def own_stream(device: torch.device) -> Iterator[None]:
    """On CUDA a stream of high priority for what is computed in here, by this thread.

    So neither this nor what other threads compute on the default stream waits for the other;
    and nothing can be captured on the default one.
    """
    if device.type != "cuda":
        yield
        return
    stream = torch.cuda.Stream(device, priority=-1)
    with torch.cuda.stream(stream):
        try:
            yield
        finally:
            stream.synchronize()


def make_optimizer(model: PaperModel, device: torch.device) -> torch.optim.Adam:
    """Adam; on CUDA one that a graph can hold, its rate and its count of steps on the device."""
    if device.type != "cuda":
        return torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    rate = torch.tensor(LEARNING_RATE, device=device)
    return torch.optim.Adam(model.parameters(), lr=rate, fused=True, capturable=True)


def casting(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """A context for a forward pass; of the LSTM see :attr:`PaperModel.half_lstm`."""
    if device.type != "cuda":  # a run that was begun on CUDA may go on without
        return autocast(device, precision if precision in PRECISIONS else "float32")
    if precision != "bfloat16":
        return nullcontext()
    # Weights are used once a step; what a graph would find in a cache were those of its capture.
    return torch.autocast("cuda", torch.bfloat16, cache_enabled=False)


class Steps:
    """Trains a model on rows of a training set; sums of loss and hits are kept on the device.

    Args:
        model: on the device; its precision is set here.
        optimizer: of :func:`make_optimizer`.
        train: ((n, 170) float32, (n,) int64) on the device.
        generator: the model's, of dropout.
        precision: see :func:`casting`.
    """

    def __init__(
        self,
        model: PaperModel,
        optimizer: torch.optim.Adam,
        train: tuple[torch.Tensor, torch.Tensor],
        generator: torch.Generator,
        precision: str,
    ) -> None:
        self.model, self.optimizer, self.generator = model, optimizer, generator
        self.precision = precision
        self._values, self._labels = train
        self.device = self._values.device
        model.half_lstm = self.device.type == "cuda" and precision != "float32"
        self._order = torch.arange(len(self._labels), device=self.device)
        self._offsets = torch.arange(BATCH, device=self.device)
        self._begin = torch.zeros(1, dtype=torch.int64, device=self.device)
        self._loss = torch.zeros((), device=self.device)
        self._hits = torch.zeros((), dtype=torch.int64, device=self.device)
        self._seen = 0
        self._replay: Callable[[], None] | None = None

    @property
    def captured(self) -> bool:
        """Whether steps are replayed."""
        return self._replay is not None

    def epoch(self, order: torch.Tensor, say: Callable[[int], None]) -> None:
        """Take every row once.

        Args:
            order: (n,) int64, all rows.
            say: told how many rows have been taken since the last time.
        """
        self._start(order)
        whole, rest = divmod(len(order), BATCH)
        every = _SAY_STEPS if self.device.type == "cuda" else 1
        for done in range(0, whole, every):
            count = min(every, whole - done)
            self.run(count)
            say(count * BATCH)
        if rest:
            self._step(self._order[-rest:])
            self._seen += rest
            say(rest)

    def means(self) -> tuple[float, float]:
        """Loss and accuracy of the rows since the epoch began; waits for the device."""
        return float(self._loss) / self._seen, int(self._hits) / self._seen

    def run(self, count: int) -> None:
        """Take the next ``count`` whole batches, never more than 64 ahead of the device."""
        step, before = self._replay or self._batch, None
        for number in range(1, count + 1):
            step()
            if self.device.type == "cuda" and number % _AHEAD_STEPS == 0:
                event = torch.cuda.Event(blocking=True)  # sleeps instead of spinning
                event.record()
                if before is not None:
                    before.synchronize()
                before = event
        self._seen += count * BATCH

    def _start(self, order: torch.Tensor) -> None:
        self.model.train()
        self._order.copy_(order)
        for total in (self._begin, self._loss, self._hits):
            total.zero_()
        self._seen = 0

    def _batch(self) -> None:
        """The next whole batch; nothing here waits for the device, so it can be captured.

        Beyond the end of the order it begins again, as a trial with few rows does.
        """
        places = (self._begin + self._offsets) % len(self._order)
        self._step(self._order.index_select(0, places))
        self._begin += BATCH

    def _step(self, rows: torch.Tensor) -> None:
        """One step of Adam on (b,) rows."""
        labels = self._labels.index_select(0, rows)
        with casting(self.device, self.precision):
            logits = self.model(self._values.index_select(0, rows))
            loss = torch.nn.functional.cross_entropy(logits, labels)
        self.optimizer.zero_grad(set_to_none=True)
        if self.model.half_lstm:
            (loss * LOSS_SCALE).backward()  # type: ignore[no-untyped-call]
            self._unscale()
        else:
            loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self._loss += loss.detach() * len(rows)
        self._hits += (logits.detach().argmax(1) == labels).sum()

    def _unscale(self) -> None:
        """Divide the gradients; fused Adam skips the step where one overflowed.

        By ``found_inf``, as :class:`torch.amp.GradScaler` has it skip: without asking the device.
        """
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        torch._foreach_mul_(gradients, 1.0 / LOSS_SCALE)
        finite = torch.stack(torch._foreach_norm(gradients)).isfinite().all()
        self.optimizer.found_inf = (~finite).float()  # type: ignore[attr-defined]

    def prepare(self) -> None:
        """On CUDA: capture a step, and check that replays do what steps do; weights stay.

        On any failure a line is printed, and steps go on being launched one by one.  No other
        thread may draw random numbers on the device, or capture, until this returns.
        """
        if self.device.type != "cuda" or len(self._order) < BATCH:
            return
        keep = Snapshot(self.model, self.optimizer)
        expected = self._trial(self._batch)  # which is the warm-up, too
        keep.restore()
        try:
            replay = self._capture()
            found = self._trial(replay)
            if not math.isclose(found, expected, rel_tol=_TOLERANCE):
                raise RuntimeError(f"a loss of {found:.4f} replayed, of {expected:.4f} not")
            self._replay = replay
        except Exception as error:
            reason = " ".join(str(error).split())[:300]
            print(f"no CUDA graph ({self.precision}), so this is slower: {reason}", flush=True)
        keep.restore()

    def _trial(self, step: Callable[[], None]) -> float:
        """Mean loss of three steps with the same rows and dropout each time."""
        self.generator.manual_seed(0)
        self._start(torch.arange(len(self._order)))
        for _ in range(_TRIAL_STEPS):
            step()
        return float(self._loss) / (_TRIAL_STEPS * BATCH)

    def _capture(self) -> Callable[[], None]:
        """A whole batch as a graph, captured on the current stream; returns what replays it."""
        graph, pool = torch.cuda.CUDAGraph(), torch.cuda.graph_pool_handle()
        graph.register_generator_state(self.generator)
        self.optimizer.zero_grad(set_to_none=True)
        try:
            with (
                default_generator_aside(self.device),
                torch.cuda.graph(
                    graph,
                    pool=pool,
                    stream=torch.cuda.current_stream(self.device),
                    capture_error_mode="relaxed",  # other threads may allocate and wait
                ),
            ):
                self._batch()
        except Exception:
            # A capture that failed has not told the allocator that it is over.
            with suppress(Exception):
                torch._C._cuda_endAllocateToPool(torch.cuda.current_device(), pool)
            raise
        return graph.replay
