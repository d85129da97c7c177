"""Colour and dash pattern of each emotion, for the window; see :mod:`ser_live.emotion_marks`."""

from ser_live.emotion_marks import EMOTION_COLOURS, EMOTION_DASHES

__all__ = ["EMOTION_COLOURS", "EMOTION_DASHES"]
