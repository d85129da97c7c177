"""Noises for augmentation on the training device: all of them in one array, made once.

The same recordings as :mod:`training.augment.sounds` draws from (ESC-50's folds 1 to 3, reserved
LibriSpeech voices), so none that the stress tests or the tuning use.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from tqdm import tqdm

from ser_live.errors import SerLiveError
from training.augment.sounds import EVENTS, FOLDS, Sounds
from training.files import make_folder, whole
from training.stress.sources import RESERVED, burst, esc50, read_at

#: Kinds of recordings: looped noise, looped voices, single short events.
RECORDED, BABBLE, EVENT = range(3)
BABBLES, BABBLE_SECONDS = 80, 12.0
#: Times that each cough and sneeze is among the events: few among many.
OFTEN = 4
SEED = 20_261
_SHORTEST = 0.3  # s
_SILENT = 1e-4  # of full scale; what is fainter at the ends is cut off


def _facts(rate: int) -> dict[str, object]:
    """What a bank is made of and how; another one is refused."""
    return {
        "rate": rate,
        "esc50": [list(FOLDS), list(EVENTS)],
        "librispeech": sorted(RESERVED),
        "babble": [BABBLES, BABBLE_SECONDS],
        "often": OFTEN,
        "seed": SEED,
        "revision": 2,
    }


_ARRAYS = ("data", "begin", "length", "kind")


@dataclass(frozen=True)
class NoiseBank:
    """Recordings one after the other.

    Attributes:
        data: (total samples,) float16.
        begin: (n,) int64, first sample of each.
        length: (n,) int64, samples.
        kind: (n,) int64, one of :data:`RECORDED`, :data:`BABBLE`, :data:`EVENT`.
    """

    data: np.ndarray
    begin: np.ndarray
    length: np.ndarray
    kind: np.ndarray

    def of(self, kind: int) -> np.ndarray:
        """Numbers of the recordings of a kind, (m,) int64."""
        return np.flatnonzero(self.kind == kind)


def make_noise_bank(root: Path, rate: int) -> NoiseBank:
    """Read, cut and mix the recordings; deterministic.

    Args:
        root: folder with the corpora.
        rate: Hz.

    Raises:
        SerLiveError: ESC-50 or LibriSpeech is not there.
    """
    sounds = Sounds(root, rate)
    rng = np.random.default_rng(SEED)
    waves: list[np.ndarray] = []
    kinds: list[int] = []

    def keep(kind: int, wave: np.ndarray) -> None:
        (audible,) = np.nonzero(np.abs(wave) > _SILENT)
        heard = wave[audible[0] : audible[-1] + 1] if len(audible) else wave[:0]
        if len(heard) >= _SHORTEST * rate or (kind == EVENT and len(heard)):
            waves.append((heard / np.abs(heard).max()).astype(np.float16))
            kinds.append(kind)

    for path in tqdm(esc50(root, "environment", FOLDS), desc="noises", unit="file", mininterval=2):
        wave = read_at(path, rate)
        keep(RECORDED, wave)
        keep(EVENT, burst(wave, rate))
    for name in EVENTS:
        for path in esc50(root, name, FOLDS):
            for _ in range(OFTEN):
                keep(EVENT, burst(read_at(path, rate), rate))
    for _ in range(BABBLES):
        keep(BABBLE, sounds.babble(round(BABBLE_SECONDS * rate), rng))
    length = np.asarray([len(w) for w in waves], np.int64)
    begin = np.concatenate([[0], np.cumsum(length)[:-1]])
    return NoiseBank(np.concatenate(waves), begin, length, np.asarray(kinds, np.int64))


def bank_path(folder: Path, rate: int) -> Path:
    """Where a cache folder keeps the bank of a rate (Hz)."""
    return folder / f"noises-{rate}.npz"


def load_noise_bank(folder: Path, rate: int, root: Path | None = None) -> NoiseBank:
    """The bank kept in a folder; made and written where it is not there and ``root`` is given.

    Raises:
        SerLiveError: it is not there, damaged or made of others, or its recordings are missing.
    """
    path = bank_path(folder, rate)
    if not path.exists():
        if root is None:
            raise SerLiveError(
                f"{path}: not there; run `python -m training prepare --waveforms` first"
            )
        bank = make_noise_bank(root, rate)
        make_folder(folder)
        arrays = {name: getattr(bank, name) for name in _ARRAYS}
        with whole(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, facts=np.array(json.dumps(_facts(rate))), **arrays)
    try:
        with np.load(path) as stored:
            made = json.loads(str(stored["facts"]))
            bank = NoiseBank(*(stored[name] for name in _ARRAYS))
    except (ValueError, EOFError, KeyError, BadZipFile) as error:
        raise SerLiveError(f"{path}: damaged; remove it, it is then made again") from error
    if made != _facts(rate):
        raise SerLiveError(f"{path}: made of other noises; remove it, it is then made again")
    return bank
