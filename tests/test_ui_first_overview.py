"""The strip of the whole session comes with a session's first picture: the plots do not jump."""

from __future__ import annotations

import time

import pytest


def test_the_plots_have_their_size_at_once(qtbot, window, world, listening):
    listening.hear(5.0)
    qtbot.waitUntil(lambda: window.presenter.moment == pytest.approx(5.0))
    assert window.overview.isHidden()  # all is in view
    window._timer.stop()  # the test says when a picture is drawn
    window.engine.toggle()
    window.engine.toggle()
    qtbot.waitUntil(lambda: window.engine.session not in (None, listening))
    world.sessions[-1].hear(120.0)
    window.presenter._status_at = time.perf_counter()  # figures were shown just now
    window.presenter.refresh()
    assert not window.overview.isHidden()
