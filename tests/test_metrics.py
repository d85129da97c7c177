"""Figures of models that leave something open."""

import numpy as np
import pandas as pd
import pytest

from ser_live.labels import EMOTIONS, GENDERS
from training.intervals import figures
from training.metrics import gender_hits, scores
from training.predictions import predictions_table


def test_a_model_that_leaves_gender_open_is_right_half_of_the_time_for_both():
    """As the seven-emotion model: the same probability for both genders."""
    rng = np.random.default_rng(0)
    seven = rng.dirichlet(np.ones(7), 28) / 2
    joint = np.concatenate([seven, seven], 1)
    for gender in (0, 1):
        row = scores(joint, np.arange(28) % 7, np.full(28, gender))
        assert row["gender_accuracy"] == row["gender_uar"] == 0.5
    clips = pd.DataFrame(
        {"path": f"{i}", "corpus": "X", "speaker": f"X-{i % 4}"}
        | {"gender": GENDERS[i % 2], "emotion": EMOTIONS[i % 7]}
        for i in range(28)
    )
    row = figures(predictions_table("test", clips, joint), resamples=50)
    assert row["gender_uar"] == 0.5 and row["interval"]["gender_uar"] == [0.5, 0.5]


def test_a_gender_is_right_or_wrong_where_one_is_likelier():
    joint = np.zeros((3, 14))
    joint[[0, 1, 2], [3, 10, 10]] = 0.6
    joint[[0, 1, 2], [10, 3, 3]] = 0.4
    assert gender_hits(joint, np.array([0, 0, 1])) == pytest.approx([1, 0, 1])
