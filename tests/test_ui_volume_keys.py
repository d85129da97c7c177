"""The volume by keys: a slider that was reached by Tab takes the arrows, a clicked one does not."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication


def test_arrows_move_it_and_not_the_cursor(qtbot, window, world, playing):
    slider, player = window.view.transport.slider, world.players[-1]
    qtbot.waitUntil(slider.isVisible)
    player.position = 7.0
    slider.setFocus(Qt.FocusReason.TabFocusReason)
    view = window.plots.visible_range
    seen = []
    for key in ("Left", "Down", "Right", "Home", "Up", "End"):
        QTest.keyClick(slider, getattr(Qt.Key, f"Key_{key}"))
        seen.append(window.settings.volume)
    assert seen == [95, 90, 95, 0, 5, 100]
    assert player.position == 7.0 and player.gain == pytest.approx(1.0)
    assert window.plots.visible_range == view


def test_after_a_click_the_arrows_move_in_time(qtbot, window, world, playing):
    slider, player = window.view.transport.slider, world.players[-1]
    qtbot.waitUntil(slider.isVisible)
    player.position = 7.0
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=slider.rect().center())
    volume = window.settings.volume
    assert volume == 90  # a page less
    assert QApplication.focusWidget() is not slider
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Left)
    assert player.position == pytest.approx(2.0) and window.settings.volume == volume
