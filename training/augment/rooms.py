"""A bank of simulated rooms for augmentation, made once from a seed (pyroomacoustics).

Sizes, reverberation times and positions are drawn at random; none is a room of the stress tests.
Responses begin shortly before the direct sound, so that window positions stay valid.
"""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ser_live.errors import SerLiveError
from training.files import make_folder, whole
from training.stress.rooms import ROOMS

COUNT = 60
SEED = 20_240
#: Reflections beyond this order are left out: their number grows with its cube.
MAX_ORDER = 30
#: A room counts as one of the stress tests' when every side is within this share of it.
_NEAR = 0.1
_LEAD = 0.001  # s before the direct sound


def room_of_tests(size: np.ndarray) -> bool:
    """Whether (3,) sides in metres are nearly those of a room of the stress tests."""
    return any(
        bool(np.all(np.abs(np.sort(size[:2]) - np.sort(sides[:2])) <= _NEAR * np.sort(sides[:2])))
        and abs(size[2] - sides[2]) <= _NEAR * sides[2]
        for sides in (np.asarray(room[0]) for room in ROOMS.values())
    )


def _draw(rng: np.random.Generator) -> tuple[np.ndarray, float, np.ndarray, np.ndarray]:
    """Sides (m), reverberation time (s), places of speaker and microphone (m)."""
    size = np.array([rng.uniform(2.2, 12), rng.uniform(2.2, 9), rng.uniform(2.2, 4.5)])
    seconds = float(rng.uniform(0.1, 0.8))
    microphone = size * rng.uniform(0.15, 0.85, 3)
    microphone[2] = rng.uniform(0.7, 1.6)
    speaker = size * rng.uniform(0.1, 0.9, 3)
    speaker[2] = rng.uniform(1.0, 1.8)
    return size, seconds, speaker, microphone


def make_bank(rate: int, count: int = COUNT, seed: int = SEED) -> list[np.ndarray]:
    """Impulse responses, (n,) float32 each, the direct sound at 1; deterministic.

    Args:
        rate: Hz.
        count: responses.
        seed: of the rooms.

    Raises:
        SerLiveError: pyroomacoustics is not installed.
    """
    try:
        import pyroomacoustics as pra
    except ImportError as error:
        raise SerLiveError("rooms need pyroomacoustics: `make setup-training`") from error
    rng = np.random.default_rng(seed)
    bank: list[np.ndarray] = []
    while len(bank) < count:
        size, seconds, speaker, microphone = _draw(rng)
        distance = float(np.linalg.norm(speaker - microphone))
        if room_of_tests(size) or not 0.3 <= distance <= 5.0:
            continue
        try:
            absorption, order = pra.inverse_sabine(seconds, size)
        except ValueError:
            continue  # no wall absorbs enough for so short a time in so large a room
        if order > MAX_ORDER:
            continue
        box = pra.ShoeBox(
            size, fs=rate, materials=pra.Material(absorption), max_order=order, air_absorption=True
        )
        box.add_source(speaker)
        box.add_microphone(microphone)
        box.compute_rir()
        response = np.asarray(box.rir[0][0], np.float64)
        delay = pra.constants.get("frac_delay_length") // 2
        direct = delay + distance / pra.constants.get("c") * rate
        first = max(0, round(direct - _LEAD * rate))
        peak = np.abs(response[first : first + 2 * round(_LEAD * rate)]).max()
        bank.append((response[first:] / peak).astype(np.float32))
    return bank


def load_bank(folder: Path, rate: int) -> list[np.ndarray]:
    """The bank kept in a folder; made and written where it is not there.

    Returns:
        (n,) float32 impulse responses at ``rate`` Hz.

    Raises:
        SerLiveError: pyroomacoustics is not installed, and no bank is there; or it is damaged.
    """
    path = folder / f"rooms-{rate}-{COUNT}-{SEED}.npz"
    if not path.exists():
        bank = make_bank(rate)
        make_folder(folder)
        with whole(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, *bank)
    try:
        with np.load(path) as stored:
            return [stored[f"arr_{i}"] for i in range(len(stored.files))]
    except (ValueError, EOFError, KeyError, BadZipFile) as error:
        raise SerLiveError(f"{path}: damaged; remove it, it is then made again") from error
