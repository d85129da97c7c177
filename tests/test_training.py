"""The training module end to end, on a small corpus of made-up sounds in CREMA-D's layout."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
import torch

from ser_live.config import Config
from ser_live.config_override import override
from ser_live.errors import ConfigError
from ser_live.features import FeatureExtractor
from ser_live.models.checkpoint import load_checkpoint
from training.batches import Augment, ClipWindows, draw_epoch, feature_statistics, joint_labels
from training.cache import build_cache, clip_windows, load_cache
from training.evaluate import fit_temperature, probabilities
from training.manifest import build_manifest, counts_report
from training.metrics import expected_calibration_error, scores, scores_by_corpus
from training.predictions import joint_of, read_predictions
from training.recipe import Recipe, load_recipe
from training.split import assign_folds, split_fold

RATE = 16_000
TINY = ["model.channels=4", "model.lstm_units=4"]


def sound(emotion, actor, seed):
    """A buzz whose pitch depends on the emotion."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(1.2 * RATE)) / RATE
    pitch = 100 + 60 * ["ANG", "DIS", "FEA", "HAP", "NEU", "SAD"].index(emotion)
    buzz = np.sign(np.sin(2 * np.pi * pitch * t)) * 0.1 + rng.normal(0, 0.01, len(t))
    return (buzz * (1 + 0.01 * (actor % 7))).astype(np.float32)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("corpora")
    folder = root / "CREMA-D" / "AudioWAV"
    folder.mkdir(parents=True)
    seed = 0
    for actor in range(1001, 1015):
        for emotion in ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD"):
            seed += 1
            sf.write(folder / f"{actor}_DFA_{emotion}_XX.wav", sound(emotion, actor, seed), RATE)
    # The known kinds of defect.
    sf.write(folder / "1001_IEO_SAD_LO.wav", np.zeros(RATE), RATE)
    (folder / "1001_IEO_HAP_LO.wav").write_bytes(b"broken")
    twice = sound("HAP", 1, 999)
    sf.write(folder / "1002_TIE_HAP_XX.wav", twice, RATE)
    sf.write(folder / "1002_TIE_NEU_XX.wav", twice, RATE)
    again = sound("SAD", 1, 998)
    sf.write(folder / "1003_TIE_SAD_XX.wav", again, RATE)
    sf.write(folder / "1003_IEO_SAD_XX.wav", again, RATE)
    return root


@pytest.fixture(scope="module")
def table_and_dropped(root):
    return build_manifest(root)


