"""A run that learns from what finished runs say."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_corpora import prepared

from ser_live.config import Config
from ser_live.config_override import override
from ser_live.errors import ConfigError, SerLiveError
from ser_live.models.checkpoint import load_checkpoint
from training import run as training_run
from training.cache import load_cache
from training.cli import main
from training.distillation import FILE, Teachers, taught
from training.model_card import model_card
from training.recipe import Recipe, load_recipe
from training.run_folder import settings_of
from training.split import load_or_assign, split_fold
from training.trainer import Trainer

TINY = ["model.channels=4", "model.lstm_units=4"]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Cache, a recipe, and two finished runs of fold 0, one of a wider model."""
    folder = tmp_path_factory.mktemp("distillation")
    prepared(folder, {"Theatre": 10})
    (folder / "half.toml").write_text("distil_share = 0.5\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_run, "FOLDS", folder / "folds.csv")
        assert train(folder, "narrow") == 0
        assert train(folder, "wide", "--set", "model.channels=6") == 0
    return folder


@pytest.fixture(autouse=True)
def folds_kept(folder, monkeypatch):
    monkeypatch.setattr(training_run, "FOLDS", folder / "folds.csv")


def train(folder, run, *more, tests=False):
    cache = folder / "cache"
    command = ["train", "--cache", str(cache), "--run", str(folder / run), "--device", "cpu"]
    command += ["--corpora", str(cache), "--epochs", "1", *["--no-test"] * (not tests)]
    return main([*command, *(word for value in TINY for word in ("--set", value)), *more])


def pupil(folder, *teachers):
    words = ["--recipe", str(folder / "half.toml")]
    return [*words, *(word for name in teachers for word in ("--teacher", str(folder / name)))]


def table_and_split(folder):
    table = pd.read_csv(folder / "cache" / "manifest.csv", keep_default_na=False)
    return table, split_fold(table, load_or_assign(table, folder / "folds.csv"), 0)


def models(folder):
    return tuple(
        load_checkpoint(folder / name / "model.safetensors").model for name in ("narrow", "wide")
    )


def test_the_answer_is_the_mean_of_all_teachers_to_every_training_window(folder, tmp_path):
    cache = load_cache(folder / "cache" / "features-hop441")
    _, split = table_and_split(folder)
    answers = taught(tmp_path, Teachers(models(folder)), cache, split.train, CPU)
    asked = cache.index["clip"].isin(split.train).to_numpy()
    assert answers.shape == (len(cache.index), 14) and answers.dtype == np.float32
    assert not answers[~asked].any() and (~asked).any()
    np.testing.assert_allclose(answers[asked].sum(1), 1, atol=1e-5)
    for row in np.flatnonzero(asked)[:3]:
        values, mask = cache.batch(np.array([row]))
        with torch.inference_mode():
            said = [m(m.normalise(values, mask), mask).softmax(1)[0] for m in models(folder)]
        assert not torch.allclose(said[0], said[1], atol=1e-3)
        np.testing.assert_allclose(answers[row], sum(said) / 2, atol=1e-5)
    # Nobody is asked twice.
    assert np.array_equal(taught(tmp_path, Teachers(), cache, split.train, CPU), answers)
    for damage in (b"", b"no numbers"):
        (tmp_path / FILE).write_bytes(damage)
        with pytest.raises(SerLiveError, match=r"teachers\.npy: damaged; remove it"):
            taught(tmp_path, Teachers(), cache, split.train, CPU)
    np.save(tmp_path / FILE, answers[1:])
    with pytest.raises(SerLiveError, match=r"teachers\.npy: damaged; remove it"):
        taught(tmp_path, Teachers(), cache, split.train, CPU)


def test_a_share_of_every_target_is_theirs(folder, tmp_path):
    table, split = table_and_split(folder)
    cache = load_cache(folder / "cache" / "features-hop441")
    answers = np.random.default_rng(0).dirichlet(np.ones(14), len(cache.index)).astype(np.float32)
    recipe = replace(Recipe(), distil_share=0.25, batch_size=8)
    config = override(Config(), TINY)
    made = Trainer(
        tmp_path, table, cache, split, config, recipe, CPU, "float32", None, None, answers
    )
    rows, clips = made._draw()
    given = torch.cat([part[2] for part in made._batches(rows, clips, np.zeros(len(rows), int))])
    own = np.eye(14)[made.labels[clips]]
    expected = (0.75 * own + 0.25 * answers[rows])[: len(given)]
    np.testing.assert_allclose(given, expected, atol=1e-6)


def test_a_pupil_names_its_teachers(folder, capsys):
    assert train(folder, "pupil", *pupil(folder, "narrow", "wide"), tests=True) == 0
    facts = json.loads((folder / "pupil" / "run.json").read_text())
    digests = [load_checkpoint(folder / n / "model.safetensors").digest for n in ("narrow", "wide")]
    assert [t["run"] for t in facts["teachers"]] == ["narrow", "wide"]
    assert [t["digest"] for t in facts["teachers"]] == digests
    loaded = load_checkpoint(folder / "pupil" / "model.safetensors")
    assert loaded.training["teachers"] == facts["teachers"]
    card = model_card(loaded.training, loaded.config, loaded.path)
    assert "50 % of all targets from what earlier models say" in " ".join(card.split())
    # With others it would be another run.
    assert train(folder, "pupil", *pupil(folder, "narrow")) == 1
    assert "another --start-from, --teacher" in capsys.readouterr().err


def test_folds_compare_by_how_their_teachers_were_trained(folder):
    assert train(folder, "pooled", *pupil(folder, "narrow")) == 0
    (teacher,) = settings_of(folder / "pooled")["teachers"]
    assert "fold" not in teacher["recipe"] and "digest" not in teacher
    # So does what begins with such a pupil.
    assert train(folder, "further", "--start-from", str(folder / "pooled")) == 0
    facts = json.loads((folder / "further" / "run.json").read_text())
    assert [t["run"] for t in facts["start"]["teachers"]] == ["narrow"]
    assert settings_of(folder / "further")["start"]["teachers"] == [teacher]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--recipe", "half.toml"], "recipe.distil_share: from whom? Name finished runs"),
        (["--teacher", "narrow"], "--teacher: the recipe's distil_share is 0"),
        (
            ["--recipe", "half.toml", "--teacher", "narrow", "--fold", "1"],
            "speakers are others; take a run of the same fold",
        ),
        (
            ["--recipe", "half.toml", "--teacher", "cache"],
            "model.safetensors: not there, so it is not a finished run to learn from",
        ),
    ],
)
def test_what_is_refused_leaves_no_run_folder(folder, capsys, words, message):
    words = [str(folder / w) if (folder / w).exists() else w for w in words]
    assert train(folder, "refused", *words) == 1
    assert message in capsys.readouterr().err
    assert not (folder / "refused").exists()


def test_stages_has_no_teachers(folder, capsys):
    command = ["stages", "--run", str(folder / "stages"), "--cache", str(folder / "cache")]
    assert main([*command, "--recipes", str(folder / "half.toml"), "--device", "cpu"]) == 1
    assert "distil_share: each fold has teachers of its own" in capsys.readouterr().err
    assert not (folder / "stages").exists()


def test_a_share_is_from_0_to_1(tmp_path):
    (tmp_path / "bad.toml").write_text("distil_share = 1.5\n")
    with pytest.raises(ConfigError, match=r"bad\.toml: recipe\.distil_share: from 0 to 1"):
        load_recipe(tmp_path / "bad.toml")
