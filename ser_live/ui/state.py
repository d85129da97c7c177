"""What the window's source is doing; no Qt."""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """Of the source."""

    NONE = "none"
    OPENING = "opening"  # the device or file, or waiting for the model
    RUNNING = "running"  # the microphone is open, or a file is there to be played
    STOPPED = "stopped"
