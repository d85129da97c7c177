"""The leak: what a nearest neighbour remembers under each split."""

import numpy as np
import pandas as pd
import pytest

from ser_live.config import Config
from ser_live.errors import SerLiveError
from ser_live.labels import EMOTIONS
from training.cache import FeatureCache
from training.leak import POOLED, SPLITS, leak_markdown, measure, neighbours, window_statistics
from training.split import assign_folds


@pytest.fixture
def recordings():
    """Numbers that tell the recording exactly and the emotion not at all."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        [
            {"corpus": "Theatre", "speaker": f"s{s}", "gender": ("female", "male")[s % 2]}
            | {"emotion": emotion}
            for s in range(20)
            for emotion in EMOTIONS * 2
        ]
    )
    clip = np.repeat(np.arange(len(table)), 6)
    values = rng.normal(0, 1, (len(table), 8))[clip] + rng.normal(0, 0.01, (len(clip), 8))
    return table, values.astype(np.float32), clip


def test_remembering_the_recording_is_all_that_the_random_split_asks_for(recordings):
    table, values, clip = recordings
    result = measure("numbers", table, values, clip, assign_folds(table))
    row = result.set_index(["split", "classes", "corpus"])
    assert row.loc[(SPLITS[0], 14, POOLED), "accuracy"] > 0.99
    for split in SPLITS[1:]:
        assert row.loc[(split, 14, POOLED), "accuracy"] < 0.2
        assert row.loc[(split, 7, POOLED), "uar"] < 0.3
        assert row.loc[(split, 7, POOLED), "with_sibling"] == 0
    assert row.loc[(SPLITS[0], 7, POOLED), "with_sibling"] > 0.99
    # By speaker, every row is tested once.
    assert row.loc[(SPLITS[2], 7, POOLED), "rows"] == len(clip)
    assert row.loc[(SPLITS[2], 14, "Theatre"), "chance"] == pytest.approx(1 / 14)
    text = leak_markdown(result)
    assert text.count("| numbers |") == 6 and "rows at random" in text


def test_few_speakers_fill_fewer_folds(recordings):
    table, values, clip = recordings
    few = table["speaker"].isin(["s0", "s1", "s2"]).to_numpy()
    inside = few[clip]
    small = table[few].reset_index(drop=True)
    numbers = (small, values[inside], np.repeat(np.arange(len(small)), 6))
    row = measure("numbers", *numbers, assign_folds(small)).set_index(
        ["split", "classes", "corpus"]
    )
    assert row.loc[(SPLITS[2], 7, POOLED), "rows"] == inside.sum()
    alone = small.assign(speaker="s0")
    with pytest.raises(SerLiveError, match="one speaker"):
        measure("numbers", alone, *numbers[1:], assign_folds(small))


def test_numbers_are_standardised_on_the_training_rows():
    """A large number that says nothing must not decide."""
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    values = np.stack([labels + rng.normal(0, 0.05, 200), rng.normal(0, 1e4, 200)], 1)
    train, test = np.arange(150), np.arange(150, 200)
    assert (neighbours(values, labels, train, test) == labels[test]).mean() > 0.9


def test_window_statistics():
    config = Config()
    data = np.random.default_rng(0).normal(-40, 10, (30, 170)).astype(np.float16)
    index = pd.DataFrame({"offset": [0, 10], "frames": [10, 20], "first": [0, 0]})
    index.attrs["rows"] = index.to_numpy()
    out = window_statistics(FeatureCache(index, data, config))
    assert out.shape == (2, 256)
    part = data[10:, :128].astype(np.float64)
    np.testing.assert_allclose(out[1, :128], part.mean(0), rtol=1e-4)
    np.testing.assert_allclose(out[1, 128:], part.std(0), rtol=1e-3)
