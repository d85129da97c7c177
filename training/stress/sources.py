"""Recordings that are mixed in: ESC-50's fold 5, babble of LibriSpeech's speakers, music.

The published suite takes noise, babble and music from MUSAN.  Only fold 5 of ESC-50 is used, and
not the voices of :data:`RESERVED`: the other folds and those voices are free for augmentation, so
that no noise is ever both trained with and tested with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr

from ser_live.audio.decode import read_audio
from ser_live.errors import AudioFileError, SerLiveError
from ser_live.folders import files_below
from training.corpora.base import AUDIO_SUFFIXES
from training.files import read_table
from training.stress.perturb import mix, rms

FOLD = 5
#: Heard when a recipe is chosen, neither trained nor tested with.
TUNING_FOLD = 4
#: ESC-50's human sounds (classes 20 to 29) are no environment; two have tests of their own.
HUMAN = range(20, 30)
COUGH, SNEEZE = "coughing", "sneezing"
BABBLE_SPEAKERS = (4, 7)
#: LibriSpeech speakers whose babble is trained with, and so not tested with.
RESERVED = frozenset({"533", "3005", "3331"})
#: Where music may lie: MUSAN as it is unpacked, or any recordings in a folder of that name.
MUSIC = ("musan/music", "MUSAN/music", "music")
_FRAME = 0.02  # s
_RANGE_DB = 25.0  # a burst ends where it is that far below its loudest frame
_LONGEST = 1.5  # s


def esc50_table(root: Path) -> Path | None:
    """ESC-50's list of clips: in ``meta`` as published, or beside the audio; None without one."""
    return _table_among(files_below(root / "ESC-50"))


def _table_among(paths: Iterable[Path]) -> Path | None:
    return next((path for path in paths if path.name == "esc50.csv"), None)


def esc50(root: Path, kind: str, folds: Collection[int] = (FOLD,)) -> list[Path]:
    """ESC-50 clips, of fold 5 only unless told otherwise.

    Args:
        root: folder with the corpora.
        kind: ``environment`` (all but human sounds) or the name of a class.
        folds: of these.

    Returns:
        In order; none without ESC-50.

    Raises:
        SerLiveError: its table is damaged, or a clip that it lists is missing.
    """
    below = files_below(root / "ESC-50")
    table = _table_among(below)
    if table is None:
        return []
    files = {path.stem: path for path in below if path.suffix.lower() in AUDIO_SUFFIXES}
    rows = read_table(table, ("filename", "fold", "target", "category"))
    rows = rows[rows["fold"].isin(folds)]
    chosen = ~rows["target"].isin(HUMAN) if kind == "environment" else rows["category"] == kind
    names = sorted(Path(str(name)).stem for name in rows["filename"][chosen])
    if missing := [name for name in names if name not in files]:
        raise SerLiveError(
            f"{table.parent}: {len(missing):,} of {len(names):,} clips ({kind}) that {table.name} "
            f"lists are missing, {missing[0]} for one; fetch them again"
        )
    return [files[name] for name in names]


def librispeech(root: Path, reserved: bool = False) -> dict[str, list[Path]]:
    """LibriSpeech's files by speaker (the folder layout is split/speaker/chapter/file).

    Args:
        root: folder with the corpora.
        reserved: the speakers kept for augmentation, instead of all others.
    """
    speakers: dict[str, list[Path]] = {}
    for path in files_below(root / "LibriSpeech"):
        if path.suffix.lower() != ".flac" or path.name.startswith("."):
            continue
        name = path.name.split("-")[0]
        if (name in RESERVED) == reserved:
            speakers.setdefault(name, []).append(path)
    return speakers


def music(root: Path) -> tuple[list[Path], str]:
    """Recordings of music, and what they are called; none, and nothing, without any.

    Args:
        root: folder with the corpora.
    """
    for name in MUSIC:
        found = [p for p in files_below(root / name) if p.suffix.lower() in AUDIO_SUFFIXES]
        if found := [p for p in found if not p.name.startswith(".")]:
            return found, "MUSAN" if "/" in name else f"{len(found):,} recordings in {name}/"
    return [], ""


@lru_cache(maxsize=800)
def read_at(path: Path, rate: int) -> np.ndarray:
    """(n,) float32 of a file at a rate (Hz); kept in memory."""
    samples, own = read_audio(path)
    return soxr.resample(samples, own, rate).astype(np.float32)


