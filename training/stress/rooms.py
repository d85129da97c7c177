"""Simulated positions and rooms: impulse responses by the image method (pyroomacoustics).

The suite convolves with recorded ones: MARDY's (a centred loudspeaker at 1 m against left, right
and 2 and 3 m) and AIR's (a studio booth against meeting, office and lecture room).  Here the same
constellations are simulated as shoe-boxes; sizes and reverberation times are near those that AIR's
authors give (Jeub, Schäfer & Vary 2009).  Responses begin with the direct sound, so that spans of
the clean clip stay valid, and the result is peak-normalised as in the suite.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import signal

Size = tuple[float, float, float]
#: Room → size (m), reverberation time (s), distance of the speaker (m).
ROOMS: dict[str, tuple[Size, float, float]] = {
    "booth": ((3.0, 1.8, 2.2), 0.12, 1.0),
    "meeting": ((8.0, 5.0, 3.1), 0.23, 2.0),
    "office": ((5.0, 6.4, 2.9), 0.43, 2.0),
    "lecture": ((10.8, 10.9, 3.15), 0.78, 4.0),
}
#: Position → distance (m) and angle (degrees), all in the office.
POSITIONS: dict[str, tuple[float, float]] = {
    f"{distance} m {side}": (float(distance), angle)
    for distance in (1, 2, 3)
    for side, angle in (("centre", 0.0), ("left", -30.0), ("right", 30.0))
}
REFERENCE_ROOM, REFERENCE_POSITION = "booth", "1 m centre"


def available() -> bool:
    """Whether pyroomacoustics can be imported."""
    try:
        import pyroomacoustics  # noqa: F401
    except ImportError:
        return False
    return True


@lru_cache(maxsize=64)
def response(room: str, distance: float, angle: float, rate: int) -> np.ndarray:
    """Impulse response from its direct sound on, (n,) float64; deterministic.

    Args:
        room: one of :data:`ROOMS`.
        distance: of the speaker from the microphone, m.
        angle: of the speaker off the room's long axis, degrees.
        rate: Hz.
    """
    import pyroomacoustics as pra

    size, seconds, _ = ROOMS[room]
    absorption, order = pra.inverse_sabine(seconds, size)
    box = pra.ShoeBox(
        size,
        fs=rate,
        materials=pra.Material(absorption),
        max_order=min(order, 40),
        air_absorption=True,
    )
    # Off the middle, where all modes would coincide; the long axis has the space.
    long = int(size[1] > size[0])
    microphone = np.array([0.47 * size[0], 0.47 * size[1], 0.5 * size[2]])
    microphone[long] = 0.15 * size[long]
    turned = np.deg2rad(angle)
    source = microphone.copy()
    source[long] += distance * np.cos(turned)
    source[1 - long] += distance * np.sin(turned)
    box.add_source(source)
    box.add_microphone(microphone)
    box.compute_rir()
    rir = np.asarray(box.rir[0][0], np.float64)
    return rir[int(np.abs(rir).argmax()) :]


def _convolved(samples: np.ndarray, rir: np.ndarray) -> np.ndarray:
    heard = signal.fftconvolve(samples, rir)[: len(samples)]
    return (heard / max(float(np.abs(heard).max(initial=0.0)), 1e-9)).astype(np.float32)


class Position:
    """The office heard from the reference position, or from another one drawn at random."""

    def __init__(self, reference: bool) -> None:
        others = [name for name in POSITIONS if name != REFERENCE_POSITION]
        self.names = [REFERENCE_POSITION] if reference else others

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Convolve."""
        distance, angle = POSITIONS[self.names[rng.integers(len(self.names))]]
        return _convolved(samples, response("office", distance, angle, rate))


class Room:
    """The reference room, or another one drawn at random."""

    def __init__(self, reference: bool) -> None:
        others = [name for name in ROOMS if name != REFERENCE_ROOM]
        self.names = [REFERENCE_ROOM] if reference else others

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """Convolve."""
        name = self.names[rng.integers(len(self.names))]
        return _convolved(samples, response(name, ROOMS[name][2], 0.0, rate))
