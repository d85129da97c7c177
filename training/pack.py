"""Carry a prepared training to another machine, in parts of limited size, and set it up there.

Features are several times the recordings they come from, so the recordings travel as they are,
with the manifest and with where the segmenter cut them.  The other machine, which needs neither
voice activity detection nor all of the corpora's folders, computes features and waveforms anew
with all of its processors.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from ser_live.audio.decode import read_audio
from ser_live.audio.resample import resampled
from ser_live.config import Config
from ser_live.errors import SerLiveError
from training.audit import find_demographics
from training.augment.noise_bank import load_noise_bank
from training.augment.sounds import EVENTS, FOLDS
from training.cache import FrontEndWorker, check_cache
from training.files import make_folder, reason, whole
from training.manifest import FILE, read_manifest
from training.stress.sources import esc50, librispeech
from training.versions import spans_in
from training.waveforms import build_waveforms
from training.workers import worker_pool

#: In a part: recordings below the first, the cache below the second.
_CORPORA, _CACHE = "corpora", "cache"
_ABOUT = "part.json"
_FEATURES, _WINDOWS = "features.f16", "windows.csv"


def _recordings(table: pd.DataFrame, corpora: Path) -> list[Path]:
    """What is trained, audited and augmented with, in a fixed order."""
    paths = [corpora / name for name in table["path"]]
    noises = esc50(corpora, "environment", FOLDS)
    noises += [path for kind in EVENTS for path in esc50(corpora, kind, FOLDS)]
    if noises:
        noises.append(corpora / "ESC-50" / "esc50.csv")
    noises += [path for files in librispeech(corpora, reserved=True).values() for path in files]
    demographics = find_demographics(corpora)
    return [*paths, *noises, *([demographics] if demographics else [])]


def _of_cache(cache: Path) -> list[Path]:
    """The small files of a cache that nothing else can be computed without, or not quickly."""
    wanted = (
        FILE,
        "sources.json",
        "rooms-*.npz",
        "features-*/cache.json",
        f"features-*/{_WINDOWS}",
    )
    return [path for pattern in wanted for path in sorted(cache.glob(pattern))]


def pack(cache: Path, corpora: Path, output: Path, megabytes: float) -> list[Path]:
    """Write ``part-1.tar`` and so on.

    Args:
        cache: of ``prepare``.
        corpora: folder with the corpora.
        output: folder for the parts.
        megabytes: size that no part exceeds, 10⁶ bytes.

    Returns:
        The parts.

    Raises:
        SerLiveError: nothing is prepared, a recording is not there or larger than a part, or a
            part cannot be written.
    """
    table = read_manifest(cache)
    entries = [(path, f"{_CACHE}/{path.relative_to(cache)}") for path in _of_cache(cache)]
    if not any(path.name == _WINDOWS for path, _ in entries):
        raise SerLiveError(f"{cache}: no features here; run `python -m training prepare`")
    entries += [
        (path, f"{_CORPORA}/{path.relative_to(corpora)}") for path in _recordings(table, corpora)
    ]
    groups = _divide(entries, megabytes * 1e6)
    make_folder(output)
    written = []
    for number, group in enumerate(groups, 1):
        target = output / f"part-{number}.tar"
        with whole(target) as temporary, tarfile.open(temporary, "w") as archive:
            about = output / _ABOUT
            about.write_text(json.dumps({"part": number, "parts": len(groups)}))
            archive.add(about, _ABOUT)
            about.unlink()
            for path, name in group:
                archive.add(path, name)
        print(f"{target}: {len(group):,} files, {target.stat().st_size / 1e6:.1f} MB")
        written.append(target)
    return written


def _divide(entries: Sequence[tuple[Path, str]], limit: float) -> list[list[tuple[Path, str]]]:
    """Groups of files whose archives stay below a size, in bytes."""
    # A header of 512 bytes (two more for a long name), content in blocks, and the archive's end.
    end = 2 * tarfile.RECORDSIZE
    groups: list[list[tuple[Path, str]]] = [[]]
    size = end
    for path, name in entries:
        try:
            content = path.stat().st_size
        except OSError as error:
            raise SerLiveError(f"{path}: {reason(error)}") from error
        own = 3 * tarfile.BLOCKSIZE + -(-content // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
        if own + end > limit:
            raise SerLiveError(f"{path}: {content / 1e6:.1f} MB do not fit a part")
        if size + own > limit:
            groups.append([])
            size = end
        groups[-1].append((path, name))
        size += own
    return groups


def unpack(parts: Sequence[Path], cache: Path, corpora: Path, processes: int) -> None:
    """Set up what :func:`pack` wrote: corpora, cache, features and waveforms.

    Raises:
        SerLiveError: a part lacks, is damaged or belongs to others, or something cannot be written.
    """
    _check_complete(parts)
    for path in tqdm(parts, desc="parts", unit="part"):
        _extract(path, {_CORPORA: corpora, _CACHE: cache})
    table = read_manifest(cache)
    for folder in sorted(path.parent for path in cache.glob(f"features-*/{_WINDOWS}")):
        config = _features_anew(table, corpora, folder, processes)
        load_noise_bank(cache, config.audio.sample_rate, corpora)
        build_waveforms(table, corpora, folder, config, processes)
        print(f"{folder}: features and waveforms written")


def _check_complete(parts: Iterable[Path]) -> None:
    found: dict[int, Path] = {}
    of = 0
    for path in parts:
        try:
            with tarfile.open(path) as archive:
                member = archive.extractfile(_ABOUT)
                assert member is not None
                about = json.load(member)
        except (OSError, tarfile.TarError, KeyError, ValueError) as error:
            raise SerLiveError(f"{path}: damaged, or not written by `pack` ({error})") from error
        if of and about["parts"] != of:
            raise SerLiveError(f"{path}: one of {about['parts']} parts, the others of {of}")
        of = about["parts"]
        found[about["part"]] = path
    if missing := sorted(set(range(1, of + 1)) - set(found)):
        raise SerLiveError(f"part {missing[0]} of {of} is missing")


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
            features = cls.extractor(wave[first:stop])
            parts.append(features.values[:, features.mask].T.to(torch.float16).numpy())
        return np.concatenate(parts)


def _features_anew(table: pd.DataFrame, corpora: Path, folder: Path, processes: int) -> Config:
    """Compute ``features.f16`` of a cache whose windows are known; return its configuration."""
    # Python's float() is exact; pandas' own parser may be off by the last bit.
    index = pd.read_csv(folder / _WINDOWS, converters={"start": float, "end": float})
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
