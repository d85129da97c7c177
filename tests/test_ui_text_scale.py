"""The size of all text: by menu and key, remembered, and nothing breaks at 200 %."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel

from ser_live.ui import text_scale
from ser_live.ui.keys import KeysDialog
from ser_live.ui.text_scale import SCALES
from tests.ui_support import press

pytestmark = pytest.mark.usefixtures("usual_size")

CTRL = Qt.KeyboardModifier.ControlModifier


def test_by_key_and_remembered(qtbot, window):
    usual = QApplication.font().pointSizeF()
    for key, factor in (
        (Qt.Key.Key_Plus, 1.25), (Qt.Key.Key_Equal, 1.5), (Qt.Key.Key_Plus, 2.0),
        (Qt.Key.Key_Plus, 2.0), (Qt.Key.Key_Minus, 1.5), (Qt.Key.Key_0, 1.0),
        (Qt.Key.Key_Minus, 1.0),
    ):  # fmt: skip
        press(window, key, CTRL)
        assert text_scale.scale() == window.settings.text_scale == factor
        assert window.toolbar.menu.text_scales[factor].isChecked()
        assert QApplication.font().pointSizeF() == pytest.approx(usual * factor)


def test_by_menu(qtbot, window):
    shown = {a.text() for a in window.toolbar.menu.text_scales.values()}
    assert shown == {"100 %", "125 %", "150 %", "200 %"}
    window.toolbar.menu.text_scales[1.5].trigger()
    assert text_scale.scale() == 1.5


def test_a_size_that_is_none(window, qapp):
    window.settings._store.setValue("text_scale", "3")
    assert window.settings.text_scale == 1.0
    with pytest.raises(ValueError, match="no text scale"):
        text_scale.apply(qapp, 3.0)


def test_labels_of_plots_and_what_is_small_grow_too(qtbot, window, listening):
    listening.hear(6.0)
    listening.utter(1, 1.0, "sad")
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Sad")

    def sizes() -> list[float]:
        axis = window.plots.emotion.getAxis("left")
        label = window.plots._winners._items[0].textItem
        note = window.status.note
        return [
            label.font().pointSizeF(),
            float(note.fontMetrics().height()), float(window.table.rowHeight(0)),
            float(window.toolbar.meter.height()), float(axis.width()),
        ]  # fmt: skip

    small = sizes()
    window.choose_text_scale(2.0)
    qtbot.wait(100)
    for before, after in zip(small, sizes(), strict=True):
        assert after == pytest.approx(2 * before, rel=0.15)
    window.choose_text_scale(1.0)
    qtbot.waitUntil(lambda: sizes() == pytest.approx(small))


@pytest.mark.parametrize("factor", SCALES)
def test_nothing_breaks_in_1280_by_800(qtbot, window, listening, factor):
    window.resize(1280, 800)
    window.choose_text_scale(factor)
    listening.hear(5.0)
    listening.utter(1, 1.0, "surprise")
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Surprise")
    qtbot.wait(200)
    assert window.size().width() == 1280 and window.size().height() == 800
    bar = window.toolbar
    row = [bar.picker, bar.toggle, bar.open, bar.record, bar.recording, bar.meter, bar.speech,
           bar.menu_button]  # fmt: skip
    for left, right in itertools.pairwise(w for w in row if w.isVisible()):
        assert left.geometry().right() < right.geometry().left()
    assert bar.menu_button.geometry().right() < bar.width()
    fitting: list[QLabel] = [bar.recording, bar.speech, window.panel.headline, window.panel.detail,
                             window.panel.gender]  # fmt: skip
    for label in fitting:
        wide = label.fontMetrics().horizontalAdvance(label.text())
        assert wide <= label.contentsRect().width(), label.text()
    for widget in (window.status.note, window.table, window.plots, window.panel, window.follow):
        corner = widget.mapTo(window, QPoint(widget.width(), widget.height()))
        assert corner.x() <= 1280 and corner.y() <= 800, widget.accessibleName()
    note = window.status.note
    assert note.heightForWidth(note.width()) <= note.height() or not note.wordWrap()
    assert window.plots.height() >= 200 and window.table.viewport().height() >= 26


def test_a_hidden_plot_keeps_the_width_of_its_axis(qtbot, window, listening):
    assert not window.plots.spectrum.isVisible()
    for factor in (2.0, 1.0):
        window.choose_text_scale(factor)
        axis = window.plots.spectrum.getAxis("left")
        assert axis.maximumWidth() == axis.minimumWidth() == text_scale.px(58)


def test_the_list_of_keys_fits_on_the_screen(qtbot, window):
    window.choose_text_scale(2.0)
    window.show_keys()
    dialog = window.keys
    assert isinstance(dialog, KeysDialog)
    room = dialog.screen().availableSize()
    assert dialog.width() <= room.width() and dialog.height() <= room.height()
    dialog.close()
