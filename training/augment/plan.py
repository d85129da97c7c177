"""What every window of a batch meets when waveforms are perturbed on the fly, drawn at random.

All of it comes from the processor's generator, so the same seed gives the same rooms, noises and
microphones on every device.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ser_live.config import Config
from training.augment.noise_bank import BABBLE, EVENT, RECORDED, NoiseBank
from training.recipe import Recipe
from training.waveforms import Waveforms

Span = tuple[float, float]


@dataclass(frozen=True)
class Perturbations:
    """What may happen to a window; goes into ``run.json``, so that folds are pooled of one kind.

    Attributes:
        chances: of each link in a window that is perturbed.
        noises: their kinds and shares.
        snr_db, event_snr_db: against the speech in the window; an event's energy is spread over it.
        colour: the power of coloured noise falls as 1/f to this power, above 50 Hz.
        tilt_db: gain at 8 kHz against 0 Hz.
        curve_db: deviations of the cosines over the mel axis that make up a microphone's curve.
        high_pass_hz, low_pass_hz, low_pass_orders: of Butterworth gains; a high-pass has 1 to 3.
        phone_low_hz, phone_high_hz, phone_order: a telephone's band.
        coded: chance of 8 bits, µ-law, at a telephone.
        clipped: limit, in root mean squares of the window.
        recorder_db: peak of the window in dBFS, rounded to 16 bits.
        shift, shifted: how far a window is moved at most, s, and the chance of it.
        warped: chance that a window is heard at another tempo and pitch.
    """

    chances: dict[str, float] = field(
        default_factory=lambda: {
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
    )
    noises: dict[str, float] = field(
        default_factory=lambda: {
            "white": 0.25,
            "coloured": 0.15,
            "recorded": 0.3,
            "babble": 0.15,
            "event": 0.15,
        }
    )
    snr_db: Span = (0.0, 40.0)
    event_snr_db: Span = (5.0, 25.0)
    colour: Span = (0.5, 2.0)
    tilt_db: Span = (-20.0, 20.0)
    curve_db: tuple[float, ...] = (5.0, 5 / 2, 5 / 3, 5 / 4, 5 / 5, 5 / 6)
    high_pass_hz: Span = (30.0, 350.0)
    low_pass_hz: Span = (2_500.0, 8_000.0)
    low_pass_orders: tuple[int, int] = (1, 8)
    phone_low_hz: Span = (150.0, 400.0)
    phone_high_hz: Span = (3_000.0, 3_700.0)
    phone_order: int = 8
    coded: float = 0.5
    clipped: Span = (2.0, 5.5)
    recorder_db: Span = (-50.0, 0.0)
    shift: float = 0.03
    shifted: float = 0.5
    warped: float = 0.6


WHAT = Perturbations()


def facts() -> dict[str, Any]:
    """:data:`WHAT` as JSON has it."""
    return json.loads(json.dumps(asdict(WHAT)))


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
    curve_db: np.ndarray  # (m, cosines)
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
    clip = waves.clip[rows]
    length, first, count = waves.length[clip], waves.first[rows], waves.count[rows]
    first, count, tempo, pitch = _excerpts(length, first, count, recipe, config, rng)
    (chosen,) = np.nonzero(perturbed)
    m = len(chosen)
    on = {name: rng.random(m) < chance for name, chance in WHAT.chances.items()}
    band = np.stack(
        [
            _log_uniform(rng, WHAT.high_pass_hz, m),
            on["high_pass"] * rng.integers(1, 4, m),
            _log_uniform(rng, WHAT.low_pass_hz, m),
            on["low_pass"] * rng.integers(WHAT.low_pass_orders[0], WHAT.low_pass_orders[1] + 1, m),
        ],
        1,
    )
    phone = np.stack(
        [
            rng.uniform(*WHAT.phone_low_hz, m),
            rng.integers(1, 4, m),
            rng.uniform(*WHAT.phone_high_hz, m),
            np.full(m, WHAT.phone_order),
        ],
        1,
    )
    curves = rng.standard_normal((m, len(WHAT.curve_db))) * WHAT.curve_db
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
        tilt_db=on["tilt"] * rng.uniform(*WHAT.tilt_db, m),
        curve_db=on["curve"][:, None] * curves,
        band=np.where(on["telephone"][:, None], phone, band),
        coded=on["telephone"] & (rng.random(m) < WHAT.coded),
        limit=np.where(on["clipping"], _log_uniform(rng, WHAT.clipped, m), np.inf),
        recorder_db=np.where(on["recorder"], rng.uniform(*WHAT.recorder_db, m), np.nan),
    )


def _excerpts(
    length: np.ndarray,
    first: np.ndarray,
    count: np.ndarray,
    recipe: Recipe,
    config: Config,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """First samples and counts of the windows as they are heard, tempo and pitch.

    Both of a pair (``recipe.consistency``) are the same excerpt.
    """
    size, n = config.audio.window_samples, len(first)
    half = n // 2

    def draw() -> np.ndarray:
        numbers = rng.random(half if recipe.consistency > 0 else n)
        return np.concatenate([numbers, numbers]) if recipe.consistency > 0 else numbers

    wide = draw() < recipe.context_share
    earliest = np.maximum(0, first + count - size)
    latest = np.maximum(earliest, np.minimum(first, length - size))
    anywhere = earliest + np.floor(draw() * (latest - earliest + 1)).astype(np.int64)
    limit = WHAT.shift * config.audio.sample_rate * (draw() < WHAT.shifted)
    moved = np.rint(first + limit * (2 * draw() - 1)).astype(np.int64)
    moved = np.clip(moved, 0, length - count)
    first = np.where(wide, anywhere, moved)
    count = np.where(wide, np.minimum(size, length - first), count)
    warped = draw() < WHAT.warped
    tempo = np.exp(warped * np.log1p(recipe.tempo) * (2 * draw() - 1))
    pitch = 2.0 ** (warped * recipe.pitch / 12 * (2 * draw() - 1))
    # A full window heard faster stays full where its clip goes on.
    longer = np.minimum(np.ceil(size * tempo).astype(np.int64) + 1, length - first)
    return first, np.where(count >= size, np.maximum(longer, count), count), tempo, pitch


def _draw_noise(
    on: np.ndarray, bank: NoiseBank, count: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Kind, SNR and place of the noise of windows with so many samples."""
    m = len(on)
    name = rng.choice(list(WHAT.noises), m, p=list(WHAT.noises.values()))
    number = np.zeros(m, np.int64)
    for kind, code in (("recorded", RECORDED), ("babble", BABBLE), ("event", EVENT)):
        choice = bank.of(code)
        picked = choice[rng.integers(len(choice), size=m)]
        number = np.where(name == kind, picked, number)
    length, event = bank.length[number], name == "event"
    # Noise begins anywhere in its recording; an event anywhere in the window, whole if it fits.
    inside = rng.random(m)
    room = np.maximum(count - length, 0)
    snr = np.where(event, rng.uniform(*WHAT.event_snr_db, m), rng.uniform(*WHAT.snr_db, m))
    return {
        "on": on,
        "drawn": (name == "white") | (name == "coloured"),
        "colour": np.where(name == "coloured", rng.uniform(*WHAT.colour, m), 0.0),
        "event": event,
        "begin": bank.begin[number],
        "length": length,
        "start": np.where(event, -np.floor(inside * room), np.floor(inside * length)),
        "snr_db": snr,
    }
