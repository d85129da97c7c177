"""A few numbers a clip, computed once and kept: resumable after any stop.

Clips are taken in the manifest's order by one process, and each one's numbers are appended to a
file; its length says how many clips are done, so the same call goes on where it was stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from ser_live.audio.decode import read_audio
from ser_live.errors import SerLiveError
from training.files import appending, make_folder, write_text

_DTYPE = np.dtype("<f4")
_FLUSH_CLIPS = 20

#: Samples (n,) float32 and their rate in Hz to an array of the fixed shape.
Compute = Callable[[np.ndarray, int], np.ndarray]


def manifest_digest(table: pd.DataFrame) -> str:
    """What tells one list of recordings from another: a hash of paths and of decoded samples."""
    text = table[["path", "sha1"]].to_csv(index=False)
    return hashlib.sha256(text.encode()).hexdigest()


def clip_rows(
    table: pd.DataFrame,
    root: Path,
    folder: Path,
    shape: tuple[int, ...],
    settings: dict[str, Any],
    make: Callable[[], Compute],
) -> np.ndarray:
    """The numbers of every clip, from ``folder`` or computed into it.

    Args:
        table: the manifest, (n) rows.
        root: folder of the corpora.
        folder: holds ``rows.f32`` and ``rows.json``.
        shape: of one clip's numbers.
        settings: how they are made; rows made in another way are refused.
        make: builds what computes them; called only where some are missing.

    Returns:
        (n, \\*shape) float32.

    Raises:
        SerLiveError: the folder holds numbers of other clips or settings, or the computed ones
            have another shape or are not finite; the message names the file.
    """
    make_folder(folder)
    path, meta = folder / "rows.f32", folder / "rows.json"
    facts = {"shape": list(shape), "settings": settings, "manifest": manifest_digest(table)}
    text = json.dumps(facts, indent=1, sort_keys=True) + "\n"
    if meta.exists() and meta.read_text(encoding="utf-8", errors="replace") != text:
        raise SerLiveError(
            f"{meta}: made from another manifest or with other settings; remove the folder"
        )
    if not meta.exists():
        write_text(meta, text)
    size = int(np.prod(shape)) * _DTYPE.itemsize
    done = path.stat().st_size // size if path.exists() else 0
    if done < len(table):
        _append(table, root, path, size, shape, done, make())
    return np.fromfile(path, _DTYPE).reshape(-1, *shape)[: len(table)]


def _append(
    table: pd.DataFrame,
    root: Path,
    path: Path,
    size: int,
    shape: tuple[int, ...],
    done: int,
    compute: Compute,
) -> None:
    bar = tqdm(
        table["path"].iloc[done:],
        total=len(table),
        initial=done,
        desc=path.parent.name,
        unit="clip",
        mininterval=2.0,
    )
    with appending(path), open(path, "r+b" if path.exists() else "wb") as file:
        file.truncate(done * size)  # half a clip's numbers, from a kill
        file.seek(done * size)
        for count, name in enumerate(bar, 1):
            values = np.asarray(compute(*read_audio(root / name)), _DTYPE)
            if values.shape != shape or not np.isfinite(values).all():
                raise SerLiveError(f"{root / name}: no finite numbers of shape {shape}")
            file.write(values.tobytes())
            if count % _FLUSH_CLIPS == 0:
                file.flush()
        file.flush()
        os.fsync(file.fileno())
