"""The source's protocol: its features, its leaking split, its training loop."""

import json
import threading
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
from training.paper import steps as paper_steps
from training.paper import trainer as paper_trainer
from training.paper.capture import Snapshot
from training.paper.data import Rows, share_with_sibling, split_clips, split_versions
from training.paper.features import N_FEATURES, SAMPLE_RATE, VERSIONS, PaperFeatures, cut, versions
from training.paper.model import DROPOUT, PaperModel, UniformDropout
from training.paper.run import run_paper
from training.paper.steps import CUDA_PRECISIONS, Steps, own_stream
from training.paper.trainer import PaperTrainer

cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU")


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


def two_classes(rows, seed=0):
    """(rows, 170) float32 numbers that tell two classes apart, and the (rows,) classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, rows)
    values = rng.normal(0.5 * labels[:, None], 0.5, (rows, N_FEATURES))
    return values.astype(np.float32), labels


def small_trainer(folder, rows=80, **changed):
    settings = {"channels": 8, "units": 8, "precision": "float32", **changed}
    train, test = two_classes(rows), two_classes(40, 1)
    return PaperTrainer(folder, train, test, 2, torch.device("cpu"), **settings)


def fused(model, device):
    """The optimizer of CUDA, on a CPU."""
    rate = torch.tensor(paper_steps.LEARNING_RATE)
    return torch.optim.Adam(model.parameters(), lr=rate, fused=True)


def small_steps(half=False):
    generator = torch.Generator().manual_seed(0)
    model = PaperModel(2, 8, 8, generator)
    train = tuple(torch.from_numpy(part) for part in two_classes(80))
    steps = Steps(model, fused(model, None), train, generator, "float32")
    model.half_lstm = half  # which it is on CUDA only
    return steps


def state_of(steps):
    """Copies of all weights and of Adam's state."""
    entries = steps.optimizer.state.values()
    return [
        value.clone()
        for part in (steps.model.state_dict(), *entries)
        for _, value in sorted(part.items())
    ]


def test_its_random_numbers_are_its_own(tmp_path):
    before = torch.get_rng_state()
    one = small_trainer(tmp_path / "one")
    assert torch.equal(torch.get_rng_state(), before)
    one.run_epoch(1)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(99)
    other = small_trainer(tmp_path / "other")
    other.run_epoch(1)
    assert one.log[0]["loss"] == other.log[0]["loss"]
    third = small_trainer(tmp_path / "third", seed=1)
    third.run_epoch(1)
    assert third.log[0]["loss"] != one.log[0]["loss"]


def test_it_saves_only_now_and_then(tmp_path, monkeypatch):
    trainer = small_trainer(tmp_path)
    trainer.run_epoch(3)
    assert not trainer.save_due
    trainer.save()
    first = (tmp_path / "last.pt").stat().st_mtime_ns
    trainer.save()  # nothing is new
    assert (tmp_path / "last.pt").stat().st_mtime_ns == first
    trainer.run_epoch(3)
    monkeypatch.setattr(paper_trainer, "SAVE_SECONDS", 0.0)
    assert trainer.save_due
    trainer.save()
    assert small_trainer(tmp_path).epoch == 2 and len(pd.read_csv(tmp_path / "log.csv")) == 2


def test_it_goes_on_where_a_gpu_reads_its_guesses_to_itself(tmp_path, monkeypatch):
    class OnGpu:
        """What a GPU's tensor lets one do."""

        def __init__(self, tensor):
            self._tensor = tensor

        def cpu(self):
            return self._tensor

        def numpy(self):
            raise TypeError("can't convert cuda:0 device type tensor to numpy")

    trainer = small_trainer(tmp_path)
    trainer.run_epoch(3)
    trainer.save()
    state = torch.load(tmp_path / "last.pt", weights_only=True)
    state["guesses"] = OnGpu(state["guesses"])
    monkeypatch.setattr(torch, "load", lambda *_, **__: state)
    again = small_trainer(tmp_path)
    assert again.epoch == 1 and np.array_equal(again.guesses, trainer.guesses)


