"""Run folders and caches that are damaged or of another run, met by the commands."""

import json
import shutil

import pytest
import torch
from tiny_corpora import write_corpora

from ser_live.errors import SerLiveError
from ser_live.models.checkpoint import load_checkpoint
from training import run as training_run
from training.cli import main
from training.files import only_one
from training.precision import PRECISIONS

resource = pytest.importorskip("resource")  # not on Windows


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Corpora, a cache and a finished run of one epoch, by the commands."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "corpora").mkdir()
    write_corpora(folder / "corpora", {"Theatre": 6})
    assert prepare(folder, folder / "cache") == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_run, "FOLDS", folder / "folds.csv")
        assert train(folder, folder / "run") == 0
    return folder


@pytest.fixture(autouse=True)
def folds_kept(folder, monkeypatch):
    monkeypatch.setattr(training_run, "FOLDS", folder / "folds.csv")


@pytest.fixture
def damaged(folder, tmp_path):
    """A copy of the run, to damage."""
    shutil.copytree(folder / "run", tmp_path / "run")
    return tmp_path / "run"


def prepare(folder, cache):
    csv = ["--csv", str(folder / "corpora" / "corpora.csv"), "--only-csv"]
    return main(["prepare", *csv, "--cache", str(cache), "--processes", "1"])


def train(folder, run, *more, cache=None):
    tiny = ["--set", "model.channels=4", "--set", "model.lstm_units=4", "--epochs", "1"]
    places = ["--cache", str(cache or folder / "cache"), "--corpora", str(folder / "corpora")]
    return main(["train", "--run", str(run), "--device", "cpu", *tiny, *places, *more])


def commands(folder, run, output):
    """Every command that reads a run, by its name."""
    places = ["--cache", str(folder / "cache"), "--corpora", str(folder / "corpora")]
    new = output / "new"
    return {
        "train": lambda: train(folder, run),
        "start": lambda: train(folder, new, "--start-from", str(run)),
        "report": lambda: main(["report", "--run", str(run), *places]),
        "pool": lambda: main(["pool", "--runs", str(run), "--output", str(new), *places]),
        "parity": lambda: main(["parity", "--run", str(run), "--output", str(new), *places]),
        "claims": lambda: main(["claims", "--results", str(run), "--output", str(new)]),
    }


@pytest.mark.parametrize("command", ["train", "start", "pool", "claims"])
@pytest.mark.parametrize("content", ["", "{oops", "[]"])
def test_a_damaged_run_json(folder, damaged, tmp_path, capsys, command, content):
    (damaged / "run.json").write_text(content)
    assert commands(folder, damaged, tmp_path)[command]() == 1
    assert f"training: {damaged / 'run.json'}: " in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("command", ["train", "pool"])
def test_a_run_json_without_its_fields(folder, damaged, tmp_path, capsys, command):
    (damaged / "run.json").write_text("{}")
    assert commands(folder, damaged, tmp_path)[command]() == 1
    assert "run.json: has no field 'config'" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["start", "report", "pool", "claims"])
def test_a_damaged_metrics_json(folder, damaged, tmp_path, capsys, command):
    (damaged / "metrics.json").write_text("{oops")
    assert commands(folder, damaged, tmp_path)[command]() == 1
    assert f"training: {damaged / 'metrics.json'}: line 1" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("command", ["report", "pool", "parity"])
@pytest.mark.parametrize("content", [b"", b"\xff\x00\x80" * 50, b"a,b\n1,2\n"])
def test_damaged_predictions(folder, damaged, tmp_path, capsys, command, content):
    (damaged / "predictions.csv").write_bytes(content)
    assert commands(folder, damaged, tmp_path)[command]() == 1
    assert f"training: {damaged / 'predictions.csv'}: " in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("command", ["report", "pool"])
@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "epoch,loss,validation_uar,per_corpus\n"])
def test_a_damaged_log(folder, damaged, tmp_path, capsys, command, content):
    (damaged / "log.csv").write_text(content)
    assert commands(folder, damaged, tmp_path)[command]() == 1
    assert f"training: {damaged / 'log.csv'}: " in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["half", "start", "empty", "garbage", "other"])
