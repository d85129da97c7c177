"""The keys: the table, the shortcuts it makes, the window that shows it."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from ser_live.ui.keys import KEYS, KeysDialog
from tests.ui_support import press

Key = Qt.Key


def test_the_table_and_the_shortcuts_are_the_same(window):
    made = {s.key().toString() for s in window.findChildren(QShortcut)}
    told = [QKeySequence(key).toString() for line in KEYS for key in line.keys]
    assert made == set(told)
    assert len(told) == len(set(told))  # none twice: Qt would do neither


def test_the_keys_window_lists_every_line(qtbot, window):
    for opened in (Key.Key_F1, Key.Key_Question):
        press(window, opened)
        dialog = window.keys
        assert isinstance(dialog, KeysDialog)
        assert dialog.isVisible()
        shown = [label.text() for label in dialog.findChildren(QLabel)]
        for line in KEYS:
            assert line.shown in shown
            assert line.text in shown
        dialog.close()
    window.toolbar.menu.keys.trigger()
    assert window.keys.isVisible()
    window.keys.close()


def test_home_end_and_arrows_of_a_file(qtbot, window, world, playing):
    player = world.players[-1]
    press(window, Key.Key_Right)
    press(window, Key.Key_Right)
    assert player.position == 10.0
    press(window, Key.Key_Home)
    assert player.position == 0.0
    press(window, Key.Key_End)
    assert player.position == 20.0
    assert window.plots.follow


def test_home_and_end_of_a_microphone(qtbot, window, listening):
    listening.hear(100.0)
    qtbot.waitUntil(lambda: window.plots.visible_range[1] == pytest.approx(100.0))
    press(window, Key.Key_Home)
    assert window.plots.visible_range == pytest.approx((0.0, 30.0))
    assert not window.plots.follow
    press(window, Key.Key_End)
    assert window.plots.follow
    qtbot.waitUntil(lambda: window.plots.visible_range[1] == pytest.approx(100.0))


def test_up_and_down_zoom_but_walk_through_the_table(qtbot, window, listening):
    listening.hear(50.0)
    for number, start in ((1, 1.0), (2, 5.0), (3, 9.0)):
        listening.utter(number, start, "sad")
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 3)

    def span() -> float:
        start, end = window.plots.visible_range
        return end - start

    spans = [span()]
    for key in (Key.Key_Up, Key.Key_Plus, Key.Key_Up):
        press(window, key)
        spans.append(span())
    assert all(b == pytest.approx(a / 2) for a, b in itertools.pairwise(spans))
    press(window, Key.Key_Down)
    assert span() == pytest.approx(spans[-2])
    window.table.setFocus()
    window.table.selectRow(0)
    before = span()
    QTest.keyClick(window.table, Key.Key_Down)
    assert window.presenter.selected == 2
    QTest.keyClick(window.table, Key.Key_Up)
    assert window.presenter.selected == 1
    assert span() == pytest.approx(before)
