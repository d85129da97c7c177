"""A plot that was hidden when its axes got their size."""

from __future__ import annotations

import pytest

from ser_live.ui.text_scale import px


@pytest.mark.parametrize("factor", [1.0, 1.25])
def test_a_plot_shown_later_has_room_for_its_marks(qtbot, window, factor):
    plots = window.plots
    plots.show_row(1, False)
    window.choose_text_scale(factor)
    assert not plots.spectrum.isVisible()
    plots.show_row(1, True)
    left, first = plots.value_axes[1], plots.value_axes[0]
    qtbot.waitUntil(lambda: left.size().width() == first.size().width() == px(58))
    begin = plots.spectrum.getViewBox().sceneBoundingRect().left()
    assert begin == plots.wave.getViewBox().sceneBoundingRect().left()
    window.choose_text_scale(1.0)
