"""Features of every clip's windows, cut by the very segmenter of the live path.

For each clip the cache holds its final windows and a few of the provisional ones that a
listener would have got on the way.  Only unpadded frames are stored, as float16, one after the
other; padding is put back on reading.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from ser_live.audio.decode import read_audio
from ser_live.config import Config, from_mapping
from ser_live.errors import SerLiveError
from ser_live.features import FeatureExtractor
from ser_live.speech.windower import WholeWindower, Window, Windower
from training.clip_rows import manifest_digest
from training.files import (
    make_folder,
    read_json,
    read_table,
    reason,
    whole,
    write_json,
    write_table,
)
from training.nested import first_difference
from training.versions import Version, stored_frames
from training.workers import worker_pool

PROVISIONAL_PER_CLIP = 2
_STORED = "float16"


def clip_windows(samples: np.ndarray, rate: int, config: Config) -> tuple[list[Window], bool]:
    """Windows of a recording, (n,) float32 at ``rate`` Hz, as the live path cuts them.

    Returns:
        The windows, and whether voice activity found speech; where it found none, the whole
        recording is taken instead, so that no clip silently leaves an evaluation.
    """
    windower = Windower(config, rate)
    events = windower.push(samples) + windower.flush()
    windows = [event for event in events if isinstance(event, Window)]
    if any(w.final for w in windows):
        return windows, True
    whole = WholeWindower(config, rate)
    events = whole.push(samples) + whole.flush()
    return [event for event in events if isinstance(event, Window)], False


class FrontEndWorker:
    """State of a worker process: the front end, built once."""

    config: Config
    extractor: FeatureExtractor

    @classmethod
    def start(cls, config_json: str) -> None:
        torch.set_num_threads(1)
        cls.config = Config.from_json(config_json)
        cls.extractor = FeatureExtractor(cls.config)


class _Worker(FrontEndWorker):
    @classmethod
    def run(cls, path: str) -> tuple[list[dict[str, object]], np.ndarray]:
        samples, rate = read_audio(path)
        windows, found = clip_windows(samples, rate, cls.config)
        rng = np.random.default_rng(zlib.crc32(Path(path).stem.encode()))
        provisional = [w for w in windows if not w.final]
        if len(provisional) > PROVISIONAL_PER_CLIP:
            picks = rng.choice(len(provisional), PROVISIONAL_PER_CLIP, replace=False)
            provisional = [provisional[i] for i in sorted(picks)]
        rows: list[dict[str, object]] = []
        parts = []
        for window in [w for w in windows if w.final] + provisional:
            features = cls.extractor(window.samples)
            valid = stored_frames(features)
            parts.append(valid)
            rows.append(
                {
                    "final": window.final,
                    "start": window.start,
                    "end": window.end,
                    "speech": window.speech,
                    "first": int(features.mask.to(torch.int).argmax()),
                    "frames": len(valid),
                    "vad": found,
                }
            )
        return rows, np.concatenate(parts)


@dataclass(frozen=True)
class FeatureCache:
    """Cached features of many windows.

    Attributes:
        index: one row a window: ``clip`` (row of the manifest), ``final, start, end, speech,
            first`` (first unpadded frame), ``frames, offset, vad``.
        data: (total frames, 170) float16, mapped from its file.
        config: the configuration the features were made with.
        versions: augmented copies, same rows.
    """

    index: pd.DataFrame
    data: np.ndarray
    config: Config
    versions: tuple[Version, ...] = ()

    def window(self, row: int, version: int = 0) -> tuple[np.ndarray, int]:
        """Unpadded features of a window, (frames, 170) float16, and its first frame.

        Args:
            row: of ``index``.
            version: 0 for the clean one, else one of ``versions``, from 1.
        """
        if version:
            entry, data = self.versions[version - 1].rows[row], self.versions[version - 1].data
        else:
            entry, data = self._rows[row], self.data
        return data[entry[0] : entry[0] + entry[1]], int(entry[2])

    @property
    def _rows(self) -> np.ndarray:
        return self.index.attrs["rows"]

    def batch(
        self, rows: np.ndarray, versions: np.ndarray | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Padded windows.

        Args:
            rows: (n,) rows of ``index``.
            versions: (n,) which version of each; without it all are clean.

        Returns:
            values (n, 170, frames) float32, not normalised; mask (n, frames) bool.
        """
        frames = self.config.frames_per_window
        values = np.zeros((len(rows), frames, self.config.features.n_features), np.float32)
        mask = np.zeros((len(rows), frames), bool)
        for i, row in enumerate(rows):
            version = 0 if versions is None else int(versions[i])
            part, first = self.window(int(row), version)
            values[i, first : first + len(part)] = part
            mask[i, first : first + len(part)] = True
        return torch.from_numpy(values).transpose(1, 2), torch.from_numpy(mask)


