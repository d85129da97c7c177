"""``python -m training prepare``: corpora → manifest → cached features."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from ser_live.config import Config
from ser_live.errors import SerLiveError
from training.augment.base import augmentation
from training.augment.noise_bank import bank_path, load_noise_bank
from training.augment.rooms import load_bank
from training.augment.sounds import Sounds
from training.cache import build_cache, check_cache, difference
from training.config_trial import try_front_end
from training.corpora import CORPORA, Clip, discover
from training.corpora.csv_file import read_csv_corpora
from training.files import (
    LOCK,
    make_folder,
    only_one,
    read_json,
    write_json,
    write_table,
    write_text,
)
from training.manifest import (
    FILE,
    build_manifest,
    counts_report,
    path_below,
    read_manifest,
    with_listeners,
)
from training.signals import termination_as_interrupt
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
        SerLiveError: no clips, a faulty CSV file, a manifest of other CSV files or clips is there,
            noises are missing, another process prepares there, or something cannot be written.
        ConfigError: a configuration that nothing can be computed with.
    """
    if config != Config():
        try_front_end(config)
    sounds, rate = root, config.audio.sample_rate
    if only_csv:
        if not csv_files:
            raise SerLiveError("--only-csv: needs at least one --csv FILE")
        root = csv_files[0].parent  # noises are still those of the corpora
    clips = read_csv_corpora(csv_files)
    if (versions and augment != "paper") or (waveforms and not bank_path(folder, rate).exists()):
        Sounds(sounds, rate)  # before the minutes that features take: that noises are missing
    made = not folder.exists()
    make_folder(folder)
    with termination_as_interrupt(), only_one(folder):
        try:
            table = _manifest(root, folder, processes, clips, csv_files, only_csv)
        except BaseException:
            if made:
                _remove_if_empty(folder)
            raise
        _prepare(
            table, root, sounds, folder, config, processes, versions, augment, waveforms=waveforms
        )


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        if [path.name for path in folder.iterdir()] == [LOCK]:
            (folder / LOCK).unlink()
        folder.rmdir()


def _prepare(
    table: pd.DataFrame,
    root: Path,
    sounds: Path,
    folder: Path,
    config: Config,
    processes: int,
    versions: int,
    augment: str,
    waveforms: bool,
) -> None:
    """Features of a manifest's clips, and what is made of them."""
    features = features_folder(folder, config)
    if (features / "cache.json").exists():
        _, stored = check_cache(features, table)
        if other := difference(stored, config):
            raise SerLiveError(
                f"{features}: made with another configuration ({other}); choose another --cache"
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
    sources: dict[str, Any] = {"csv": sorted(digests), "only_csv": only_csv}
    sources_path = folder / "sources.json"
    if manifest.exists():
        before: dict[str, Any] = {"csv": [], "only_csv": False}  # an older one
        if sources_path.exists():
            before = read_json(sources_path)
        if before.get("only_csv") != only_csv:
            how = "with" if only_csv else "without"
            raise SerLiveError(
                f"{manifest}: already there, made {'without' if only_csv else 'with'} --only-csv; "
                f"choose another --cache to prepare {how} it"
            )
        if before.get("csv") != sources["csv"]:
            raise SerLiveError(
                f"{manifest}: already there, made with other --csv files; remove it, or choose "
                "another --cache"
            )
        table = read_manifest(folder)
        _check_clips(manifest, table, root, clips, before.get("left_out"), only_csv)
        print(f"{manifest}: already there, kept")
        if "listeners" not in table:  # an older one
            table = with_listeners(table, root)
            write_table(manifest, table)
        return table
    table, dropped = build_manifest(root, processes, clips, not only_csv)
    report = counts_report(table, dropped)
    write_text(folder / "counts.txt", report + "\n")
    print(report)
    kept = set(table["path"])
    found = _names_below(root, clips, only_csv)
    sources["left_out"] = [name for name in found if name not in kept]
    # The manifest last: one without its sources would be taken for an older one.
    write_json(sources_path, sources)
    write_table(manifest, table)
    return table


def _names_below(root: Path, more: Sequence[Clip], only_csv: bool) -> list[str]:
    """All files that a manifest could name, as it would, in order."""
    clips = [*([] if only_csv else discover(root, CORPORA.values())), *more]
    return sorted({path_below(path, root) for clip in clips for path in (clip.path, *clip.copies)})


def _check_clips(
    manifest: Path,
    table: pd.DataFrame,
    root: Path,
    more: Sequence[Clip],
    left_out: list[str] | None,
    only_csv: bool,
) -> None:
    """Make sure that a manifest is of the clips that are there now.

    Args:
        manifest: its path, for messages.
        table: the manifest.
        root: folder with the corpora.
        more: clips of CSV files.
        left_out: names that it does not hold on purpose; ``None`` where an older one did not say.
        only_csv: no known corpus was looked for.

    Raises:
        SerLiveError: clips have come or gone since.
    """
    if gone := [name for name in table["path"] if not (root / name).exists()]:
        raise SerLiveError(
            f"{root}: {len(gone):,} of {len(table):,} clips of {manifest} are not here, {gone[0]} "
            "for one; name the folder that it was made of, or choose another --cache"
        )
    if left_out is None:
        return
    known = {*table["path"], *left_out}
    if new := [name for name in _names_below(root, more, only_csv) if name not in known]:
        raise SerLiveError(
            f"{manifest}: made before {len(new):,} clips came, {new[0]} for one; remove "
            f"{manifest.parent} or choose another --cache to take them in"
        )


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
