"""How a run's speakers were divided, in words: for its page and its model card."""

from __future__ import annotations

from typing import Any

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def number(count: int) -> str:
    """A count in words, as far as ten."""
    return _WORDS[count] if count < len(_WORDS) else f"{count:,}"


def division(training: dict[str, Any]) -> str:
    """How test clips were set apart.

    Args:
        training: what a run's ``metrics.json`` or checkpoint says.
    """
    if "leave_out" in training:
        return f"trained without {training['leave_out']}"
    return f"fold {training['recipe']['fold']} of a split by speaker"


def protocol(part: str, left_out: str | None = None, later_stage: bool = False) -> str:
    """The protocol in two sentences.

    Args:
        part: ``validation`` or ``test``.
        left_out: the corpus that was tested whole, if one was.
        later_stage: the run began with the weights of another, which may have been tested, too.
    """
    once = "looked at once"
    if later_stage:
        once += " with this model (runs that it began with may have been tested on them before)"
    cut = (
        "Every clip was cut by the segmenter of the live program, and its windows' "
        "log-probabilities were averaged."
    )
    if left_out and part == "test":
        return (
            f"All of {left_out} was left out: nothing recorded for it was heard in training or in "
            f"choosing the epoch and the temperature, and it was {once}. " + cut
        )
    seen = (
        "none of these people was heard in training or in choosing the epoch and the temperature, "
        f"and they were {once}"
        if part == "test"
        else "none of these people was heard in training"
    )
    return f"Speakers, not clips, were divided: {seen}. {cut}"
