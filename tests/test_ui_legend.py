"""The legend: no name is cut, however narrow the window is."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget

from ser_live.ui import text_scale
from ser_live.ui.legend import Legend
from ser_live.ui.theme import THEMES


@pytest.fixture
def legend(qtbot):
    around = QWidget()  # a window of its own would not get narrower than its layout
    qtbot.addWidget(around)
    around.resize(1200, 300)
    made = Legend(THEMES["light"])
    made.setParent(around)
    around.show()
    qtbot.waitExposed(around)
    yield made
    around.close()


def rows(legend: Legend) -> int:
    """In how many rows the names stand."""
    return len({button.y() for button in legend.buttons.values()})


@pytest.mark.parametrize("width", [1000, 420, 330, 240])
def test_every_name_has_its_room(qtbot, legend, width):
    legend.resize(width, 200)
    legend.layout().activate()
    for button in legend.buttons.values():
        assert button.width() >= button.sizeHint().width()
        assert button.geometry().right() <= legend.width()


def test_rows_follow_the_width_both_ways(qtbot, legend):
    counts = []
    half = sum(button.sizeHint().width() for button in legend.buttons.values()) // 2
    for width in (1000, half, 1000):
        legend.resize(width, 200)
        legend.layout().activate()
        counts.append(rows(legend))
    assert counts[0] == counts[2] == 1 < counts[1]


def test_large_text_takes_more_rows(qtbot, qapp, legend):
    legend.resize(sum(b.sizeHint().width() for b in legend.buttons.values()) + 20, 200)
    legend.layout().activate()
    before = rows(legend)
    try:
        text_scale.apply(qapp, 2.0)
        for button in legend.buttons.values():
            button.setFont(qapp.font())
        legend.arrange()
        legend.layout().activate()
        assert rows(legend) > before
    finally:
        text_scale.apply(qapp, 1.0)
