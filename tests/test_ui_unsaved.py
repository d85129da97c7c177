"""Live sessions: saved as files, kept when they are replaced, asked about at the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

import ser_live.sessions.saving  # noqa: F401 - imports torch, which takes its time
from ser_live.sessions.reader import read_session
from ser_live.ui.engine import State
from ser_live.ui.keys import KEYS
from ser_live.ui.main_window import MainWindow
from ser_live.ui.settings import Settings
from ser_live.ui.unsaved import KEY
from tests.test_ui_accessible import check
from tests.ui_recording import (
    RecordableSession,
    RecordingWorld,
    saved_as,
    speak,
    start_recording,
    stop_listening,
)
from tests.ui_support import press, texts

CONTROL = Qt.KeyboardModifier.ControlModifier
SPACE = Qt.Key.Key_Space


@pytest.fixture
def world(recording_world: RecordingWorld) -> RecordingWorld:
    return recording_world


def start_again(qtbot, window: MainWindow, world) -> RecordableSession:
    """One key, as ever; returns the new session."""
    count = len(world.sessions)
    press(window, SPACE)
    qtbot.waitUntil(lambda: len(world.sessions) == count + 1 and window.engine.capturing)
    return world.sessions[-1]


def banner(window: MainWindow):
    """The one about the session that is kept, if it stands."""
    return next((b for b in window.banners.banners if b.message.key == KEY), None)


def click(qtbot, window: MainWindow, label: str) -> None:
    button = next(b for b in banner(window).actions_shown if b.text() == label)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def save_to(window: MainWindow, path: Path) -> None:
    """Answer the dialog that asks where to."""
    dialog = window.session_saving.dialog
    assert dialog is not None and dialog.isVisible() and not dialog.audio.isEnabled()
    dialog.name.setText(str(path))
    dialog.record.click()


# ------------------------------------------------------------------ saving


def test_a_running_session_is_saved_so_far_and_goes_on(qtbot, window, listening, tmp_path):
    speak(listening, "happy", "sad")
    live = window.engine.live.shown
    press(window, Qt.Key.Key_S, CONTROL)
    dialog = window.session_saving.dialog
    assert dialog.path.name == f"session {live.began:%Y-%m-%d %H-%M-%S}.serlive"
    assert "listening goes on" in dialog.note.text()
    save_to(window, tmp_path / "talk")
    saved_as(qtbot, window, "talk.serlive")
    assert window.engine.capturing and not live.unsaved
    saved = read_session(tmp_path / "talk.serlive")
    assert [u.estimate.top_emotion for u in saved.timeline.utterances()] == ["happy", "sad"]
    assert saved.duration == 8.0 and saved.audio is None and len(saved.waveform) == 800
    assert saved.facts.source == "Built-in mic" and saved.facts.model == "model_a@1234"
    assert saved.facts.started == live.began.isoformat(timespec="seconds")
    speak(listening, "fear")
    assert live.unsaved  # what came afterwards is in no file


def test_a_stopped_session_is_saved_with_its_last_result(qtbot, window, listening, tmp_path):
    speak(listening, "happy")
    window.engine.stop()
    qtbot.waitUntil(lambda: listening.stopped_in is not None)
    listening.running = True  # the last window is still being classified
    window.session_saving.ask()
    assert "goes on" not in window.session_saving.dialog.note.text()
    save_to(window, tmp_path / "talk")
    qtbot.wait(100)
    assert not list(tmp_path.glob("*.serlive")) and window.session_saving.busy
    listening.utter(2, 2.0, "sad")
    listening.running = False
    saved_as(qtbot, window, "talk.serlive")
    assert len(read_session(tmp_path / "talk.serlive").timeline.utterances()) == 2
    start_again(qtbot, window, window.engine._backends.make_session.__self__)
    assert banner(window) is None and window.engine.live.kept is None


def test_waiting_for_the_last_result_can_be_cancelled(qtbot, window, listening, tmp_path):
    speak(listening, "happy")
    window.engine.stop()
    qtbot.waitUntil(lambda: listening.stopped_in is not None)
    listening.running = True
    window.session_saving.ask()
    save_to(window, tmp_path / "talk")
    qtbot.waitUntil(window.session_saving.strip.isVisible)
    window.session_saving.strip.cancel.click()
    qtbot.waitUntil(lambda: "talk.serlive was not saved" in texts(window))
    assert not list(tmp_path.glob("*talk*")) and window.engine.live.shown.unsaved
    listening.running = False


# ------------------------------------------------------------------ replaced


def test_start_keeps_the_session_before(qtbot, window, world, listening, tmp_path):
    speak(listening, "happy", "sad", "fear")
    began = window.engine.live.shown.began
    stop_listening(qtbot, window)
    second = start_again(qtbot, window, world)
    qtbot.waitUntil(lambda: banner(window) is not None)
    expected = f"The session of {began:%H:%M:%S} (3 utterances) was not saved."
    assert banner(window).text.text() == expected
    assert [b.text() for b in banner(window).actions_shown] == ["Save…", "Back to it"]
    for button in banner(window).actions_shown:
        assert button.toolTip() and button.accessibleName()
    speak(second, "angry")
    click(qtbot, window, "Save…")
    qtbot.waitUntil(lambda: window.session_saving.dialog is not None)
    save_to(window, tmp_path / "first")
    saved_as(qtbot, window, "first.serlive")
    assert len(read_session(tmp_path / "first.serlive").timeline.utterances()) == 3
    assert banner(window) is None
    assert window.engine.capturing and window.engine.session is second


def test_back_to_it_swaps_the_two(qtbot, window, world, listening):
    speak(listening, "happy")
    stop_listening(qtbot, window)
    second = start_again(qtbot, window, world)
    speak(second, "sad", "sad")
    qtbot.waitUntil(lambda: banner(window) is not None)
    click(qtbot, window, "Back to it")
    qtbot.waitUntil(lambda: window.engine.session is listening)
    assert window.engine.state is State.STOPPED and not window.engine.is_file
    qtbot.waitUntil(lambda: "2 utterances" in texts(window))
    assert second.discarded is False  # it is kept, so it is finished first
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 1)
    assert window.toolbar.toggle.text() == "Start" and not window.toolbar.recording.isVisible()
    press(window, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: window.engine.session is second)
    qtbot.waitUntil(lambda: "(1 utterance)" in texts(window))
    start_again(qtbot, window, world)
    qtbot.waitUntil(lambda: "2 utterances" in texts(window))  # the newer one is kept now
    assert texts(window).count("was not saved") == 1


def test_a_file_that_is_opened_keeps_the_session(qtbot, window, world, listening):
    speak(listening, "happy")
    window.engine.open_file("a.wav")
    qtbot.waitUntil(lambda: window.engine.is_file and window.engine.state is State.RUNNING)
    qtbot.waitUntil(lambda: banner(window) is not None)
    player = world.players[-1]
    click(qtbot, window, "Back to it")
    qtbot.waitUntil(lambda: window.engine.session is listening)
    qtbot.waitUntil(lambda: player.closed)
    assert window.engine.player is None and window.engine.path is None
    assert banner(window) is None and not listening.running
    assert window.engine.microphone == "Built-in mic"


def test_speech_that_is_under_way_is_finished(qtbot, window, world, listening, monkeypatch):
    from ser_live.timeline import SpeechStarted

    listening.hear(2.0)
    listening.timeline.append(SpeechStarted(1, 1.0))
    ended = listening.stop
    # As a session does: the last utterance gets its result while it stops.
    monkeypatch.setattr(
        listening, "stop", lambda *a, **k: (listening.utter(1, 1.0, "sad"), ended(*a, **k))
    )
    window.engine.open_file("a.wav")
    qtbot.waitUntil(lambda: "(1 utterance) was not saved" in texts(window))
    assert listening.discarded is False


def test_nothing_is_said_of_nothing(qtbot, window, world, listening):
    listening.hear(3.0)
    stop_listening(qtbot, window)
    start_again(qtbot, window, world)
    qtbot.wait(50)
    assert banner(window) is None and window.engine.live.kept is None


def test_an_empty_session_does_not_take_the_place_of_a_kept_one(qtbot, window, world, listening):
    speak(listening, "happy")
    stop_listening(qtbot, window)
    start_again(qtbot, window, world)
    qtbot.waitUntil(lambda: banner(window) is not None)
    stop_listening(qtbot, window)
    start_again(qtbot, window, world)
    qtbot.wait(50)
    assert window.engine.live.kept.session is listening and banner(window) is not None


@pytest.mark.parametrize("how", ["stopped before", "still recording"])
def test_a_recorded_session_counts_as_saved(qtbot, window, world, listening, tmp_path, how):
    start_recording(qtbot, window, world, tmp_path / "talk.serlive")
    speak(listening, "happy")
    assert not window.engine.live.shown.unsaved
    if how == "stopped before":
        stop_listening(qtbot, window)
        qtbot.waitUntil(lambda: "saved in talk.serlive" in texts(window))
    start_again(qtbot, window, world) if how == "stopped before" else window.engine.open_file(
        "a.wav"
    )
    qtbot.waitUntil(lambda: window.engine.session not in (None, listening))
    qtbot.wait(50)
    assert banner(window) is None and window.engine.live.unsaved is None


def test_a_recording_that_failed_does_not_count(qtbot, window, world, listening, tmp_path):
    (tmp_path / "talk.serlive").write_text("mine")
    press(window, Qt.Key.Key_R)
    window.saving.dialog.name.setText(str(tmp_path / "talk.serlive"))
    window.saving.dialog.record.click()
    qtbot.waitUntil(lambda: "exists already" in texts(window))
    speak(listening, "happy")
    qtbot.waitUntil(lambda: window.engine.live.shown.unsaved)


def test_a_message_with_a_way_back_outlives_others(qtbot, window, world, listening):
    speak(listening, "happy")
    stop_listening(qtbot, window)
    start_again(qtbot, window, world)
    qtbot.waitUntil(lambda: banner(window) is not None)
    from ser_live.ui.messages import Message

    for key in "abcd":
        window.report(Message(key, "info", key))
    assert banner(window) is not None
    assert {m.key for m in window.banners.messages} == {KEY, *"abcd"}


def test_the_keys_tell_of_it():
    told = {line.action: line.text for line in KEYS}
    assert "heard" in told["save"] and "replaced" in told["undo"]


# ------------------------------------------------------------------ closing


def test_closing_asks_and_cancel_leaves_it_open(qtbot, window, listening, closing):
    speak(listening, "happy")
    window.close()
    question = closing.question
    assert window.isVisible() and question.isVisible() and window.engine.capturing
    assert "(1 utterance) is not saved." in question.text()
    assert "Listening stops" in question.informativeText()
    question.leave.click()
    assert window.isVisible() and window.engine.capturing and closing.question is None
    window.close()
    closing.question.reject()  # Escape
    assert window.isVisible() and closing.question is None


def test_question_and_dialog_are_told_to_a_screen_reader(qtbot, window, listening, closing):
    speak(listening, "happy")
    window.close()
    assert check(closing.question) >= 2
    closing.question.leave.click()
    window.session_saving.ask()
    assert check(window.session_saving.dialog) >= 2
    window.session_saving.dialog.reject()


def test_discard_closes(qtbot, window, listening, closing):
    speak(listening, "happy")
    window.close()
    closing.question.discard.click()
    assert not window.isVisible() and window.settings.ask_unsaved
    qtbot.waitUntil(lambda: listening.stopped_in is not None)


def test_save_closes_when_it_is_written(qtbot, window, listening, closing, tmp_path):
    speak(listening, "happy", "sad")
    window.close()
    closing.question.save.click()
    qtbot.waitUntil(lambda: window.session_saving.dialog is not None)
    save_to(window, tmp_path / "talk")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=120_000)
    assert len(read_session(tmp_path / "talk.serlive").timeline.utterances()) == 2
    assert listening.stopped_in is not None


def test_what_cannot_be_saved_leaves_it_open(qtbot, window, listening, closing, tmp_path):
    speak(listening, "happy")
    window.close()
    closing.question.save.click()
    qtbot.waitUntil(lambda: window.session_saving.dialog is not None)
    save_to(window, tmp_path / "none" / "talk")
    qtbot.waitUntil(lambda: "cannot be written" in texts(window))
    assert window.isVisible() and window.engine.live.shown.unsaved
    window.close()
    closing.question.save.click()
    window.session_saving.dialog.reject()
    assert window.isVisible() and closing.question is None


def test_do_not_ask_again_is_remembered(qtbot, window, listening, closing, tmp_path):
    speak(listening, "happy")
    window.close()
    closing.question.silence.click()
    closing.question.leave.click()
    assert window.settings.ask_unsaved  # nothing was decided
    window.close()
    closing.question.silence.click()
    closing.question.discard.click()
    assert not window.isVisible()
    assert not Settings(window.settings._store).ask_unsaved


def test_nobody_is_asked_who_does_not_want_to_be(qtbot, window, listening, closing):
    window.settings.ask_unsaved = False
    speak(listening, "happy")
    window.close()
    assert not window.isVisible() and closing.question is None


def test_the_settings_bring_the_question_back(qtbot, window, listening):
    window.settings.ask_unsaved = False
    window.setup.open()
    check = window.setup.dialog.ask_unsaved
    assert not check.isChecked()
    check.click()
    window.setup.dialog.accept()
    assert window.settings.ask_unsaved


def test_both_unsaved_sessions_are_asked_about(qtbot, window, world, listening, closing):
    speak(listening, "happy")
    stop_listening(qtbot, window)
    speak(start_again(qtbot, window, world), "sad", "sad")
    qtbot.waitUntil(lambda: banner(window) is not None)
    window.close()
    assert "2 utterances" in closing.question.text()
    closing.question.discard.click()
    assert window.isVisible() and "(1 utterance) was not saved" in closing.question.text()
    closing.question.discard.click()
    assert not window.isVisible()


def test_a_message_put_away_is_an_answer(qtbot, window, world, listening, closing):
    speak(listening, "happy")
    stop_listening(qtbot, window)
    start_again(qtbot, window, world)
    qtbot.waitUntil(lambda: banner(window) is not None)
    banner(window).dismiss.click()
    assert banner(window) is None and window.engine.live.kept is not None
    press(window, Qt.Key.Key_Z, CONTROL)  # a slip of the hand
    qtbot.waitUntil(lambda: window.engine.session is listening)
    window.close()
    assert closing.question is not None
    closing.question.leave.click()
    start_again(qtbot, window, world)
    qtbot.waitUntil(lambda: banner(window) is not None)
    banner(window).dismiss.click()
    window.close()
    assert not window.isVisible() and closing.question is None


def test_an_end_from_outside_asks_nothing(qtbot, window, listening, closing):
    speak(listening, "happy")
    closing.end()  # as after Ctrl-C
    window.close()
    assert not window.isVisible() and closing.question is None
