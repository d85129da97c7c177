"""What may happen to a window whose waveform is perturbed on the fly: a recipe's numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ser_live.errors import ConfigError

Span = tuple[float, float]


@dataclass(frozen=True)
class Chances:
    """Of each link in a window that is perturbed, 0 to 1."""

    room: float = 0.4
    noise: float = 0.65
    tilt: float = 0.4
    curve: float = 0.4
    high_pass: float = 0.25
    low_pass: float = 0.3
    telephone: float = 0.12
    clipping: float = 0.15
    recorder: float = 0.3


@dataclass(frozen=True)
class Noises:
    """Kinds of noise and how often each is drawn, in proportion."""

    white: float = 0.25
    coloured: float = 0.15
    recorded: float = 0.3
    babble: float = 0.15
    event: float = 0.15

    def shares(self) -> dict[str, float]:
        """The same with a sum of 1."""
        values = asdict(self)
        total = sum(values.values())
        return {name: value / total for name, value in values.items()}


@dataclass(frozen=True)
class Perturbations:
    """What may happen to a window; part of the recipe, so that folds are pooled of one kind.

    Attributes:
        chances: of each link in a window that is perturbed.
        noises: their kinds.
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

    chances: Chances = Chances()
    noises: Noises = Noises()
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

    def check(self, where: str) -> None:
        """Make sure that all of it can be drawn.

        Raises:
            ConfigError: a number that is infinite or none, a chance that is none, spans from high
                to low, no noise to choose, or a frequency, an order or a shift that there is not;
                naming ``where`` and the field.
        """
        for name, value in asdict(self).items():
            for part, number in _numbers(name, value):
                if not math.isfinite(number):
                    raise ConfigError(f"{where}.{part}: a finite number, not {number}")
        chances = {f"chances.{name}": chance for name, chance in asdict(self.chances).items()}
        chances |= {name: getattr(self, name) for name in ("coded", "shifted", "warped")}
        for name, chance in chances.items():
            if not 0 <= chance <= 1:
                raise ConfigError(f"{where}.{name}: from 0 to 1, not {chance}")
        noises = asdict(self.noises)
        for name, share in noises.items():
            if share < 0:
                raise ConfigError(f"{where}.noises.{name}: at least 0, not {share}")
        if not sum(noises.values()) > 0:
            raise ConfigError(f"{where}.noises: all are 0; for no noise set chances.noise to 0")
        for name, value in _spans(self).items():
            if not value[0] <= value[1]:
                raise ConfigError(f"{where}.{name}: from low to high, not {list(value)}")
            if name.endswith("_hz") and value[0] <= 0:
                raise ConfigError(f"{where}.{name}: above 0, not {list(value)}")
        if self.clipped[0] <= 0 or self.low_pass_orders[0] < 1 or self.phone_order < 1:
            raise ConfigError(f"{where}: clipped above 0, orders of filters at least 1")
        if self.shift < 0 or not self.curve_db:
            raise ConfigError(f"{where}: shift at least 0, curve_db with a number or more")


def _numbers(name: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for inner, deeper in value.items():
            yield from _numbers(f"{name}.{inner}", deeper)
    elif isinstance(value, tuple):
        yield from ((name, number) for number in value)
    else:
        yield name, value


def _spans(what: Perturbations) -> dict[str, tuple[Any, Any]]:
    values = {name: value for name, value in asdict(what).items() if name != "curve_db"}
    return {name: value for name, value in values.items() if isinstance(value, tuple)}
