"""``python -m training prepare``: corpora → manifest → cached features."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pandas as pd

from ser_live.config import Config
from ser_live.errors import SerLiveError
from training.augment.base import augmentation
from training.augment.noise_bank import load_noise_bank
from training.augment.rooms import load_bank
from training.cache import build_cache, check_cache
from training.config_trial import try_front_end
from training.corpora import Clip
from training.corpora.csv_file import read_csv_corpus
from training.files import make_folder, read_json, write_json, write_table, write_text
from training.manifest import (
    FILE,
    build_manifest,
    counts_report,
    read_manifest,
    with_listeners,
)
from training.versions import build_version
from training.waveforms import build_waveforms


def prepare(
    root: Path,
    folder: Path,
    config: Config,
    processes: int,
    csv_files: Sequence[Path] = (),
    only_csv: bool = False,
    versions: int = 0,
    augment: str = "acoustic",
    waveforms: bool = False,
) -> None:
    """Write ``manifest.csv``, the features of a configuration, and augmented versions of them.

    What is there already is kept.

    Args:
        root: folder that holds the corpora, and the noises of ESC-50 and LibriSpeech.
        folder: where manifest and features go; one sub-folder a hop length.
        config: front end and segmenter.
        processes: worker processes.
        csv_files: corpora described by CSV files.
        only_csv: take these alone.
        versions: augmented versions to make.
        augment: which augmentation, one of ``training.augment.base.NAMES``.
        waveforms: keep the clips' waveforms, noises and rooms too, for recipes that perturb
            them on the fly.

    Raises:
        SerLiveError: no clips, a faulty CSV file, a manifest of other CSV files is there, or
            something cannot be written.
        ConfigError: a configuration that nothing can be computed with.
    """
    if config != Config():
        try_front_end(config)
    sounds = root
    if only_csv:
        if not csv_files:
            raise SerLiveError("--only-csv: needs at least one --csv FILE")
        root = csv_files[0].parent  # noises are still those of the corpora
    clips = [clip for path in csv_files for clip in read_csv_corpus(path)]
    made = not folder.exists()
    make_folder(folder)
    try:
        table = _manifest(root, folder, processes, clips, csv_files, only_csv)
    except BaseException:
        if made:
            with suppress(OSError):
                folder.rmdir()  # only where nothing is in it
        raise
    features = features_folder(folder, config)
    if (features / "cache.json").exists():
        _, stored = check_cache(features, table)
        if (stored.features, stored.segmenter) != (config.features, config.segmenter):
            raise SerLiveError(
                f"{features}: made with another configuration; choose another --cache"
            )
        print(f"{features}: already there, kept")
    else:
        _features(table, root, features, config, processes)
    if versions:
        kind = augmentation(augment, sounds, folder, config)
        for version in range(1, versions + 1):
            made = build_version(table, root, features, kind, version)
            print(f"{features}/{augment}-{version}: {'written' if made else 'already there, kept'}")
    if waveforms:
        rate = config.audio.sample_rate
        load_bank(folder, rate)
        load_noise_bank(folder, rate, sounds)
        made = build_waveforms(table, root, features, config, processes)
        print(f"{features}: waveforms {'written' if made else 'already there, kept'}")


def _manifest(
    root: Path,
    folder: Path,
    processes: int,
    clips: Sequence[Clip],
    csv_files: Sequence[Path],
    only_csv: bool,
) -> pd.DataFrame:
    """The manifest in a folder, or a new one."""
    manifest = folder / FILE
    # What the manifest was made of, so that a --csv is never silently left out.
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in csv_files]
    sources = {"csv": sorted(digests), "only_csv": only_csv}
    sources_path = folder / "sources.json"
    if manifest.exists():
        before = {"csv": [], "only_csv": False}  # an older one
        if sources_path.exists():
            before = read_json(sources_path)
        if sources != before:
            raise SerLiveError(
                f"{manifest}: already there, made with other --csv files; remove it, or choose "
                "another --cache"
            )
        print(f"{manifest}: already there, kept")
        table = read_manifest(folder)
        if "listeners" not in table:  # an older one
            table = with_listeners(table, root)
            write_table(manifest, table)
        return table
    table, dropped = build_manifest(root, processes, clips, not only_csv)
    report = counts_report(table, dropped)
    write_text(folder / "counts.txt", report + "\n")
    print(report)
    # The manifest last: one without its sources would be taken for an older one.
    write_json(sources_path, sources)
    write_table(manifest, table)
    return table


def _features(
    table: pd.DataFrame, root: Path, features: Path, config: Config, processes: int
) -> None:
    index = build_cache(table, root, features, config, processes)
    missed = index.groupby("clip")["vad"].first()
    print(
        f"{features}: {len(index):,} windows of {index['clip'].nunique():,} clips; voice activity "
        f"found none in {(~missed).sum():,} of them (taken whole)"
    )


def features_folder(folder: Path, config: Config) -> Path:
    """Where the features of a configuration are cached."""
    return folder / f"features-hop{config.features.hop_length}"
