"""What every window of a batch meets when waveforms are perturbed on the fly, drawn at random.

All of it comes from the processor's generator, so the same seed gives the same rooms, noises and
microphones on every device.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ser_live.config import Config
from training.augment.noise_bank import BABBLE, EVENT, RECORDED, NoiseBank
from training.recipe import Recipe
from training.waveforms import Waveforms

#: Chance of each link in a window that is perturbed.
CHANCES = {
    "room": 0.4,
    "noise": 0.65,
    "tilt": 0.4,
    "curve": 0.4,
    "high_pass": 0.25,
    "low_pass": 0.3,
    "telephone": 0.12,
    "clipping": 0.15,
    "recorder": 0.3,
}
#: Kinds of noise and their shares.
NOISES = {"white": 0.25, "coloured": 0.15, "recorded": 0.3, "babble": 0.15, "event": 0.15}
SNR_DB = (0.0, 40.0)
EVENT_SNR_DB = (5.0, 25.0)  # its energy spread over the window
COLOUR = (0.5, 2.0)  # power falls as 1/f to this power
TILT_DB = (-20.0, 20.0)  # gain at 8 kHz against 0 Hz
CURVE_DB, CURVES = 5.0, 6  # deviation of the first cosine over the mel axis; the k-th has a k-th
HIGH_PASS_HZ, LOW_PASS_HZ, LOW_PASS_ORDERS = (30.0, 350.0), (2_500.0, 8_000.0), (1, 8)
PHONE_LOW_HZ, PHONE_HIGH_HZ, PHONE_ORDER = (150.0, 400.0), (3_000.0, 3_700.0), 8
CODED = 0.5  # chance of µ-law at a telephone
CLIPPED = (2.0, 5.5)  # limit, in root mean squares
RECORDER_DB = (-50.0, 0.0)  # peak in dBFS, rounded to 16 bits
SHIFT, SHIFTED = 0.03, 0.5  # s, and its chance
WARPED = 0.6  # chance that a window is heard at another tempo and pitch


@dataclass(frozen=True)
class Plan:
    """What a batch of windows meets, (batch,) each; see :func:`draw_plan`."""

    begin: np.ndarray  # of the clip, in all waveforms
    length: np.ndarray  # of the clip
    first: np.ndarray  # of the window, in the clip
    count: np.ndarray  # samples of the window
    tempo: np.ndarray
    pitch: np.ndarray
    perturbed: np.ndarray  # numbers of the windows that meet the rest, (m,); what follows is (m,)
    room: np.ndarray  # -1: none
    noise: dict[str, np.ndarray]
    tilt_db: np.ndarray
    curve_db: np.ndarray  # (m, CURVES)
    band: np.ndarray  # (m, 4): high-pass and its order, low-pass and its order; order 0: none
    coded: np.ndarray
    limit: np.ndarray  # in root mean squares; inf: none
    recorder_db: np.ndarray  # nan: none


def _log_uniform(rng: np.random.Generator, span: tuple[float, float], count: int) -> np.ndarray:
    return np.exp(rng.uniform(np.log(span[0]), np.log(span[1]), count))


def draw_plan(
    rows: np.ndarray,
    perturbed: np.ndarray,
    waves: Waveforms,
    bank: NoiseBank,
    rooms: int,
    recipe: Recipe,
    config: Config,
    rng: np.random.Generator,
) -> Plan:
    """Draw everything random about a batch.

    Args:
        rows: (batch,) rows of the cache's index.
        perturbed: (batch,) bool, which of them meet rooms, noises and microphones.
        waves: where their windows lie.
        bank: noises to choose from.
        rooms: how many there are.
        recipe: ``context_share, tempo, pitch``.
        config: rate and window length.
        rng: to draw from.
    """
    size, rate = config.audio.window_samples, config.audio.sample_rate
    n = len(rows)
    clip = waves.clip[rows]
    length, first, count = waves.length[clip], waves.first[rows], waves.count[rows]
    wide = rng.random(n) < recipe.context_share
    earliest = np.maximum(0, first + count - size)
    latest = np.maximum(earliest, np.minimum(first, length - size))
    anywhere = earliest + np.floor(rng.random(n) * (latest - earliest + 1)).astype(np.int64)
    limit = SHIFT * rate * (rng.random(n) < SHIFTED)
    moved = np.rint(first + limit * rng.uniform(-1, 1, n)).astype(np.int64)
    moved = np.clip(moved, 0, length - count)
    first = np.where(wide, anywhere, moved)
    count = np.where(wide, np.minimum(size, length - first), count)
    warped = rng.random(n) < WARPED
    tempo = np.exp(warped * np.log1p(recipe.tempo) * rng.uniform(-1, 1, n))
    pitch = 2.0 ** (warped * recipe.pitch / 12 * rng.uniform(-1, 1, n))
    (chosen,) = np.nonzero(perturbed)
    m = len(chosen)
    on = {name: rng.random(m) < chance for name, chance in CHANCES.items()}
    band = np.stack(
        [
            _log_uniform(rng, HIGH_PASS_HZ, m),
            on["high_pass"] * rng.integers(1, 4, m),
            _log_uniform(rng, LOW_PASS_HZ, m),
            on["low_pass"] * rng.integers(LOW_PASS_ORDERS[0], LOW_PASS_ORDERS[1] + 1, m),
        ],
        1,
    )
    phone = np.stack(
        [
            rng.uniform(*PHONE_LOW_HZ, m),
            rng.integers(1, 4, m),
            rng.uniform(*PHONE_HIGH_HZ, m),
            np.full(m, PHONE_ORDER),
        ],
        1,
    )
    deviation = CURVE_DB / np.arange(1, CURVES + 1)
    return Plan(
        begin=waves.begin[clip],
        length=length,
        first=first,
        count=count,
        tempo=tempo,
        pitch=pitch,
        perturbed=chosen,
        room=np.where(on["room"], rng.integers(max(rooms, 1), size=m), -1),
        noise=_draw_noise(on["noise"], bank, count[chosen], rng),
        tilt_db=on["tilt"] * rng.uniform(*TILT_DB, m),
        curve_db=on["curve"][:, None] * deviation * rng.standard_normal((m, CURVES)),
        band=np.where(on["telephone"][:, None], phone, band),
        coded=on["telephone"] & (rng.random(m) < CODED),
        limit=np.where(on["clipping"], _log_uniform(rng, CLIPPED, m), np.inf),
        recorder_db=np.where(on["recorder"], rng.uniform(*RECORDER_DB, m), np.nan),
    )


def _draw_noise(
    on: np.ndarray, bank: NoiseBank, count: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Kind, SNR and place of the noise of windows with so many samples."""
    m = len(on)
    name = rng.choice(list(NOISES), m, p=list(NOISES.values()))
    number = np.zeros(m, np.int64)
    for kind, code in (("recorded", RECORDED), ("babble", BABBLE), ("event", EVENT)):
        choice = bank.of(code)
        picked = choice[rng.integers(len(choice), size=m)]
        number = np.where(name == kind, picked, number)
    length, event = bank.length[number], name == "event"
    # Noise begins anywhere in its recording; an event anywhere in the window, whole if it fits.
    inside = rng.random(m)
    room = np.maximum(count - length, 0)
    snr = np.where(event, rng.uniform(*EVENT_SNR_DB, m), rng.uniform(*SNR_DB, m))
    return {
        "on": on,
        "drawn": (name == "white") | (name == "coloured"),
        "colour": np.where(name == "coloured", rng.uniform(*COLOUR, m), 0.0),
        "event": event,
        "begin": bank.begin[number],
        "length": length,
        "start": np.where(event, -np.floor(inside * room), np.floor(inside * length)),
        "snr_db": snr,
    }
