"""A row of the plots that was hidden while sizes were set: it has its axis when it is shown."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ser_live.audio.spectrogram import Spectrogram
from ser_live.ui.axes import LEFT_WIDTH, ValueAxis
from ser_live.ui.plots import Plots
from ser_live.ui.spectrum_row import BOTH
from ser_live.ui.text_fit import fit_plots
from ser_live.ui.theme import THEMES


@pytest.fixture
def plots(qtbot):
    """All four rows; the spectrogram came after sizes were set."""
    around = QWidget()  # pyqtgraph's own close() is not for a view that lives on
    qtbot.addWidget(around)
    made = Plots(THEMES["dark"])
    QVBoxLayout(around).addWidget(made)
    around.resize(900, 600)
    made.set_strips(BOTH)
    around.show()
    qtbot.waitExposed(around)
    assert not made.spectrum.isVisible()
    fit_plots(made)
    made.reset(Spectrogram(8000))
    made.grab()
    yield made
    around.close()


def test_a_row_that_comes_later_has_an_axis_as_wide_as_the_others(plots):
    assert plots.spectrum.isVisible()
    assert [axis.size().width() for axis in plots.value_axes] == [LEFT_WIDTH] * 4


def test_all_rows_share_one_time_axis(plots):
    edges = {round(p.getViewBox().sceneBoundingRect().left()) for p in plots.plots}
    assert len(edges) == 1


def test_an_axis_without_room_paints_nothing_and_says_nothing(qtbot, qtlog, plots):
    axis: ValueAxis = plots.value_axes[1]
    axis.setMinimumWidth(0)
    axis.resize(0, 50)
    assert axis.size().width() == 0
    target = QPixmap(100, 100)
    painter = QPainter(target)
    axis.paint(painter, None, plots.viewport())
    painter.end()
    assert [r.message for r in qtlog.records if "QPainter" in r.message] == []
