"""``python -m training prepare``: corpora → manifest → cached features."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ser_live.config import Config
from ser_live.errors import SerLiveError
from training.augment.base import augmentation
from training.cache import build_cache, check_manifest
from training.corpora.csv_file import read_csv_corpus
from training.manifest import build_manifest, counts_report, with_listeners
from training.versions import build_version


def prepare(
    root: Path,
    folder: Path,
    config: Config,
    processes: int,
    csv_files: Sequence[Path] = (),
    only_csv: bool = False,
    versions: int = 0,
    augment: str = "acoustic",
) -> None:
    """Write ``manifest.csv``, the features of a configuration, and augmented versions of them.

    What is there already is kept.

    Args:
        root: folder that holds the corpora.
        folder: where manifest and features go; one sub-folder a hop length.
        config: front end and segmenter.
        processes: worker processes.
        csv_files: corpora described by CSV files.
        only_csv: take these alone.
        versions: augmented versions to make.
        augment: which augmentation, one of ``training.augment.base.NAMES``.

    Raises:
        SerLiveError: no clips, a faulty CSV file, or a manifest of other CSV files is there.
    """
    if only_csv:
        if not csv_files:
            raise SerLiveError("--only-csv: needs at least one --csv FILE")
        root = csv_files[0].parent
    clips = [clip for path in csv_files for clip in read_csv_corpus(path)]
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.csv"
    # What the manifest was made of, so that a --csv is never silently left out.
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in csv_files]
    sources = {"csv": sorted(digests), "only_csv": only_csv}
    sources_path = folder / "sources.json"
    if manifest.exists():
        if sources_path.exists():
            before = json.loads(sources_path.read_text())
        else:
            before = {"csv": [], "only_csv": False}
        if sources != before:
            raise SerLiveError(
                f"{manifest}: already there, made with other --csv files; remove it, or choose "
                "another --cache"
            )
        print(f"{manifest}: already there, kept")
        table = pd.read_csv(manifest, keep_default_na=False)
        if "listeners" not in table:  # an older one
            table = with_listeners(table, root)
            temporary = manifest.with_name("manifest.csv.part")
            table.to_csv(temporary, index=False)
            temporary.replace(manifest)
    else:
        table, dropped = build_manifest(root, processes, clips, not only_csv)
        report = counts_report(table, dropped)
        (folder / "counts.txt").write_text(report + "\n")
        print(report)
        table.to_csv(manifest, index=False)
        sources_path.write_text(json.dumps(sources, indent=1) + "\n")
    features = features_folder(folder, config)
    if (features / "cache.json").exists():
        check_manifest(features, table)
        print(f"{features}: already there, kept")
    else:
        _features(table, root, features, config, processes)
    if versions:
        kind = augmentation(augment, root, folder, config)
        for version in range(1, versions + 1):
            made = build_version(table, root, features, kind, version)
            print(f"{features}/{augment}-{version}: {'written' if made else 'already there, kept'}")


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
