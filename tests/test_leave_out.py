"""A run that leaves a corpus out, and its checkpoint in the live path."""

import json

import numpy as np
import pandas as pd
import pytest
from tiny_corpora import prepare, write_corpora

from ser_live.errors import SerLiveError
from training.cli import main
from training.parity import compare
from training.pool import read_fold
from training.predictions import joint_of, read_predictions
from training.split import assign_folds, split_fold, split_leave_out


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpora")
    return write_corpora(folder, {"Theatre": 5, "Radio": 1})


@pytest.fixture(scope="module")
def trained(corpora, tmp_path_factory):
    """Cache and run folder of a model trained without Radio, by the commands."""
    folder = tmp_path_factory.mktemp("training")
    cache, run = folder / "cache", folder / "run"
    assert main(prepare(corpora, cache)) == 0
    assert train(cache, run, "--leave-out", "Radio") == 0
    return cache, run


def train(cache, run, *more):
    tiny = ["--set", "model.channels=4", "--set", "model.lstm_units=4"]
    command = ["train", "--cache", str(cache), "--run", str(run), "--device", "cpu", *tiny]
    return main([*command, "--corpora", str(cache), "--epochs", "1", *more])


def table_of(speakers):
    return pd.DataFrame(
        [
            {"corpus": corpus, "speaker": f"{corpus}-{i}", "gender": "female", "emotion": emotion}
            for corpus, count in speakers.items()
            for i in range(count)
            for emotion in ("angry", "sad")
        ]
    )


def test_the_whole_corpus_is_tested_and_nobody_of_it_is_heard():
    table = table_of({"A": 9, "B": 2, "C": 8})
    split = split_leave_out(table, "A")
    assert set(table["corpus"].iloc[split.test]) == {"A"} and len(split.test) == 18
    people = [set(table["speaker"].iloc[rows]) for rows in (split.train, split.validation)]
    assert people[1] and not people[0] & people[1]
    assert set(table["corpus"].iloc[split.validation]) == {"C"}  # B is small and trains whole
    assert len(split.train) + len(split.validation) + len(split.test) == len(table)
    with pytest.raises(ValueError, match="choose from A, B, C"):
        split_leave_out(table, "D")
    with pytest.raises(ValueError, match="no other corpus"):
        split_leave_out(table_of({"A": 9}), "A")


def test_folds_are_divided_as_before():
    """The validation speakers of a fold are those that earlier runs had."""
    table = table_of({"A": 15, "B": 2})
    split = split_fold(table, assign_folds(table), 1)
    assert sorted(set(table["speaker"].iloc[split.validation])) == ["A-0", "A-10"]


def test_the_run_tests_the_corpus_and_says_so(trained, capsys):
    cache, run = trained
    predictions = read_predictions(run / "predictions.csv")
    test = predictions[predictions["part"] == "test"]
    assert set(test["corpus"]) == {"Radio"} and len(test) == 7
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["leave_out"] == "Radio"
    assert not any(s.startswith("Radio") for s in metrics["speakers"]["train"])
    assert json.loads((run / "run.json").read_text())["leave_out"] == "Radio"
    page = (run / "report" / "index.html").read_text()
    assert "trained without Radio" in page and "All of Radio was left out" in page
    capsys.readouterr()
    assert train(cache, run) == 1
    assert "another configuration, recipe or augmentation" in capsys.readouterr().err
    with pytest.raises(SerLiveError, match="trained without Radio"):
        read_fold(run)


def test_the_card_says_who_was_left_out(trained, tmp_path):
    _, run = trained
    assert main(["export", "--run", str(run), "--output", str(tmp_path / "a.safetensors")]) == 0
    card = " ".join((tmp_path / "model_card.md").read_text().split())
    assert "a checkpoint trained without Radio" in card and "All of Radio was left out" in card
    assert "those of Radio, which it had never heard" in card
    assert "- Radio: from a CSV file (left out of training)" in card
    assert "- Theatre: from a CSV file" in card
    assert "say little about others: Radio (one)." in card
    for wrong in ("fold", "five", "TESS", "SAVEE", "not yet as good"):
        assert wrong not in card


def test_the_live_path_gives_the_trainers_predictions(trained, corpora, tmp_path, capsys):
    _, run = trained
    command = ["parity", "--run", str(run), "--corpora", str(corpora.parent)]
    assert main([*command, "--output", str(tmp_path)]) == 0
    table = pd.read_csv(tmp_path / "parity.csv").set_index(["segment", "corpus"])
    row = table.loc[("vad", "Radio")]
    # The same windows; the live path may compute in another precision.
    assert row["clips"] == 7 and row["same_emotion"] >= 6 / 7
    assert abs(row["difference"]) <= 1 / 7
    assert ("whole", "all corpora") in table.index
    assert (tmp_path / "parity.md").read_text() in capsys.readouterr().out
    assert main([*command, "--clips", "3", "--output", str(tmp_path / "few")]) == 0
    assert set(pd.read_csv(tmp_path / "few" / "parity.csv")["clips"]) == {3}


def test_parity_compares_what_it_is_given(trained):
    _, run = trained
    clips = read_predictions(run / "predictions.csv")
    same = compare(clips, joint_of(clips), "vad")
    assert (same["difference"] == 0).all() and (same["same_emotion"] == 1).all()
    perfect = np.full((len(clips), 14), 1e-3)
    names = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
    emotion = clips["emotion"].map(names.index).to_numpy()
    perfect[np.arange(len(clips)), emotion + 7 * (clips["gender"] == "male").to_numpy()] = 1
    assert (compare(clips, perfect, "vad")["live_uar"] == 1).all()
