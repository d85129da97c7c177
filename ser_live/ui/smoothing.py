"""Calmer bars: the present state's probabilities, smoothed over time; no Qt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ser_live.ui.view_model import Present, statement

#: Half-lives on offer, s; 0 is off.
HALF_LIVES = {0.0: "Off", 0.5: "0.5 s", 1.0: "1 s", 2.0: "2 s"}


class Smoother:
    """Follows the estimates of one utterance exponentially; its result is shown as it is.

    Attributes:
        half_life: after so long half of a jump has been followed, s; 0 switches it off.
    """

    def __init__(self) -> None:
        self.half_life = 0.0
        self._values: np.ndarray | None = None
        self._utterance: int | None = None
        self._time = 0.0

    def follow(self, present: Present, time: float) -> Present:
        """The state to show at a time (s of the stream) instead of ``present``."""
        reading = present.reading
        if reading is None or present.utterance is None or present.final or not self.half_life:
            self._values = None
            return present
        raw = np.array([*reading.emotions, reading.female])
        passed = time - self._time
        self._time = time
        if self._values is None or self._utterance != present.utterance or passed < 0:
            self._values, self._utterance = raw, present.utterance
            return present
        self._values = raw + (self._values - raw) * 0.5 ** (passed / self.half_life)
        # Without rounding, what has settled would be painted anew for ever.
        *emotions, female = (float(p) for p in np.round(self._values, 3))
        calm = replace(reading, emotions=tuple(emotions), female=female)
        return statement(present.utterance, calm, present.final)