def test_a_damaged_last_pt_is_named_with_the_way_on(folder, damaged, capsys, kind):
    path = damaged / "last.pt"
    content = path.read_bytes()
    if kind == "other":
        torch.save({"a": 1}, path)
    else:
        path.write_bytes(
            {"half": content[: len(content) // 2], "start": content[:1_000]}.get(
                kind, b"garbage" * 99 if kind == "garbage" else b""
            )
        )
    assert train(folder, damaged) == 1
    assert f"training: {path}: damaged, or of another version" in capsys.readouterr().err
    path.unlink()
    assert train(folder, damaged) == 0


def test_a_log_that_a_kill_kept_back_is_made_up_for(folder, damaged):
    before = (damaged / "log.csv").read_text()
    (damaged / "log.csv").unlink()
    assert train(folder, damaged) == 0
    assert (damaged / "log.csv").read_text() == before


def test_a_second_program_changes_nothing_and_is_told(folder, damaged, capsys):
    (damaged / "log.csv").unlink()
    before = {path: path.stat().st_mtime_ns for path in damaged.rglob("*")}
    with only_one(damaged):
        assert train(folder, damaged) == 1
    assert "another process is at work here right now" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in damaged.rglob("*")} == before


def test_others_are_kept_out_until_the_report_is_written(folder, damaged, monkeypatch):
    held = []

    def report(run, *_):
        with pytest.raises(SerLiveError, match="another process"), only_one(run):
            pass
        held.append(run)
        return run

    monkeypatch.setattr("training.run_report.report_run", report)
    assert train(folder, damaged) == 0
    assert held == [damaged]
    with only_one(damaged):
        pass


def test_a_run_tells_the_precision_that_it_goes_on_in(folder, damaged, capsys):
    before = json.loads((damaged / "metrics.json").read_text())["precision"]
    assert before in PRECISIONS
    other = next(name for name in PRECISIONS if name != before)
    assert train(folder, damaged, "--precision", other) == 0
    said = capsys.readouterr().out
    assert f"1 process(es), {before}; " in said and other not in said
    assert json.loads((damaged / "metrics.json").read_text())["precision"] == before
    assert load_checkpoint(damaged / "model.safetensors").training["precision"] == before


def test_a_run_stopped_before_its_report_gets_that_alone(folder, damaged, monkeypatch):
    path = damaged / "metrics.json"
    complete = json.loads(path.read_text())
    path.write_text(json.dumps({k: v for k, v in complete.items() if k != "intervals"}))
    shutil.rmtree(damaged / "report")
    with monkeypatch.context() as patch:
        patch.setattr(training_run, "Trainer", None)
        assert train(folder, damaged) == 0
    assert json.loads(path.read_text()) == complete
    assert (damaged / "report" / "index.html").exists()
    # Without a checkpoint there is more to make up for.
    path.write_text(json.dumps({k: v for k, v in complete.items() if k != "intervals"}))
    (damaged / "model.safetensors").unlink()
    assert train(folder, damaged) == 0
    assert (damaged / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--fold", "9"], "nobody is tested in fold 9; choose from 0, 1, 2, 3, 4"),
        (["--start-from", "nowhere"], "nowhere/model.safetensors: not there"),
        (["--set", "model.channels=0"], "config.model: no model"),
        (["--set", "model.dropout=3.0"], "config.model: no model"),
        (["--leave-out", "Opera"], "--leave-out Opera: choose from Theatre"),
        (["--device", "tpu"], "tpu"),
    ],
)
def test_what_is_refused_leaves_no_run_folder(folder, tmp_path, capsys, more, message):
    assert train(folder, tmp_path / "new", *more) == 1
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("flag", ["--epochs", "--devices", "--nodes"])
def test_none_of_something_is_wrong_usage(folder, tmp_path, capsys, flag):
    with pytest.raises(SystemExit) as caught:
        train(folder, tmp_path / "new", flag, "0")
    assert caught.value.code == 2 and f"argument {flag}" in capsys.readouterr().err


