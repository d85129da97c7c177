"""The manifest: one row a clip, with labels and facts about its sound.

Columns: ``path`` (relative to the corpora's folder), ``corpus, speaker, gender, emotion,
intensity, sentence, duration`` (s), ``sample_rate`` (Hz), ``sha1`` (of the decoded samples),
``listeners`` (CREMA-D: the emotion most listeners to the audio heard, ``a:b`` in a tie; or empty).
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from ser_live.audio.decode import Decoder
from ser_live.errors import AudioFileError, SerLiveError
from ser_live.labels import EMOTIONS, GENDERS
from training.corpora import CORPORA, Clip, discover
from training.corpora.base import nothing_found
from training.corpora.crema_d import read_votes
from training.corpora.cut_off import share_missing
from training.files import read_table, reason
from training.workers import worker_pool

FILE = "manifest.csv"
_LABELS = ("path", "corpus", "speaker", "gender", "emotion")

_SILENT_PEAK = 1e-3  # -60 dBFS: nothing but coding noise
_SHORTEST = 0.05  # s: two frames of 25 ms


@dataclass(frozen=True)
class Dropped:
    """A clip left out, and why."""

    path: str
    corpus: str
    reason: str


@dataclass(frozen=True)
class _Facts:
    """What a sound file holds: s, Hz, SHA-1 of its samples."""

    path: Path
    duration: float
    rate: int
    sha1: str


def _facts(paths: Sequence[Path]) -> _Facts | str:
    """Of the first of several copies that can be used, or why the first of all cannot."""
    read = (_facts_of(path) for path in paths)
    first = next(read)
    if isinstance(first, _Facts):
        return first
    return next((facts for facts in read if isinstance(facts, _Facts)), first)


def _facts_of(path: Path) -> _Facts | str:
    try:
        decoder = Decoder(path)
        samples, rate = np.concatenate(list(decoder.blocks())), decoder.sample_rate
        missing = share_missing(path)
    except AudioFileError as error:
        return str(error).removeprefix(f"{path}: ")
    except OSError as error:
        return reason(error)
    if path.suffix.lower() == ".flac" and decoder.duration:  # its header tells the length
        missing = max(missing, 1 - len(samples) / (decoder.duration * rate))
    if missing != 0:
        share = "" if math.isnan(missing) else f": {100 * missing:.0f} % of the sound is missing"
        return f"cut off{share}; fetch it again"
    # FFmpeg only guesses the length of an MP3 file without a header of its own.
    if decoder.lost or (decoder.truncated and decoder.av_file is None):
        return "breaks off, or a part of it cannot be decoded; fetch it again"
    if len(samples) < _SHORTEST * rate:
        return f"too short: {len(samples) / rate:.3f} s"
    if np.abs(samples).max() < _SILENT_PEAK:
        return "silent"
    sha1 = hashlib.sha1(samples.tobytes(), usedforsecurity=False).hexdigest()
    return _Facts(path, len(samples) / rate, rate, sha1)


def path_below(path: Path, root: Path) -> str:
    """A clip's path as the manifest holds it; links on the way to it stay in it."""
    inside = path.is_relative_to(root)
    return path.relative_to(root).as_posix() if inside else relative_path(path, root)


def relative_path(path: Path, root: Path) -> str:
    """A clip's path as the manifest holds it: from the corpora's folder, with ``..`` if need be."""
    try:
        return Path(os.path.relpath(path.resolve(), root.resolve())).as_posix()
    except ValueError:  # another drive (Windows)
        return path.resolve().as_posix()


def build_manifest(
    root: Path, processes: int = 1, more: Sequence[Clip] = (), known: bool = True
) -> tuple[pd.DataFrame, list[Dropped]]:
    """Find and read all clips of all known corpora below ``root``, and ``more``.

    Unreadable, cut-off, silent and too short clips are dropped, and so are recordings that occur
    under contradicting labels (all of their copies; copies that agree are kept once).

    Args:
        root: folder that holds the corpora's folders.
        processes: worker processes.
        more: clips from elsewhere (a CSV file).
        known: look for the known corpora at all.

    Raises:
        SerLiveError: no clip was found, or CREMA-D's listener votes are damaged.
    """
    order = list(CORPORA)
    clips = list(discover(root, CORPORA.values())) if known else []
    clips.sort(key=lambda clip: order.index(clip.corpus))
    if known and not clips:
        raise SerLiveError(
            nothing_found(root, ", ".join(CORPORA))
            + ("; --only-csv leaves them out" if more else "")
        )
    clips += _others(clips, more)
    votes = read_votes(root)  # first, for reading the clips takes minutes
    with worker_pool(processes) as pool:
        facts = list(
            tqdm(
                pool.imap(_facts, [(c.path, *c.copies) for c in clips], chunksize=32),
                total=len(clips),
                desc="reading",
                unit="clip",
            )
        )
    dropped: list[Dropped] = []
    rows = []
    for clip, fact in zip(clips, facts, strict=True):
        if isinstance(fact, str):
            dropped.append(Dropped(path_below(clip.path, root), clip.corpus, fact))
        else:
            rows.append(_row(clip, path_below(fact.path, root), fact))
    if not rows:
        raise SerLiveError(_none_left(root, dropped))
    table = pd.DataFrame(rows)
    table, contradicting = drop_contradictions(table)
    if not len(table):
        raise SerLiveError(_none_left(root, dropped + contradicting))
    return _with_votes(table, votes), dropped + contradicting


