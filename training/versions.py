"""Augmented versions of the feature cache: row i of a version is window i, perturbed.

Beside ``features.f16`` lie, for each version, ``NAME-1.f16`` (frames, 170) float16, ``NAME-1.rows``
(windows, 3) int64 (offset, frames, first unpadded frame) and ``NAME-1.json`` (what it was made
with), written last.  The window positions are those of the clean clip: segmentation happens on
clean sound, then its waveform is perturbed; the scaling to one speech level follows, as in the live
path.  Everything random depends on the clip's path and the version alone, so an interrupted build
continues where it was, and ends with the same bytes.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from ser_live.audio.decode import read_audio
from ser_live.audio.resample import resampled
from ser_live.config import Config, from_mapping
from ser_live.errors import SerLiveError
from ser_live.features import FeatureExtractor, Features
from training.augment.base import Augmentation, Span
from training.files import appending, read_json, read_table, write_json

_ROW = 3 * 8  # bytes
_FLUSH = 64  # clips between writes


@dataclass(frozen=True)
class Version:
    """One augmented copy of the cache.

    Attributes:
        data: (total frames, 170) float16, mapped from its file.
        rows: (windows, 3) int64: offset, frames, first unpadded frame.
    """

    data: np.ndarray
    rows: np.ndarray


def _windows_digest(folder: Path) -> str:
    return hashlib.sha256((folder / "windows.csv").read_bytes()).hexdigest()


def stored_frames(features: Features) -> np.ndarray:
    """A window's unpadded frames as caches hold them, (frames, 170) float16."""
    return features.values[:, features.mask].T.to(torch.float16).numpy()


def spans_in(wave: np.ndarray, start: np.ndarray, end: np.ndarray, config: Config) -> list[Span]:
    """Samples of windows that the segmenter cut at these seconds of the clean clip."""
    rate, size = config.audio.sample_rate, config.audio.window_samples
    out = []
    for a, b in zip(start, end, strict=True):
        first = round(float(a) * rate)
        out.append((first, min(round(float(b) * rate), first + size, len(wave))))
    return out


def build_version(
    table: pd.DataFrame, root: Path, folder: Path, augmentation: Augmentation, version: int
) -> bool:
    """Compute and store one version of all clips of a cache, or the rest of it.

    Args:
        table: the manifest.
        root: folder with the corpora.
        folder: of the clean features.
        augmentation: how to perturb.
        version: from 1.

    Returns:
        Whether anything was done: false where it was there already.

    Raises:
        SerLiveError: a version made otherwise is there, or a clip is not the one cached.
    """
    stem = f"{augmentation.name}-{version}"
    meta = {
        "augmentation": augmentation.name,
        "version": version,
        "facts": augmentation.facts,
        "windows": _windows_digest(folder),
    }
    done, begun = folder / f"{stem}.json", folder / f"{stem}.begun.json"
    for path in (done, begun):
        if path.exists() and read_json(path) != meta:
            raise SerLiveError(f"{path}: made with other settings; remove {folder}/{stem}.*")
    if done.exists():
        return False
    write_json(begun, meta)
    config = _config(folder)
    # Python's float() is exact; pandas' own parser may be off by the last bit.
    index = pd.read_csv(folder / "windows.csv", converters={"start": float, "end": float})
    groups = [part for _, part in index.groupby("clip", sort=True)]
    parts = folder / f"{stem}.f16.part", folder / f"{stem}.rows.part"
    first, offset = _continue(*parts, [len(g) for g in groups], config.features.n_features)
    with appending(parts[0]), open(parts[0], "ab") as data_file, open(parts[1], "ab") as rows_file:
        made = _make(table, root, groups[first:], augmentation, version, config)
        for number, (data, rows) in enumerate(
            tqdm(made, total=len(groups), initial=first, desc=stem, unit="clip", mininterval=2)
        ):
            rows[:, 0] += offset
            offset += len(data)
            data_file.write(data.tobytes())
            rows_file.write(rows.tobytes())
            if number % _FLUSH == 0:
                data_file.flush()
                rows_file.flush()
    parts[0].replace(folder / f"{stem}.f16")
    parts[1].replace(folder / f"{stem}.rows")
    begun.replace(done)
    return True


