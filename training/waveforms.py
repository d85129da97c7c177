"""Every clip's waveform at the analysis rate in one file, to perturb anew for every window.

Beside the features of a cache lie ``waveforms.f16`` (all clips, one after the other, float16: 11
bits at any level) and ``waveforms.json``, written last.  Windows stay where the segmenter cut them
in the clean clip.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from ser_live.audio.decode import read_audio
from ser_live.audio.resample import resampled
from ser_live.config import Config
from ser_live.errors import SerLiveError
from training.cache import FeatureCache
from training.clip_rows import manifest_digest
from training.files import read_json, reason, whole, write_json
from training.workers import worker_pool

DATA, FACTS = "waveforms.f16", "waveforms.json"


class _Worker:
    config: Config

    @classmethod
    def start(cls, config_json: str) -> None:
        torch.set_num_threads(1)
        cls.config = Config.from_json(config_json)

    @classmethod
    def run(cls, path: str) -> np.ndarray:
        samples, rate = read_audio(path)
        audio, block = cls.config.audio, cls.config.stream.block_seconds
        return resampled(samples, rate, audio.sample_rate, block).astype(np.float16)


def build_waveforms(
    table: pd.DataFrame, root: Path, folder: Path, config: Config, processes: int = 1
) -> bool:
    """Decode, resample and store all clips of a manifest.

    Args:
        table: the manifest.
        root: folder with the corpora.
        folder: of the cached features.
        config: for the analysis rate.
        processes: worker processes.

    Returns:
        Whether anything was done: false where they were there already.

    Raises:
        AudioFileError: a clip cannot be read.
        SerLiveError: a file cannot be written, or waveforms of another manifest are there.
    """
    if (folder / FACTS).exists():
        stored_lengths(folder, table, config)
        return False
    paths = [str(root / p) for p in table["path"]]
    lengths = []
    with (
        whole(folder / DATA) as temporary,
        open(temporary, "wb") as file,
        worker_pool(processes, _Worker.start, (config.to_json(),)) as pool,
    ):
        results: Iterable[np.ndarray] = pool.imap(_Worker.run, paths, chunksize=16)
        for wave in tqdm(results, total=len(paths), desc="waveforms", unit="clip", mininterval=2):
            lengths.append(len(wave))
            file.write(wave.tobytes())
    facts = {"rate": config.audio.sample_rate, "manifest": manifest_digest(table)}
    write_json(folder / FACTS, {**facts, "lengths": lengths})
    return True


def stored_lengths(folder: Path, table: pd.DataFrame, config: Config) -> np.ndarray:
    """Samples of every clip, (n,) int64, of waveforms that fit the manifest and are whole.

    Raises:
        SerLiveError: they are not there, damaged, or of another manifest.
    """
    path, data = folder / FACTS, folder / DATA
    if not path.exists():
        raise SerLiveError(f"{path}: not there; run `python -m training prepare --waveforms` first")
    facts = read_json(path, ("rate", "manifest", "lengths"))
    again = f"remove {path} and run `python -m training prepare --waveforms` again"
    made = facts["manifest"], facts["rate"]
    if made != (manifest_digest(table), config.audio.sample_rate):
        raise SerLiveError(f"{path}: made from another manifest or at another rate; {again}")
    lengths = np.asarray(facts["lengths"], np.int64)
    try:
        size = data.stat().st_size
    except OSError as error:
        raise SerLiveError(f"{data}: {reason(error)}; {again}") from error
    if size != 2 * lengths.sum():
        raise SerLiveError(f"{data}: damaged: {size:,} bytes of {2 * lengths.sum():,}; {again}")
    return lengths


@dataclass(frozen=True)
class Waveforms:
    """All clips on one device, and where the windows of a cache lie in them.

    Attributes:
        data: (total samples,) float16, all clips.
        begin: (clips,) int64, each clip's first sample in ``data``.
        length: (clips,) int64, samples.
        clip: (windows,) int64, the clip of each row of the cache's index.
        first: (windows,) int64, a window's first sample in its clip.
        count: (windows,) int64, its samples, at least 1 and at most a full window.
    """

    data: torch.Tensor
    begin: np.ndarray
    length: np.ndarray
    clip: np.ndarray
    first: np.ndarray
    count: np.ndarray

    @classmethod
    def load(
        cls, folder: Path, table: pd.DataFrame, cache: FeatureCache, device: torch.device
    ) -> Waveforms:
        """Waveforms beside a cache, moved to a device (1.4 GB for the four corpora).

        Raises:
            SerLiveError: not there, damaged, or of another manifest.
        """
        config = cache.config
        length = stored_lengths(folder, table, config)
        path = folder / DATA
        if device.type == "cpu":  # processes side by side share its pages; "c": never written back
            data = torch.from_numpy(np.memmap(path, np.float16, "c"))
        else:
            data = torch.from_numpy(np.fromfile(path, np.float16)).to(device)
        index = cache.index
        clip = index["clip"].to_numpy(np.int64)
        rate = config.audio.sample_rate
        first = np.rint(index["start"].to_numpy(float) * rate).astype(np.int64)
        stop = np.rint(index["end"].to_numpy(float) * rate).astype(np.int64)
        first = np.minimum(first, length[clip] - 1)
        stop = np.minimum(np.minimum(stop, first + config.audio.window_samples), length[clip])
        begin = np.concatenate([[0], np.cumsum(length)[:-1]])
        return cls(data, begin, length, clip, first, np.maximum(stop - first, 1))
