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
from training.corpora import CORPORA
from training.evaluate import fit_temperature, probabilities
from training.final_model import calibrate, check_recipe, check_speakers, fit_min_confidence
from training.metrics import scores_by_corpus
from training.predictions import PROBABILITIES, read_predictions


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Cache, two folds, the same pooled, and a run on everyone, by the commands."""
    folder = tmp_path_factory.mktemp("training")
    prepared(folder, {"Theatre": 10})
    rows = [f"Theatre-{n},{n % 2}" for n in range(10)]
    (folder / "folds.csv").write_text("\n".join(["speaker,fold", *rows]) + "\n")
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
    assert loaded.training["figures"]["ece"] == expected.ece
    pooled = json.loads((folder / "pooled" / "metrics.json").read_text())["by_corpus"]["Theatre"]
    assert loaded.training["figures"]["out_of_fold"]["Theatre"]["uar"] == pooled["uar"]
    card = path.with_name("model_card.md").read_text()
    assert "trained on everyone" in card and "all 10 speakers" in card
    assert f"{100 * pooled['uar']:.1f} %" in card
    assert "one fold" not in card
    assert "two models of the same recipe" in card and "Figures: two folds" in card
    assert f"Theatre {expected.ece_before['Theatre']:.3f} → {expected.ece['Theatre']:.3f}" in card
    # Only what there was in the training.
    assert "- Theatre: from a CSV file" in card
    assert not any(name in card.replace("CREMA-D's audio", "") for name in CORPORA)
    assert "4 filters" in card and "LSTM of 4 units" in card
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


def test_a_card_that_cannot_be_made_leaves_the_checkpoint_that_was_there(folder, monkeypatch):
    path, status = export(folder, "everyone", "--folds", str(folder / "pooled"))
    assert status == 0
    before = path.read_bytes()
    monkeypatch.setattr("training.export.model_card", lambda *_: {}["unknown"])
    with pytest.raises(KeyError):
        export(folder, "fold0")
    assert path.read_bytes() == before


def test_folds_that_did_not_test_everyone_are_refused(folder, tmp_path, capsys):
    pooled = tmp_path / "pooled"
    words = ["pool", "--runs", str(folder / "fold1"), "--output", str(pooled), *places(folder)]
    assert main(words) == 0
    assert export(folder, "everyone", "--folds", str(pooled))[1] == 1
    error = capsys.readouterr().err
    assert "none of its folds: Theatre-0 (5 of 10 speakers); pool all folds" in error
    with pytest.raises(SerLiveError, match=r"but none of the model's 1 speakers: b \(1 of 2\)"):
        check_speakers({"a", "b"}, {"a"}, pooled)


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


def out_of_fold(seed, scale, own=(1.0, 1.0)):
    """3,000 made-up predictions of two folds.

    Args:
        seed: of everything random.
        scale: by which each fold's logits are too large.
        own: temperature of each fold, at which its predictions are given.

    Returns:
        The table, and the folds' logits (n, 14) and labels (n,).
    """
    rng = np.random.default_rng(seed)
    n = 3_000
    label = rng.integers(0, len(JOINT), n)
    logits = rng.normal(0, 1, (n, len(JOINT)))
    logits[np.arange(n), label] += 1.5
    fold = rng.integers(0, 2, n)
    logits *= np.asarray(scale)[fold][:, None]
    temperature = np.asarray(own)[fold]
    p = np.exp(logits / temperature[:, None])
    table = pd.DataFrame(p / p.sum(1, keepdims=True), columns=list(PROBABILITIES))
    table["temperature"], table["fold"] = temperature, fold
    table["corpus"], table["speaker"] = "Theatre", rng.integers(0, 9, n)
    table["gender"] = [JOINT[k].split("_")[0] for k in label]
    table["emotion"] = [EMOTIONS[k % 7] for k in label]
    return table, logits, label


def test_the_folds_own_temperatures_are_undone():
    found = calibrate(out_of_fold(2, (1, 1), own=(0.5, 3.0))[0])
    plain = calibrate(out_of_fold(2, (1, 1))[0])
    assert found.temperature == pytest.approx(plain.temperature, rel=1e-4)
    assert found.ece["Theatre"] == pytest.approx(plain.ece["Theatre"], abs=1e-6)
    assert found.ece["Theatre"] < 0.05


def test_calibration_is_judged_by_folds_that_it_was_not_fitted_on():
    table, logits, label = out_of_fold(3, (1, 3))
    found = calibrate(table)
    logs = np.log(probabilities(logits))
    fold = table["fold"].to_numpy()
    assert found.temperature == pytest.approx(fit_temperature(logs, label))
    own = [fit_temperature(logs[fold == k], label[fold == k]) for k in (0, 1)]
    assert own[1] == pytest.approx(3 * own[0], rel=0.2)

    def ece(temperatures):
        p = probabilities(logits / np.asarray(temperatures)[fold][:, None])
        return scores_by_corpus(p, label, table["corpus"].to_numpy())["Theatre"]["ece"]

    assert found.ece["Theatre"] == pytest.approx(ece([own[1], own[0]]))
    assert found.ece_before["Theatre"] == pytest.approx(ece([1, 1]))
    # Fitted on the very predictions it is judged by, it would look better.
    assert found.ece["Theatre"] > ece([found.temperature] * 2) + 0.02
    # The share that is "not sure", too, is that of thresholds of the other fold.
    assert 0 < found.unsure["Theatre"] < 1
    with pytest.raises(SerLiveError, match="one fold alone"):
        calibrate(table[fold == 0])