def test_every_epoch_is_saved_where_epochs_are_long(root, tmp_path, monkeypatch):
    monkeypatch.setattr(paper_trainer, "SAVE_SECONDS", 0.0)
    epochs, run_epoch = [], PaperTrainer.run_epoch

    def look(trainer, last):
        if trainer.epoch:
            metrics = json.loads((tmp_path / "metrics.json").read_text())
            log = pd.read_csv(tmp_path / "log.csv")
            epochs.append((metrics["epochs"], len(log), (tmp_path / "last.pt").exists()))
        run_epoch(trainer, last)

    monkeypatch.setattr(PaperTrainer, "run_epoch", look)
    run_paper(arguments(root, tmp_path, epochs=3))
    assert epochs == [(1, 1, True), (2, 2, True)]


def test_a_run_in_a_thread_with_a_limit_of_time(root, tmp_path, capsys):
    whole = run_paper(arguments(root, tmp_path / "whole", epochs=2))
    parts, ready, found = tmp_path / "parts", threading.Event(), []
    args = arguments(root, parts, minutes=0, ready=ready)
    args.corpora = root / "none"  # the numbers are there

    def work():
        found.append(run_paper(args))

    for epoch in (1, 2):
        thread = threading.Thread(target=work)
        thread.start()
        assert ready.wait(60)
        thread.join(60)
        assert found[-1]["epochs"] == epoch
        assert len(pd.read_csv(parts / "log.csv")) == epoch
    assert found[-1] == whole
    assert "0 min have passed" in capsys.readouterr().out
    ready.clear()
    args.classes = 7
    with pytest.raises(SerLiveError, match="other settings"):
        run_paper(args)
    assert ready.is_set()  # so that nobody waits for ever


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path):
    trainer = small_trainer(tmp_path)
    trainer.run_epoch(2)
    trainer.save()
    with torch.no_grad():
        trainer.model.dense.bias.fill_(torch.nan)
    with pytest.raises(SerLiveError, match="epoch 2: the loss is not finite"):
        trainer.run_epoch(2)
    assert small_trainer(tmp_path).epoch == 1


@pytest.mark.parametrize("first", ["plain", "fused"])
def test_a_run_goes_on_with_another_devices_optimizer(tmp_path, monkeypatch, first):
    plain = paper_trainer.make_optimizer
    order = [plain, fused] if first == "plain" else [fused, plain]
    monkeypatch.setattr(paper_trainer, "make_optimizer", order[0])
    one = small_trainer(tmp_path)
    one.run_epoch(3)
    one.schedule._reduce_lr(1)
    assert one.rate == 0.75e-3
    one.save()
    monkeypatch.setattr(paper_trainer, "make_optimizer", order[1])
    other = small_trainer(tmp_path)
    rate = other.optimizer.param_groups[0]["lr"]
    assert other.rate == 0.75e-3 and torch.is_tensor(rate) == (first == "plain")
    assert bool(other.optimizer.param_groups[0]["fused"]) == (first == "plain")
    moments = zip(one.optimizer.state.values(), other.optimizer.state.values(), strict=True)
    assert all(torch.equal(a["exp_avg"], b["exp_avg"]) for a, b in moments)
    for trainer in (one, other):
        trainer.run_epoch(3)
    assert one.log[-1]["loss"] == pytest.approx(other.log[-1]["loss"], rel=1e-5)
    other.schedule._reduce_lr(2)
    assert other.rate == 0.375e-3
    assert other.optimizer.param_groups[0]["lr"] is rate or first == "fused"


def test_a_warm_up_leaves_no_trace(monkeypatch, capsys):
    steps = small_steps()
    steps.device = torch.device("cuda")  # only asked for its name here
    fresh = [value.clone() for value in steps.model.state_dict().values()]

    def replay_of(capture):
        monkeypatch.setattr(steps, "_capture", capture)
        steps.prepare()
        return steps.captured

    def fail():
        raise RuntimeError("no such thing")

    assert not replay_of(fail)
    assert "no CUDA graph (float32), so this is slower: no such thing" in capsys.readouterr().out
    assert not replay_of(lambda: lambda: None)  # replays that do nothing are found out
    assert "a loss of 0.0000 replayed" in capsys.readouterr().out
    assert replay_of(lambda: steps._batch)
    assert capsys.readouterr().out == ""
    assert all(map(torch.equal, fresh, steps.model.state_dict().values()))
    for entries in steps.optimizer.state.values():
        assert not any(value.any() for value in entries.values())
    steps._replay, steps.device = None, torch.device("cpu")
    steps._trial(steps._batch)
    kept, keep = state_of(steps), Snapshot(steps.model, steps.optimizer)
    steps._trial(steps._batch)
    assert not all(map(torch.equal, kept, state_of(steps)))
    keep.restore()  # a continued run's
    assert all(map(torch.equal, kept, state_of(steps)))


