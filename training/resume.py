"""The state of a training run after an epoch: written whole, and read back with care."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from ser_live.errors import SerLiveError
from training.files import whole

#: A fast device finishes an epoch in a second or two: a state is saved when so much has passed.
SAVE_SECONDS = 20.0
#: What torch raises of a file that is not whole, and models of a state that does not fit.  It
#: also seeks before the beginning of half a file, which is an OSError.
_DAMAGED = (RuntimeError, EOFError, KeyError, TypeError, ValueError, pickle.PickleError)


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write a state; see :func:`training.files.whole`.

    By way of memory: of a full disk torch's own writer says only that a position is unexpected.

    Raises:
        SerLiveError: it cannot be written.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    with whole(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def load_state(path: Path, device: torch.device, take: Callable[[dict[str, Any]], None]) -> None:
    """Read a state and hand it on.

    Args:
        path: the file.
        device: where its tensors go.
        take: puts it into model, optimizer and so on.

    Raises:
        SerLiveError: it is damaged, or ``take`` finds that it does not fit; the message names it.
    """
    try:
        take(torch.load(path, map_location=device, weights_only=True))
    except (OSError, *_DAMAGED) as error:
        raise SerLiveError(
            f"{path}: damaged, or of another version of this program; remove it to train from the "
            "beginning, or choose another --run"
        ) from error
