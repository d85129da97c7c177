"""The model to hand out: trained on everyone, calibrated and judged by the folds."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_corpora import prepared

from ser_live.errors import SerLiveError
from ser_live.labels import EMOTIONS, JOINT
from ser_live.models.checkpoint import load_checkpoint
from training import run as training_run
from training.claims import read_run
from training.cli import main
from training.final_model import calibrate, check_recipe, fit_min_confidence
from training.predictions import PROBABILITIES, read_predictions


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Cache, two folds, the same pooled, and a run on everyone, by the commands."""
    folder = tmp_path_factory.mktemp("training")
    prepared(folder, {"Theatre": 10})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_run, "FOLDS", folder / "folds.csv")
        assert train(folder, "fold0") == 0
        assert train(folder, "fold1", "--fold", "1") == 0
        assert train(folder, "everyone", "--everyone") == 0
        assert train(folder, "longer", "--everyone", "--epochs", "2") == 0
        second = ["--start-from", str(folder / "everyone"), "--everyone"]
        assert train(folder, "second", *second) == 0
    runs = [str(folder / "fold0"), str(folder / "fold1")]
    assert main(["pool", "--runs", *runs, "--output", str(folder / "pooled"), *places(folder)]) == 0
    return folder


@pytest.fixture(autouse=True)
def folds_kept(folder, monkeypatch):
    monkeypatch.setattr(training_run, "FOLDS", folder / "folds.csv")


def places(folder):
    return ["--cache", str(folder / "cache"), "--corpora", str(folder / "cache")]


def train(folder, run, *more):
    tiny = ["--set", "model.channels=4", "--set", "model.lstm_units=4"]
    command = ["train", "--run", str(folder / run), "--device", "cpu", "--epochs", "1", *tiny]
    return main([*command, *places(folder), *more])


def export(folder, run, *more):
    output = folder / "exported" / "model.safetensors"
    return output, main(["export", "--run", str(folder / run), "--output", str(output), *more])


def test_everyone_is_trained_on_and_nobody_reported(folder, capsys):
    metrics = json.loads((folder / "everyone" / "metrics.json").read_text())
    manifest = pd.read_csv(folder / "cache" / "manifest.csv")
    assert metrics["speakers"]["train"] == sorted(manifest["speaker"].unique())
    assert metrics["speakers"]["validation"] == metrics["speakers"]["test"] == []
    assert metrics["everyone"] is True and metrics["validation_uar"] is None
    assert not (folder / "everyone" / "predictions.csv").exists()
    assert main(["report", "--run", str(folder / "everyone"), *places(folder)]) == 1
    assert "nobody to report on" in capsys.readouterr().err
    assert read_run(folder / "everyone") is None  # no row of the claims


def test_the_last_epoch_is_taken(folder):
    import torch

    state = torch.load(folder / "longer" / "last.pt", weights_only=True)
    kept = load_checkpoint(folder / "longer" / "model.safetensors").model.state_dict()
    assert state["epoch"] == 2
    for name, value in state["model"].items():
        torch.testing.assert_close(kept[name], value, rtol=0, atol=0)


def test_the_folds_calibrate_it_and_tell_how_good_it_is(folder, capsys):
    path, status = export(folder, "everyone", "--folds", str(folder / "pooled"))
    assert status == 0
    loaded = load_checkpoint(path)
    expected = calibrate(read_predictions(folder / "pooled" / "predictions.csv"))
    decision = loaded.config.decision
    assert decision.temperature == expected.temperature
    assert decision.min_confidence == expected.min_confidence
    pooled = json.loads((folder / "pooled" / "metrics.json").read_text())["by_corpus"]["Theatre"]
    assert loaded.training["figures"]["out_of_fold"]["Theatre"]["uar"] == pooled["uar"]
    card = path.with_name("model_card.md").read_text()
    assert "trained on everyone" in card and "all 10 speakers" in card
    assert f"{100 * pooled['uar']:.1f} %" in card
    assert "one fold" not in card
    assert (path.with_name("training_log.csv")).exists()
    # Figures of another recipe say nothing about this one.
    _, status = export(folder, "longer", "--folds", str(folder / "pooled"))
    assert status == 1
    assert "differ in recipe.epochs (2, 1)" in capsys.readouterr().err
    _, status = export(folder, "second", "--folds", str(folder / "pooled"))
    assert status == 1
    assert "differ in start" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("run", "more", "why"),
    [
        ("everyone", [], "name what `pool` wrote"),
        ("everyone", ["--folds", "nowhere"], "not there"),
        ("fold0", ["--folds", "pooled"], "leave --folds out"),
    ],
)
def test_an_export_that_cannot_be_is_refused(folder, capsys, run, more, why):
    more = [str(folder / word) if not word.startswith("-") else word for word in more]
    assert export(folder, run, *more)[1] == 1
    assert why in capsys.readouterr().err


