"""One or several processes, GPUs or machines, by Lightning Fabric.

Every process draws the same epoch and takes its part of every batch, so the recipe's batch size is
that of all together.  The first one validates and writes.  All processes must see the run folder.
"""

from __future__ import annotations

import time
from typing import Any

import torch

from ser_live.errors import SerLiveError

#: How long Gloo's thread gets to come to its end; it takes microseconds once it is scheduled.
_LAST_WORK_SECONDS = 1.0


def make_fabric(device: torch.device, devices: int = 1, nodes: int = 1) -> Any:
    """A Fabric on so many devices of this kind on each of so many machines.

    Raises:
        SerLiveError: Lightning is not installed, or the devices are not there.
    """
    try:
        from lightning.fabric import Fabric
    except ImportError as error:
        raise SerLiveError("training needs Lightning Fabric: `make setup-training`") from error
    if devices < 1 or nodes < 1:
        raise SerLiveError("--devices and --nodes: at least 1")
    try:
        # Without "ddp" a single process has no wrapper at all.
        strategy = "ddp" if devices * nodes > 1 else "auto"
        return Fabric(accelerator=device.type, devices=devices, num_nodes=nodes, strategy=strategy)
    except (ValueError, RuntimeError) as error:
        raise SerLiveError(f"--devices {devices}: {error}") from error


def part(fabric: Any) -> None:
    """End what the processes do together; the first one then goes on alone.

    Left to the interpreter's end, a connection that is torn down on one side only could make the
    others exit with an error, for which Lightning would end the first one in the midst of its work.

    Gloo's thread drops what it has done last after the barrier, and needs Python's lock for that.
    Where the wrapped model is deleted before it came to that, the deletion waits for the thread
    with the lock held, and neither ever goes on (PyTorch 2.11; seen once on a busy machine).
    """
    if fabric.world_size > 1:
        fabric.barrier()
        torch.distributed.destroy_process_group()
        time.sleep(_LAST_WORK_SECONDS)  # the lock is free
