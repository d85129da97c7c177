"""The steps that every analysis shares: the windower for a model, and its events' results."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ser_live.config import Config
from ser_live.config_override import check_same_checkpoint
from ser_live.predictor import Predictor, aggregate
from ser_live.speech.segmenter import UtteranceOpened
from ser_live.speech.windower import StreamEvent, WholeWindower, Window, Windower
from ser_live.timeline import (
    Estimate,
    SpeechEnded,
    SpeechStarted,
    Timeline,
    UtteranceResult,
    WindowResult,
)

Segmentation = Literal["vad", "whole"]


class Recorder:
    """Turns stream events into timeline entries, asking the predictor for each window.

    Args:
        predictor: the model.
        timeline: where to.
        config: when to call an estimate unsure; the checkpoint's for ``None``.
    """

    def __init__(
        self, predictor: Predictor, timeline: Timeline, config: Config | None = None
    ) -> None:
        self._predictor = predictor
        self._timeline = timeline
        self._decision = (config or predictor.config).decision
        self._finals: list[np.ndarray] = []

    def handle(self, event: StreamEvent) -> None:
        """Record one event; events must come in order."""
        decision = self._decision
        if isinstance(event, UtteranceOpened):
            self._timeline.append(SpeechStarted(event.utterance, event.start))
        elif isinstance(event, Window):
            if event.final:  # what stays has time to be heard with more care
                joint = self._predictor.predict_steady([event.samples])[0]
                self._finals.append(joint)
            else:
                joint = self._predictor.predict([event.samples])[0]
            self._timeline.append(
                WindowResult(
                    event.utterance,
                    event.start,
                    event.end,
                    event.speech,
                    event.final,
                    Estimate.of(joint, event.speech, decision),
                )
            )
        else:
            span = (event.utterance, event.start, event.end, event.speech)
            self._timeline.append(SpeechEnded(*span))
            if self._finals:
                joint = aggregate(np.stack(self._finals))
                estimate = Estimate.of(joint, event.speech, decision)
                self._timeline.append(UtteranceResult(*span, estimate))
                self._finals = []


def make_windower(
    predictor: Predictor,
    sample_rate: int,
    segment: Segmentation,
    config: Config | None = None,
) -> Windower | WholeWindower:
    """The windower for a way of segmenting.

    Args:
        predictor: the model that will read the windows.
        sample_rate: of the source, Hz.
        segment: ``vad`` or ``whole``.
        config: values other than the checkpoint's, see :mod:`ser_live.tunables`.

    Raises:
        ConfigError: ``config`` contradicts what the network was trained with.
    """
    if config is not None:
        check_same_checkpoint(config, predictor.config)
    kind = Windower if segment == "vad" else WholeWindower
    return kind(config or predictor.config, sample_rate)
