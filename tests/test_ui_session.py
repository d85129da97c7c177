"""Recording, saved sessions, exports and pictures in the window."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QFileDialog

from ser_live.audio.playback import Player
from ser_live.errors import CheckpointError
from ser_live.sessions.reader import read_session
from ser_live.sessions.replay import Replay
from ser_live.ui.app import begin
from ser_live.ui.engine import State
from ser_live.ui.record_dialog import RecordDialog
from tests.ui_recording import RecordingWorld, answer, start_recording
from tests.ui_support import RATE, FakePlayer, press, texts


@pytest.fixture
def world(recording_world: RecordingWorld) -> RecordingWorld:
    return recording_world


# ------------------------------------------------------------------ recording


def test_nothing_is_recorded_unless_asked_for(qtbot, window, world, listening, tmp_path):
    listening.hear(3.0)
    qtbot.wait(100)
    assert window.toolbar.recording.text() == "● microphone open"
    assert not window.toolbar.record.isChecked() and window.toolbar.record.isEnabled()
    press(window, Qt.Key.Key_R)
    dialog = window.saving.dialog
    assert dialog.path.parent == tmp_path / "Documents" and dialog.path.suffix == ".serlive"
    assert not dialog.audio.isChecked()
    dialog.reject()
    assert not window.toolbar.record.isChecked() and window.engine.recorder.path is None
    window.engine.stop()
    qtbot.waitUntil(lambda: listening.stopped_in is not None)
    assert list((tmp_path / "Documents").iterdir()) == [] and not world.writing
    assert listening.tap is None


def test_recording_by_key_and_button(qtbot, window, world, listening, tmp_path):
    path = tmp_path / "talk.serlive"
    listening.hear(10.0)
    listening.utter(1, 2.0, "happy")
    start_recording(qtbot, window, world, path)
    assert window.toolbar.recording.text() == "● recording"
    assert window.theme.recording in window.styleSheet() + window._app.styleSheet()
    assert str(path) in window.toolbar.recording.toolTip()
    assert window.toolbar.record.isChecked() and window.toolbar.record_action.isChecked()
    listening.hear(4.0)
    listening.utter(2, 11.0, "sad")
    qtbot.mouseClick(window.toolbar.record, Qt.MouseButton.LeftButton)
    assert window.toolbar.recording.text() == "● microphone open"
    assert not window.toolbar.record.isChecked()
    qtbot.waitUntil(lambda: "saved in talk.serlive" in texts(window))
    assert window.engine.capturing and listening.stopped_in is None  # listening goes on
    saved = read_session(path)
    assert [(u.utterance, u.start) for u in saved.timeline.utterances()] == [(2, 1.0)]
    assert saved.duration == 4.0 and saved.audio is None
    assert saved.facts.source == "Built-in mic"


@pytest.mark.parametrize("size", [(900, 600), (1060, 700), (1280, 820)])
def test_nothing_overlaps_while_recording(qtbot, window, world, listening, tmp_path, size):
    window.resize(*size)
    start_recording(qtbot, window, world, tmp_path / "talk.serlive")
    qtbot.wait(50)
    bar = window.toolbar
    row = [bar.picker, bar.toggle, bar.open, bar.record, bar.recording, bar.meter, bar.speech,
           bar.model, bar.menu_button]  # fmt: skip
    for left, right in itertools.pairwise(row):
        assert left.geometry().right() < right.geometry().left()
    for label in (bar.recording, bar.speech, bar.model):
        assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width(), label.text()


def test_the_sound_by_the_check(qtbot, window, world, listening, tmp_path):
    window.toolbar.record_action.trigger()
    answer(window, tmp_path / "talk", audio=True)  # the suffix is added
    qtbot.waitUntil(lambda: bool(world.writing) and world.writing[-1].running)
    listening.hear(2.0)
    listening.utter(1, 0.0, "fear")
    press(window, Qt.Key.Key_Space)  # the microphone's end is the recording's
    qtbot.waitUntil(lambda: "saved in talk.serlive" in texts(window))
    saved = read_session(tmp_path / "talk.serlive")
    assert saved.audio.duration == 2.0 and len(saved.timeline.utterances()) == 1
    assert not window.toolbar.record.isEnabled()
    press(window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: "Start the microphone first" in texts(window))


@pytest.mark.parametrize("how", ["close", "open another"])
def test_whatever_ends_the_session_finishes_the_file(
    qtbot, window, world, listening, tmp_path, how
):
    start_recording(qtbot, window, world, tmp_path / "talk.serlive", audio=True)
    listening.hear(3.0)
    if how == "close":
        window.close()
        assert window.engine.wait(10)
    else:
        window.engine.open_file("a.wav")
        qtbot.waitUntil(lambda: len(world.sessions) == 2)
    assert window.engine.recorder.path is None
    qtbot.waitUntil(lambda: not world.writing[0].running)
    assert listening.discarded is False  # what waits belongs into the file
    assert read_session(tmp_path / "talk.serlive").audio.duration == 3.0
    assert [p.name for p in tmp_path.glob("talk*")] == ["talk.serlive"]


def test_a_session_that_is_not_recorded_ends_at_once(qtbot, window, listening):
    window.engine.open_file("a.wav")
    qtbot.waitUntil(lambda: listening.stopped_in is not None)
    assert listening.discarded is True


def test_a_full_disk_is_told_and_listening_goes_on(qtbot, window, world, listening, tmp_path):
    world.full = True
    start_recording(qtbot, window, world, tmp_path / "talk.serlive", audio=True)
    rng = np.random.default_rng(0)
    listening.tap(rng.normal(0, 0.2, 10 * RATE).astype(np.float32), 0)
    qtbot.waitUntil(lambda: "the disk is full" in texts(window))
    assert "Listening goes on" in texts(window)
    assert window.engine.recorder.path is None and window.engine.capturing
    assert window.toolbar.recording.text() == "● microphone open"
    assert not window.toolbar.record.isChecked()
    world.full = False
    start_recording(qtbot, window, world, tmp_path / "again.serlive")
    assert window.toolbar.recording.text() == "● recording"


def test_a_file_that_is_there_is_replaced_only_when_agreed(
    qtbot, window, world, listening, tmp_path, monkeypatch
):
    path = tmp_path / "mine.serlive"
    path.write_text("mine")
    press(window, Qt.Key.Key_R)
    answer(window, path)
    qtbot.waitUntil(lambda: "exists already" in texts(window))
    assert path.read_text() == "mine" and not window.toolbar.record.isChecked()
    press(window, Qt.Key.Key_R)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window.saving.dialog._choose()
    answer(window)
    qtbot.waitUntil(lambda: bool(world.writing) and world.writing[-1].running)
    press(window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: "saved in mine.serlive" in texts(window))
    assert read_session(path).duration == 0


def test_a_folder_that_is_not_there(qtbot, window, listening, tmp_path):
    press(window, Qt.Key.Key_R)
    answer(window, tmp_path / "no" / "x.serlive")
    qtbot.waitUntil(lambda: "cannot be written" in texts(window))
    assert window.engine.recorder.path is None


# ------------------------------------------------------------------ saved sessions


def test_a_session_opens_without_sound_and_without_a_model(qtbot, window, world, saved):
    world.load_error = CheckpointError("no such checkpoint")
    world.loading.set()
    path = saved(False)
    begin(window.engine, window, str(path), None)
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 2)
    assert window.engine.player is None and isinstance(window.engine.session, Replay)
    assert window.toolbar.picker.currentText() == f"File: {path.name}"
    assert len(window.plots.finals["happy"].getData()[0]) == 4
    assert window.presenter._waveform is not None and not window.toolbar.recording.isVisible()
    window.table.selectRow(1)
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Sad")
    window.table.selectRow(0)
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Happy")
    assert not world.sessions


def test_a_session_with_sound_is_played(qtbot, window, world, saved, monkeypatch):
    players: list[Any] = []

    def play(audio: Any) -> FakePlayer:
        players.append(FakePlayer())
        players[-1].duration = audio.duration
        return players[-1]

    monkeypatch.setattr("ser_live.ui.backends.Player", play)
    path = saved(True)
    chosen = iter([str(path)])
    monkeypatch.setattr(
        QFileDialog, "getOpenFileNames", lambda *_: ([n for n in [next(chosen)] if n], "")
    )
    world.loading.set()
    begin(window.engine, window, "a.wav", None)
    qtbot.waitUntil(lambda: window.engine.state is State.RUNNING)
    qtbot.waitUntil(lambda: window.engine.predictor is not None)
    window.toolbar.open_action.trigger()
    qtbot.waitUntil(lambda: bool(players) and players[0].playing)
    assert players[0].duration == 20.0
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 2)
    players[0].position = 9.5
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Sad")
    press(window, Qt.Key.Key_Space)
    assert not players[0].playing
    window.table.selectRow(0)
    assert players[0].position == 2.0


def test_a_session_plays_for_real(qtbot, window, world, saved):
    world.loading.set()
    begin(window.engine, window, str(saved(True)), None)
    qtbot.waitUntil(lambda: isinstance(window.engine.player, Player))
    qtbot.waitUntil(lambda: window.engine.player.position > 0.3)


@pytest.mark.parametrize("content", [b"hello", b""])
def test_what_is_no_session_is_told(qtbot, window, world, tmp_path, content):
    path = tmp_path / "bad.serlive"
    path.write_bytes(content)
    world.loading.set()
    begin(window.engine, window, str(path), None)
    qtbot.waitUntil(lambda: "is not a session file" in texts(window))
    assert window.engine.state is State.NONE


def test_after_a_session_the_microphone_can_be_started(qtbot, window, world, saved):
    world.loading.set()
    begin(window.engine, window, str(saved(False)), None)
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 2)
    qtbot.waitUntil(lambda: window.toolbar.toggle.text() == "Start")
    press(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.engine.capturing)
    assert ("microphone", None) in world.opened
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 0)


# ------------------------------------------------------------------ exports and pictures


def choose(monkeypatch: pytest.MonkeyPatch, *answers: tuple[Path | str, str]) -> None:
    """What the user answers in the save dialogs."""
    given = iter(answers)

    def ask(*_: Any) -> tuple[str, str]:
        path, kind = next(given)
        return str(path), kind

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)


def test_export_by_the_file_s_type(qtbot, window, listening, tmp_path, monkeypatch):
    listening.hear(10.0)
    listening.utter(1, 1.0, "happy")
    listening.utter(2, 5.0, "sad")
    choose(
        monkeypatch,
        (tmp_path / "a.csv", ""),
        (tmp_path / "b.jsonl", ""),
        (tmp_path / "c", "WebVTT captions (*.vtt)"),
        (tmp_path / "d.TextGrid", "CSV table (*.csv)"),
        ("", ""),
    )
    for name in ("a.csv", "b.jsonl", "c.vtt", "d.TextGrid"):
        window.toolbar.export.trigger()
        qtbot.waitUntil(lambda name=name: f"Saved {name}." in texts(window))
    window.toolbar.export.trigger()  # cancelled
    with open(tmp_path / "a.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["emotion"] for r in rows if r["type"] == "utterance"] == ["happy", "sad"]
    record = json.loads((tmp_path / "b.jsonl").read_text())
    assert (record["source"], record["model"]) == ("Built-in mic", "model_a@1234")
    assert record["duration"] == 10.0
    assert (tmp_path / "c.vtt").read_text().startswith("WEBVTT")
    assert "ooTextFile" in (tmp_path / "d.TextGrid").read_text()
    assert len(list(tmp_path.glob("*.*"))) == 5  # and the settings


def test_a_saved_session_is_exported(qtbot, window, world, saved, tmp_path, monkeypatch):
    world.loading.set()
    path = saved(False)
    begin(window.engine, window, str(path), None)
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 2)
    choose(monkeypatch, (tmp_path / "x.rttm", ""))
    press(window, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: "Saved x.rttm." in texts(window))
    assert (tmp_path / "x.rttm").read_text().startswith("SPEAKER saved-False 1 2.000 2.000 ")


def test_exports_that_cannot_be(qtbot, window, listening, tmp_path, monkeypatch):
    (tmp_path / "there.csv").write_text("mine")
    choose(
        monkeypatch,
        (tmp_path / "no" / "x.csv", ""),
        (tmp_path / "there", "CSV table (*.csv)"),
    )
    window.toolbar.export.trigger()
    qtbot.waitUntil(lambda: "cannot be written" in texts(window))
    window.toolbar.export.trigger()
    qtbot.waitUntil(lambda: "exists already" in texts(window))
    assert (tmp_path / "there.csv").read_text() == "mine"


def test_nothing_to_export(qtbot, window):
    window.toolbar.export.trigger()
    qtbot.waitUntil(lambda: "Nothing to export" in texts(window))


def test_the_plots_as_pictures(qtbot, window, listening, tmp_path, monkeypatch):
    listening.hear(10.0)
    listening.utter(1, 1.0, "happy")
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 1)
    choose(
        monkeypatch,
        (tmp_path / "a.png", ""),
        (tmp_path / "b", "SVG drawing (*.svg)"),
        (tmp_path / "no" / "c.png", ""),
    )
    window.toolbar.picture.trigger()
    qtbot.waitUntil(lambda: "Saved a.png." in texts(window))
    window.toolbar.picture.trigger()
    qtbot.waitUntil(lambda: "Saved b.svg." in texts(window))
    window.toolbar.picture.trigger()
    qtbot.waitUntil(lambda: "No such file" in texts(window))
    image = QImage(str(tmp_path / "a.png"))
    assert image.width() == 2400 and image.height() > 500
    colours = {image.pixel(x, y) for x in range(0, 2400, 7) for y in range(0, image.height(), 7)}
    assert len(colours) > 5  # not an empty page
    assert QSvgRenderer(str(tmp_path / "b.svg")).isValid()
    svg = (tmp_path / "b.svg").read_text()
    assert svg.count("<polyline") > 5 and svg.count('clip-path="url(') > 5
    assert ">happy<" in svg and "sans-serif" in svg


def test_return_in_the_record_dialog_records(qtbot):
    dialog = RecordDialog(None)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(dialog.isVisible)
    dialog.name.setFocus()
    with qtbot.waitSignal(dialog.accepted, timeout=2_000):
        qtbot.keyClick(dialog.name, Qt.Key.Key_Return)
