"""Saved sessions in a list of files: they need no model, so they do not wait for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser_live.batch import Batch
from ser_live.batch_entry import State
from ser_live.sessions.recording import Recording
from ser_live.sessions.replay import Replay
from ser_live.ui.app import begin
from tests.session_support import FakeSession, noise, utter
from tests.ui_support import states


@pytest.fixture
def saved(tmp_path: Path) -> list[Path]:
    """Two sessions, the first one with its sound."""
    paths = [tmp_path / "first.serlive", tmp_path / "second.serlive"]
    for number, path in enumerate(paths, 1):
        session = FakeSession()
        recording = Recording(session, path, audio=number == 1)
        recording.start()
        session.hear(noise(4))
        for each in range(number):
            utter(session.timeline, each + 1, 1.5 * each, 1.5 * each + 1.0)
        recording.stop()
    return paths


def test_sessions_of_a_list_are_shown_while_the_model_loads(
    qtbot, window, world, opened, folder, saved
):
    begin(window.engine, window, [str(path) for path in (*saved, folder)], None)
    qtbot.waitUntil(lambda: isinstance(window.engine.session, Replay), timeout=9_000)
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 1, timeout=9_000)
    qtbot.waitUntil(lambda: states(window).startswith("dd"), timeout=9_000)
    assert window.engine.predictor is None and not world.loading.is_set()
    window.files.show_file(window.files.batch.entries()[1].number)
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 2, timeout=9_000)
    assert window.engine.predictor is None and states(window) == "ddwww"
    shown = window.engine.session
    world.loading.set()
    qtbot.waitUntil(lambda: states(window) == "ddddd")
    assert window.engine.session is shown  # the model changes nothing about it


def test_sessions_can_be_read_where_there_is_no_model_at_all(saved):
    batch = Batch()
    try:
        numbers = batch.add(saved)
        assert isinstance(batch.watch(numbers[1]), Replay)
        assert batch.entries()[1].state is State.DONE
    finally:
        batch.close()
        assert batch.wait(20)


def test_other_settings_leave_a_session_alone(saved):
    batch = Batch()
    try:
        numbers = batch.add(saved)
        work = batch.watch(numbers[0])

        def refuse(path: Path) -> Replay:
            raise AssertionError(path)

        batch.use(refuse)
        assert batch.entries()[0].state is State.DONE
        assert batch.watch(numbers[0]) is work
    finally:
        batch.close()
        assert batch.wait(20)


def test_a_session_that_cannot_be_read_is_told(tmp_path):
    path = tmp_path / "broken.serlive"
    path.write_bytes(b"nothing of the kind")
    batch = Batch()
    try:
        (number,) = batch.add([path])
        with pytest.raises(Exception, match=r"broken\.serlive"):
            batch.watch(number)
        assert batch.entries()[0].state is State.FAILED and batch.entries()[0].reason
    finally:
        batch.close()
        assert batch.wait(20)
