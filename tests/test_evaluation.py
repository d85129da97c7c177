"""A corpus from a CSV file: prepared, trained on, and measured with a checkpoint."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from tiny_corpora import prepare

from ser_live import predictor
from ser_live.asset_files import asset_path
from ser_live.errors import SerLiveError
from ser_live.labels import EMOTIONS
from ser_live.models.checkpoint import load_checkpoint
from ser_live.predictor import Predictor
from training.batches import joint_labels
from training.cli import main
from training.corpora import Clip
from training.foreign import evaluate, gather, predict_files, seen_in_training
from training.manifest import build_manifest
from training.predictions import joint_of, read_predictions
from training.split import assign_folds, load_or_assign, split_fold

RATE = 16_000
TINY = ["--set", "model.channels=4", "--set", "model.lstm_units=4"]


def buzz(number, seed):
    rng = np.random.default_rng(seed)
    t = np.arange(int(1.2 * RATE)) / RATE
    tone = 0.1 * np.sign(np.sin(2 * np.pi * (100 + 60 * number) * t))
    return (tone + rng.normal(0, 0.01, len(t))).astype(np.float32)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A CSV file of ten speakers, seven emotions each."""
    folder = tmp_path_factory.mktemp("theatre")
    lines = ["path,speaker,gender,emotion,corpus"]
    for speaker in range(10):
        for number, emotion in enumerate(EMOTIONS):
            name = f"{speaker}-{emotion}.wav"
            sf.write(folder / name, buzz(number, 10 * speaker + number), RATE)
            lines.append(f"{name},{speaker},{'fm'[speaker % 2]},{emotion},Theatre")
    path = folder / "theatre.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory):
    """Cache folder and run folder of a model trained on the CSV corpus by the commands."""
    folder = tmp_path_factory.mktemp("training")
    cache, run = folder / "cache", folder / "run"
    assert main(prepare(corpus, cache)) == 0
    command = [sys.executable, "-m", "training", "train", "--cache", cache, "--run", run, *TINY]
    recipe = folder / "recipe.toml"
    recipe.write_text("batch_size = 16\nmax_lr = 0.01\nmixup_alpha = 0.0\nfeature_masks = 0\n")
    command += ["--recipe", recipe, "--epochs", "30", "--device", "cpu", "--corpora", folder]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "report" in done.stdout
    return cache, run


def test_a_csv_corpus_trains_and_is_tested(trained):
    cache, run = trained
    assert "Theatre" in (cache / "counts.txt").read_text()
    predictions = read_predictions(run / "predictions.csv")
    metrics = json.loads((run / "metrics.json").read_text())
    parts = {name: set(group["speaker"]) for name, group in predictions.groupby("part")}
    assert set(metrics["speakers"]["train"]) | parts["test"] | parts["validation"] == {
        f"Theatre-{i}" for i in range(10)
    }
    assert not parts["test"] & parts["validation"]
    test = predictions[predictions["part"] == "test"]
    hit = joint_of(test).reshape(-1, 2, 7).sum(1).argmax(1) == joint_labels(test) % 7
    assert metrics["figures"]["test"]["Theatre"]["accuracy"] == pytest.approx(hit.mean())
    assert hit.mean() > 2 / 7  # pitch tells the emotion
    assert (run / "report" / "index.html").exists()
    assert metrics["intervals"]["by_corpus"]["Theatre"]["speakers"] == len(parts["test"])


def test_an_older_run_gets_its_predictions_from_the_checkpoint(trained, tmp_path):
    cache, run = trained
    old = tmp_path / "old"
    old.mkdir()
    for name in ("metrics.json", "model.safetensors", "log.csv"):
        (old / name).write_bytes((run / name).read_bytes())
    assert main(["report", "--run", str(old), "--cache", str(cache), "--corpora", str(old)]) == 0
    expected = read_predictions(run / "predictions.csv").sort_values(["part", "path"])
    got = read_predictions(old / "predictions.csv").sort_values(["part", "path"])
    assert got[["part", "path"]].values.tolist() == expected[["part", "path"]].values.tolist()
    np.testing.assert_allclose(joint_of(got), joint_of(expected), atol=1e-5)


def test_a_manifest_of_other_csv_files_is_not_taken_for_this_one(trained, corpus, tmp_path, capsys):
    cache, _ = trained
    arguments = ["prepare", "--cache", str(cache), "--processes", "1"]
    assert main([*arguments, "--csv", str(corpus), "--only-csv"]) == 0  # the same: kept
    other = corpus.with_name("other.csv")
    other.write_text("\n".join(corpus.read_text().splitlines()[:20]) + "\n")
    assert main([*arguments, "--csv", str(other), "--only-csv"]) == 1
    assert "made with other --csv files" in capsys.readouterr().err
    assert main([*arguments, "--only-csv"]) == 1
    assert "--csv" in capsys.readouterr().err


def test_a_csv_beside_the_known_corpora(corpus, tmp_path):
    root = tmp_path / "corpora"
    (root / "SAVEE" / "DC").mkdir(parents=True)
    sf.write(root / "SAVEE" / "DC" / "a01.wav", buzz(2, 77), RATE)
    source = corpus.parent / "0-sad.wav"
    more = [Clip(source, "Theatre", "Theatre-0", "female", "sad")]
    # The file that is found below the folder anyway is not taken twice.
    more.append(Clip(root / "SAVEE/DC/../DC/a01.wav", "Theatre", "Theatre-1", "male", "angry"))
    table, dropped = build_manifest(root, 1, more)
    assert table["corpus"].tolist() == ["SAVEE", "Theatre"] and not dropped
    assert all((root / p).is_file() for p in table["path"])
    assert not table["path"].str.startswith("/").any()
    with pytest.raises(SerLiveError, match="--only-csv"):
        build_manifest(tmp_path / "empty", 1, more)


