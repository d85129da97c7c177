"""Emotions as curves and as stacked area, near and from far away."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSettings, Qt

from ser_live.labels import EMOTIONS
from ser_live.timeline import SpeechStarted
from ser_live.ui.emotion_row import CURVES, STACKED, STYLES
from ser_live.ui.settings import Settings
from tests.ui_support import press


@pytest.fixture
def spoken(qtbot, window, listening):
    """A window with two utterances."""
    listening.hear(20.0)
    listening.utter(1, 2.0, "happy")
    listening.utter(2, 10.0, "sad", 0.6)
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 2)
    return window


def colour_at(window, time: float, value: float) -> str:
    """Of the pixel at a place in the plot of the emotions."""
    plots = window.plots
    scene = plots.emotion.getViewBox().mapViewToScene(QPointF(time, value))
    return plots.grab().toImage().pixelColor(plots.mapFromScene(scene)).name()


def blended(window, name: str) -> str:
    at = EMOTIONS.index(name)
    return window.plots.emotions.areas._brushes[at].color().name()


def test_menu_key_and_settings(qtbot, spoken):
    assert spoken.settings.style == CURVES
    assert spoken.toolbar.menu.styles[CURVES].isChecked()
    spoken.toolbar.menu.styles[STACKED].trigger()
    assert spoken.settings.style == STACKED
    assert spoken.plots.emotions.areas.isVisible()
    assert not any(curve.isVisible() for curve in spoken.plots.curves.values())
    press(spoken, Qt.Key.Key_S)
    assert spoken.settings.style == CURVES
    assert spoken.toolbar.menu.styles[CURVES].isChecked()
    assert not spoken.plots.emotions.areas.isVisible()
    assert all(curve.isVisible() for curve in spoken.plots.finals.values())
    for name in EMOTIONS:  # drawn anew with what came meanwhile
        assert len(spoken.plots.finals[name].getData()[0]) == 4


def test_an_unknown_style_is_no_style(tmp_path):
    store = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    store.setValue("style", "pie")
    assert Settings(store).style == CURVES
    Settings(store).style = STACKED
    assert Settings(store).style == STACKED
    assert set(STYLES) == {CURVES, STACKED}


def test_areas_lie_on_each_other_in_the_order_of_the_legend(qtbot, spoken):
    spoken.choose_style(STACKED)
    qtbot.wait(100)
    areas = spoken.plots.emotions.areas
    rows = areas.rows[~np.isnan(areas.rows[:, 1])]
    np.testing.assert_allclose(rows[:, 1:].sum(1), 1.0)
    row = areas.rows[np.searchsorted(areas.rows[:, 0], 3.5)]
    edges = np.concatenate([[0], np.cumsum(row[1:])])
    for name, low, high in zip(EMOTIONS, edges, edges[1:], strict=False):
        if high - low > 0.1:
            assert colour_at(spoken, 3.5, (low + high) / 2) == blended(spoken, name)
    assert colour_at(spoken, 7.0, 0.5) == spoken.theme.panel.lower()  # nobody speaks
    # The result of the first utterance: mostly happy, above the estimates.
    assert colour_at(spoken, 3.0, 1.06 + 0.22 * 0.5) == spoken.theme.emotion("happy").lower()
    assert colour_at(spoken, 7.0, 1.06 + 0.22 * 0.5) == spoken.theme.panel.lower()


def test_speech_that_has_no_estimate_yet(qtbot, window, listening):
    window.choose_style(STACKED)
    listening.hear(3.0)
    listening.timeline.append(SpeechStarted(1, 2.0))
    qtbot.waitUntil(lambda: len(window.plots.emotions.areas.rows) == 1)
    assert not any(window.plots.emotions.areas._areas)


@pytest.mark.parametrize("style", [CURVES, STACKED])
def test_the_legend_hides_in_both(qtbot, spoken, style):
    spoken.choose_style(style)
    button = spoken.legend.buttons["happy"]
    before = spoken.plots.emotions.areas._shown.copy()
    assert before.all()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not spoken.plots.curves["happy"].isVisible()
    assert not spoken.plots.emotions.areas._shown[EMOTIONS.index("happy")]
    assert not spoken.plots.emotions.blocks._shown[EMOTIONS.index("happy")]
    if style == STACKED:
        qtbot.wait(100)
        assert colour_at(spoken, 3.5, 0.5) == spoken.theme.shade.lower()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert spoken.plots.curves["happy"].isVisible() == (style == CURVES)


def test_from_far_away_means_are_drawn(qtbot, window, listening):
    for number in range(1, 401):
        listening.utter(number, 10.0 * number, "happy" if number <= 200 else "sad")
    listening.hear(4100.0)
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 400)
    press(window, Qt.Key.Key_0)
    qtbot.waitUntil(lambda: window.plots.column > 0)
    x, y = window.plots.finals["happy"].getData()
    assert len(x) < window.plots.width()
    assert np.nanmin(y[x < 1900]) == pytest.approx(0.8, abs=0.05)
    assert np.nanmax(y[x > 2100]) < 0.1
    assert len(window.plots._spans[0]._spans) <= 401
    window.choose_style(STACKED)
    qtbot.wait(100)
    rows = window.plots.emotions.areas.rows
    there = rows[~np.isnan(rows[:, 1])]
    np.testing.assert_allclose(there[:, 1:].sum(1), 1.0)


def test_a_long_silence_stays_empty_from_far_away(qtbot, window, listening):
    listening.utter(1, 100.0, "happy")
    listening.utter(2, 3900.0, "sad")
    listening.hear(4000.0)
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 2)
    press(window, Qt.Key.Key_0)
    qtbot.waitUntil(lambda: window.plots.column > 0)
    x, y = window.plots.finals["sad"].getData()
    assert np.isfinite(y).sum() == 2
    assert np.isnan(y[(x > 150) & (x < 3850)]).all()
