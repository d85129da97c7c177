"""Switches of the recipe and of the model, on a made-up feature cache."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from ser_live.config import Config
from ser_live.config_override import override
from ser_live.errors import ConfigError, SerLiveError
from ser_live.labels import EMOTIONS
from ser_live.models.checkpoint import load_checkpoint
from ser_live.models.registry import build_model
from training.batches import ClipWindows, batches, draw_epoch
from training.cache import FeatureCache, load_cache
from training.model_card import _additions, _optimisation, _stages
from training.optim import Averaging, Schedule, build_optimizer
from training.recipe import Recipe, load_config, load_recipe
from training.split import load_or_assign, split_fold
from training.trainer import LAST, Trainer

TINY = ["model.channels=4", "model.lstm_units=4"]
FRAMES = 30


def write_cache(folder):
    """A cache of 16 speakers × 6 emotions: the emotion raises a band of rows of its own."""
    rng = np.random.default_rng(0)
    rows, index, parts = [], [], []
    for speaker in range(16):
        for number, emotion in enumerate(e for e in EMOTIONS if e != "surprise"):
            values = rng.normal(0, 1, (FRAMES, 170))
            values[:, 20 * number : 20 * number + 20] += 4
            index.append([len(rows), True, 0.0, 0.6, 0.5, 60, FRAMES, True, FRAMES * len(rows)])
            parts.append(values.astype(np.float16))
            rows.append(
                {
                    "path": f"CREMA-D/{speaker}-{emotion}.wav",
                    "corpus": "CREMA-D",
                    "speaker": f"CREMA-D-{1001 + speaker}",
                    "gender": "female" if speaker % 2 else "male",
                    "emotion": emotion,
                    "intensity": "",
                    "sentence": "DFA",
                    "duration": 0.6,
                    "sample_rate": 16_000,
                    "sha1": f"{len(rows)}",
                    "listeners": ("neutral", "angry:sad", "")[number % 3],
                }
            )
    features = folder / "features-hop441"
    features.mkdir(parents=True)
    pd.DataFrame(rows).to_csv(folder / "manifest.csv", index=False)
    columns = ["clip", "final", "start", "end", "speech", "first", "frames", "vad", "offset"]
    pd.DataFrame(index, columns=columns).to_csv(features / "windows.csv", index=False)
    np.concatenate(parts).tofile(features / "features.f16")
    meta = {"config": asdict(Config()), "dtype": "float16", "clips": len(rows)}
    (features / "cache.json").write_text(json.dumps(meta))
    return folder


@pytest.fixture(scope="module")
def cache_folder(tmp_path_factory):
    return write_cache(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def material(cache_folder, tmp_path_factory):
    table = pd.read_csv(cache_folder / "manifest.csv", keep_default_na=False)
    folds = load_or_assign(table, tmp_path_factory.mktemp("folds") / "f.csv")
    return table, load_cache(cache_folder / "features-hop441"), split_fold(table, folds, 0)


def trainer(folder, material, recipe, settings=()):
    table, cache, split = material
    folder.mkdir(exist_ok=True)
    config = override(Config(), [*TINY, *settings])
    device = torch.device("cpu")
    return Trainer(folder, table, cache, split, config, recipe, device, "float32")


BASE = replace(
    Recipe(), epochs=2, batch_size=16, max_lr=0.01, time_masks=0, feature_masks=0, mixup_alpha=0.0
)
SWITCHES = {
    "adam": {"optimizer": "adam", "decay_on": "dense"},
    "cosine": {"schedule": "cosine"},
    "plateau": {"schedule": "plateau", "plateau_patience": 0},
    "ema": {"averaging": "ema", "ema_decay": 0.9},
    "swa": {"averaging": "swa", "swa_start": 0.0},
    "balance": {"balance": "corpus+emotion"},
    "listeners": {"listener_share": 0.5},
    "consistency": {"consistency": 4.0},
}


@pytest.fixture(scope="module")
def plain(material, tmp_path_factory):
    run = trainer(tmp_path_factory.mktemp("plain"), material, BASE)
    run.fit()
    return run.best


@pytest.mark.parametrize("name", SWITCHES)
def test_each_switch_trains_and_resumes_to_the_same_weights(name, material, plain, tmp_path):
    recipe = replace(BASE, **SWITCHES[name])
    whole = trainer(tmp_path / "whole", material, recipe)
    whole.fit()
    # As a kill after the first epoch would leave it: the state of then, and nothing else.
    parts = trainer(tmp_path / "parts", material, recipe)
    parts.recipe = replace(recipe, epochs=1)
    parts.fit()
    resumed = trainer(tmp_path / "parts", material, recipe)
    assert resumed.epoch == 1
    resumed.fit()
    for key, tensor in whole.best.items():
        assert torch.equal(tensor, resumed.best[key]), key
    assert [r["loss"] for r in whole.log] == [r["loss"] for r in resumed.log]
    assert any(not torch.equal(t, plain[k]) for k, t in whole.best.items())


def test_a_last_pt_from_before_these_switches_is_continued(material, tmp_path):
    first = trainer(tmp_path / "run", material, replace(BASE, epochs=1))
    first.fit()
    state = torch.load(tmp_path / "run" / LAST, weights_only=True)
    old = {"model", "optimizer", "schedule", "epoch", "best_uar", "best", "log"}
    assert set(state) == old | {"precision"}  # see test_trainer.py for a state without it
    # What torch's own scheduler and optimiser wrote then, and read now.
    assert set(state["schedule"]) >= {"total_steps", "last_epoch", "_schedule_phases"}
    assert [len(g["params"]) for g in state["optimizer"]["param_groups"]] == [
        len(list(first.model.parameters()))
    ]


def test_an_older_run_json_is_the_same_run(tmp_path):
    from training.run_folder import claim_folder

    claim_folder(tmp_path, Config(), Recipe(), {})
    path = tmp_path / "run.json"
    old = json.loads(path.read_text())
    for name in ("optimizer", "averaging", "augmented_share"):
        del old["recipe"][name]
    del old["config"]["model"]["two_heads"]
    path.write_text(json.dumps(old))
    claim_folder(tmp_path, Config(), Recipe(), {})
    with pytest.raises(SerLiveError, match="another configuration, recipe or augmentation"):
        claim_folder(tmp_path, Config(), replace(Recipe(), optimizer="adam"), {})


def test_decay_on_dense_and_convolution_weights_only():
    model = build_model(override(Config(), TINY))
    optimizer = build_optimizer(model, replace(BASE, decay_on="dense", weight_decay=0.1))
    decayed, others = optimizer.param_groups
    assert decayed["weight_decay"] == 0.1 and others["weight_decay"] == 0
    names = {id(p): n for n, p in model.named_parameters()}
    assert {names[id(p)] for p in decayed["params"]} == {
        *(f"blocks.{i}.0.weight" for i in range(4)),
        "dense.weight",
    }
    assert len(decayed["params"]) + len(others["params"]) == len(names)


def test_schedules():
    weight = torch.nn.Parameter(torch.zeros(1))

    def rates(recipe, uars=()):
        optimizer = torch.optim.SGD([weight], lr=recipe.max_lr)
        schedule = Schedule(optimizer, recipe, 10)
        out = []
        for uar in uars or range(10):
            optimizer.step()
            schedule.after_step()
            if uars:
                schedule.after_epoch(uar)
            out.append(optimizer.param_groups[0]["lr"])
        return out

    cosine = rates(replace(BASE, schedule="cosine"))
    assert cosine == sorted(cosine, reverse=True) and cosine[-1] < 0.05 * BASE.max_lr
    plateau = replace(BASE, schedule="plateau", plateau_patience=1, plateau_factor=0.1)
    falls = rates(plateau, (0.5, 0.4, 0.4, 0.6, 0.7))
    np.testing.assert_allclose(falls, [0.01, 0.01, 0.001, 0.001, 0.001])
    one = rates(replace(BASE, schedule="onecycle"))
    assert int(np.argmax(one)) in (1, 2) and one[-1] < 0.01 * BASE.max_lr


@pytest.mark.parametrize("coarse", [0, 2])
def test_early_stopping_counts_from_the_best_epoch(material, tmp_path, monkeypatch, coarse):
    recipe = replace(BASE, epochs=9, early_stopping=2, coarse_epochs=coarse)
    run = trainer(tmp_path / "run", material, recipe)
    uars = iter((0.7, 0.6)[:coarse] + (0.2, 0.4, 0.3, 0.4, 0.9))
    monkeypatch.setattr(run, "validate", lambda model: (next(uars), ""))
    run.fit()
    assert run.epoch == 4 + coarse and run.best_uar == 0.4


def test_the_first_epochs_may_see_every_second_frame(material, tmp_path, monkeypatch):
    run = trainer(tmp_path / "run", material, replace(BASE, epochs=4, coarse_epochs=2))
    frames, judged, uars = [], [], iter((0.9, 0.8, 0.3, 0.2))
    forward, whole = run.model.forward, run.cache.batch(np.zeros(1, np.int64))[0].shape[2]

    def watch(values, mask):
        assert values.shape[2] == mask.shape[1]
        (frames if run.model.training else judged).append(values.shape[2])
        return forward(values, mask)

    def validate(model):
        type(run).validate(run, model)
        return next(uars), ""

    monkeypatch.setattr(run.model, "forward", watch)
    monkeypatch.setattr(run, "validate", validate)
    run.fit()
    half = (whole + 1) // 2
    for seen in (frames, judged):
        steps = len(seen) // 4
        assert steps and seen == [half] * 2 * steps + [whole] * 2 * steps
    # What coarse epochs give is never kept, however good it is.
    assert run.best_uar == 0.3


def test_a_run_needs_an_epoch_that_is_not_coarse(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text("epochs = 3\ncoarse_epochs = 3\n")
    with pytest.raises(ConfigError, match=r"recipe\.coarse_epochs: fewer than epochs, not 3"):
        load_recipe(path)


def test_averages_of_weights():
    model = torch.nn.Linear(1, 1, bias=False)
    for kind, wanted in (("ema", 0.5 * (0.5 * 1 + 0.5 * 2) + 0.5 * 4), ("swa", (2 + 4) / 2)):
        recipe = replace(BASE, averaging=kind, ema_decay=0.5, swa_start=0.34, epochs=3)
        averaging = Averaging(model, recipe)
        assert not averaging.ready
        for epoch, value in enumerate((1.0, 2.0, 4.0)):
            model.weight.data.fill_(value)
            averaging.after_step()
            averaging.after_epoch(epoch)
        assert averaging.ready
        assert float(averaging.model([]).weight.detach()) == pytest.approx(wanted), kind


def test_coarse_epochs_are_not_averaged_with_whole_ones():
    model = torch.nn.Linear(1, 1, bias=False)
    recipe = replace(BASE, averaging="swa", swa_start=0.0, epochs=3, coarse_epochs=2)
    averaging = Averaging(model, recipe)
    for epoch, value in enumerate((1.0, 2.0, 4.0)):
        assert not averaging.ready
        model.weight.data.fill_(value)
        averaging.after_epoch(epoch)
    assert float(averaging.model([]).weight.detach()) == 4.0


def test_an_averaged_models_norms_fit_its_data():
    config = override(Config(), TINY)
    model = build_model(config)
    averaging = Averaging(model, replace(BASE, averaging="swa", swa_start=0.0))
    averaging.after_epoch(0)
    torch.manual_seed(0)
    values = 3 + torch.randn(8, 170, FRAMES)
    mask = torch.ones(8, FRAMES, dtype=torch.bool)
    averaged = averaging.model([(values, mask)] * 2)
    norm = averaged.blocks[0][1]
    expected = averaged.blocks[0][0](values[:, None]).mean((0, 2, 3))
    torch.testing.assert_close(norm.running_mean, expected, rtol=1e-3, atol=1e-3)
    assert torch.equal(model.blocks[0][1].running_mean, torch.zeros(4))


def test_a_running_mean_holds_the_norms_statistics_too():
    config = override(Config(), TINY)
    model = build_model(config)
    averaging = Averaging(model, replace(BASE, averaging="ema", ema_decay=0.9))
    averaging.after_step()
    model.blocks[0][1].running_mean.fill_(1.0)
    averaging.after_step()
    averaged = averaging.model([])
    torch.testing.assert_close(averaged.blocks[0][1].running_mean, torch.full((4,), 0.1))


def test_balance_draws_groups_equally_often():
    corpus = np.array(["A"] * 900 + ["B"] * 100)
    emotion = np.array((["angry"] * 3 + ["sad"]) * 250)
    index = pd.DataFrame({"clip": np.arange(1_000), "final": True})
    windows = ClipWindows.of(FeatureCache(index, np.zeros((0, 170), np.float16), Config()))
    clips = np.arange(1_000)

    def shares(balance, values):
        _, drawn = draw_epoch(
            clips, corpus, windows, replace(Recipe(), balance=balance), 0, emotion
        )
        assert len(drawn) == 1_000
        return pd.Series(values[drawn]).value_counts(normalize=True).sort_index().to_numpy()

    np.testing.assert_allclose(shares("none", corpus), [0.9, 0.1])
    np.testing.assert_allclose(shares("corpus", corpus), [0.5, 0.5], atol=0.06)
    np.testing.assert_allclose(shares("emotion", emotion), [0.5, 0.5], atol=0.06)
    both = np.char.add(corpus, emotion)
    np.testing.assert_allclose(shares("corpus+emotion", both), [0.25] * 4, atol=0.06)


def test_one_file_holds_recipe_and_configuration(tmp_path):
    path = tmp_path / "b.toml"
    path.write_text('epochs = 200\nschedule = "plateau"\n[config.model]\nn_blocks = 5\n')
    assert load_recipe(path).epochs == 200 and load_recipe(path).schedule == "plateau"
    assert load_config(path).model.n_blocks == 5
    assert replace(load_config(path).model, n_blocks=4) == Config().model
    for text, named in (
        ('optimizer = "sgd"', "recipe.optimizer"),
        ('averaging = "mean"', "recipe.averaging"),
        ("epochs = 0", "recipe.epochs"),
        ("plateau_factor = 1.0", "recipe.plateau_factor"),
    ):
        path.write_text(text)
        with pytest.raises(ConfigError, match=named):
            load_recipe(path)


# ------------------------------------------------------------------ several processes


def test_processes_share_every_batch(material):
    _, cache, _ = material
    rows = np.arange(21)
    targets = np.eye(14, dtype=np.float32)[rows % 14]
    alone = list(batches(cache, rows, targets, 8))
    shared = [list(batches(cache, rows, targets, 8, None, rank, 2)) for rank in (0, 1)]
    assert len(alone) == len(shared[0]) == len(shared[1]) == 3
    for whole, a, b in zip(alone, *shared, strict=True):
        for x, first, second in zip(whole, a, b, strict=True):
            assert torch.equal(x[0::2], first) and torch.equal(x[1::2], second)
    # Three clips are left: too few for two processes, so neither gets them.
    assert [len(list(batches(cache, rows[:19], targets[:19], 8, None, r, 2))) for r in (0, 1)] == [
        2,
        2,
    ]


def test_two_processes_train_resume_and_repeat(cache_folder, tmp_path):
    recipe = tmp_path / "r.toml"
    recipe.write_text(
        "epochs = 2\nbatch_size = 16\nmax_lr = 0.01\ntime_masks = 0\nfeature_masks = 0\n"
        "mixup_alpha = 0.0\n[config.model]\nchannels = 4\nlstm_units = 4\ndropout = 0.0\n"
    )

    def train(run, *more):
        command = [sys.executable, "-m", "training", "train", "--cache", cache_folder]
        command += ["--run", tmp_path / run, "--recipe", recipe, "--no-test", *more]
        command += ["--accelerator", "cpu", "--corpora", tmp_path, "--precision", "float32"]
        environment = os.environ | {"SER_FOLDS": str(tmp_path / "f.csv"), "OMP_NUM_THREADS": "1"}
        return subprocess.run(
            list(map(str, command)), capture_output=True, text=True, env=environment
        )

    done = train("two", "--devices", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 process(es)" in done.stdout and done.stdout.count("epoch 2/2") == 1
    log = pd.read_csv(tmp_path / "two" / "log.csv")
    assert list(log["epoch"]) == [1, 2]
    first = load_checkpoint(tmp_path / "two" / "model.safetensors")
    again = train("again", "--devices", "2")
    assert again.returncode == 0, again.stdout + again.stderr
    assert list(pd.read_csv(tmp_path / "again" / "log.csv")["loss"]) == list(log["loss"])
    for name, tensor in (
        load_checkpoint(tmp_path / "again" / "model.safetensors").model.state_dict().items()
    ):
        assert torch.equal(tensor, first.model.state_dict()[name]), name
    # The last epoch once more, this time by one process: the state is that of any number.
    state = torch.load(tmp_path / "two" / LAST, weights_only=True)
    assert state["epoch"] == 2 and not any("module" in name for name in state["model"])
    alone = train("two")
    assert alone.returncode == 0, alone.stdout + alone.stderr
    assert "continues after epoch 2" in alone.stdout


def test_every_recipe_of_this_project_is_valid():
    folder = Path(__file__).parents[1] / "training" / "recipes"
    paths = sorted(folder.rglob("*.toml"))
    assert len(paths) >= 11
    for path in paths:
        load_recipe(path)
        build_model(load_config(path))


def test_the_card_says_what_the_recipe_did():
    old = {"max_lr": 0.001}
    assert _optimisation(old) == "AdamW, one-cycle to 0.001" and _additions(old) == ""
    new = asdict(
        replace(Recipe(), optimizer="adam", schedule="plateau", averaging="ema", listener_share=0.2)
    )
    assert _optimisation(new) == "Adam, plateau from 0.001"
    assert "20 % of CREMA-D's" in _additions(new) and "(EMA)" in _additions(new)
    augmented = asdict(replace(Recipe(), augmented_share=0.5))
    assert "50 % of clips with augmented sound (noise, rooms" in _additions(augmented)
    fly = _additions(augmented | {"on_the_fly": True, "tempo": 0.12, "pitch": 1.0})
    assert "telephone, anew each time)" in fly
    assert "tempo by up to 12 % and pitch by up to 1 semitones changed" in fly


def test_the_card_tells_the_stages_in_their_order():
    assert _stages({"epochs": 12}) == ""
    plain, slower = asdict(Recipe()), asdict(replace(Recipe(), epochs=5, max_lr=5e-4))
    start = {"recipe": slower, "start": {"recipe": plain}}
    told = _stages({"epochs": 7, "start": start})
    assert "the last of 3 stages, 7 epochs" in told
    first, second = "12 epochs, AdamW, one-cycle to 0.001", "5 epochs, AdamW, one-cycle to 0.0005"
    assert 0 < told.index(first) < told.index(second)
