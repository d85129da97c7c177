"""Moving in time by wheel, drag, double-click and keys; the read-out under the mouse."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from ser_live.ui.keys import MOUSE, KeysDialog
from tests.ui_support import press

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


def place(window, time: float, value: float = 0.5) -> QPoint:
    """In the viewport, of a time in the plot of the emotions."""
    plots = window.plots
    plots.take_move()  # what is meant is the place that will be seen
    return plots.mapFromScene(plots.emotion.getViewBox().mapViewToScene(QPointF(time, value)))


def turn(window, at: QPoint, notches: int, modifiers=NONE, sideways: bool = False) -> None:
    """The wheel, towards the screen where positive."""
    view = window.plots.viewport()
    delta = QPoint(120 * notches, 0) if sideways else QPoint(0, 120 * notches)
    event = QWheelEvent(
        QPointF(at), QPointF(view.mapToGlobal(at)), QPoint(), delta, Qt.MouseButton.NoButton,
        modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def span(window) -> float:
    return float(np.diff(window.plots.visible_range)[0])


@pytest.mark.parametrize("modifiers", [NONE, CONTROL])
@pytest.mark.parametrize("notches", [1, -1, 3])
def test_the_wheel_zooms_at_the_mouse(heard, notches, modifiers):
    at = place(heard, 110.0)
    before = heard.plots.time_at(heard.plots.mapToScene(at))
    turn(heard, at, notches, modifiers)
    assert span(heard) == pytest.approx(30.0 * 1.25**-notches)
    assert heard.plots.time_at(heard.plots.mapToScene(at)) == pytest.approx(before, abs=0.01)
    assert not heard.plots.follow and not heard.follow.isChecked()


def test_shift_and_sideways_scroll(heard):
    at = place(heard, 110.0)
    turn(heard, at, 1, SHIFT)
    assert heard.plots.visible_range == pytest.approx((87.0, 117.0))
    turn(heard, at, -1, SHIFT)
    assert heard.plots.visible_range == pytest.approx((90.0, 120.0))
    turn(heard, at, 2, sideways=True)
    assert heard.plots.visible_range == pytest.approx((84.0, 114.0))
    assert not heard.plots.follow


def test_dragging_pans_and_selects_nothing(qtbot, heard):
    view = heard.plots.viewport()
    begin, end = place(heard, 101.0), place(heard, 111.0)
    QTest.mousePress(view, LEFT, NONE, begin)
    for step in range(1, 11):
        QTest.mouseMove(view, begin + (end - begin) * step / 10)
        qtbot.wait(20)
    QTest.mouseRelease(view, LEFT, NONE, end)
    left, right = heard.plots.visible_range
    assert left == pytest.approx(80.0, abs=1.5)
    assert right - left == pytest.approx(30.0)
    assert heard.presenter.selected is None


def test_a_double_click_and_a_key_show_all(qtbot, heard, listening):
    QTest.mouseDClick(heard.plots.viewport(), LEFT, NONE, place(heard, 110.0))
    start, end = heard.plots.visible_range
    assert start == 0.0 and 120.0 <= end < 130.0
    assert not heard.plots.follow
    listening.hear(120.0)  # and goes on doing so
    qtbot.waitUntil(lambda: 240.0 <= heard.plots.visible_range[1] < 260.0)
    press(heard, Qt.Key.Key_Plus)
    narrower = heard.plots.visible_range
    listening.hear(120.0)
    qtbot.wait(100)
    assert heard.plots.visible_range == narrower
    press(heard, Qt.Key.Key_0)
    assert heard.plots.visible_range[0] == 0.0
    qtbot.waitUntil(lambda: heard.plots.visible_range[1] >= 360.0)
    press(heard, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: heard.plots.visible_range == pytest.approx((330.0, 360.0)))


def test_the_menu_shows_all(heard):
    heard.toolbar.menu.fit.trigger()
    assert heard.plots.visible_range[0] == 0.0


def test_keys_zoom_while_following_goes_on(qtbot, heard, listening):
    press(heard, Qt.Key.Key_Minus)
    assert heard.plots.follow
    qtbot.waitUntil(lambda: heard.plots.visible_range == pytest.approx((60.0, 120.0)))
    listening.hear(60.0)
    qtbot.waitUntil(lambda: heard.plots.visible_range == pytest.approx((120.0, 180.0)))


def test_there_is_an_end_to_empty_space(heard):
    for _ in range(30):
        turn(heard, place(heard, sum(heard.plots.visible_range) / 2), -5)
    start, end = heard.plots.visible_range
    assert -1.0 <= start <= 0.0 and end <= 200.0
    for _ in range(30):
        heard.plots.pan(0.5)
    assert heard.plots.visible_range[1] <= 200.0
    for _ in range(60):
        turn(heard, place(heard, sum(heard.plots.visible_range) / 2), 5)
    assert span(heard) == pytest.approx(0.1, rel=0.01)


def test_a_creeping_view_moves_in_whole_pixels(qtbot, window, listening):
    listening.hear(120.0)
    qtbot.waitUntil(lambda: window.plots.visible_range[1] == pytest.approx(120.0))
    pixel = window.plots.pixel
    for _ in range(40):
        before = window.plots.visible_range[0]
        listening.hear(0.01)
        window.presenter.refresh()
        moved = (window.plots.visible_range[0] - before) / pixel
        assert moved == pytest.approx(round(moved), abs=1e-3)
    assert abs(window.plots.visible_range[1] - listening.time) <= pixel + 1e-6


def test_what_has_not_changed_is_not_drawn_again(qtbot, heard, monkeypatch):
    plots, overview = heard.plots, heard.overview

    def settled() -> bool:
        """The strip of the whole session, which comes with the figures, has taken its place.

        Waiting for a time is not enough: an event loop that gets no processor wakes up at its end
        with all of that before it.
        """
        below = overview.isVisible() and overview.y() > plots.geometry().bottom()
        return below and heard.presenter._drawn[1] == plots.size()

    qtbot.waitUntil(settled)
    drawn = []
    monkeypatch.setattr(heard.plots, "show_view", lambda *_: drawn.append(1))
    qtbot.wait(300)
    assert not drawn
    press(heard, Qt.Key.Key_Minus)
    qtbot.waitUntil(lambda: len(drawn) > 0)


def hover(window, at: QPoint) -> None:
    QTest.mouseMove(window.plots.viewport(), at)
    QApplication.processEvents()
    window.plots.hovered.emit(at)  # not every virtual display reports a moved pointer


def test_the_read_out_says_what_is_there(qtbot, heard):
    hover(heard, place(heard, 93.9))
    text = heard.hover.text
    assert text.isVisible() and heard.hover.line.isVisible()
    assert "utterance 1" in text.text() and "1:33.9" in text.text()
    assert "happy&nbsp;82 %" in text.text()
    assert "result" in text.text() and "female" in text.text()
    hover(heard, place(heard, 97.0))
    assert "nobody speaks" in text.text()
    for time in (91.0, 119.5):  # stays inside
        hover(heard, place(heard, time, 0.02))
        assert heard.plots.viewport().rect().contains(text.geometry())
    QApplication.sendEvent(heard.plots, QEvent(QEvent.Type.Leave))
    assert not text.isVisible() and not heard.hover.line.isVisible()


def test_the_read_out_follows_what_moves_under_the_mouse(qtbot, heard, listening):
    hover(heard, place(heard, 101.0))
    assert "utterance 2" in heard.hover.text.text()
    listening.hear(10.0)
    qtbot.waitUntil(lambda: "nobody speaks" in heard.hover.text.text())


def test_the_keys_window_tells_of_the_mouse(qtbot):
    dialog = KeysDialog(None)
    qtbot.addWidget(dialog)
    shown = [label.text() for label in dialog.findChildren(QLabel)]
    for what, does in MOUSE:
        assert what in shown and does in shown
