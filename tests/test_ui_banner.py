"""Messages in the window: one at a time, the others a step away, and none is lost."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ser_live.ui import banner as banners
from ser_live.ui.message_list import SHOWN_SECONDS
from ser_live.ui.messages import Action, Message

THREE = (
    Message("a", "info", "Saved in a.serlive", "Folder: here"),
    Message("b", "warning", "The headset was unplugged"),
    Message("c", "error", "No such file"),
)


@pytest.fixture
def told(window, monkeypatch):
    """Three messages, and a clock that the test moves."""
    area, clock = window.banners, [0.0]
    monkeypatch.setattr(area._list, "_clock", lambda: clock[0])
    area._list._looked = 0.0
    for message in THREE:
        window.report(message)
    return clock


def visible(window):
    return [b.message.key for b in window.banners.banners if b.isVisible()]


def test_one_is_seen_and_the_plots_keep_their_place(qtbot, window, told):
    assert visible(window) == ["c"]
    pager = window.banners.pager
    assert pager.isVisible() and pager.label.text() == "1 of 3"
    qtbot.wait(50)
    three = window.plots.height()
    for key in "ab":
        window.banners.remove(key)
    qtbot.wait(50)
    assert not pager.isVisible()
    assert window.plots.height() == pytest.approx(three, abs=8)


def test_the_others_are_reached_by_key(qtbot, window, told):
    pager = window.banners.pager
    pager.next.setFocus()
    seen = visible(window)
    for _ in range(2):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
        seen += visible(window)
    assert seen == ["c", "b", "a"]
    assert not pager.next.isEnabled() and pager.previous.isEnabled()
    # The button that was pressed is of no use any more: the keyboard goes to the message.
    assert window.banners.isAncestorOf(QApplication.focusWidget())


def test_focus_stays_with_the_messages_until_there_is_none(qtbot, window, told):
    window.banners.banners[0].dismiss.setFocus()
    for left in ("b", "a"):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
        assert visible(window) == [left]
        assert QApplication.focusWidget() is window.banners.banners[0].dismiss
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    assert not window.banners.isVisible()


def test_all_are_closed_but_what_asks_for_a_decision(qtbot, window, told):
    done = []
    back = (Action("Back to it", "Show it again", lambda: done.append(1)),)
    window.report(Message("unsaved", "warning", "Not saved", "", back, lambda: done.append(2)))
    qtbot.mouseClick(window.banners.pager.all, Qt.MouseButton.LeftButton)
    assert visible(window) == ["unsaved"] and not done
    assert not window.banners.pager.isVisible()


def test_what_is_done_goes_by_itself_and_stays_in_the_list(qtbot, window, told):
    for key in "bc":
        window.banners.remove(key)
    assert visible(window) == ["a"]
    told[0] += SHOWN_SECONDS + 1
    qtbot.waitUntil(lambda: not window.banners.isVisible())
    assert not window.banners._timer.isActive()
    window.toolbar.menu.messages.trigger()
    listed = window.banners._dialog.list
    texts = [listed.item(row).text() for row in range(listed.count())]
    assert len(texts) == 3 and "Saved in a.serlive. Folder: here" in texts[2]
    assert texts[0].startswith("✖") and texts[1].startswith("⚠")
    window.banners._dialog.close()


def test_a_new_message_is_read_out(qtbot, window, monkeypatch):
    said = []
    monkeypatch.setattr(banners.QAccessible, "updateAccessibility", lambda e: said.append(e))
    window.report(THREE[0])
    (event,) = said
    assert event.type() == QAccessible.Event.Announcement
    assert event.message() == "info: Saved in a.serlive Folder: here"
