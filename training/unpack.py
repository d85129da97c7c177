"""Set up, on another machine, a training that :mod:`training.pack` carried there."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from ser_live.audio.decode import read_audio
from ser_live.audio.resample import resampled
from ser_live.config import Config
from ser_live.errors import SerLiveError
from training.augment.noise_bank import load_noise_bank
from training.cache import FrontEndWorker, check_cache
from training.files import LOCK, make_folder, only_one, whole, write_text
from training.manifest import read_manifest
from training.pack import (
    ABOUT,
    CACHE,
    CORPORA,
    WINDOWS,
    noise_recordings,
    preparation_digest,
)
from training.signals import termination_as_interrupt
from training.versions import spans_in, stored_frames
from training.waveforms import build_waveforms
from training.workers import worker_pool

_FEATURES = "features.f16"
_CLAIM = "unpacked.sha256"


def unpack(parts: Sequence[Path], cache: Path, corpora: Path, processes: int) -> None:
    """Set up what :func:`pack` wrote: corpora, cache, features and waveforms.

    Stopped at any moment, the same call goes on.

    Raises:
        SerLiveError: a part lacks, is damaged or belongs to others, another training is in
            ``cache``, or something cannot be written.
    """
    digest = _check_complete(parts)
    make_folder(cache)
    with only_one(cache), termination_as_interrupt():
        _unpack(parts, cache, corpora, processes, digest)


def _unpack(parts: Sequence[Path], cache: Path, corpora: Path, processes: int, digest: str) -> None:
    _claim(cache, digest)
    for path in tqdm(parts, desc="parts", unit="part"):
        _extract(path, {CORPORA: corpora, CACHE: cache})
    if preparation_digest(cache) != digest:
        raise SerLiveError(
            f"{cache}: other files are in it than in the parts; choose another --cache"
        )
    table = read_manifest(cache)
    sounds = bool(noise_recordings(corpora))
    for folder in sorted(path.parent for path in cache.glob(f"features-*/{WINDOWS}")):
        config = _features_anew(table, corpora, folder, processes)
        if sounds:
            load_noise_bank(cache, config.audio.sample_rate, corpora)
            build_waveforms(table, corpora, folder, config, processes)
        print(f"{folder}: features {'and waveforms ' * sounds}written")


def _claim(cache: Path, digest: str) -> None:
    """Refuse a folder that holds anything but what is being unpacked.

    Raises:
        SerLiveError: it does.
    """
    path = cache / _CLAIM
    known = path.read_text(errors="replace") if path.exists() else ""
    if known == digest:
        return
    if any(entry.name != LOCK for entry in cache.iterdir()):
        raise SerLiveError(f"{cache}: another training is in it; choose another --cache")
    write_text(path, digest)


def _check_complete(parts: Iterable[Path]) -> str:
    """Make sure that these are all parts of one preparation; return its digest."""
    found: dict[int, Path] = {}
    told: tuple[int, str] | None = None
    for path in parts:
        try:
            with tarfile.open(path) as archive:
                member = archive.extractfile(ABOUT)
                about = json.load(member) if member else {}
            number, own = int(about["part"]), (int(about["parts"]), str(about["digest"]))
        except (OSError, tarfile.TarError, KeyError, TypeError, ValueError) as error:
            raise SerLiveError(f"{path}: damaged, or not written by `pack` ({error})") from error
        if told is not None and own != told:
            raise SerLiveError(f"{path}: of another preparation than {next(iter(found.values()))}")
        told, found[number] = own, path
    if told is None:
        raise SerLiveError("no part to unpack")
    if missing := sorted(set(range(1, told[0] + 1)) - set(found)):
        raise SerLiveError(f"part {missing[0]} of {told[0]} is missing")
    return told[1]


def _extract(path: Path, places: dict[str, Path]) -> None:
    """Put an archive's files below the folder that the first part of their name stands for."""
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                top, _, rest = member.name.partition("/")
                if top in places and rest:
                    make_folder(places[top])
                    member.name = rest
                    archive.extract(member, places[top], filter="data")
    except (OSError, tarfile.TarError) as error:
        raise SerLiveError(f"{path}: cannot be unpacked: {error}") from error


class _Worker(FrontEndWorker):
    @classmethod
    def run(cls, job: tuple[str, np.ndarray, np.ndarray]) -> np.ndarray:
        path, start, end = job
        samples, rate = read_audio(path)
        audio, block = cls.config.audio, cls.config.stream.block_seconds
        wave = resampled(samples, rate, audio.sample_rate, block)
        parts = []
        for first, stop in spans_in(wave, start, end, cls.config):
            parts.append(stored_frames(cls.extractor(wave[first:stop])))
        return np.concatenate(parts)


def _features_anew(table: pd.DataFrame, corpora: Path, folder: Path, processes: int) -> Config:
    """Compute ``features.f16`` of a cache whose windows are known; return its configuration."""
    # Python's float() is exact; pandas' own parser may be off by the last bit.
    index = pd.read_csv(folder / WINDOWS, converters={"start": float, "end": float})
    config = Config.from_json(json.dumps(json.loads((folder / "cache.json").read_text())["config"]))
    if not (folder / _FEATURES).exists():
        groups = [(int(str(clip)), part) for clip, part in index.groupby("clip", sort=True)]
        jobs = [
            (
                str(corpora / table["path"].iloc[clip]),
                part["start"].to_numpy(),
                part["end"].to_numpy(),
            )
            for clip, part in groups
        ]
        with (
            whole(folder / _FEATURES) as temporary,
            open(temporary, "wb") as file,
            worker_pool(processes, _Worker.start, (config.to_json(),)) as pool,
        ):
            made = pool.imap(_Worker.run, jobs, chunksize=16)
            bar = tqdm(made, total=len(jobs), desc="features", unit="clip", mininterval=2)
            for (clip, part), data in zip(groups, bar, strict=True):
                if len(data) != part["frames"].sum():
                    raise SerLiveError(f"{table['path'].iloc[clip]}: another clip than was cached")
                file.write(data.tobytes())
    check_cache(folder, table)
    return config
