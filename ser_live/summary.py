"""What a recording amounts to: speaking time, and how it divides among emotions and genders."""

from __future__ import annotations

from dataclasses import dataclass

from ser_live.labels import EMOTIONS, GENDERS
from ser_live.timeline import SpeechEnded, Timeline

_BAR = 20


@dataclass(frozen=True)
class Summary:
    """Times in seconds of speech; an utterance counts whole for its likeliest class.

    Attributes:
        duration: length of the source.
        speaking: speech in all utterances.
        utterances: utterances with a result.
        unsure: speech in utterances with too little evidence, and in those without a result.
        spoken: per gender and emotion, of what is not unsure.
        changes: how often an utterance has another emotion than the one before; the unsure ones
            are passed over.
        voices: per gender, of all utterances with a result: who is not sure of the emotion may
            well be of the voice.
    """

    duration: float
    speaking: float
    utterances: int
    unsure: float
    spoken: dict[str, dict[str, float]]
    changes: int
    voices: dict[str, float]

    def emotion(self, name: str) -> float:
        """Speech with this emotion."""
        return sum(times[name] for times in self.spoken.values())

    def unsure_of(self, gender: str) -> float:
        """Speech of this vocal gender in utterances with a result that is not sure."""
        return max(0.0, self.voices[gender] - sum(self.spoken[gender].values()))

    def share(self, seconds: float) -> float:
        """As a part of the speaking time; 0 where nobody spoke."""
        return seconds / self.speaking if self.speaking > 0 else 0.0


def summarize(timeline: Timeline, duration: float) -> Summary:
    """Add a timeline up.

    Args:
        timeline: the results.
        duration: length of the source, s.
    """
    spoken = {gender: dict.fromkeys(EMOTIONS, 0.0) for gender in GENDERS}
    speaking = sum(e.speech for e in timeline.since(0) if isinstance(e, SpeechEnded))
    utterances = timeline.utterances()
    changes, previous = 0, None
    sure = 0.0
    voices = dict.fromkeys(GENDERS, 0.0)
    for utterance in utterances:
        estimate = utterance.estimate
        voices[estimate.top_gender] += utterance.speech
        if estimate.low_evidence:
            continue
        sure += utterance.speech
        spoken[estimate.top_gender][estimate.top_emotion] += utterance.speech
        changes += previous is not None and previous != estimate.top_emotion
        previous = estimate.top_emotion
    unsure = max(0.0, speaking - sure)
    return Summary(duration, speaking, len(utterances), unsure, spoken, changes, voices)


def summary_text(summary: Summary, source: str, model: str) -> str:
    """A page for people, without a line end after the last line."""
    s = summary
    part = 100 * s.speaking / s.duration if s.duration > 0 else 0.0
    times = "once" if s.changes == 1 else f"{s.changes} times"
    lines = [
        f"{source}: {s.duration:.1f} s, {s.utterances} utterances; model {model}",
        f"speaking time {s.speaking:.1f} s ({part:.0f} %); the emotion changes {times}",
        "",
        f"{'':9} {'share':>6} {'time':>8}   {'female':>8} {'male':>8}",
    ]
    for name in sorted(EMOTIONS, key=s.emotion, reverse=True):
        each = [s.spoken[gender][name] for gender in GENDERS]
        lines.append(_line(s, name, s.emotion(name), each))
    lines.append(_line(s, "not sure", s.unsure, [s.unsure_of(gender) for gender in GENDERS]))
    voices = [s.voices[gender] for gender in GENDERS]
    lines.append(_line(s, "together", s.speaking, voices, bar=False))
    return "\n".join(lines)


def _line(s: Summary, name: str, time: float, each: list[float], bar: bool = True) -> str:
    share = s.share(time)
    columns = " ".join(f"{t:6.1f} s" for t in each)
    drawn = "█" * round(_BAR * share) if bar else ""
    return f"{name:9} {100 * share:4.0f} % {time:6.1f} s   {columns:17}  {drawn}".rstrip()
