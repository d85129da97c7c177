"""Messages for the banner: what happened, and what to do next; no Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ser_live.errors import (
    AudioDeviceError,
    AudioFileError,
    BackendError,
    CheckpointError,
    SerLiveError,
    SessionFileError,
)

_MARKS = {"info": "ℹ", "warning": "⚠", "error": "✖"}


@dataclass(frozen=True)
class Action:
    """A button in the banner.

    Attributes:
        label: on the button.
        tip: what it does, a sentence.
        do: called when it is pressed.
    """

    label: str
    tip: str
    do: Callable[[], object]


@dataclass(frozen=True)
class Message:
    """A message in the banner.

    Attributes:
        key: a newer message with the same key takes its place.
        level: ``info``, ``warning`` or ``error``.
        title: what happened, one line.
        advice: what to do next.
        actions: buttons that do it.
        put_away: called when the user puts the message away.
        stays: it tells of what is still so, and whoever told it takes it away.
    """

    key: str
    level: str
    title: str
    advice: str = ""
    actions: tuple[Action, ...] = ()
    put_away: Callable[[], object] | None = None
    stays: bool = False

    @property
    def mark(self) -> str:
        """A sign for the level."""
        return _MARKS[self.level]

    @property
    def text(self) -> str:
        """What happened and what to do next, in sentences."""
        title = self.title if self.title[-1:] in ".!?…" else f"{self.title}."
        return f"{title} {self.advice}".strip()

    @property
    def decides(self) -> bool:
        """Whether it asks for a decision, or putting it away is one."""
        return bool(self.actions) or self.put_away is not None

    @property
    def passes(self) -> bool:
        """Whether it goes by itself when it was read: what was done, and nothing to be done."""
        return self.level == "info" and not self.stays and not self.decides

    def told_while(self, what: str) -> Message:
        """As a warning, that says first what the program does instead."""
        title = f"{self.title[:1].upper()}{self.title[1:]}"
        return Message(self.key, "warning", title, f"{what} {self.advice}")


def explain(error: BaseException, key: str) -> Message:
    """An error as a message with advice."""
    text = str(error) or type(error).__name__
    low = text.lower()
    if isinstance(error, AudioDeviceError):
        if "portaudio" in low:
            advice = "Files can still be opened and analysed (Ctrl+O)."
        elif "busy" in low:
            advice = "Close the other program and press Start, or choose another input."
        elif "permit" in low or "permission" in low:
            advice = "Allow the microphone in the system's privacy settings, then press Start."
        elif "no input device" in low:
            advice = (
                "Connect one and choose it in the input list (“Look for devices”), or open a file."
            )
        else:
            advice = "Choose another input in the list, or open a file (Ctrl+O)."
        return Message(key, "error", text, advice)
    if isinstance(error, AudioFileError):
        return Message(key, "error", text, "Choose another file (Ctrl+O) or drop one here.")
    if isinstance(error, CheckpointError):
        advice = "Install the program again, or name a checkpoint with --model FILE."
        return Message(key, "error", f"The model cannot be loaded: {text}", advice)
    if isinstance(error, BackendError):
        return Message(key, "error", text, "Start again with --device auto or --device cpu.")
    if isinstance(error, SessionFileError):
        advice = "Choose another file (Ctrl+O)."
        if "newer version" in low:
            advice = "Or choose another file (Ctrl+O)."
        return Message(key, "error", text, advice)
    if isinstance(error, SerLiveError):
        return Message(key, "error", text)
    title = f"Something went wrong: {type(error).__name__}: {text}"
    return Message(key, "error", title, "Details are in the terminal. You can go on working.")
