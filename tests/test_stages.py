"""All stages of all folds by one command."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, nullcontext, suppress

import pytest
from tiny_corpora import prepared

from ser_live.errors import SerLiveError
from training.chains import Stage, train_chains
from training.cli import main
from training.files import only_one
from training.precision import choose_precision

TINY = ["--set", "model.channels=4", "--set", "model.lstm_units=4"]
SPEAKERS = 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Cache, two recipes, and a division into two folds."""
    folder = tmp_path_factory.mktemp("stages")
    prepared(folder, {"Theatre": SPEAKERS})
    rows = [f"Theatre-{n},{n % 2}" for n in range(SPEAKERS)]
    (folder / "folds.csv").write_text("\n".join(["speaker,fold", *rows]) + "\n")
    (folder / "first.toml").write_text("epochs = 2\n")
    (folder / "second.toml").write_text("epochs = 1\nmax_lr = 5e-4\n")
    (folder / "long.toml").write_text("epochs = 500\n")
    return folder


def command(folder, run, *more, recipes=("first.toml", "second.toml")):
    places = ["--run", folder / run, "--cache", folder / "cache", "--corpora", folder / "cache"]
    names = [folder / name for name in recipes]
    words = [*places, "--recipes", *names, "--device", "cpu", *TINY, *more]
    return [sys.executable, "-m", "training", "stages", *map(str, words)]


def environment(folder):
    return os.environ | {"SER_FOLDS": str(folder / "folds.csv")}


def stages(folder, run, *more, **kwargs):
    words = command(folder, run, *more, **kwargs)
    return subprocess.run(words, capture_output=True, text=True, env=environment(folder))


def read(path):
    return json.loads(path.read_text())