def test_one_speaker_is_too_few(folder, tmp_path, capsys):
    shutil.copytree(folder / "cache", tmp_path / "cache")
    path = tmp_path / "cache" / "manifest.csv"
    head, *rows = path.read_text().splitlines()
    people = [row.replace(",Theatre-1,", ",Theatre-0,") for row in rows]
    for number in range(2, 6):
        people = [row.replace(f",Theatre-{number},", ",Theatre-0,") for row in people]
    path.write_text("\n".join([head, *people]) + "\n")
    assert train(folder, tmp_path / "new", cache=tmp_path / "cache") == 1
    assert f"{path}: no corpus has three speakers" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_file_in_the_runs_place(folder, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert train(folder, tmp_path / "file") == 1
    assert "file: is a file, not a folder" in capsys.readouterr().err


def test_claims_of_nowhere(tmp_path, capsys):
    assert main(["claims", "--results", str(tmp_path / "none"), "--output", str(tmp_path)]) == 1
    assert "none: no such folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("cache.json", b"{", "cache.json: line 1: damaged"),
        ("features.f16", b"0" * 10_001, "features.f16: damaged: 10,001 bytes, but windows.csv"),
        ("features.f16", None, "features.f16: No such file"),
        ("windows.csv", b"", "windows.csv: is empty"),
        ("windows.csv", None, "windows.csv: No such file"),
    ],
)
def test_a_damaged_cache_is_named(folder, tmp_path, capsys, file, content, message):
    cache = tmp_path / "cache"
    shutil.copytree(folder / "cache", cache)
    path = cache / "features-hop441" / file
    path.unlink() if content is None else path.write_bytes(content)
    for command in (lambda: train(folder, tmp_path / "new", cache=cache),
                    lambda: prepare(folder, cache)):  # fmt: skip
        assert command() == 1
        error = capsys.readouterr().err
        assert message in error and "remove" in error
    assert not (tmp_path / "new").exists()


def test_a_manifest_shorter_than_its_features(folder, tmp_path, capsys):
    cache = tmp_path / "cache"
    shutil.copytree(folder / "cache", cache)
    lines = (cache / "manifest.csv").read_text().splitlines()
    (cache / "manifest.csv").write_text("\n".join(lines[:-3]) + "\n")
    assert train(folder, tmp_path / "new", cache=cache) == 1
    assert "made from another manifest" in capsys.readouterr().err


@pytest.fixture
def full_disk():
    """No file may grow beyond 20 kB: as far as a program can tell, the disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft if size is None else size, hard))

    yield limit
    limit(None)


def test_a_full_disk_while_preparing(folder, tmp_path, capsys, full_disk):
    full_disk(20_000)
    assert prepare(folder, tmp_path / "cache") == 1
    full_disk(None)
    error = capsys.readouterr().err
    assert "features.f16: cannot be written: File too large" in error and "Traceback" not in error
    assert not list(tmp_path.rglob("*.part"))
    assert prepare(folder, tmp_path / "cache") == 0
    same = "features-hop441/features.f16"
    assert (tmp_path / "cache" / same).read_bytes() == (folder / "cache" / same).read_bytes()


def test_a_full_disk_while_training(folder, tmp_path, capsys, full_disk):
    full_disk(20_000)
    assert train(folder, tmp_path / "run") == 1
    full_disk(None)
    error = capsys.readouterr().err
    assert "last.pt: cannot be written: File too large" in error and "Traceback" not in error
    assert not list(tmp_path.rglob("*.part"))
    assert train(folder, tmp_path / "run") == 0


def test_a_full_disk_under_the_checkpoint(folder, damaged, capsys, full_disk):
    before = (damaged / "model.safetensors").read_bytes()
    full_disk(7_000)
    assert train(folder, damaged) == 1
    full_disk(None)
    error = capsys.readouterr().err
    assert (
        "model.safetensors: cannot be written: File too large" in error and "Traceback" not in error
    )
    assert (damaged / "model.safetensors").read_bytes() == before
    assert not list(damaged.rglob("*.part"))
    assert train(folder, damaged) == 0


@pytest.mark.parametrize("command", ["report", "pool"])
def test_a_full_disk_under_a_report(folder, damaged, tmp_path, capsys, command, full_disk):
    shutil.rmtree(damaged / "report")
    full_disk(20_000)
    assert commands(folder, damaged, tmp_path)[command]() == 1
    full_disk(None)
    error = capsys.readouterr().err
    assert "cannot be written: File too large" in error and "Traceback" not in error
    assert not list(tmp_path.rglob("*.part"))
    assert commands(folder, damaged, tmp_path)[command]() == 0
