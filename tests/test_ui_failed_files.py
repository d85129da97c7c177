"""A broken file among many: it is named, skipped, and the rest is done."""

from __future__ import annotations

import shutil
from pathlib import Path

from ser_live.batch_entry import Entry, State
from ser_live.ui.failed_files import KEY, FailedFiles
from tests.ui_support import drop, states, texts


def entry(number: int, state: State = State.FAILED) -> Entry:
    return Entry(number, Path(f"f{number}.wav"), state, None, 0.0, f"reason {number}", None)


def test_what_fails_is_told_once_and_taken_back_when_it_is_gone():
    told, settled = [], []
    failed = FailedFiles(told.append, settled.append)
    failed.look([entry(1, State.DONE), entry(2, State.WAITING)], None)
    assert not told and not settled
    failed.look([entry(1), entry(2)], 2)  # of the one that is shown the window tells
    failed.look([entry(1), entry(2)], 2)
    (only,) = told
    assert only.key == KEY and only.title == "A file is left out. f1.wav: reason 1"
    failed.look([entry(n) for n in range(1, 6)], None)
    assert told[-1].title == (
        "5 files are left out. f1.wav: reason 1; f2.wav: reason 2; f3.wav: reason 3; and 2 more"
    )
    failed.look([entry(6, State.DONE)], None)
    assert settled == [KEY]


def test_a_broken_file_among_two_hundred_is_named_and_skipped(
    qtbot, window, world, opened, tmp_path, folder
):
    many = tmp_path / "many"
    many.mkdir()
    for number in range(200):
        shutil.copy(folder / "a happy.wav", many / f"speech {number:03d}.wav")
    (many / "speech 150.wav").write_bytes(b"RIFF, and then nothing")
    world.loading.set()
    window.engine.load_model()
    drop(window, many)
    qtbot.waitUntil(lambda: "speech 150.wav" in texts(window), timeout=60_000)
    qtbot.waitUntil(lambda: window.files.batch.progress().open == 0, timeout=120_000)
    assert states(window) == "d" * 150 + "f" + "d" * 49
    window.files.refresh()
    assert "199 of 200 done · 1 failed" in window.files.panel.words.text()