def test_from_recipes_to_a_calibrated_model(folder):
    run = folder / "all"
    done = stages(folder, "all", "--folds", "1", "--no-test")
    assert done.returncode == 0, done.stderr
    assert "fold-1, stage 2 of 2: validation UAR" in done.stdout + done.stderr
    assert "3/3" in done.stderr  # epochs, in the progress bar
    assert "left alone" in done.stdout
    trial = read(run / "fold-1-stage-2" / "metrics.json")
    assert trial["start"]["epochs"] == 2 and "test" not in trial["figures"]
    assert not list(run.glob("fold-0*"))
    assert (run / "stage-2.toml").read_text() == (folder / "second.toml").read_text()
    precision = read(run / "precision.json")["cpu"]  # chosen once for all
    assert trial["precision"] == precision
    assert f"{precision} (" in done.stdout

    # The rest, and the test speakers; what is there is not trained again.
    first = run / "fold-1-stage-1" / "model.safetensors"
    # A stop between its figures and its report: that alone is made up for.
    metrics = first.with_name("metrics.json")
    complete = read(metrics)
    assert complete["intervals"]["part"] == "validation"
    metrics.write_text(json.dumps({k: v for k, v in complete.items() if k != "intervals"}))
    shutil.rmtree(first.with_name("report"))
    before = first.stat().st_mtime_ns
    done = stages(folder, "all", "--everyone", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    assert first.stat().st_mtime_ns == before
    assert read(metrics) == complete and (first.with_name("report") / "index.html").exists()
    assert len((run / "fold-1-stage-2" / "log.csv").read_text().splitlines()) == 2
    for fold in ("0", "1"):
        assert "test" in read(run / f"fold-{fold}-stage-2" / "metrics.json")["figures"]
    assert "short trial" not in done.stdout
    for metrics in run.glob("*-stage-*/metrics.json"):
        assert read(metrics)["precision"] == precision
    pooled = read(run / "pooled" / "metrics.json")
    assert pooled["runs"] == ["fold-0-stage-2", "fold-1-stage-2"]
    assert pooled["by_corpus"]["Theatre"]["clips"] == 7 * SPEAKERS
    assert (run / "model.safetensors").exists() and (run / "model_card.md").exists()
    assert "start" in read(run / "everyone-stage-2" / "metrics.json")


def test_another_recipe_is_another_run(folder, capsys, monkeypatch):
    monkeypatch.setattr("training.run.FOLDS", folder / "folds.csv")
    run = folder / "claimed"
    run.mkdir()
    words = command(folder, "claimed")[3:]
    assert main([*words, "--folds", "7"]) == 1
    assert "nobody is tested in fold 7; choose from 0, 1" in capsys.readouterr().err
    assert main([*words, "--folds"]) == 1
    assert "nothing to train" in capsys.readouterr().err
    assert not list(run.iterdir())
    # One that began before most fields existed had their defaults.
    tiny = {"model": {"channels": 4, "lstm_units": 4}}
    began = {"1": {"recipe": {"epochs": 2, "max_lr": 0.5}, "config": tiny}}
    (run / "stages.json").write_text(json.dumps(began))
    assert main(words) == 1
    assert "recipe.max_lr (0.5, 0.001)" in (message := capsys.readouterr().err)
    assert "choose another --run" in message


@pytest.fixture
def planned(folder, monkeypatch):
    """Call ``stages`` with what is to be trained told instead; and trials that end as wanted."""
    monkeypatch.setattr("training.run.FOLDS", folder / "folds.csv")
    chains = []
    monkeypatch.setattr("training.stages.train_chains", lambda c, jobs: chains.append(c))

    def plan(run, *more, trial=None, recipes=("first.toml", "second.toml")):
        class Pool:
            def apply(self, function, arguments):
                assert function is choose_precision and trial
                return trial, 10.0

        monkeypatch.setattr("training.stages.worker_pool", lambda count: nullcontext(Pool()))
        assert main([*command(folder, run, *more, recipes=recipes)[3:], "--no-test"]) == 0
        return [stage.command for chain in chains.pop() for stage in chain]

    return plan


def option(words, name):
    return words[words.index(name) + 1]


def test_all_folds_train_by_the_recipes_as_they_were(folder, planned, capsys):
    run = folder / "copied"
    (folder / "changing.toml").write_text("epochs = 2\n")
    recipes = ("changing.toml", "second.toml")
    words = planned("copied", "--precision", "float32", recipes=recipes)
    copies = [str(run / "stage-1.toml"), str(run / "stage-2.toml")]
    assert [option(w, "--recipe") for w in words] == 2 * copies
    (folder / "changing.toml").write_text("epochs = 3\n")
    assert (run / "stage-1.toml").read_text() == "epochs = 2\n"
    assert main(command(folder, "copied", recipes=recipes)[3:]) == 1
    assert "recipe.epochs (2, 3); choose another --run" in capsys.readouterr().err
    (folder / "changing.toml").write_text("epochs = 2\n")
    # One that began before there were copies gets them; one that somebody changed is refused.
    for copy in run.glob("*.toml"):
        copy.unlink()
    assert planned("copied", "--precision", "float32", recipes=recipes) == words
    (run / "stage-2.toml").write_text("epochs = 9\n")
    assert main(command(folder, "copied", recipes=recipes)[3:]) == 1
    error = capsys.readouterr().err
    assert "not what was begun: stage 2.recipe.epochs (9, 1)" in error and "remove" in error


def test_one_precision_for_all_is_chosen_once_a_device(folder, planned):
    words = planned("precise", trial="bfloat16")
    assert {option(w, "--precision") for w in words} == {"bfloat16"}
    words = planned("precise", trial="float32")  # a busy machine
    assert {option(w, "--precision") for w in words} == {"bfloat16"}
    (folder / "precise" / "precision.json").write_text('{"cuda": "bfloat16"}')
    words = planned("precise", "--precision", "float32")
    assert {option(w, "--precision") for w in words} == {"float32"}
    assert read(folder / "precise" / "precision.json") == {"cuda": "bfloat16", "cpu": "float32"}


def test_a_model_that_cannot_be_is_refused_before_anything_is_written(folder, planned, capsys):
    words = command(folder, "impossible", "--set", "model.channels=0")[3:]
    assert main(words) == 1
    assert "no model" in capsys.readouterr().err and not (folder / "impossible").exists()


def test_a_stage_that_fails_is_named_and_ends_its_chain_only(folder):
    done = stages(folder, "failing", "--set", "features.hop_length=300", "--jobs", "2")
    assert done.returncode == 1
    assert "fold-0, stage 1 of 2: failed" in done.stderr
    assert "fold-1, stage 1 of 2: failed" in done.stderr
    assert "prepare" in done.stderr and "the same command goes on" in done.stderr
    assert "stage 2" not in done.stderr and "Traceback" not in done.stderr


@contextmanager
def signals_of_children(heard, ignored=None):
    """Whatever the tests themselves were started with; a test run may be one in the background."""
    wanted = {heard: signal.default_int_handler if heard == signal.SIGINT else signal.SIG_DFL}
    if ignored:
        wanted[ignored] = signal.SIG_IGN
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "ignored"),
    [
        (signal.SIGINT, None),
        # As a shell starts what is to run in the background; its children inherit that.
        (signal.SIGTERM, signal.SIGINT),
    ],
)
def test_a_stop_ends_its_processes_and_loses_nothing(folder, number, ignored):
    name = f"stopped-{number.name}"
    words = command(folder, name, "--folds", "0", recipes=("long.toml",))
    log = folder / name / "fold-0-stage-1" / "log.csv"
    with signals_of_children(number, ignored):
        process = subprocess.Popen(
            words, stderr=subprocess.PIPE, text=True, env=environment(folder)
        )
    try:
        deadline = time.monotonic() + 120
        while not log.exists() and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.1)
        assert process.poll() is None, process.stderr.read()
        assert log.exists()
        with pytest.raises(SerLiveError, match="another process"), only_one(log.parent):
            pass
    finally:
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted; the same command continues" in said and "Traceback" not in said
    # They were not killed in the end, but told, and heard it.
    assert "interrupted" in (folder / name / "fold-0-stage-1.log").read_text()
    with only_one(log.parent):  # nobody trains there any more
        epochs = len(log.read_text().splitlines()) - 1
    assert 1 <= epochs < 500


