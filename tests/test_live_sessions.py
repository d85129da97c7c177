"""What of a live session is in a file, when a recording begins late."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets")
from PySide6.QtCore import Qt

from ser_live.sessions.reader import read_session
from tests.ui_recording import RecordingWorld, saved_as, speak, start_recording, stop_listening
from tests.ui_support import press


@pytest.fixture
def world(recording_world: RecordingWorld) -> RecordingWorld:
    return recording_world


def test_what_was_said_before_a_recording_is_not_saved_by_it(
    qtbot, window, world, listening, closing, tmp_path
):
    speak(listening, "happy", "sad")
    start_recording(qtbot, window, world, tmp_path / "talk.serlive")
    live = window.engine.live.shown
    assert live.unsaved  # the two before, also while it is being recorded
    speak(listening, "angry")
    press(window, Qt.Key.Key_R)
    saved_as(qtbot, window, "talk.serlive")
    assert len(read_session(tmp_path / "talk.serlive").timeline.utterances()) == 1
    assert live.unsaved and "(2 of 3 utterances)" in live.title
    window.close()
    assert window.isVisible() and "(2 of 3 utterances) is not saved" in closing.question.text()
    closing.question.leave.click()


def test_saving_all_of_it_saves_those_too(qtbot, window, world, listening, tmp_path):
    speak(listening, "happy")
    start_recording(qtbot, window, world, tmp_path / "talk.serlive")
    speak(listening, "angry")
    stop_listening(qtbot, window)
    live = window.engine.live.shown
    assert "(1 of 2 utterances)" in live.title
    press(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    window.session_saving.dialog.name.setText(str(tmp_path / "all.serlive"))
    window.session_saving.dialog.record.click()
    saved_as(qtbot, window, "all.serlive")
    assert not live.unsaved and "(2 utterances)" in live.title


def test_recordings_with_a_gap(qtbot, window, world, listening, tmp_path):
    live = window.engine.live.shown
    for name, saved in (("a", {1}), ("b", {1, 3})):
        start_recording(qtbot, window, world, tmp_path / f"{name}.serlive")
        speak(listening, "angry")
        press(window, Qt.Key.Key_R)
        saved_as(qtbot, window, f"{name}.serlive")
        assert live.saved == saved and not live.recordings
        speak(listening, "sad")
    assert "(2 of 4 utterances)" in live.title
