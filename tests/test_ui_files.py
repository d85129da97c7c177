"""Several files in the window: the list, its keys, what is shown, what is left out."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from ser_live.sessions.reader import read_session
from ser_live.ui.app import begin
from ser_live.ui.engine import State
from ser_live.ui.main_window import MainWindow
from tests.ui_support import FakeWork, drop, press, states, texts


def names(window: MainWindow) -> list[str]:
    window.files.refresh()
    return [row.name for row in window.files.panel.content.rows]


@pytest.fixture
def listed(qtbot, window, world, opened, folder) -> list[FakeWork]:
    """Three files, all done, the first one shown."""
    world.loading.set()
    begin(window.engine, window, [str(folder)], None)
    qtbot.waitUntil(lambda: states(window) == "ddd")
    qtbot.waitUntil(lambda: window.engine.state is State.RUNNING)
    qtbot.waitUntil(lambda: window.engine.predictor is not None)
    window.files.refresh()
    return opened


def test_one_file_makes_no_list(qtbot, window, world, opened, folder):
    world.loading.set()
    begin(window.engine, window, [str(folder / "a happy.wav")], None)
    qtbot.waitUntil(lambda: window.engine.state is State.RUNNING)
    qtbot.waitUntil(lambda: window.engine.predictor is not None)
    assert not window.files.panel.isVisible() and not opened
    assert not window.toolbar.menu.file_list.isEnabled()


def test_arguments_and_folders_make_a_list(qtbot, window, world, listed, folder):
    assert names(window) == ["a happy.wav", "b sad.wav", "c happy.wav"]
    assert window.files.panel.isVisible()
    assert window.engine.path == folder / "a happy.wav"
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 1)
    row = window.files.panel.content.rows[1]
    assert row.state == "sad 100 %" and row.length == "0:20.0"
    assert len(listed) == 3 and not world.sessions  # none was analysed by the window itself


def test_a_click_shows_a_file_without_a_second_analysis(qtbot, window, listed, folder):
    view = window.files.panel.list
    place = view.visualRect(window.files.panel.content.index(1)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: window.engine.session is listed[1])
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 1)
    assert window.engine.path == folder / "b sad.wav" and len(listed) == 3
    assert window.engine.model_name == "model_a@1234"
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.engine.session is listed[2])


def test_a_drop_of_many_names_what_is_no_sound(qtbot, window, world, opened, folder):
    world.loading.set()
    begin(window.engine, window, None, None)
    qtbot.waitUntil(lambda: window.engine.capturing)
    drop(window, folder / "b sad.wav", folder / "report.pdf", folder / "below")
    qtbot.waitUntil(lambda: states(window) == "dd")
    assert "report.pdf: not a sound file" in texts(window) and "The rest" in texts(window)
    drop(window, folder / "report.pdf")
    qtbot.waitUntil(lambda: "Choose sound" in texts(window))
    assert states(window) == "dd" and window.engine.path == folder / "b sad.wav"


def test_several_files_from_the_dialog(qtbot, window, world, opened, folder, monkeypatch):
    chosen = [str(folder / "b sad.wav"), str(folder / "a happy.wav")]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (chosen, ""))
    world.loading.set()
    begin(window.engine, window, None, None)
    press(window, Qt.Key.Key_O)
    qtbot.waitUntil(lambda: states(window) == "dd")
    assert names(window) == ["b sad.wav", "a happy.wav"]


def test_bad_files_are_told_in_the_list(qtbot, window, world, opened, folder):
    (folder / "empty.wav").write_bytes(b"")
    begin(window.engine, window, [str(folder)], None)  # the model is not there yet
    qtbot.waitUntil(lambda: states(window) == "wwwf")
    (folder / "below" / "c happy.wav").unlink()  # vanishes while it waits
    world.loading.set()
    qtbot.waitUntil(lambda: sorted(states(window)) == list("ddff"))
    window.files.refresh()
    details = {r.name: r.detail for r in window.files.panel.content.rows if r.state == "failed"}
    assert details == {"empty.wav": "the file is empty", "c happy.wav": "no such file"}
    number = next(r.number for r in window.files.panel.content.rows if r.name == "empty.wav")
    (folder / "empty.wav").unlink()
    window.files.show_file(number)
    qtbot.waitUntil(lambda: "no such file" in texts(window))


def test_delete_and_undo(qtbot, window, listed, folder):
    panel = window.files.panel
    panel.list.setFocus()
    panel.list.setCurrentIndex(panel.content.index(0))
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    assert names(window) == ["b sad.wav", "c happy.wav"]
    assert "a happy.wav taken off the list" in texts(window)
    # What was shown is gone: the next one is.
    qtbot.waitUntil(lambda: window.engine.path == folder / "b sad.wav")
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert names(window) == ["a happy.wav", "b sad.wav", "c happy.wav"]
    assert "taken off" not in texts(window) and len(listed) == 3
    window.setFocus()
    QTest.keyClick(window, Qt.Key.Key_Delete)  # the list has not the focus
    assert len(names(window)) == 3


def test_the_list_can_be_put_away(qtbot, window, listed):
    press(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert not window.files.panel.isVisible()
    window.toolbar.menu.file_list.trigger()
    assert window.files.panel.isVisible()
    window.files.panel.hide_button.click()
    assert not window.files.panel.isVisible()


def test_cancel_and_go_on(qtbot, window, world, opened, folder):
    begin(window.engine, window, [str(folder)], None)
    qtbot.waitUntil(lambda: states(window) == "www")
    window.files.refresh()
    window.files.panel.cancel_button.click()
    assert states(window) == "ccc"
    assert window.files.panel.cancel_button.text() == "Go on"
    window.files.panel.cancel_button.click()
    world.loading.set()
    qtbot.waitUntil(lambda: states(window) == "ddd")
    window.files.refresh()
    assert not window.files.panel.cancel_button.isVisible()


def test_all_results_are_exported(qtbot, window, listed, tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    window.files.panel.export_button.click()
    dialog = window.files.dialog
    dialog.format.setCurrentIndex(dialog.format.findData("csv"))
    dialog.name.setText(str(target))
    dialog.write.click()
    qtbot.waitUntil(lambda: "Results of 3 files saved" in texts(window))
    assert sorted(p.name for p in target.iterdir()) == ["a happy.csv", "b sad.csv", "c happy.csv"]
    window.files.export("csv", target, False)
    qtbot.waitUntil(lambda: "3 were there already" in texts(window))


def test_a_session_is_saved_and_opened_again(qtbot, window, listed, folder, tmp_path):
    press(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    dialog = window.session_saving.dialog
    assert dialog.path.name == "a happy.serlive"
    dialog.name.setText(str(tmp_path / "kept"))
    dialog.audio.setChecked(True)
    dialog.record.click()
    target = tmp_path / "kept.serlive"
    # The file is flushed to the disk, which others may keep busy.
    qtbot.waitUntil(lambda: "saved in kept.serlive" in texts(window), timeout=120_000)
    saved = read_session(target)
    assert saved.audio.duration == 20.0 and len(saved.timeline.utterances()) == 1
    window.engine.open_file(target)
    qtbot.waitUntil(lambda: window.engine.path == target and window.engine.session is not None)
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 1)
    press(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert "saved session already" in texts(window)


def test_nothing_to_save_is_told(qtbot, window, world, opened):
    press(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert "Nothing to save" in texts(window)
