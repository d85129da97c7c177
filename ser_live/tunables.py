"""The values that may be set at run time: their ranges, and what they do, in plain words.

One table for the settings dialog, the command line's ``--set`` and the settings file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ser_live.config import Config
from ser_live.errors import ConfigError


@dataclass(frozen=True)
class Tunable:
    """One value.

    Attributes:
        name: ``section.field`` of :class:`ser_live.config.Config`.
        group: what it is shown under.
        title: a few words.
        low, high: the range, ends included.
        step: of a spin box.
        unit: ``s``, ``dB``, empty for none.
        help: what changes when it does.
        whole: an integer.
    """

    name: str
    group: str
    title: str
    low: float
    high: float
    step: float
    unit: str
    help: str
    whole: bool = False

    def of(self, config: Config) -> float:
        """Its value in a configuration."""
        section, _, field = self.name.partition(".")
        return float(getattr(getattr(config, section), field))

    def check(self, value: Any) -> None:
        """Make sure that a value is of the right kind and within the range.

        Raises:
            ConfigError: it is not.
        """
        kinds = (int,) if self.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            what = "a whole number" if self.whole else "a number"
            raise ConfigError(f"{self.name}: {value!r} is not {what}")
        if not (math.isfinite(value) and self.low <= value <= self.high):
            unit = f" {self.unit}" if self.unit else ""
            raise ConfigError(
                f"{self.name}: {value:g} is not within {self.low:g} and {self.high:g}{unit}"
            )


SPEECH, UTTERANCES, STATEMENTS = "Finding speech", "Utterances and windows", "Statements"
GROUPS = (SPEECH, UTTERANCES, STATEMENTS)

TUNABLES = (
    Tunable(
        "vad.open_probability", SPEECH, "Speech begins at", 0.05, 0.95, 0.05, "",
        "How sure silero-vad must be that it hears speech before an utterance opens. Higher: "
        "noises open fewer utterances, soft voices may be missed.",
    ),
    Tunable(
        "vad.keep_probability", SPEECH, "Speech goes on above", 0.05, 0.95, 0.05, "",
        "The lower probability that keeps an open utterance open where webrtcvad agrees. "
        "Higher: pauses are found earlier, word ends may be cut.",
    ),
    Tunable(
        "vad.webrtc_mode", SPEECH, "Strictness of webrtcvad", 0, 3, 1, "",
        "webrtcvad proposes what may be speech: 0 proposes much, 3 only what is clear.", True,
    ),
    Tunable(
        "vad.max_gain_db", SPEECH, "Most gain", 0.0, 60.0, 5.0, "dB",
        "So much are quiet sounds amplified for the detectors (the model has its own levelling). "
        "Higher: distant voices are found, and so is distant noise.",
    ),
    Tunable(
        "segmenter.confirm_frames", SPEECH, "Frames to confirm", 1, 10, 1, "",
        "So many of the last ten 30 ms frames must silero-vad confirm before an utterance opens. "
        "Higher: clicks and coughs open fewer, a first syllable comes later.", True,
    ),
    Tunable(
        "segmenter.hangover", UTTERANCES, "Pause that ends an utterance", 0.1, 3.0, 0.1, "s",
        "Silence of this length ends an utterance. Longer: sentences with pauses stay together, "
        "results come later.",
    ),
    Tunable(
        "segmenter.min_utterance_speech", UTTERANCES, "Shortest utterance", 0.09, 2.0, 0.05, "s",
        "An utterance with less speech than this gets no result.",
    ),
    Tunable(
        "segmenter.max_utterance", UTTERANCES, "Longest utterance", 5.0, 20.0, 1.0, "s",
        "An endless utterance is divided at its quietest moment when it gets this long.",
    ),
    Tunable(
        "segmenter.provisional_hop", UTTERANCES, "Provisional estimate every", 0.1, 2.0, 0.05, "s",
        "While someone speaks there is a new estimate this often. Shorter: livelier curves, more "
        "work for the processor.",
    ),
    Tunable(
        "segmenter.first_provisional_speech", UTTERANCES, "First estimate after", 0.3, 2.0, 0.05,
        "s", "So much speech is needed for the first estimate of an utterance. Shorter: earlier, "
        "and less to be relied on.",
    ),
    Tunable(
        "decision.min_confidence", STATEMENTS, "“Not sure” below", 0.15, 0.95, 0.05, "",
        "A likeliest emotion with less probability than this is shown as “not sure”. "
        "Seven emotions: chance is 0.14.",
    ),
    Tunable(
        "decision.min_speech", STATEMENTS, "“Not sure” with less speech than", 0.0, 3.0, 0.1, "s",
        "A window or an utterance with less speech than this is shown as “not sure”.",
    ),
)  # fmt: skip

#: By name.
BY_NAME = {each.name: each for each in TUNABLES}


def check_together(config: Config) -> None:
    """Make sure that the values of a configuration agree with each other.

    Raises:
        ConfigError: they do not.
    """
    vad, segmenter = config.vad, config.segmenter
    if vad.keep_probability > vad.open_probability:
        raise ConfigError(
            "vad.keep_probability: speech must not need more to go on "
            f"({vad.keep_probability:g}) than to begin ({vad.open_probability:g})"
        )
    if segmenter.min_utterance_speech >= segmenter.max_utterance:
        raise ConfigError("segmenter.min_utterance_speech: longer than the longest utterance")
    # A window is cut from the history when the utterance closes, at the latest after the hangover.
    needed = segmenter.max_utterance + segmenter.hangover + config.audio.window_seconds
    if needed > config.stream.history_seconds:
        raise ConfigError(
            f"segmenter.max_utterance: {segmenter.max_utterance:g} s with a pause of "
            f"{segmenter.hangover:g} s exceed the {config.stream.history_seconds:g} s kept"
        )


def changed(config: Config, values: Mapping[str, Any]) -> dict[str, float]:
    """Those of the values that differ from a configuration's."""
    return {name: value for name, value in values.items() if BY_NAME[name].of(config) != value}


def usable(stored: object) -> tuple[dict[str, Any], list[str]]:
    """What can be used of values that came from a file, and what is wrong with the rest.

    Args:
        stored: whatever the file held.

    Returns:
        Values by name, each within its range, and a sentence for each that was left out.
    """
    if not isinstance(stored, Mapping):
        return {}, ["the stored analysis settings are not readable"]
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in stored.items():
        tunable = BY_NAME.get(str(name))
        if tunable is None:
            problems.append(f"{name}: unknown")
            continue
        try:
            tunable.check(value)
        except ConfigError as error:
            problems.append(str(error))
        else:
            values[tunable.name] = value
    return values, problems
