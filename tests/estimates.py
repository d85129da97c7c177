"""Estimates that nobody computed."""

from __future__ import annotations

import numpy as np

from ser_live.config import DecisionConfig
from ser_live.labels import joint_index
from ser_live.timeline import Estimate


def estimate(
    gender: str = "female", emotion: str = "happy", p: float = 0.8, speech: float = 2.0
) -> Estimate:
    """One that gives a joint class the probability ``p`` and spreads the rest evenly.

    Args:
        gender, emotion: the class.
        p: its probability.
        speech: s of speech in the window.
    """
    joint = np.full(14, (1 - p) / 13)
    joint[joint_index(gender, emotion)] = p
    return Estimate.of(joint, speech, DecisionConfig())
