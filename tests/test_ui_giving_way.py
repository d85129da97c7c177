"""With large text in a small window the plot of the emotions keeps its height."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ser_live.ui import text_scale
from ser_live.ui.messages import Message
from ser_live.ui.spectrum_row import AUTO, WAVEFORM


@pytest.fixture(autouse=True)
def usual_size(qapp) -> Iterator[None]:
    """The next test begins at 100 %."""
    yield
    text_scale.apply(qapp, 1.0)


def emotion(window) -> float:
    return window.plots.emotion.getViewBox().height()


def large(qtbot, window, size=(1100, 700)) -> None:
    window.choose_text_scale(2.0)
    window.resize(*size)
    qtbot.waitUntil(lambda: window.size().toTuple() == size)


def speak(qtbot, window, session) -> None:
    session.hear(60.0)
    session.utter(1, 50.0, "happy")
    qtbot.waitUntil(lambda: window.panel.headline.text() != "")


def test_listening(qtbot, window, listening):
    speak(qtbot, window, listening)
    large(qtbot, window)
    qtbot.waitUntil(lambda: emotion(window) >= 0.39 * 700)
    assert window.plots.gender.isVisible() and window.panel.isVisible()
    assert window.panel.isAncestorOf(window.follow)
    qtbot.waitUntil(window.follow.isVisible)
    assert window.follow.accessibleName() == "Follow"
    # All is as it was when there is room again.
    window.choose_text_scale(1.0)
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: window.legend.isVisible() and window.table.isVisible())
    qtbot.waitUntil(lambda: window.overview.isVisible() and window.plots.wave.isVisible())
    assert not window.panel.isAncestorOf(window.follow)


def test_a_file(qtbot, window, playing):
    speak(qtbot, window, playing)
    playing.running = False
    large(qtbot, window)
    for message in window.banners.messages:
        window.banners.remove(message.key)
    qtbot.waitUntil(lambda: emotion(window) >= 0.39 * 700)
    assert window.view.transport.isVisible()


def test_a_message_makes_room_for_itself(qtbot, window, listening):
    """It comes and goes while the window keeps its size."""
    speak(qtbot, window, listening)
    large(qtbot, window, (1280, 800))
    qtbot.waitUntil(lambda: window.table.isVisible())
    window.report(Message("long", "error", 40 * "It went wrong. "))
    qtbot.waitUntil(lambda: not window.table.isVisible())
    window.banners.remove("long")
    qtbot.waitUntil(lambda: window.table.isVisible())


def test_a_strip_that_the_user_chose_stays(qtbot, window, listening):
    speak(qtbot, window, listening)
    large(qtbot, window)
    qtbot.waitUntil(lambda: not window.plots.wave.isVisible())
    window.choose_strips(WAVEFORM)
    qtbot.waitUntil(lambda: window.plots.wave.isVisible())
    window.choose_strips(AUTO)
    qtbot.waitUntil(lambda: not window.plots.wave.isVisible())


def test_that_the_view_is_paused_is_said_in_the_room_that_is_left(qtbot, window, listening):
    speak(qtbot, window, listening)
    large(qtbot, window)
    qtbot.waitUntil(lambda: window.panel.isAncestorOf(window.follow))
    window.toggle_pause()
    label = window.panel.section
    qtbot.waitUntil(lambda: label.text() == "VIEW PAUSED")
    qtbot.waitUntil(lambda: label.geometry().right() < window.follow.geometry().left())
    assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width()
    window.choose_text_scale(1.0)
    qtbot.waitUntil(lambda: label.text() == "VIEW PAUSED · P goes on")
