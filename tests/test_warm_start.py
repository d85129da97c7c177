"""A run that begins with another one's weights."""

import json

import pandas as pd
import pytest
import torch
from tiny_corpora import prepared

from ser_live.errors import SerLiveError
from ser_live.models.checkpoint import load_checkpoint
from training import run as training_run
from training.cli import main
from training.pool import read_fold
from training.warm_start import load_start


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Cache, and runs of fold 0 and 1, by the commands."""
    folder = tmp_path_factory.mktemp("training")
    prepared(folder, {"Theatre": 10})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_run, "FOLDS", folder / "folds.csv")
        assert train(folder, "first", "--epochs", "2") == 0
        assert train(folder, "other", "--fold", "1") == 0
    return folder


@pytest.fixture(autouse=True)
def folds_kept(folder, monkeypatch):
    monkeypatch.setattr(training_run, "FOLDS", folder / "folds.csv")


def train(folder, run, *more):
    tiny = ["--set", "model.channels=4", "--set", "model.lstm_units=4"]
    cache = folder / "cache"
    command = ["train", "--cache", str(cache), "--run", str(folder / run), "--device", "cpu", *tiny]
    return main([*command, "--corpora", str(cache), "--epochs", "1", *more])


def second(folder, text="max_lr = 1e-9\nschedule = 'cosine'\nweight_decay = 0.0\n"):
    """A recipe that hardly moves the weights."""
    path = folder / "second.toml"
    path.write_text(text)
    return ["--recipe", str(path), "--start-from", str(folder / "first")]


def test_it_begins_with_the_weights_and_says_so(folder, capsys):
    assert train(folder, "second", *second(folder)) == 0
    before = load_checkpoint(folder / "first" / "model.safetensors").model.state_dict()
    after = load_checkpoint(folder / "second" / "model.safetensors").model.state_dict()
    weights = [name for name in before if name.endswith("weight")]
    assert weights
    for name in weights:
        torch.testing.assert_close(after[name], before[name], atol=1e-5, rtol=0)
    metrics = json.loads((folder / "second" / "metrics.json").read_text())
    assert (metrics["epochs"], metrics["start"]["epochs"]) == (1, 2)
    facts = json.loads((folder / "second" / "run.json").read_text())
    assert facts["start"]["run"] == "first"
    assert facts["start"]["recipe"]["fold"] == 0
    # Continued without its start it would be another run.
    assert train(folder, "second", *second(folder)[:2]) == 1
    assert "another --start-from" in capsys.readouterr().err


def test_folds_compare_by_how_the_start_was_trained(folder):
    assert train(folder, "pooled", *second(folder)) == 0
    start = read_fold(folder / "pooled").settings["start"]
    assert start["recipe"]["epochs"] == 2
    assert "fold" not in start["recipe"] and "digest" not in start
    # One that began before a field of the recipe existed is the same recipe.
    path = folder / "pooled" / "run.json"
    older = json.loads(path.read_text())
    for recipe in (older["recipe"], older["start"]["recipe"]):
        del recipe["context_share"]
    path.write_text(json.dumps(older))
    assert read_fold(folder / "pooled").settings["start"] == start


def test_speakers_that_were_trained_on_may_not_be_tested(folder, capsys):
    assert train(folder, "wrong", "--start-from", str(folder / "other")) == 1
    assert "speakers are others" in capsys.readouterr().err
    assert not (folder / "wrong" / "run.json").exists()


def test_a_start_of_another_model_is_refused(folder, capsys):
    wide = ["--set", "model.channels=6", "--start-from", str(folder / "first")]
    assert train(folder, "wide", *wide) == 1
    assert "section 'model' is another" in capsys.readouterr().err


def test_a_start_that_is_not_finished_is_refused(folder):
    table = pd.read_csv(folder / "cache" / "manifest.csv")
    with pytest.raises(SerLiveError, match=r"model\.safetensors: not there"):
        load_start(folder / "cache", None, table, None)