def test_folds_pooled_before_a_field_existed_had_its_default(tmp_path):
    """The repository's own results: neither file knows what came later."""
    results = Path(training_run.__file__).parent / "results"
    shutil.copy(results / "everyone" / "run-3.json", tmp_path / "run.json")
    pooled = json.loads((results / "three-stages" / "metrics.json").read_text())
    assert "perturbations" not in pooled["settings"]["recipe"]
    check_recipe(tmp_path, results / "three-stages", pooled["settings"])
    pooled["settings"]["start"]["recipe"]["max_lr"] = 0.5
    with pytest.raises(SerLiveError, match=r"differ in start\.recipe\.max_lr \(0\.0005, 0\.5\)"):
        check_recipe(tmp_path, results / "three-stages", pooled["settings"])
    pooled["settings"]["recipe"]["tempos"] = 1
    with pytest.raises(SerLiveError, match=r"metrics\.json: settings\.recipe\.tempos: unknown"):
        check_recipe(tmp_path, results / "three-stages", pooled["settings"])


@pytest.mark.parametrize("content", ["", "{oops", "[]", "{}"])
def test_damaged_figures_of_the_folds_are_named(folder, tmp_path, capsys, content):
    shutil.copytree(folder / "pooled", tmp_path / "pooled")
    path = tmp_path / "pooled" / "metrics.json"
    path.write_text(content)
    assert export(folder, "everyone", "--folds", str(path.parent))[1] == 1
    assert f"training: {path}: " in capsys.readouterr().err


def test_everyone_is_no_fold_and_cannot_be_stopped_by_validation(folder, capsys, tmp_path):
    runs = [str(folder / "fold0"), str(folder / "everyone")]
    assert main(["pool", "--runs", *runs, "--output", str(tmp_path), *places(folder)]) == 1
    assert "trained on everyone" in capsys.readouterr().err
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("early_stopping = 2\n")
    assert train(folder, "stopping", "--everyone", "--recipe", str(recipe)) == 1
    assert "nobody is left to validate" in capsys.readouterr().err
    assert not (folder / "stopping").exists()
    assert train(folder, "everyone") == 1  # the same folder as a fold
    assert "another --run" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        train(folder, "both", "--everyone", "--leave-out", "Theatre")


def test_a_start_from_a_fold_is_not_everyone(folder, capsys):
    assert train(folder, "mixed", "--everyone", "--start-from", str(folder / "fold0")) == 1
    assert "speakers are others" in capsys.readouterr().err


def test_sure_means_more_often_right_than_wrong():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.2, 1.0, 20_000)
    speaker = rng.integers(0, 40, len(confidence))
    honest = rng.random(len(confidence)) < confidence
    assert fit_min_confidence(confidence, honest, speaker) == pytest.approx(0.5, abs=0.03)
    boastful = rng.random(len(confidence)) < confidence - 0.2
    assert fit_min_confidence(confidence, boastful, speaker) == pytest.approx(0.7, abs=0.03)
    assert fit_min_confidence(confidence, np.zeros(len(confidence), bool), speaker) == 0.95
    assert fit_min_confidence(confidence, np.ones(len(confidence), bool), speaker) == 0.15


def test_one_talkative_speaker_does_not_decide():
    rng = np.random.default_rng(1)
    confidence = np.tile(rng.uniform(0.2, 1.0, 500), 40)
    speaker = np.repeat(np.arange(40), 500)
    correct = rng.random(len(confidence)) < confidence
    alone = fit_min_confidence(confidence, correct, speaker)
    more = rng.uniform(0.2, 1.0, 60_000)
    wrong = np.zeros(len(more), bool)  # he alone is always misheard, in three quarters of all clips
    together = fit_min_confidence(
        np.r_[confidence, more], np.r_[correct, wrong], np.r_[speaker, np.full(len(more), 99)]
    )
    assert together == pytest.approx(alone, abs=0.05)


def test_the_folds_own_temperatures_are_undone():
    rng = np.random.default_rng(2)
    n = 3_000
    label = rng.integers(0, len(JOINT), n)
    logits = rng.normal(0, 1, (n, len(JOINT)))
    logits[np.arange(n), label] += 1.5
    fold = rng.integers(0, 2, n)
    own = np.where(fold == 0, 0.5, 3.0)

    def table(temperature):
        p = np.exp(logits / temperature[:, None])
        frame = pd.DataFrame(p / p.sum(1, keepdims=True), columns=list(PROBABILITIES))
        frame["temperature"] = temperature
        frame["corpus"], frame["speaker"] = "Theatre", rng.integers(0, 9, n)
        frame["gender"] = [JOINT[k].split("_")[0] for k in label]
        frame["emotion"] = [EMOTIONS[k % 7] for k in label]
        return frame

    found, plain = calibrate(table(own)), calibrate(table(np.ones(n)))
    assert found.temperature == pytest.approx(plain.temperature, rel=1e-4)
    assert found.ece["Theatre"] == pytest.approx(plain.ece["Theatre"], abs=1e-6)
    assert found.ece["Theatre"] < 0.05
