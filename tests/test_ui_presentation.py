"""Presentation mode: the present state alone on the full screen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from ser_live.ui import theme as themes
from ser_live.ui.status_line import NOTE
from tests.ui_support import press

Key = Qt.Key


def test_f11_shows_the_state_alone_and_esc_leaves(qtbot, window, listening):
    listening.hear(5.0)
    listening.utter(1, 2.0, "happy")
    press(window, Key.Key_F11)
    view = window.presentation
    assert window.presenting
    assert window.isFullScreen()
    assert view.isVisible()
    assert not window.toolbar.isVisible()
    assert window.toolbar.menu.present.isChecked()
    qtbot.waitUntil(lambda: view.state.accessibleDescription() == "Happy 82 % · sure")
    assert view.recording.isVisible()
    assert view.recording.text() == "● microphone open"
    assert view.note.text() == NOTE
    press(window, Key.Key_Escape)
    assert not window.presenting
    assert not window.isFullScreen()
    assert window.toolbar.isVisible()
    assert not window.toolbar.menu.present.isChecked()
    press(window, Key.Key_Escape)  # nothing more to leave
    assert window.isVisible()
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Happy")


def test_it_is_legible_from_ten_metres(qtbot, window, listening):
    listening.hear(5.0)
    listening.utter(1, 2.0, "surprise")  # the longest name
    window.toolbar.menu.present.trigger()
    qtbot.waitUntil(lambda: "Surprise" in window.presentation.state.accessibleDescription())
    for width, height in ((1600, 1000), (1100, 700)):
        window.resize(width, height)
        qtbot.waitUntil(lambda h=height: window.height() == h)
        qtbot.wait(80)
        share = window.presentation.state.headline_height / window.height()
        assert share == pytest.approx(1 / 6, abs=0.03)


def test_keys_work_and_the_theme_is_kept(qtbot, window, world, playing):
    playing.hear(20.0)
    press(window, Key.Key_F11)
    for choice in (themes.DARK, themes.LIGHT):
        window.choose_theme(choice)
        qtbot.wait(50)
        shown = window.presentation.strip.grab().toImage().pixelColor(2, 2).name()
        assert shown.upper() == themes.THEMES[choice].panel
    press(window, Key.Key_Space)
    assert not world.players[-1].playing
    assert window.presentation.recording.text() == ""  # a file: no microphone is open
    press(window, Key.Key_F11)
    assert not window.presenting


def test_what_is_drawn_after_it_is_up_to_date(qtbot, window, world, playing):
    press(window, Key.Key_F11)
    playing.hear(20.0)
    playing.utter(1, 1.0, "fear")
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 1)
    press(window, Key.Key_Escape)
    qtbot.waitUntil(lambda: len(window.plots.finals["fear"].getData()[0]) == 2)


def test_closing_it_does_not_keep_the_full_screen(qtbot, window, listening):
    press(window, Key.Key_F11)
    window.close()
    window.restoreGeometry(window.settings.geometry)
    assert not window.isFullScreen()