def _continue(data: Path, rows: Path, counts: list[int], width: int) -> tuple[int, int]:
    """Cut half-written clips off; return how many clips and frames are whole."""
    if not data.exists() or not rows.exists():
        data.unlink(missing_ok=True)
        rows.unlink(missing_ok=True)
        return 0, 0
    stored = rows.read_bytes()
    known = np.frombuffer(stored[: len(stored) // _ROW * _ROW], np.int64).reshape(-1, 3)
    frames = data.stat().st_size // (2 * width)
    # What is whole in both files.
    whole = int(np.searchsorted(known[:, 0] + known[:, 1], frames, side="right"))
    ends = np.cumsum(counts)
    clips = int(np.searchsorted(ends, whole, side="right"))
    kept = int(ends[clips - 1]) if clips else 0
    offset = int(known[kept - 1, :2].sum()) if kept else 0
    with open(rows, "r+b") as file:
        file.truncate(kept * _ROW)
    with open(data, "r+b") as file:
        file.truncate(offset * 2 * width)
    return clips, offset


def _make(
    table: pd.DataFrame,
    root: Path,
    groups: list[pd.DataFrame],
    augmentation: Augmentation,
    version: int,
    config: Config,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Features (frames, 170) float16 and rows (windows, 3) of one clip after the other."""
    extractor = FeatureExtractor(config)
    for group in groups:
        name = str(table["path"].iloc[int(group["clip"].iloc[0])])
        samples, rate = read_audio(root / name)
        wave = resampled(samples, rate, config.audio.sample_rate, config.stream.block_seconds)
        spans = spans_in(wave, group["start"].to_numpy(), group["end"].to_numpy(), config)
        if min(b - a for a, b in spans) < 1:
            raise SerLiveError(f"{root / name}: shorter than when it was cached")
        rng = np.random.default_rng([zlib.crc32(name.encode()), version])
        offset, data, rows = 0, [], []
        for window in augmentation.windows(wave, spans, version, rng):
            features = extractor(window)
            valid = stored_frames(features)
            data.append(valid)
            rows.append((offset, len(valid), int(features.mask.to(torch.int).argmax())))
            offset += len(valid)
        yield np.concatenate(data), np.asarray(rows, np.int64)


def load_versions(folder: Path, name: str, count: int) -> tuple[Version, ...]:
    """Map versions 1 to ``count`` of an augmentation.

    Raises:
        SerLiveError: one is not there or damaged, or belongs to another clean cache.
    """
    width = _config(folder).features.n_features
    windows = len(read_table(folder / "windows.csv"))
    out = []
    for version in range(1, count + 1):
        path = folder / f"{name}-{version}.json"
        if not path.exists():
            raise SerLiveError(
                f"{path}: not there; run `python -m training prepare --augmentation {name} "
                f"--versions {count}` first"
            )
        if read_json(path, ("windows",))["windows"] != _windows_digest(folder):
            raise SerLiveError(f"{path}: made from other windows; remove {folder}/{name}-*")
        try:
            data = np.memmap(folder / f"{name}-{version}.f16", np.float16, "r").reshape(-1, width)
            rows = np.fromfile(folder / f"{name}-{version}.rows", np.int64).reshape(-1, 3)
            ends = np.cumsum(rows[:, 1])
            whole = len(rows) == windows and len(data) == ends[-1]
            whole = whole and np.array_equal(rows[1:, 0], ends[:-1])
        except (OSError, ValueError, IndexError):  # not there, empty, or half a row
            whole = False
        if not whole:
            raise SerLiveError(
                f"{folder}/{name}-{version}.f16: damaged, or {name}-{version}.rows; remove "
                f"{folder}/{name}-{version}.* and run `python -m training prepare` again"
            )
        out.append(Version(data, rows))
    return tuple(out)


def _config(folder: Path) -> Config:
    path = folder / "cache.json"
    return from_mapping(Config, read_json(path, ("config",))["config"], f"{path}: config")