def build_cache(
    table: pd.DataFrame, root: Path, folder: Path, config: Config, processes: int = 1
) -> pd.DataFrame:
    """Compute and store the features of all clips; return the index of windows.

    ``cache.json`` is written last: without it nothing in the folder counts.

    Raises:
        AudioFileError: a clip cannot be read.
        SerLiveError: a file cannot be written.
    """
    make_folder(folder)
    rows: list[dict[str, object]] = []
    offset = 0
    paths = [str(root / p) for p in table["path"]]
    with (
        whole(folder / "features.f16") as temporary,
        open(temporary, "wb") as file,
        worker_pool(processes, _Worker.start, (config.to_json(),)) as pool,
    ):
        results = pool.imap(_Worker.run, paths, chunksize=16)
        for clip, (windows, data) in enumerate(
            tqdm(results, total=len(paths), desc="features", unit="clip")
        ):
            for window in windows:
                rows.append({"clip": clip, **window, "offset": offset})
                offset += int(window["frames"])  # type: ignore[call-overload]
            file.write(data.tobytes())
    index = pd.DataFrame(rows)
    write_table(folder / "windows.csv", index)
    meta = {"config": json.loads(config.to_json()), "dtype": _STORED, "clips": len(table)}
    meta["manifest"] = manifest_digest(table)
    write_json(folder / "cache.json", meta)
    return index


def load_cache(folder: Path, table: pd.DataFrame | None = None) -> FeatureCache:
    """Map a cache into memory: processes side by side share it.

    Args:
        folder: of the features.
        table: the manifest, if it should be made of it; a cache of an older version only knows
            how many clips it was made from.

    Raises:
        FileNotFoundError: ``python -m training prepare`` has not been run for it.
        SerLiveError: a file of it lacks or is damaged, or it was made from another manifest.
    """
    index, config = check_cache(folder, table)
    data = np.memmap(folder / "features.f16", np.float16, "r")
    index.attrs["rows"] = index[["offset", "frames", "first"]].to_numpy()
    return FeatureCache(index, data.reshape(-1, config.features.n_features), config)


def check_cache(folder: Path, table: pd.DataFrame | None = None) -> tuple[pd.DataFrame, Config]:
    """The index of windows and the configuration of a cache whose files are whole.

    Args and errors as :func:`load_cache`.
    """
    meta_path = folder / "cache.json"
    if not meta_path.exists():
        raise FileNotFoundError(f"{folder}: no features here; run `python -m training prepare`")
    again = f"; remove {folder} and run `python -m training prepare` again"
    try:
        meta = read_json(meta_path, ("config", "clips"))
        config = from_mapping(Config, meta["config"], f"{meta_path}: config")
        index = read_table(
            folder / "windows.csv", ("clip", "final", "start", "end", "offset", "frames", "first")
        )
        _check_size(folder / "features.f16", index, config.features.n_features)
        # Of another one, a label would go to another clip's features.
        known = meta.get("manifest")
        if table is not None and (
            meta["clips"] != len(table) or (known and known != manifest_digest(table))
        ):
            raise SerLiveError(f"{folder}: made from another manifest")
    except SerLiveError as error:
        raise SerLiveError(f"{error}{again}") from error
    return index, config


def difference(made: Config, wanted: Config) -> str:
    """What of a configuration decides where windows are cut, and their features, and differs.

    Returns:
        Like ``features.hop_length: 441, not 220``; empty where both give the same.
    """
    found = first_difference(_decisive(made), _decisive(wanted))
    return f"{found[0]}: {found[1]}, not {found[2]}" if found else ""


def _decisive(config: Config) -> dict[str, Any]:
    sections = asdict(config)
    decisive = {name: sections[name] for name in ("audio", "features", "vad", "segmenter")}
    # The rest of ``stream`` is about the live path's queues.
    return decisive | {"stream": {"block_seconds": config.stream.block_seconds}}


def _check_size(path: Path, index: pd.DataFrame, width: int) -> None:
    """Whether the features, ``width`` numbers of two bytes a frame, are as many as indexed."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise SerLiveError(f"{path}: {reason(error)}") from error
    frames = int(index["frames"].sum())
    if size != 2 * width * frames:
        raise SerLiveError(
            f"{path}: damaged: {size:,} bytes, but windows.csv names {2 * width * frames:,}"
        )