def trainings(pid):
    """Numbers of the trainings that a process started."""
    search = ["pgrep", "-P", str(pid), "-f", "training train"]
    found = subprocess.run(search, capture_output=True, text=True)
    return [int(line) for line in found.stdout.split()]


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("pgrep"), reason="no pgrep")
def test_its_processes_end_when_it_is_killed(folder):
    log = folder / "killed" / "fold-0-stage-1" / "log.csv"
    words = command(folder, "killed", "--folds", "0", recipes=("long.toml",))
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL, env=environment(folder))

    def is_free():
        with suppress(SerLiveError), only_one(log.parent):
            return True
        return False

    try:
        wait_until(lambda: log.exists() or process.poll() is not None, 120)
        running = trainings(process.pid)
    finally:
        process.kill()
        process.wait()
    wait_until(is_free, 60)
    if not (ended := is_free()):
        for pid in running:
            os.kill(pid, signal.SIGKILL)
    assert log.exists() and ended
    assert len(running) == 1
    assert "interrupted" in (folder / "killed" / "fold-0-stage-1.log").read_text()
    assert not list(log.parent.rglob("*.part"))


def wait_until(true, seconds):
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)


def test_epochs_of_a_stage_that_stopped_early_count_as_done(tmp_path):
    stage = Stage("early", tmp_path, 9, False, ())
    assert stage.epochs_done() == 0
    (tmp_path / "log.csv").write_text("epoch\n1\n2\n")
    assert stage.epochs_done() == 2 and not stage.is_finished()
    (tmp_path / "metrics.json").write_text('{"figures": {}}')
    assert stage.epochs_done() == 9 and stage.is_trained() and not stage.is_finished()
    (tmp_path / "metrics.json").write_text('{"figures": {}, "intervals": {}}')
    assert stage.is_finished()
    assert not Stage("tested", tmp_path, 9, True, ()).is_finished()
    (tmp_path / "metrics.json").write_text('{"figures": {}, "everyone": true}')
    assert stage.is_finished()  # there is nobody to report on


def test_a_process_that_says_nothing_is_named(tmp_path, capsys):
    stage = Stage("quiet", tmp_path / "quiet" / "1", 1, False, (sys.executable, "-c", ""))
    with pytest.raises(SerLiveError, match=r"quiet: failed .*: it said nothing"):
        train_chains([[stage]], 1)
