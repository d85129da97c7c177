"""How many threads torch calculates with."""

from __future__ import annotations

import torch


def use_one_thread() -> None:
    """Let torch calculate with one thread in this process.

    For programs, not for the library: the setting is the process's.  Windows are small, so more
    threads gain little; and where other programs keep the processor busy, waiting for the others
    cost thirty times the work itself (voice activity: 1,480 against 50 ms a second of sound on
    two shared cores).
    """
    torch.set_num_threads(1)
