"""A list of files: order, failures, cancel, undo, analysis anew; without a model."""

import threading
import time

import numpy as np
import pytest
import soundfile as sf

from ser_live.batch import Batch, Work
from ser_live.batch_entry import Entry, Pace, State, progress_of
from ser_live.errors import AudioFileError
from ser_live.timeline import SpeechEnded, SpeechStarted, Timeline


class Steps(Work):
    """Work of so many steps, each of a second; the test lets it go on."""

    def __init__(self, world, path):
        self.world, self.path = world, path
        self.over, self.duration, self.held = False, 0.0, False
        self.timeline = Timeline()

    def advance(self):
        self.world.gate.acquire()
        self.world.done.append(self.path.stem)
        if "breaks" in self.path.name:
            self.over = True
            raise AudioFileError(f"{self.path}: cannot be decoded")
        self.duration += 1.0
        if self.duration >= 3:
            self.over = True
            self.timeline.append(SpeechStarted(1, 0.0))
            self.timeline.append(SpeechEnded(1, 0.0, 2.0, self.world.speech))
        return not self.over

    def hold(self, on):
        self.held = on


class World:
    def __init__(self):
        self.gate = threading.Semaphore(0)
        self.done, self.made = [], []
        self.speech = 1.0

    def make(self, path):
        if not path.exists():
            raise AudioFileError(f"{path}: no such file")
        self.made.append(path.stem)
        return Steps(self, path)

    def go(self, steps=10_000):
        self.gate.release(steps)


@pytest.fixture
def world():
    return World()


@pytest.fixture
def batch(world):
    made = Batch()
    yield made
    made.close()
    world.go()
    assert made.wait(20)


@pytest.fixture
def paths(tmp_path):
    made = [tmp_path / f"{name}.wav" for name in "abcd"]
    for path in made:
        sf.write(path, np.zeros(24_000, np.float32), 8000)
    return made


def until(condition):
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to that")


def states(batch):
    return "".join(entry.state.value[0] for entry in batch.entries())


def test_files_are_done_in_order_and_summed_up(batch, world, paths):
    batch.add(paths)
    until(lambda: all(e.duration == 3.0 for e in batch.entries()))  # lengths before the model
    assert states(batch) == "wwww" and not world.made
    batch.use(world.make)
    world.go()
    until(lambda: states(batch) == "dddd")
    assert world.done == list("aaabbbcccddd")
    assert batch.entries()[0].summary.speaking == 1.0
    assert [path.stem for path, _ in batch.results()] == list("abcd")
    assert batch.progress().share == 1.0 and batch.progress().open == 0


def test_the_watched_file_goes_first_and_nothing_is_done_twice(batch, world, paths):
    batch.use(world.make)
    numbers = batch.add(paths)
    until(lambda: world.made == ["a"])
    world.go(1)
    until(lambda: world.done == ["a"])
    shown = batch.watch(numbers[2])
    world.go()
    until(lambda: states(batch) == "dddd")
    # The step of `a` that was under way comes to its end; then `c`, then the rest of `a`.
    assert world.done == list("aa" + "ccc" + "a" + "bbb" + "ddd")
    assert world.made == ["a", "c", "b", "d"]
    assert batch.watch(numbers[2]) is shown


def test_bad_files_do_not_stop_the_others(batch, world, paths, tmp_path):
    empty, vanishing, breaking = (tmp_path / f"{n}.wav" for n in ("empty", "vanishing", "breaks"))
    empty.write_bytes(b"")
    for path in (vanishing, breaking):
        path.write_bytes(paths[0].read_bytes())
    batch.add([paths[0], empty, vanishing, breaking, paths[1]])
    until(lambda: all(e.duration or e.state is State.FAILED for e in batch.entries()))
    assert batch.entries()[1].reason == "the file is empty"  # before any analysis
    vanishing.unlink()
    batch.use(world.make)
    world.go()
    until(lambda: states(batch) == "dfffd")
    assert [e.reason for e in batch.entries()][2:4] == ["no such file", "cannot be decoded"]
    number = batch.entries()[2].number
    with pytest.raises(AudioFileError):
        batch.watch(number)
    vanishing.write_bytes(paths[0].read_bytes())  # it is back
    batch.watch(number)
    until(lambda: states(batch) == "dfdfd")


def test_cancel_and_go_on(batch, world, paths):
    batch.use(world.make)
    batch.add(paths)
    until(lambda: world.made == ["a"])
    batch.cancel()
    world.go(1)
    until(lambda: len(world.done) == 1)
    assert states(batch) == "cccc" and batch.progress().cancelled == 4
    time.sleep(0.1)
    world.go()
    time.sleep(0.1)
    assert world.done == ["a"]
    batch.resume()
    until(lambda: states(batch) == "dddd")
    assert world.made == list("abcd")  # what was begun went on


def test_removed_files_come_back_where_they_were(batch, world, paths):
    numbers = batch.add(paths)
    removed = batch.remove([numbers[1], numbers[3]])
    assert [e.path for e in batch.entries()] == [paths[0], paths[2]]
    batch.use(world.make)
    world.go()
    until(lambda: states(batch) == "dd")
    batch.restore(removed)
    assert [e.number for e in batch.entries()] == numbers
    until(lambda: states(batch) == "dddd")
    assert sorted(world.made) == list("abcd")


def test_a_file_is_in_the_list_once(batch, paths):
    numbers = batch.add(paths[:2])
    assert batch.add([paths[1], paths[2]]) == [numbers[1], numbers[1] + 1]
    assert len(batch.entries()) == 3


def test_other_settings_analyse_everything_again_and_keep_what_cannot(batch, world, paths):
    batch.use(world.make)
    numbers = batch.add(paths[:2])
    world.go()
    until(lambda: states(batch) == "dd")
    old = batch.watch(numbers[0])
    paths[1].unlink()
    world.speech = 1.5
    batch.use(world.make)
    until(lambda: batch.entries()[0].summary.speaking == 1.5)
    assert batch.watch(numbers[0]) is not old
    until(lambda: states(batch) == "dd")
    kept = batch.entries()[1]
    assert kept.summary.speaking == 1.0
    assert kept.reason == "still the earlier result: no such file"


def test_an_unexpected_error_is_shown_and_survived(batch, world, paths):
    def make(path):
        if path.stem == "a":
            raise ZeroDivisionError("no")
        return world.make(path)

    batch.use(make)
    batch.add(paths[:2])
    world.go()
    until(lambda: states(batch) == "fd")
    assert batch.entries()[0].reason == "no"


def test_time_left_follows_the_pace():
    pace = Pace()
    assert pace.left(10.0) is None
    for _ in range(20):
        pace.add(2.0, 0.5)
    assert pace.left(10.0) == pytest.approx(2.5)

    def entry(state, duration, reached):
        return Entry(1, None, state, duration, reached, "", None)

    entries = [
        entry(State.DONE, 10.0, 10.0),
        entry(State.ANALYSING, 20.0, 5.0),
        entry(State.WAITING, None, 0.0),  # as long as the mean
        entry(State.FAILED, 99.0, 0.0),
    ]
    progress = progress_of(entries, pace)
    known = (10 + 20 + 99) / 3
    assert progress.share == pytest.approx(15 / (30 + known))
    assert progress.left == pytest.approx((15 + known) / 4)
    assert progress.open == 2
