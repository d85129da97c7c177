import numpy as np
import pytest
import torch

from ser_live.labels import (
    EMOTIONS,
    GENDERS,
    JOINT,
    emotion_marginal,
    gender_marginal,
    joint_index,
    split_joint,
)


def test_joint_classes_are_all_pairs_once():
    assert len(JOINT) == len(set(JOINT)) == 14
    for gender in GENDERS:
        for emotion in EMOTIONS:
            index = joint_index(gender, emotion)
            assert JOINT[index] == f"{gender}_{emotion}"
            assert split_joint(index) == (gender, emotion)


def test_unknown_names_are_errors():
    with pytest.raises(ValueError):
        joint_index("female", "bored")
    with pytest.raises(ValueError):
        joint_index("child", "happy")


def test_marginals_are_the_sums_of_the_joint():
    p = np.random.default_rng(0).dirichlet(np.ones(14), size=(3, 5))
    emotions, genders = emotion_marginal(p), gender_marginal(p)
    assert emotions.shape == (3, 5, 7) and genders.shape == (3, 5, 2)
    for i, name in enumerate(EMOTIONS):
        both = sum(p[..., joint_index(g, name)] for g in GENDERS)
        np.testing.assert_allclose(emotions[..., i], both)
    for i, name in enumerate(GENDERS):
        every = sum(p[..., joint_index(name, e)] for e in EMOTIONS)
        np.testing.assert_allclose(genders[..., i], every)
    np.testing.assert_allclose(emotions.sum(-1), 1)
    np.testing.assert_allclose(genders.sum(-1), 1)


def test_marginals_of_tensors_equal_those_of_arrays():
    p = np.random.default_rng(1).dirichlet(np.ones(14), size=4)
    np.testing.assert_array_equal(
        emotion_marginal(torch.from_numpy(p)).numpy(), emotion_marginal(p)
    )
