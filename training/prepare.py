"""``python -m training prepare``: corpora → manifest → cached features."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ser_live.config import Config
from training.cache import build_cache
from training.manifest import build_manifest, counts_report


def prepare(root: Path, folder: Path, config: Config, processes: int) -> None:
    """Write ``manifest.csv`` (unless there) and the features of a configuration.

    Args:
        root: folder that holds the corpora.
        folder: where manifest and features go; one sub-folder a hop length.
        config: front end and segmenter.
        processes: worker processes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.csv"
    if manifest.exists():
        print(f"{manifest}: already there, kept")
        table = pd.read_csv(manifest, keep_default_na=False)
    else:
        table, dropped = build_manifest(root, processes)
        report = counts_report(table, dropped)
        (folder / "counts.txt").write_text(report + "\n")
        print(report)
        table.to_csv(manifest, index=False)
    features = features_folder(folder, config)
    if (features / "cache.json").exists():
        print(f"{features}: already there, kept")
        return
    index = build_cache(table, root, features, config, processes)
    missed = index.groupby("clip")["vad"].first()
    print(
        f"{features}: {len(index):,} windows of {index['clip'].nunique():,} clips; voice activity "
        f"found none in {(~missed).sum():,} of them (taken whole)"
    )


def features_folder(folder: Path, config: Config) -> Path:
    """Where the features of a configuration are cached."""
    return folder / f"features-hop{config.features.hop_length}"
