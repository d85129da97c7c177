"""A run that goes on computes as it began."""

from dataclasses import replace

import pandas as pd
import pytest
import torch
from tiny_corpora import prepared

from ser_live.config import Config
from ser_live.config_override import override
from training.cache import load_cache
from training.recipe import Recipe
from training.split import load_or_assign, split_fold
from training.trainer import LAST, Trainer


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("trainer"), {"Theatre": 4})


def trainer(folder, cache, precision, epochs):
    table = pd.read_csv(cache / "manifest.csv", keep_default_na=False)
    split = split_fold(table, load_or_assign(table, cache / "folds.csv"), 0)
    config = override(Config(), ["model.channels=4", "model.lstm_units=4"])
    recipe = replace(Recipe(), epochs=2, batch_size=8)
    features = load_cache(cache / "features-hop441")
    folder.mkdir(exist_ok=True)
    made = Trainer(folder, table, features, split, config, recipe, torch.device("cpu"), precision)
    made.recipe = replace(recipe, epochs=epochs)  # stop early, as a kill would
    return made


def test_a_run_goes_on_in_the_precision_that_it_began_in(cache, tmp_path):
    """Timing chooses it anew at every start, and on a busy machine may choose the other."""
    whole = trainer(tmp_path / "whole", cache, "bfloat16", 2)
    whole.fit()
    trainer(tmp_path / "parts", cache, "bfloat16", 1).fit()
    resumed = trainer(tmp_path / "parts", cache, "float32", 2)
    assert (resumed.epoch, resumed.precision) == (1, "bfloat16")
    resumed.fit()
    assert [r["loss"] for r in whole.log] == [r["loss"] for r in resumed.log]
    for name, tensor in whole.best.items():
        assert torch.equal(tensor, resumed.best[name]), name


def test_a_state_that_names_no_precision_goes_on_in_the_chosen_one(cache, tmp_path):
    trainer(tmp_path / "run", cache, "bfloat16", 1).fit()
    path = tmp_path / "run" / LAST
    state = torch.load(path, weights_only=True)
    del state["precision"]
    torch.save(state, path)
    assert trainer(tmp_path / "run", cache, "float32", 2).precision == "float32"
