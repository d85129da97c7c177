"""Colour and dash pattern of each emotion, the same in the window and in reports."""

from __future__ import annotations

#: Okabe and Ito, to be told apart by colour-blind people; neutral is grey and depends on the theme.
EMOTION_COLOURS = {
    "angry": "#D55E00",
    "disgust": "#009E73",
    "fear": "#CC79A7",
    "happy": "#E69F00",
    "sad": "#0072B2",
    "surprise": "#56B4E9",
}
#: Dash patterns in units of the pen's width; empty is solid.
EMOTION_DASHES: dict[str, list[float]] = {
    "angry": [],
    "disgust": [6, 2],
    "fear": [2, 2],
    "happy": [10, 3],
    "neutral": [1.5, 1.5],
    "sad": [8, 2, 2, 2],
    "surprise": [4, 2, 1, 2],
}