def _others(clips: Sequence[Clip], more: Sequence[Clip]) -> list[Clip]:
    """Those of ``more`` that are not among ``clips``, or under other labels (then both go)."""
    if not more:
        return []
    found = {path.resolve(): clip for clip in clips for path in (clip.path, *clip.copies)}

    def known(clip: Clip) -> bool:
        other = found.get(clip.path.resolve())
        return other is not None and (other.gender, other.emotion) == (clip.gender, clip.emotion)

    return [clip for clip in more if not known(clip)]


def _none_left(root: Path, dropped: list[Dropped]) -> str:
    first = dropped[0]
    return f"{root}: none of {len(dropped):,} clips can be used: {first.path}: {first.reason}"


def read_manifest(folder: Path) -> pd.DataFrame:
    """``manifest.csv`` of a cache folder; texts stay texts, even a corpus called 2024.

    Raises:
        SerLiveError: it is not there, damaged, or holds a label that is none.
    """
    path = folder / FILE
    if not path.exists():
        raise SerLiveError(f"{path}: not there; run `python -m training prepare` first")
    again = "; remove it and run `python -m training prepare` again"
    texts = dict.fromkeys((*_LABELS, "intensity", "sentence", "sha1", "listeners"), str)
    try:
        table = read_table(path, (*_LABELS, "duration", "sha1"), keep_default_na=False, dtype=texts)
        for column, known in (("gender", GENDERS), ("emotion", EMOTIONS)):
            for row in np.flatnonzero(~table[column].isin(known).to_numpy())[:1]:
                raise SerLiveError(
                    f"{path}: line {row + 2}: {column}: {table[column].iloc[row]!r} is none"
                )
    except SerLiveError as error:
        raise SerLiveError(f"{error}{again}") from error
    if not len(table):
        raise SerLiveError(f"{path}: no clip in it{again}")
    return table


def _row(clip: Clip, path: str, fact: _Facts) -> dict[str, object]:
    return {
        "path": path,
        "corpus": clip.corpus,
        "speaker": clip.speaker,
        "gender": clip.gender,
        "emotion": clip.emotion,
        "intensity": clip.intensity,
        "sentence": clip.sentence,
        "duration": round(fact.duration, 4),
        "sample_rate": fact.rate,
        "sha1": fact.sha1,
    }


def with_listeners(table: pd.DataFrame, root: Path) -> pd.DataFrame:
    """The manifest with its column ``listeners``, from CREMA-D's published votes."""
    return _with_votes(table, read_votes(root))


def _with_votes(table: pd.DataFrame, votes: dict[str, str]) -> pd.DataFrame:
    heard = [
        votes.get(Path(path).stem, "") if corpus == "CREMA-D" else ""
        for path, corpus in zip(table["path"], table["corpus"], strict=True)
    ]
    return table.assign(listeners=heard)


def drop_contradictions(table: pd.DataFrame) -> tuple[pd.DataFrame, list[Dropped]]:
    """Remove identical recordings: all of them where labels differ, else all but the first."""
    dropped: list[Dropped] = []
    remove: list[int] = []
    for _, group in table.groupby("sha1", sort=False):
        if len(group) == 1:
            continue
        labels = group[["gender", "emotion"]].drop_duplicates()
        names = ", ".join(Path(p).stem for p in group["path"])
        if len(labels) > 1:
            gone, reason = group, f"one recording, two labels: {names}"
        else:
            gone, reason = group.iloc[1:], f"the same recording: {names}"
        remove += list(gone.index)
        pairs = zip(gone["path"], gone["corpus"], strict=True)
        dropped += [Dropped(path, corpus, reason) for path, corpus in pairs]
    return table.drop(index=remove).reset_index(drop=True), dropped


def counts_report(table: pd.DataFrame, dropped: list[Dropped]) -> str:
    """Counts against the published ones, and what was dropped, as text."""
    heads = ("corpus", "kept", "dropped", "published", "speakers", "published")
    lines = ["{:10}{:>8}{:>9}{:>11}{:>10}{:>11}".format(*heads)]
    for corpus in CORPORA.values():
        part = table[table["corpus"] == corpus.name]
        lost = sum(d.corpus == corpus.name for d in dropped)
        lines.append(
            f"{corpus.name:10}{len(part):8,}{lost:9,}{corpus.published:11,}"
            f"{part['speaker'].nunique():10}{corpus.speakers:11}"
        )
    for name in sorted({*table["corpus"], *(d.corpus for d in dropped)} - set(CORPORA)):
        part = table[table["corpus"] == name]
        lost = sum(d.corpus == name for d in dropped)
        lines.append(
            f"{name:10}{len(part):8,}{lost:9,}{'–':>11}{part['speaker'].nunique():10}{'–':>11}"
        )
    published = sum(c.published for c in CORPORA.values())
    speakers = sum(c.speakers for c in CORPORA.values())
    lines.append(
        f"{'all':10}{len(table):8,}{len(dropped):9,}{published:11,}"
        f"{table['speaker'].nunique():10}{speakers:11}"
    )
    lines += [f"dropped {d.path}: {d.reason}" for d in dropped]
    return "\n".join(lines)
