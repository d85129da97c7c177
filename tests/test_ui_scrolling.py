"""A view that is moved by hand: what has come into view is there with the first picture."""

from __future__ import annotations

from tests.test_ui_navigation import place, turn


def test_many_turns_of_the_wheel_are_drawn_once_and_with_their_data(qtbot, heard):
    heard._timer.stop()  # so that nothing but the wheel draws
    plots, drawn = heard.plots, []
    show = plots.show_view

    def show_view(*args, **kwargs):
        show(*args, **kwargs)
        drawn.append(plots.visible_range)

    plots.show_view = show_view
    view = plots.emotion.getViewBox()
    before = tuple(view.viewRange()[0])
    at = place(heard, 110.0)
    for _ in range(5):
        turn(heard, at, 1)
    assert tuple(view.viewRange()[0]) == before  # pyqtgraph would paint it, without its data
    assert plots.visible_range != before
    qtbot.waitUntil(lambda: bool(drawn))
    assert tuple(view.viewRange()[0]) == plots.visible_range == drawn[-1]
    qtbot.wait(100)
    assert len(drawn) == 1


def test_the_moment_under_the_mouse_stays_however_many_turns_wait(qtbot, heard):
    at = place(heard, 110.0)
    scene = heard.plots.mapToScene(at)
    before = heard.plots.time_at(scene)
    for _ in range(4):
        turn(heard, at, 1)
    qtbot.waitUntil(lambda: heard.plots._pending.wanted is None)
    assert abs(heard.plots.time_at(scene) - before) < 0.02


def test_a_move_that_waits_does_not_undo_what_comes_after_it(qtbot, heard):
    turn(heard, place(heard, 110.0), 1)
    heard.plots._set_range(10.0, 20.0)
    qtbot.wait(50)
    assert heard.plots.visible_range == (10.0, 20.0)