def piece(samples: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count,) samples from a random place, repeated where the recording is shorter."""
    start = int(rng.integers(max(1, len(samples))))
    return np.resize(np.roll(samples, -start), count)


class Recorded:
    """A recording of a list, drawn at random, at an SNR (dB); begins at a random place in it."""

    def __init__(self, paths: list[Path], snr_db: float) -> None:
        self.paths, self.snr_db = paths, snr_db

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Mix it in."""
        noise = np.zeros(len(samples), np.float32)
        for _ in range(20):  # ESC-50's short sounds are padded with silence: draw again
            noise = piece(read_at(self.paths[rng.integers(len(self.paths))], rate), len(noise), rng)
            if rms(noise) > 1e-4:
                break
        return mix(samples, noise, self.snr_db)


class Music:
    """A piece of a recording of a list, both drawn at random, at an SNR (dB).

    Recordings of music are long: only what is heard of them is read, and none is kept.
    """

    def __init__(self, paths: list[Path], snr_db: float) -> None:
        self.paths, self.snr_db = paths, snr_db

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Mix it in.

        Raises:
            AudioFileError: a recording cannot be read.
        """
        heard = np.zeros(len(samples), np.float32)
        for _ in range(20):  # it may begin or end in silence: draw again
            path = self.paths[rng.integers(len(self.paths))]
            heard = excerpt(path, len(samples), rate, float(rng.random()))
            if rms(heard) > 1e-4:
                break
        return mix(samples, heard, self.snr_db)


def excerpt(path: Path, count: int, rate: int, place: float) -> np.ndarray:
    """(count,) float32 mono samples at ``rate`` Hz, repeated where the recording is shorter.

    Args:
        path: of a file that libsndfile reads.
        count: samples.
        rate: Hz.
        place: from 0, the recording's beginning, to 1: as late as it can begin.

    Raises:
        AudioFileError: it cannot be read, or holds nothing.
    """
    try:
        with soundfile.SoundFile(path) as file:
            needed = int(np.ceil(count * file.samplerate / rate)) + 1
            file.seek(int(place * max(0, file.frames - needed)))
            sound = file.read(needed, dtype="float32", always_2d=True).mean(1)
            own = file.samplerate
    except (OSError, soundfile.SoundFileError) as error:
        raise AudioFileError(f"{path}: cannot be read as sound ({error})") from error
    if not len(sound):
        raise AudioFileError(f"{path}: holds no sound")
    return np.resize(soxr.resample(sound, own, rate), count).astype(np.float32)


class Babble:
    """Four to seven other speakers at once, equally loud, at an SNR (dB)."""

    def __init__(self, speakers: dict[str, list[Path]], snr_db: float) -> None:
        self.speakers, self.snr_db = speakers, snr_db

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Mix it in."""
        low, high = BABBLE_SPEAKERS
        count = int(rng.integers(low, high + 1))
        noise = np.zeros(len(samples))
        for name in rng.choice(sorted(self.speakers), count, replace=False):
            paths = self.speakers[str(name)]
            voice = piece(read_at(paths[rng.integers(len(paths))], rate), len(samples), rng)
            noise += voice / max(rms(voice), 1e-6)
        return mix(samples, noise, self.snr_db)


def burst(samples: np.ndarray, rate: int) -> np.ndarray:
    """The loudest event in (n,) samples at ``rate`` Hz, at most 1.5 s: one cough of a fit."""
    size = round(_FRAME * rate)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    power = np.square(frames.astype(np.float64)).mean(1)
    top = int(power.argmax())
    loud = power > power[top] * 10 ** (-_RANGE_DB / 10)
    first = last = top
    while first > 0 and loud[first - 1]:
        first -= 1
    while last + 1 < len(loud) and loud[last + 1] and (last - first) * _FRAME < _LONGEST:
        last += 1
    return samples[first * size : (last + 1) * size][: round(_LONGEST * rate)]


class Event:
    """One cough or sneeze, whole where it fits, at a random place.

    The SNR (dB) is over the whole clip, as in the suite: the event's energy is spread over it.
    """

    def __init__(self, paths: list[Path], snr_db: float) -> None:
        self.paths, self.snr_db = paths, snr_db

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Mix it in."""
        sound = burst(read_at(self.paths[rng.integers(len(self.paths))], rate), rate)[
            : len(samples)
        ]
        noise = np.zeros(len(samples), np.float32)
        start = int(rng.integers(len(samples) - len(sound) + 1))
        noise[start : start + len(sound)] = sound
        return mix(samples, noise, self.snr_db)
