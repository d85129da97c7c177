"""Behind the notice that is not yet accepted, the model loads; nothing is listened to."""

from __future__ import annotations

from ser_live.ui.app import begin, begin_after_notice
from ser_live.ui.engine import State


def test_the_model_is_there_when_the_notice_is_accepted(qtbot, window, world):
    begin_after_notice(window, lambda: begin(window.engine, window, None, None))
    assert window.notice.isVisible()
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Loading…")
    world.loading.set()
    qtbot.waitUntil(lambda: window.engine.predictor is not None)
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Ready")
    assert window.engine.state is State.NONE and world.opened == []
    window.notice.agree.click()
    qtbot.waitUntil(lambda: window.engine.state is State.RUNNING)
    assert world.opened == [("microphone", None)]
