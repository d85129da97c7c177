"""Where the keys go: never by accident into the list of inputs."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ser_live.ui.app import begin
from ser_live.ui.engine import State


@pytest.fixture
def settled(qtbot, window, world):
    """The window, begun and listening; the big button could not be pressed for a while."""
    begin(window.engine, window, None, None)
    qtbot.waitUntil(lambda: not window.toolbar.toggle.isEnabled())
    world.loading.set()
    qtbot.waitUntil(lambda: window.engine.state is State.RUNNING)
    return window


def test_the_big_button_keeps_the_focus_while_it_cannot_be_pressed(qtbot, settled):
    assert settled.focusWidget() is settled.toolbar.toggle


def test_arrows_zoom_after_the_start_and_choose_no_input(qtbot, settled, world):
    begun, span = len(world.sessions), settled.plots.span
    QTest.keyClick(settled.focusWidget(), Qt.Key.Key_Down)
    assert settled.plots.span == 2 * span
    QApplication.processEvents()
    assert len(world.sessions) == begun


def test_a_focus_elsewhere_stays_there(qtbot, settled):
    settled.table.setFocus()
    settled.engine.stop()
    settled.engine.toggle()
    qtbot.waitUntil(lambda: settled.engine.state is State.RUNNING)
    assert settled.focusWidget() is settled.table


def test_the_wheel_over_the_inputs_opens_none(qtbot, settled, world):
    picker = settled.toolbar.picker
    begun, index = len(world.sessions), picker.currentIndex()
    at = QPointF(picker.rect().center())
    event = QWheelEvent(
        at, picker.mapToGlobal(at), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(picker, event)
    QApplication.processEvents()
    assert picker.currentIndex() == index
    assert len(world.sessions) == begun


def test_space_plays_after_the_presentation(qtbot, settled):
    settled.toggle_presentation()
    QApplication.processEvents()
    settled.toggle_presentation()
    assert settled.focusWidget() is settled.toolbar.toggle


def test_space_plays_after_the_list_was_put_away(qtbot, settled, tmp_path):
    files = settled.files
    files.batch.add([tmp_path / "a.wav", tmp_path / "b.wav"])
    files.refresh()
    assert files.panel.isVisible()
    files.panel.list.setFocus()
    files.toggle()
    assert not files.panel.isVisible()
    assert settled.focusWidget() is settled.toolbar.toggle