def test_an_epoch_takes_every_row_once(monkeypatch):
    steps, taken, said = small_steps(), [], []
    step = steps._step
    monkeypatch.setattr(steps, "_step", lambda rows: (taken.append(rows.tolist()), step(rows)))
    order = torch.randperm(80)
    steps.epoch(order, said.append)
    assert np.concatenate(taken).tolist() == order.tolist()
    assert list(map(len, taken)) == said == [32, 32, 16]
    loss, accuracy = steps.means()
    assert 0 < loss < 2 and 0 <= accuracy <= 1


def test_float16_scales_and_skips_what_overflows():
    exact, half = small_steps(), small_steps(half=True)
    half.model.load_state_dict(exact.model.state_dict())
    losses = [steps._trial(steps._batch) for steps in (exact, half)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)
    gradients = [[p.grad for p in steps.model.parameters()] for steps in (exact, half)]
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(b, a, atol=3e-3, rtol=0.1)
    with torch.no_grad():
        half.model.dense.weight.mul_(1e6)
    weights = [p.clone() for p in half.model.parameters()]
    counts = [entries["step"].clone() for entries in half.optimizer.state.values()]
    half._batch()
    assert all(map(torch.equal, weights, half.model.parameters()))
    assert counts == [entries["step"] for entries in half.optimizer.state.values()]


@cuda
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("precision", CUDA_PRECISIONS)
def test_cuda_replays_do_what_steps_do(tmp_path, precision):
    train, test = two_classes(2_000), two_classes(300, 1)
    losses = []
    with own_stream(torch.device("cuda")):
        for name in ("replayed", "not"):
            folder = tmp_path / name
            folder.mkdir()
            trainer = PaperTrainer(
                folder, train, test, 2, torch.device("cuda"), precision=precision
            )
            assert trainer.captured
            if name == "not":
                trainer._steps._replay = None
            for _ in range(2):
                trainer.run_epoch(2)
            losses.append([row["loss"] for row in trainer.log])
            steps = {float(entries["step"]) for entries in trainer.optimizer.state.values()}
            assert steps == {2 * 63.0}  # 62 whole batches and a part
        assert losses[0] == pytest.approx(losses[1], rel=0.05)
        trainer.save()
        again = PaperTrainer(folder, train, test, 2, torch.device("cuda"))
        assert again.captured and again.epoch == 2 and again.precision == precision
        again.schedule._reduce_lr(2)
        again.run_epoch(3)
    assert again.log[-1]["learning_rate"] == 0.75e-3
    assert again.log[-1]["loss"] < losses[0][0]


@cuda
@pytest.mark.filterwarnings("default")
def test_cuda_beside_another_training(root, tmp_path):
    def another(busy):
        torch.manual_seed(0)
        layer = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.Dropout(0.5)).cuda()
        optimizer = torch.optim.SGD(layer.parameters(), 0.01)
        for count in range(10_000):
            optimizer.zero_grad()
            layer(torch.ones(8, 64, device="cuda")).square().mean().backward()
            optimizer.step()
            if count >= 200 and not busy():
                break
            if count == 199:
                kept = layer[0].weight.detach().clone()
        return kept

    alone, ready = another(lambda: False), threading.Event()
    args = arguments(root, tmp_path, device="cuda", epochs=20, precision=None, ready=ready)
    thread = threading.Thread(target=run_paper, args=(args,))
    thread.start()
    assert ready.wait(120)
    beside = another(thread.is_alive)
    thread.join(120)
    assert torch.equal(alone, beside)
    assert len(pd.read_csv(tmp_path / "log.csv")) > 0


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
