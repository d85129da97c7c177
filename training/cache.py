"""Features of every clip's windows, cut by the very segmenter of the live path.

For each clip the cache holds its final windows and a few of the provisional ones that a
listener would have got on the way.  Only unpadded frames are stored, as float16, one after the
other; padding is put back on reading.
"""

from __future__ import annotations

import json
import multiprocessing
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from ser_live.audio.decode import read_audio
from ser_live.config import Config
from ser_live.errors import SerLiveError
from ser_live.features import FeatureExtractor
from ser_live.speech.windower import WholeWindower, Window, Windower
from training.clip_rows import manifest_digest
from training.versions import Version

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


class _Worker:
    """Per-process state: building the front end once."""

    config: Config
    extractor: FeatureExtractor

    @classmethod
    def start(cls, config_json: str) -> None:
        torch.set_num_threads(1)
        cls.config = Config.from_json(config_json)
        cls.extractor = FeatureExtractor(cls.config)

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
            valid = features.values[:, features.mask].T.to(torch.float16).numpy()
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
        data: (total frames, 170) float16.
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
    """Compute and store the features of all clips; return the index of windows."""
    folder.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("spawn")
    rows: list[dict[str, object]] = []
    offset = 0
    paths = [str(root / p) for p in table["path"]]
    temporary = folder / "features.f16.part"
    with (
        open(temporary, "wb") as file,
        context.Pool(processes, _Worker.start, (config.to_json(),)) as pool,
    ):
        results = pool.imap(_Worker.run, paths, chunksize=16)
        for clip, (windows, data) in enumerate(
            tqdm(results, total=len(paths), desc="features", unit="clip")
        ):
            for window in windows:
                rows.append({"clip": clip, **window, "offset": offset})
                offset += int(window["frames"])  # type: ignore[call-overload]
            file.write(data.tobytes())
    temporary.replace(folder / "features.f16")
    index = pd.DataFrame(rows)
    index.to_csv(folder / "windows.csv", index=False)
    meta = {"config": json.loads(config.to_json()), "dtype": _STORED, "clips": len(table)}
    meta["manifest"] = manifest_digest(table)
    (folder / "cache.json").write_text(json.dumps(meta, indent=1))
    return index


def check_manifest(folder: Path, table: pd.DataFrame) -> None:
    """Refuse features of other recordings: they would be taken for those of this manifest's rows.

    A cache of an older version knows only how many clips it was made from.

    Args:
        folder: of the features.
        table: the manifest.

    Raises:
        SerLiveError: the features are of another manifest.
    """
    meta = json.loads((folder / "cache.json").read_text())
    known = meta.get("manifest")
    if meta["clips"] != len(table) or (known and known != manifest_digest(table)):
        raise SerLiveError(f"{folder}: made from another manifest; remove it and prepare again")


def load_cache(folder: Path) -> FeatureCache:
    """Read a cache into memory.

    Raises:
        FileNotFoundError: ``python -m training prepare`` has not been run for it.
    """
    meta_path = folder / "cache.json"
    if not meta_path.exists():
        raise FileNotFoundError(f"{folder}: no features here; run `python -m training prepare`")
    meta = json.loads(meta_path.read_text())
    config = Config.from_json(json.dumps(meta["config"]))
    index = pd.read_csv(folder / "windows.csv")
    data = np.fromfile(folder / "features.f16", np.float16)
    index.attrs["rows"] = index[["offset", "frames", "first"]].to_numpy()
    return FeatureCache(index, data.reshape(-1, config.features.n_features), config)
