"""What the user has set of the analysis, handed to those that open sessions and the model."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ser_live.audio.sources import Source
from ser_live.errors import ConfigError, SerLiveError
from ser_live.tunables import usable
from ser_live.ui import backends
from ser_live.ui.settings import Settings

if TYPE_CHECKING:
    from ser_live.config import Config
    from ser_live.pipeline import Session
    from ser_live.predictor import Predictor


class Tuned:
    """The changed values, kept for whoever starts the next analysis.

    Any thread may call; what is started keeps the values that it was started with.

    Args:
        values: by name, see :mod:`ser_live.tunables`.
        model, device: remembered from another day; a model or device that the command line names
            is none of these.

    Attributes:
        values: in force from the next start on; replaced, never changed.
    """

    def __init__(
        self,
        values: dict[str, Any] | None = None,
        model: str | None = None,
        device: str = "auto",
    ) -> None:
        self.values = values or {}
        self._remembered = (model, device)
        self._problems: list[str] = []
        self._lock = threading.Lock()

    @classmethod
    def of(cls, settings: Settings) -> Tuned:
        """From what was stored; what cannot be used of it is left out and told."""
        values, problems = usable(settings.tuning)
        tuned = cls(values, settings.model, settings.device)
        if not settings.readable:
            problems.insert(0, "the settings file cannot be read")
        if problems:
            tuned._note(f"Some settings are not usable and stand at their defaults: {problems[0]}")
        return tuned

    def config(self, predictor: Predictor) -> Config:
        """A model's configuration with the changed values.

        Values that contradict this model's others are left out, all of them, and told.
        """
        from ser_live.config_override import tune

        try:
            return tune(predictor.config, self.values)
        except ConfigError as error:
            self._note(f"The analysis settings do not fit this model and are not used: {error}")
            return predictor.config

    def make_session(self, source: Source, predictor: Predictor) -> Session:
        """As :func:`ser_live.ui.backends.make_session`, with the values."""
        from ser_live.pipeline import Session

        return Session(source, predictor, config=self.config(predictor))

    def load_predictor(
        self, model: str | None, device: str, on_fallback: Callable[[str], None]
    ) -> Predictor:
        """As :func:`ser_live.ui.backends.load_predictor`.

        What was remembered from another day must not leave the program without a model: where it
        does not work any more, the shipped one takes its place.
        """
        try:
            return backends.load_predictor(model, device, on_fallback)
        except SerLiveError as error:
            if (model, device) != self._remembered or self._remembered == (None, "auto"):
                raise
            self._note(f"The model or device from the settings cannot be used: {error}")
            return backends.load_predictor(None, "auto", on_fallback)

    def _note(self, problem: str) -> None:
        with self._lock:
            if problem not in self._problems:
                self._problems.append(problem)

    def take_problems(self) -> list[str]:
        """What is to be told, once."""
        with self._lock:
            problems, self._problems = self._problems, []
        return problems
