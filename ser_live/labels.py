"""The seven emotions, two vocal genders, their 14 joint classes, and the sums between them.

The joint class order is gender-major: ``female_angry … female_surprise, male_angry …``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:  # importing torch takes seconds, and the window shall be up before
    import torch

EMOTIONS: tuple[str, ...] = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
GENDERS: tuple[str, ...] = ("female", "male")
JOINT: tuple[str, ...] = tuple(f"{g}_{e}" for g in GENDERS for e in EMOTIONS)

ArrayOrTensor = TypeVar("ArrayOrTensor", np.ndarray, "torch.Tensor")


def joint_index(gender: str, emotion: str) -> int:
    """Index of a joint class.

    Raises:
        ValueError: an unknown gender or emotion.

    >>> JOINT[joint_index("male", "sad")]
    'male_sad'
    """
    return GENDERS.index(gender) * len(EMOTIONS) + EMOTIONS.index(emotion)


def split_joint(index: int) -> tuple[str, str]:
    """``(gender, emotion)`` of a joint class index.

    >>> split_joint(0)
    ('female', 'angry')
    """
    gender, emotion = divmod(index, len(EMOTIONS))
    return GENDERS[gender], EMOTIONS[emotion]


def emotion_marginal(joint: ArrayOrTensor) -> ArrayOrTensor:
    """Joint probabilities, shape (…, 14), to emotion probabilities, shape (…, 7)."""
    return joint.reshape(*joint.shape[:-1], len(GENDERS), len(EMOTIONS)).sum(-2)


def gender_marginal(joint: ArrayOrTensor) -> ArrayOrTensor:
    """Joint probabilities, shape (…, 14), to gender probabilities, shape (…, 2)."""
    return joint.reshape(*joint.shape[:-1], len(GENDERS), len(EMOTIONS)).sum(-1)
