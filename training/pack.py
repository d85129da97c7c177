"""Carry a prepared training to another machine, in parts of limited size, and set it up there.

Features are several times the recordings they come from, so the recordings travel as they are,
with the manifest and with where the segmenter cut them.  The other machine need not listen for
speech again, which takes most of the time: it computes features and waveforms with all of its
processors (:mod:`training.unpack`).
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ser_live.errors import SerLiveError
from training.audit import find_demographics
from training.augment.sounds import EVENTS, FOLDS
from training.files import make_folder, reason, whole
from training.manifest import FILE, read_manifest
from training.stress.sources import esc50, esc50_table, librispeech

#: In a part: recordings below the first, the cache below the second.
CORPORA, CACHE = "corpora", "cache"
ABOUT = "part.json"
WINDOWS = "windows.csv"


def noise_recordings(corpora: Path) -> list[Path]:
    """What a bank of noises is made of; empty where it could not be made."""
    recorded = esc50(corpora, "environment", FOLDS)
    recorded += [path for kind in EVENTS for path in esc50(corpora, kind, FOLDS)]
    voices = [path for files in librispeech(corpora, reserved=True).values() for path in files]
    table = esc50_table(corpora)
    if not table or not recorded or not voices:
        return []
    return [*recorded, table, *voices]


def _recordings(table: pd.DataFrame, corpora: Path) -> list[Path]:
    """What is trained, augmented and audited with, in a fixed order.

    Raises:
        SerLiveError: a clip lies outside the corpora's folder.
    """
    for name in table["path"]:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise SerLiveError(
                f"{name}: lies outside {corpora}; name a folder that holds all clips"
            )
    demographics = find_demographics(corpora)
    clips = [corpora / name for name in table["path"]]
    return [*clips, *noise_recordings(corpora), *([demographics] if demographics else [])]


def _of_cache(cache: Path) -> list[Path]:
    """The small files of a cache that nothing else can be computed without, or not quickly."""
    wanted = [FILE, "sources.json", "rooms-*.npz", "paper/rows.*"]
    wanted += ["features-*/cache.json", f"features-*/{WINDOWS}"]
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
        SerLiveError: nothing is prepared, a recording is not there, outside ``corpora`` or larger
            than a part, ``output`` holds parts already, or a part cannot be written.
    """
    table = read_manifest(cache)
    entries = [(path, f"{CACHE}/{path.relative_to(cache)}") for path in _of_cache(cache)]
    if not any(path.name == WINDOWS for path, _ in entries):
        raise SerLiveError(f"{cache}: no features here; run `python -m training prepare`")
    entries += [
        (path, f"{CORPORA}/{path.relative_to(corpora)}") for path in _recordings(table, corpora)
    ]
    groups = _divide(entries, megabytes * 1e6)
    make_folder(output)
    if older := sorted(output.glob("part-*.tar")):
        raise SerLiveError(f"{older[0]}: already there; remove the old parts, or choose --output")
    if not noise_recordings(corpora):
        print(f"{corpora}: no ESC-50 and LibriSpeech, so nothing can be perturbed on the fly there")
    digest = preparation_digest(cache)
    written = []
    for number, group in enumerate(groups, 1):
        target = output / f"part-{number}.tar"
        about = json.dumps({"part": number, "parts": len(groups), "digest": digest}).encode()
        # Links as what they point to: it may lie elsewhere, or nowhere on the other machine.
        with (
            whole(target) as temporary,
            tarfile.open(temporary, "w", dereference=True) as archive,
        ):
            header = tarfile.TarInfo(ABOUT)
            header.size = len(about)
            archive.addfile(header, io.BytesIO(about))
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


def preparation_digest(cache: Path) -> str:
    """Tells one preparation from another: manifest, configurations and windows."""
    files = sorted(p for p in _of_cache(cache) if p.suffix in (".csv", ".json"))
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(cache)}\n".encode() + path.read_bytes())
    return digest.hexdigest()
