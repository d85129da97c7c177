"""What every window of a batch meets when waveforms are perturbed on the fly, drawn at random.

All of it comes from the processor's generator, so the same seed gives the same rooms, noises and
microphones on every device.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from ser_live.config import Config
from training.augment.noise_bank import BABBLE, EVENT, RECORDED, NoiseBank
from training.augment.perturbations import Perturbations
from training.recipe import Recipe
from training.waveforms import Waveforms


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
        recipe: ``context_share, tempo, pitch, perturbations``.
        config: rate and window length.
        rng: to draw from.
    """
    what, clip = recipe.perturbations, waves.clip[rows]
    length, first, count = waves.length[clip], waves.first[rows], waves.count[rows]
    first, count, tempo, pitch = _excerpts(length, first, count, recipe, config, rng)
    (chosen,) = np.nonzero(perturbed)
    m = len(chosen)
    on = {name: rng.random(m) < chance for name, chance in asdict(what.chances).items()}
    band = np.stack(
        [
            _log_uniform(rng, what.high_pass_hz, m),
            on["high_pass"] * rng.integers(1, 4, m),
            _log_uniform(rng, what.low_pass_hz, m),
            on["low_pass"] * rng.integers(what.low_pass_orders[0], what.low_pass_orders[1] + 1, m),
        ],
        1,
    )
    phone = np.stack(
        [
            rng.uniform(*what.phone_low_hz, m),
            rng.integers(1, 4, m),
            rng.uniform(*what.phone_high_hz, m),
            np.full(m, what.phone_order),
        ],
        1,
    )
    curves = rng.standard_normal((m, len(what.curve_db))) * what.curve_db
    return Plan(
        begin=waves.begin[clip],
        length=length,
        first=first,
        count=count,
        tempo=tempo,
        pitch=pitch,
        perturbed=chosen,
        room=np.where(on["room"], rng.integers(max(rooms, 1), size=m), -1),
        noise=_draw_noise(on["noise"], bank, count[chosen], what, rng),
        tilt_db=on["tilt"] * rng.uniform(*what.tilt_db, m),
        curve_db=on["curve"][:, None] * curves,
        band=np.where(on["telephone"][:, None], phone, band),
        coded=on["telephone"] & (rng.random(m) < what.coded),
        limit=np.where(on["clipping"], _log_uniform(rng, what.clipped, m), np.inf),
        recorder_db=np.where(on["recorder"], rng.uniform(*what.recorder_db, m), np.nan),
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
    what, size, n = recipe.perturbations, config.audio.window_samples, len(first)
    half = n // 2

    def draw() -> np.ndarray:
        numbers = rng.random(half if recipe.consistency > 0 else n)
        return np.concatenate([numbers, numbers]) if recipe.consistency > 0 else numbers

    wide = draw() < recipe.context_share
    earliest = np.maximum(0, first + count - size)
    latest = np.maximum(earliest, np.minimum(first, length - size))
    anywhere = earliest + np.floor(draw() * (latest - earliest + 1)).astype(np.int64)
    limit = what.shift * config.audio.sample_rate * (draw() < what.shifted)
    moved = np.rint(first + limit * (2 * draw() - 1)).astype(np.int64)
    moved = np.clip(moved, 0, length - count)
    first = np.where(wide, anywhere, moved)
    count = np.where(wide, np.minimum(size, length - first), count)
    warped = draw() < what.warped
    tempo = np.exp(warped * np.log1p(recipe.tempo) * (2 * draw() - 1))
    pitch = 2.0 ** (warped * recipe.pitch / 12 * (2 * draw() - 1))
    # A full window heard faster stays full where its clip goes on.
    longer = np.minimum(np.ceil(size * tempo).astype(np.int64) + 1, length - first)
    return first, np.where(count >= size, np.maximum(longer, count), count), tempo, pitch


def _draw_noise(
    on: np.ndarray,
    bank: NoiseBank,
    count: np.ndarray,
    what: Perturbations,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Kind, SNR and place of the noise of windows with so many samples."""
    m = len(on)
    shares = what.noises.shares()
    name = rng.choice(list(shares), m, p=list(shares.values()))
    number = np.zeros(m, np.int64)
    for kind, code in (("recorded", RECORDED), ("babble", BABBLE), ("event", EVENT)):
        choice = bank.of(code)
        picked = choice[rng.integers(len(choice), size=m)]
        number = np.where(name == kind, picked, number)
    length, event = bank.length[number], name == "event"
    # Noise begins anywhere in its recording; an event anywhere in the window, whole if it fits.
    inside = rng.random(m)
    room = np.maximum(count - length, 0)
    snr = np.where(event, rng.uniform(*what.event_snr_db, m), rng.uniform(*what.snr_db, m))
    return {
        "on": on,
        "drawn": (name == "white") | (name == "coloured"),
        "colour": np.where(name == "coloured", rng.uniform(*what.colour, m), 0.0),
        "event": event,
        "begin": bank.begin[number],
        "length": length,
        "start": np.where(event, -np.floor(inside * room), np.floor(inside * length)),
        "snr_db": snr,
    }