@pytest.fixture(scope="module")
def prepared(root, tmp_path_factory):
    """A cache folder made by the command itself."""
    cache = tmp_path_factory.mktemp("cache")
    command = [sys.executable, "-m", "training", "prepare", "--corpora", root, "--cache", cache]
    done = subprocess.run([*command, "--processes", "1"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "contradict" in done.stdout or "two labels" in done.stdout
    return cache


def test_defects_are_listed_and_dropped(table_and_dropped):
    table, dropped = table_and_dropped
    reasons = {d.path.rsplit("/", 1)[1]: d.reason for d in dropped}
    assert reasons.pop("1001_IEO_SAD_LO.wav") == "silent"
    assert "not a sound file" in reasons.pop("1001_IEO_HAP_LO.wav")
    assert "two labels" in reasons.pop("1002_TIE_HAP_XX.wav")
    assert "two labels" in reasons.pop("1002_TIE_NEU_XX.wav")
    assert list(reasons.values()) == ["the same recording: 1003_IEO_SAD_XX, 1003_TIE_SAD_XX"]
    assert len(table) == 14 * 6 + 1
    report = counts_report(table, dropped)
    assert "7,442" in report and "dropped CREMA-D/AudioWAV/1001_IEO_SAD_LO.wav: silent" in report


def test_folds_are_disjoint_by_speaker_and_cover_everyone(table_and_dropped):
    table, _ = table_and_dropped
    folds = assign_folds(table)
    assert sorted(folds["speaker"]) == sorted(table["speaker"].unique())
    assert folds.equals(assign_folds(table))
    tested = []
    for fold in range(5):
        split = split_fold(table, folds, fold)
        rows = (split.train, split.validation, split.test)
        parts = [set(table["speaker"].iloc[r]) for r in rows]
        assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
        assert len(split.train) + len(split.validation) + len(split.test) == len(table)
        assert all(parts)
        tested += list(parts[2])
    assert sorted(tested) == sorted(table["speaker"].unique())


@pytest.mark.corpora
def test_the_committed_folds_fit_the_corpora(corpora):
    from training.corpora import CORPORA, discover
    from training.run import FOLDS

    folds = pd.read_csv(FOLDS)
    assert folds["speaker"].is_unique
    speakers = {c.speaker for c in discover(corpora, CORPORA.values())}
    assert speakers <= set(folds["speaker"])


def test_cached_features_are_the_live_ones(prepared, root):
    """The cache is float16 of exactly what the live path computes."""
    table = pd.read_csv(prepared / "manifest.csv", keep_default_na=False)
    cache = load_cache(prepared / "features-hop441")
    extractor = FeatureExtractor(cache.config)
    windows = ClipWindows.of(cache)
    for clip in (0, 17, len(table) - 1):
        samples, rate = sf.read(root / table["path"][clip], dtype="float32")
        live = [w for w in clip_windows(samples, rate, cache.config)[0] if w.final]
        rows = windows.final[clip]
        assert len(live) == len(rows)
        for window, row in zip(live, rows, strict=True):
            expected = extractor(window.samples)
            values, mask = cache.batch(np.array([row]))
            assert torch.equal(mask[0], expected.mask)
            stored = (expected.values * expected.mask).to(torch.float16).float()
            assert torch.equal(values[0], stored)


def test_statistics_normalise(prepared):
    cache = load_cache(prepared / "features-hop441")
    clips = np.arange(40)
    mean, std = feature_statistics(cache, clips)
    rows = np.concatenate([ClipWindows.of(cache).final[c] for c in clips])
    data = np.concatenate([cache.window(r)[0] for r in rows]).astype(np.float64)
    np.testing.assert_allclose(mean, data.mean(0), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(std, np.maximum(data.std(0), 1e-3), rtol=1e-2, atol=1e-3)


def test_an_epoch_is_drawn_the_same_for_the_same_seed(prepared):
    cache = load_cache(prepared / "features-hop441")
    windows = ClipWindows.of(cache)
    corpus = np.array(["CREMA-D"] * 85)
    clips = np.arange(60)
    first = draw_epoch(clips, corpus, windows, Recipe(), 3)
    again = draw_epoch(clips, corpus, windows, Recipe(), 3)
    other = draw_epoch(clips, corpus, windows, Recipe(), 4)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[1], other[1])
    assert sorted(first[1]) == list(clips)
    tess = np.array(["TESS"] * 85)
    assert 10 < len(draw_epoch(clips, tess, windows, Recipe(), 0)[1]) < 40


def test_augmentation_keeps_shapes_and_target_mass():
    values, mask = torch.randn(8, 170, 151), torch.ones(8, 151, dtype=torch.bool)
    targets = torch.nn.functional.one_hot(torch.arange(8), 14).float()
    torch.manual_seed(0)
    np.random.seed(0)
    out, new_mask, new_targets = Augment(Recipe(), Config())(values.clone(), mask, targets)
    assert out.shape == values.shape and new_mask.all()
    torch.testing.assert_close(new_targets.sum(1), torch.ones(8))
    assert float((out == 0).float().mean()) > 0  # something was masked
    plain = Recipe(mixup_alpha=0.0, time_masks=0, feature_masks=0)
    same, _, _ = Augment(plain, Config())(values.clone(), mask, targets)
    assert torch.equal(same, values)


def train(cache, root, run, *more, **kwargs):
    settings = [a for s in TINY for a in ("--set", s)]
    command = [sys.executable, "-m", "training", "train", "--corpora", root, "--cache", cache]
    return subprocess.Popen(
        [*map(str, command), "--run", str(run), "--device", "cpu", *settings, *map(str, more)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **kwargs,
    )


@pytest.fixture
def folds_kept(monkeypatch, tmp_path):
    """Training processes of these tests write their folds elsewhere."""
    monkeypatch.setenv("SER_FOLDS", str(tmp_path / "folds.csv"))


def test_a_killed_run_continues_from_its_last_epoch(prepared, root, tmp_path, folds_kept):
    run = tmp_path / "run"
    process = train(prepared, root, run, "--epochs", "40", "--recipe", recipe_file(tmp_path))
    deadline = time.monotonic() + 120
    # The state is written after the log.
    while not (run / "last.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = len(pd.read_csv(run / "log.csv"))
    assert 1 <= done < 40
    # Continued with the same settings; another number of epochs is another run.
    refused = train(prepared, root, run, "--epochs", "41", "--recipe", recipe_file(tmp_path))
    out, _ = refused.communicate(timeout=120)
    assert refused.returncode == 1 and "another configuration, recipe or augmentation" in out
    process = train(prepared, root, run, "--epochs", "40", "--recipe", recipe_file(tmp_path))
    out, _ = process.communicate(timeout=250)
    assert process.returncode == 0, out
    assert f"continues after epoch {done}" in out or "continues after epoch" in out
    log = pd.read_csv(run / "log.csv")
    assert list(log["epoch"]) == list(range(1, 41))
    metrics = json.loads((run / "metrics.json").read_text())
    figures = metrics["figures"]["test"]["CREMA-D"]
    assert figures["chance"] == pytest.approx(1 / 6)
    # Pitch gives the emotion away: a model that learns at all finds it for unseen speakers.
    assert figures["uar"] > 0.5
    loaded = load_checkpoint(run / "model.safetensors")
    assert loaded.training["figures"]["test"]["CREMA-D"] == figures
    assert loaded.config.decision.temperature == metrics["figures"]["temperature"]
    # What the run leaves behind for its report.
    predictions = read_predictions(run / "predictions.csv")
    tested = predictions[predictions["part"] == "test"]
    assert sorted(tested["speaker"].unique()) == metrics["speakers"]["test"]
    assert scores_by_corpus(joint_of(tested), joint_labels(tested), tested["corpus"].to_numpy())[
        "CREMA-D"
    ]["uar"] == pytest.approx(figures["uar"])
    assert (run / "report" / "index.html").exists() and f"{run}/report" in out
    # Continued with another division into folds, a speaker tested could have been trained on.
    (run / "folds.csv").write_text("speaker,fold\nCREMA-D-1001,4\n")
    process = train(prepared, root, run, "--epochs", "40", "--recipe", recipe_file(tmp_path))
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 1 and "other speakers or folds" in out


def recipe_file(folder):
    path = folder / "recipe.toml"
    path.write_text(
        "batch_size = 16\nmax_lr = 0.01\nmixup_alpha = 0.0\ntime_masks = 0\nfeature_masks = 0\n"
    )
    return path


def test_a_resumed_run_equals_an_uninterrupted_one(prepared, root, tmp_path, folds_kept):
    from training.split import load_or_assign
    from training.trainer import Trainer

    table = pd.read_csv(prepared / "manifest.csv", keep_default_na=False)
    cache = load_cache(prepared / "features-hop441")
    split = split_fold(table, load_or_assign(table, tmp_path / "f.csv"), 0)
    config = override(Config(), TINY)
    recipe = replace(Recipe(), epochs=3, batch_size=16)

    def trainer(name):
        (tmp_path / name).mkdir(exist_ok=True)
        return Trainer(
            tmp_path / name, table, cache, split, config, recipe, torch.device("cpu"), "float32"
        )

    whole = trainer("whole")
    whole.fit()
    interrupted = trainer("parts")
    interrupted.recipe = replace(recipe, epochs=1)
    interrupted.fit()
    resumed = trainer("parts")
    assert resumed.epoch == 1
    resumed.fit()
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, resumed.model.state_dict()[name]), name
    assert [r["loss"] for r in whole.log] == [r["loss"] for r in resumed.log]


def test_temperature_undoes_overconfidence():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1, (4_000, 14))
    p = probabilities(logits)
    labels = np.array([rng.choice(14, p=row) for row in p])
    assert fit_temperature(3 * logits, labels) == pytest.approx(3, rel=0.1)
    assert fit_temperature(logits, labels) == pytest.approx(1, rel=0.1)


def test_calibration_error():
    assert expected_calibration_error(np.full(10, 0.9), np.arange(10) < 9) == pytest.approx(0)
    assert expected_calibration_error(np.ones(10), np.arange(10) < 5) == pytest.approx(0.5)


def test_scores_average_recall_over_the_classes_present():
    joint = np.full((4, 14), 0.01)
    joint[0, 0] = joint[1, 0] = joint[2, 3] = 0.9  # angry, angry, happy
    joint[3, 6] = 0.9  # surprise, which the labels do not hold
    figures = scores(joint, np.array([0, 0, 3, 3]), np.array([0, 0, 0, 0]))
    assert figures["uar"] == pytest.approx((1.0 + 0.5) / 2)
    assert figures["accuracy"] == 0.75 and figures["chance"] == 0.5
    assert figures["gender_accuracy"] == 1.0


def test_recipes_and_overrides_name_what_is_wrong(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text("epoch = 3\n")
    with pytest.raises(Exception, match=r"recipe\.epoch"):
        load_recipe(path)
    assert override(Config(), ["features.hop_length=220"]).features.hop_length == 220
    with pytest.raises(Exception, match=r"config\.features\.hop"):
        override(Config(), ["features.hop=220"])
    with pytest.raises(ConfigError, match=r"section\.field=value"):
        override(Config(), ["hop_length"])


def test_labels_of_rows():
    table = pd.DataFrame({"gender": ["female", "male"], "emotion": ["angry", "surprise"]})
    assert joint_labels(table).tolist() == [0, 13]


def test_commands_say_what_is_missing(tmp_path):
    from training.cli import main

    assert main(["train", "--cache", str(tmp_path), "--run", str(tmp_path / "r")]) == 1
    assert main(["prepare", "--corpora", str(tmp_path), "--cache", str(tmp_path / "c")]) == 1


def test_building_a_cache_twice_gives_the_same(root, table_and_dropped, tmp_path):
    table, _ = table_and_dropped
    part = table.iloc[:6].reset_index(drop=True)
    for name in ("a", "b"):
        build_cache(part, root, tmp_path / name, Config())
    for name in ("features.f16", "windows.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
