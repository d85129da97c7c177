"""Keys in the closed list of inputs choose; Return opens."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest


def test_arrows_choose_and_return_opens(qtbot, window, world, listening):
    picker = window.toolbar.picker
    qtbot.waitUntil(lambda: picker.findText("Second mic") >= 0)
    picker.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(picker, Qt.Key.Key_Down)
    qtbot.wait(100)
    assert picker.currentText() == "Second mic"
    assert world.opened == [("microphone", None)]
    QTest.keyClick(picker, Qt.Key.Key_Up)
    assert picker.currentText().startswith("Built-in mic")
    QTest.keyClick(picker, Qt.Key.Key_Down)
    qtbot.wait(100)
    assert picker.currentText() == "Second mic" and len(world.opened) == 1
    QTest.keyClick(picker, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: world.opened[1:] == [("microphone", "Second mic")])


def test_what_was_not_opened_is_forgotten(qtbot, window, world, listening):
    picker = window.toolbar.picker
    qtbot.waitUntil(lambda: picker.findText("Second mic") >= 0)
    picker.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(picker, Qt.Key.Key_Down)
    window.toolbar.toggle.setFocus(Qt.FocusReason.TabFocusReason)
    assert picker.currentText().startswith("Built-in mic")
    assert len(world.opened) == 1


def test_return_on_what_is_in_use_shows_the_list(qtbot, window, world, listening):
    picker = window.toolbar.picker
    qtbot.waitUntil(lambda: picker.findText("Second mic") >= 0)
    picker.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(picker, Qt.Key.Key_Return)
    qtbot.waitUntil(picker.view().isVisible)
    QTest.keyClick(picker.view(), Qt.Key.Key_Down)
    QTest.keyClick(picker.view(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: world.opened[1:] == [("microphone", "Second mic")])
