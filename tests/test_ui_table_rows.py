"""The utterance table shows whole rows, wherever it scrolled to by itself."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint

pytestmark = pytest.mark.usefixtures("usual_size")


@pytest.mark.parametrize("factor", [1.0, 1.5])
@pytest.mark.parametrize("height", [700, 707, 760, 811])
def test_the_first_visible_row_is_whole(qtbot, window, listening, height, factor):
    window.choose_text_scale(factor)
    window.resize(1280, height)
    table = window.table
    listening.hear(90.0)
    for number in range(1, 30):
        listening.utter(number, 3.0 * number, "happy")
    qtbot.waitUntil(lambda: table.content.rowCount() == 29)

    def whole() -> bool:
        top = table.rowAt(0)
        last = table.visualRect(table.content.index(28, 0))
        bottom = table.viewport().height()
        return table.rowViewportPosition(top) == 0 and last.bottom() + 1 == bottom

    qtbot.waitUntil(whole)
    window.resize(1280, height + 9)
    qtbot.waitUntil(whole)
    assert table.viewport().mapTo(table, QPoint(0, table.viewport().height())).y() <= table.height()


def test_few_rows_begin_at_the_top(qtbot, window, listening):
    listening.hear(9.0)
    listening.utter(1, 3.0, "happy")
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 1)
    qtbot.wait(50)
    assert window.table.rowViewportPosition(0) == 0