def speakers_table(counts):
    rows = [
        {"corpus": corpus, "speaker": f"{corpus}-{i}", "gender": "female", "emotion": emotion}
        for corpus, count in counts.items()
        for i in range(count)
        for emotion in EMOTIONS
    ]
    return pd.DataFrame(rows)


def test_new_speakers_get_folds_and_move_nobody(tmp_path):
    path = tmp_path / "folds.csv"
    known = speakers_table({"A": 12})
    assign_folds(known).to_csv(path, index=False)
    text = path.read_text()
    one = load_or_assign(speakers_table({"A": 14, "mine": 6}), path)
    two = load_or_assign(speakers_table({"A": 14, "mine": 6, "alone": 1}), path)
    assert path.read_text() == text
    assert one["speaker"].is_unique and set(one["fold"]) == set(range(5))
    fold = two.set_index("speaker")["fold"]
    assert all(fold[row.speaker] == row.fold for row in one.itertuples())
    assert fold["alone-0"] == 0 and len(two) == 21


def test_somebody_validates_even_where_all_corpora_are_small():
    table = speakers_table({"mine": 4})
    split = split_fold(table, assign_folds(table), 0)
    groups = [set(table["speaker"].iloc[r]) for r in (split.train, split.validation, split.test)]
    assert all(groups) and sum(map(len, groups)) == 4
    table = speakers_table({"mine": 2})
    with pytest.raises(ValueError, match="three speakers"):
        split_fold(table, assign_folds(table), 0)


@pytest.mark.parametrize("segment", ["vad", "whole"])
def test_a_checkpoint_is_measured_through_the_live_path(
    trained, corpus, capsys, monkeypatch, segment
):
    _, run = trained
    monkeypatch.setattr(predictor, "HEARINGS", 1)  # as the trainer hears
    table = evaluate(run / "model.safetensors", [corpus], None, None, segment, "cpu")
    out, err = capsys.readouterr()
    assert len(table) == 70 and "Theatre" in out and f"--segment {segment}" in out
    speakers = json.loads((run / "metrics.json").read_text())["speakers"]
    assert f"trained on {len(speakers['train'])} of these speakers" in err
    assert ", ".join(speakers["train"]) in err and ", ".join(speakers["validation"]) in err
    unseen = out.split("Speakers that it has not seen:")[1]
    assert f"{7 * len(speakers['test'])}" in unseen
    # These sounds are no speech, so both ways take them whole, as the run did.
    expected = read_predictions(run / "predictions.csv").query("part == 'test'")
    mine = table[table["speaker"].isin(speakers["test"])]
    gap = np.abs(joint_of(mine) - joint_of(expected)).max()
    assert mine["emotion"].tolist() == expected["emotion"].tolist() and gap < 0.05


def test_voice_activity_is_used(trained):
    """On speech with pauses the segmenter's windows are others than the whole file's."""
    predictor = Predictor(load_checkpoint(trained[1] / "model.safetensors"), "cpu")
    clips = [Clip(asset_path("demo.wav"), "Demo", "Demo-1", "male", "neutral")]
    _, vad, missed = predict_files(predictor, clips, "vad")
    _, whole, _ = predict_files(predictor, clips, "whole")
    assert missed == 0 and vad.shape == whole.shape == (1, 14)
    np.testing.assert_allclose([vad.sum(), whole.sum()], 1)
    assert not np.allclose(vad, whole, atol=1e-6)


def test_files_that_cannot_be_read_are_named_and_left_out(trained, corpus, tmp_path, capsys):
    predictor = Predictor(load_checkpoint(trained[1] / "model.safetensors"), "cpu")
    (tmp_path / "bad.wav").write_bytes(b"broken")
    paths = [tmp_path / "bad.wav", corpus.parent / "0-sad.wav"]
    clips = [Clip(path, "Theatre", "Theatre-0", "female", "sad") for path in paths]
    read, joint, _ = predict_files(predictor, clips, "vad")
    assert [c.path.name for c in read] == ["0-sad.wav"] and joint.shape == (1, 14)
    assert "bad.wav" in capsys.readouterr().err
    with pytest.raises(SerLiveError, match="none of the files"):
        predict_files(predictor, clips[:1], "vad")


def test_whom_an_older_checkpoint_has_seen(tmp_path):
    folds = tmp_path / "folds.csv"
    folds.write_text("speaker,fold\na,0\nb,1\nc,1\nd,2\n")
    older = {"speakers": {"validation": ["b"], "test": ["a"]}}
    seen = seen_in_training(older, {"a", "b", "c", "stranger"}, folds)
    assert seen == {"c": "trained on", "b": "validated on"}
    newer = {"speakers": older["speakers"] | {"train": ["d"]}}
    assert seen_in_training(newer, {"a", "c", "d"}, folds) == {"d": "trained on"}
    assert seen_in_training({}, {"a"}, folds) == {}


def test_evaluate_says_what_is_missing(tmp_path, capsys):
    assert main(["evaluate"]) == 1
    assert "--csv FILE or --corpora DIR" in capsys.readouterr().err
    assert main(["evaluate", "--corpora", str(tmp_path), "--only", "IEMOCAP"]) == 1
    assert "IEMOCAP: choose from CREMA-D" in capsys.readouterr().err
    with pytest.raises(SerLiveError, match="no clip of TESS"):
        gather([], tmp_path, ["TESS"])
