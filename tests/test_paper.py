"""The source's protocol: its features, its leaking split, its training loop."""

import json
from argparse import Namespace

import numpy as np
import pandas as pd
import pytest
import torch
import torchaudio
from tiny_corpora import RATE, buzz, write_corpora

from ser_live.errors import SerLiveError
from training.cli import main
from training.clip_rows import clip_rows
from training.corpora.csv_file import read_csv_corpus
from training.manifest import build_manifest
from training.paper.data import Rows, share_with_sibling, split_clips, split_versions
from training.paper.features import N_FEATURES, SAMPLE_RATE, VERSIONS, PaperFeatures, cut, versions
from training.paper.model import DROPOUT, PaperModel, UniformDropout
from training.paper.run import run_paper
from training.paper.trainer import PaperTrainer


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with a cache folder in it, whose manifest lists two small corpora."""
    root = tmp_path_factory.mktemp("corpora")
    clips = read_csv_corpus(write_corpora(root, {"Theatre": 3, "Radio": 1}))
    (root / "cache").mkdir()
    build_manifest(root, more=clips, known=False)[0].to_csv(
        root / "cache" / "manifest.csv", index=False
    )
    return root


def arguments(root, run, **changed):
    settings = {"classes": 14, "epochs": 2, "standardise": True, "seed": 0, "device": "cpu"}
    settings["precision"] = "float32"  # or two runs might differ in it
    paths = {"run": run, "cache": root / "cache", "corpora": root}
    return Namespace(**paths, **{**settings, "channels": 8, "units": 8, **changed})


@pytest.mark.filterwarnings("ignore:At least one mel filterbank")
def test_the_numbers_are_torchaudios_means():
    samples = buzz(3, 1, seconds=2.0)
    wave = cut(samples, RATE)
    assert len(wave) == 1.5 * SAMPLE_RATE  # from 0.5 s on, to the end: not padded
    row = PaperFeatures().row(wave)
    mfcc = torchaudio.transforms.MFCC(SAMPLE_RATE, 40)(wave).mean(1)
    mel = torchaudio.transforms.MelSpectrogram(SAMPLE_RATE)(wave)
    torch.testing.assert_close(row[:40], mfcc, atol=2e-3, rtol=1e-4)
    torch.testing.assert_close(row[40:168], (10 * mel.clamp(min=1e-10).log10()).mean(1))
    assert row[168] == pytest.approx(float(wave.square().mean().sqrt()))
    signs = np.sign(wave.numpy())
    assert row[169] == 2 * np.sum(signs[1:] != signs[:-1])


def test_six_versions_and_what_they_are():
    wave = torch.sin(2 * np.pi * 400 * torch.arange(44_100) / SAMPLE_RATE)
    made = versions(wave, torch.Generator().manual_seed(0))
    assert len(made) == len(VERSIONS) == 6

    def pitch(version):
        spectrum = torch.fft.rfft(version).abs()
        return float(spectrum.argmax()) * SAMPLE_RATE / len(version)

    assert torch.equal(made[0], wave)
    assert float((made[1] - wave).std()) == pytest.approx(0.005, rel=0.05)
    torch.testing.assert_close(made[2][8_820:], wave[:-8_820])
    torch.testing.assert_close(made[2][:8_820], wave[-8_820:])
    assert pitch(made[3]) == pytest.approx(400 * 2 ** (2 / 12), rel=0.01)
    assert len(made[3]) == len(wave)
    assert len(made[4]) == 1.25 * len(wave) and pitch(made[4]) == pytest.approx(320, rel=0.01)
    assert len(made[5]) == 0.8 * len(wave) and pitch(made[5]) == pytest.approx(500, rel=0.01)


def test_a_clip_that_ends_before_half_a_second_is_taken_from_its_beginning():
    features = PaperFeatures()
    short = features(buzz(0, 0, seconds=0.4), RATE)
    assert short.shape == (6, N_FEATURES) and np.isfinite(short).all()
    assert np.array_equal(short, features(buzz(0, 0, seconds=0.4), RATE))
    assert len(cut(np.zeros(10, np.float32), RATE)) == 400


def test_the_random_split_leaks_and_the_clipwise_one_does_not():
    clip = np.repeat(np.arange(200), 6)
    train, test = split_versions(len(clip))
    assert len(test) == 240 and not set(train) & set(test)
    assert share_with_sibling(clip, train, test) > 0.99
    train, test = split_clips(clip)
    assert len(test) == 240 and len(train) == 960
    assert share_with_sibling(clip, train, test) == 0


def test_rows_keep_their_clips_labels():
    table = pd.DataFrame({"gender": ["female", "male"], "emotion": ["angry", "sad"]})
    numbers = np.arange(2 * 6 * 3, dtype=np.float32).reshape(2, 6, 3)
    rows = Rows.of(table, numbers, 14)
    assert rows.clip.tolist() == [0] * 6 + [1] * 6
    assert rows.labels.tolist() == [0] * 6 + [12] * 6
    assert np.array_equal(rows.values[7], numbers[1, 1])
    assert Rows.of(table, numbers, 7).labels.tolist() == [0] * 6 + [5] * 6


def test_the_model_is_the_notebooks():
    model = PaperModel(14).eval()
    assert model(torch.randn(3, 170)).shape == (3, 14)
    convolutions = 128 * 3 + 128 + 3 * (128 * 128 * 3 + 128) + 4 * 2 * 128
    lstm = 2 * 4 * 256 * (128 + 256 + 2)
    assert sum(p.numel() for p in model.parameters()) == convolutions + lstm + 512 * 14 + 14


def test_the_last_step_is_that_of_a_bidirectional_lstm():
    model = PaperModel(14, 8, 8).eval()
    both = torch.nn.LSTM(8, 8, batch_first=True, bidirectional=True)
    weights = {f"{n}_reverse": w for n, w in model.backwards.state_dict().items()}
    both.load_state_dict(model.forwards.state_dict() | weights)
    values = torch.randn(3, N_FEATURES)
    steps = model.blocks(values[:, None]).transpose(1, 2)
    torch.testing.assert_close(model.dense(both(steps)[0][:, -1]), model(values))


def test_a_continued_run_equals_an_uninterrupted_one(root, tmp_path, capsys):
    whole = run_paper(arguments(root, tmp_path / "whole", epochs=3))
    run_paper(arguments(root, tmp_path / "parts", epochs=1))
    parts = run_paper(arguments(root, tmp_path / "parts", epochs=3))
    out = capsys.readouterr().out
    assert "continues after epoch 1" in out and "leaks" in out and "left" in out
    assert parts == whole
    log = pd.read_csv(tmp_path / "parts" / "log.csv")
    assert list(log["epoch"]) == [1, 2, 3]
    metrics = json.loads((tmp_path / "parts" / "metrics.json").read_text())
    assert metrics["accuracy"] == pytest.approx(log["test_accuracy"].max())
    assert metrics["best_epoch"] == log["epoch"][log["test_accuracy"].idxmax()]
    assert "leaks" in metrics["settings"]["protocol"]
    assert set(metrics["accuracy_by_corpus"]) == {"Theatre", "Radio"}
    with pytest.raises(SerLiveError, match="other settings"):
        run_paper(arguments(root, tmp_path / "parts", classes=7))


def test_the_command_says_what_it_is(root, tmp_path, capsys):
    run = tmp_path / "run"
    command = ["paper", "--run", str(run), "--cache", str(root / "cache"), "--device", "cpu"]
    command += ["--corpora", str(root), "--classes", "7"]
    assert main([*command, "--epochs", "0"]) == 0
    assert "no epoch was run" in capsys.readouterr().out
    assert not (run / "metrics.json").exists()
    assert main([*command, "--epochs", "1"]) == 0
    out = capsys.readouterr().out
    assert "have a version of the same recording in training" in out
    assert "7 classes, epoch 1 of 1 (not finished)" in out and "the source reports 68.7 %" in out
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["settings"]["lstm_units"] == 256 and not metrics["settings"]["standardise"]
    assert main([*command[:-1], "14"]) == 1
    assert "other settings" in capsys.readouterr().err
    assert main(["paper", "--cache", str(tmp_path), "--run", str(run)]) == 1
    assert "prepare" in capsys.readouterr().err


def test_it_learns_and_stops_when_the_test_rows_stop_improving(tmp_path):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 320)
    values = rng.normal(2.0 * labels[:, None] - 1, 0.5, (320, N_FEATURES)).astype(np.float32)
    train, test = (values[:256], labels[:256]), (values[256:], labels[256:])
    trainer = PaperTrainer(tmp_path, train, test, 2, torch.device("cpu"), channels=8, units=8)
    while not trainer.stopped and trainer.epoch < 60:
        trainer.run_epoch(60)
    assert trainer.best > 0.95
    assert trainer.stopped and trainer.epoch == trainer.best_epoch + 5
    assert (trainer.guesses == test[1]).mean() == trainer.best
    rates = [row["learning_rate"] for row in trainer.log]
    assert rates[0] == 1.5e-3 and rates[-1] == 0.75e-3  # halved after four epochs of waiting


def test_numbers_are_computed_once_and_go_on_after_a_stop(root, tmp_path):
    table = pd.read_csv(root / "cache" / "manifest.csv", keep_default_na=False)
    calls = []

    def make():
        def compute(samples, rate):
            if len(calls) == 10 and not stop.pop():
                raise KeyboardInterrupt
            calls.append(rate)
            return np.array([samples.mean(), len(samples)])

        return compute

    stop = [False]
    with pytest.raises(KeyboardInterrupt):
        clip_rows(table, root, tmp_path / "n", (2,), {"a": 1}, make)
    with open(tmp_path / "n" / "rows.f32", "ab") as file:
        file.write(b"half")  # of a row that a kill cut off
    stop = [True]
    rows = clip_rows(table, root, tmp_path / "n", (2,), {"a": 1}, make)
    assert len(calls) == len(table) == len(rows)
    assert set(rows[:, 1]) == {1.2 * RATE}
    again = clip_rows(table, root, tmp_path / "n", (2,), {"a": 1}, make)
    assert len(calls) == len(table) and np.array_equal(rows, again)
    with pytest.raises(SerLiveError, match="other settings"):
        clip_rows(table, root, tmp_path / "n", (2,), {"a": 2}, make)
    with pytest.raises(SerLiveError, match="another manifest"):
        clip_rows(table.iloc[:3], root, tmp_path / "n", (2,), {"a": 1}, make)
    with pytest.raises(SerLiveError, match="no finite numbers"):
        clip_rows(table, root, tmp_path / "m", (2,), {}, lambda: lambda s, r: np.full(2, np.nan))


def test_dropout_by_uniform_numbers():
    torch.manual_seed(0)
    layer = UniformDropout(DROPOUT)
    ones = torch.ones(100, 1_000, requires_grad=True)
    dropped = layer(ones)
    assert dropped.detach().unique().tolist() == pytest.approx([0.0, 1 / 0.7])
    assert float(dropped.detach().mean()) == pytest.approx(1.0, abs=0.01)
    dropped.sum().backward()
    assert torch.equal(ones.grad, dropped.detach())
    assert not torch.equal(layer(ones), dropped)
    assert torch.equal(layer.eval()(ones), ones)
