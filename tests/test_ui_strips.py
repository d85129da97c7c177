"""Spectrogram and waveform above the emotions; the view that is paused."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from ser_live.audio.spectrogram import BANDS, Spectrogram, band_of
from ser_live.ui.spectrum_row import AUTO, BOTH, SPECTROGRAM, STRIPS, WAVEFORM, shown_strips
from tests.ui_support import RATE, FakeSession, press, texts

Key = Qt.Key


class SpectrumSession(FakeSession):
    """A session that hears a tone of 1 kHz."""

    def __init__(self, source: Any) -> None:
        super().__init__(source)
        self.spectrogram = Spectrogram(RATE)

    def hear(self, seconds: float) -> None:
        super().hear(seconds)
        time = np.arange(round(seconds * RATE)) / RATE
        self.spectrogram.push((0.3 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32))


@pytest.fixture(autouse=True)
def spectra(monkeypatch):
    """Sessions have a spectrogram."""
    monkeypatch.setattr("tests.ui_support.FakeSession", SpectrumSession)


def test_room_decides_unless_someone_chose():
    assert shown_strips(AUTO, 600, True) == (True, True)
    assert shown_strips(AUTO, 300, True) == (True, False)
    assert shown_strips(BOTH, 300, True) == (True, True)
    assert shown_strips(WAVEFORM, 900, True) == (True, False)
    assert shown_strips(SPECTROGRAM, 300, True) == (False, True)
    for choice in STRIPS:  # a saved session has none
        assert shown_strips(choice, 900, False) == (True, False)


@pytest.mark.parametrize("choice", [SPECTROGRAM, BOTH])
def test_a_tone_is_drawn_in_its_band_at_its_time(qtbot, window, listening, choice):
    window.toolbar.menu.strips[choice].trigger()
    assert window.settings.strips == choice
    listening.hear(10.0)
    image = window.plots.spectrum_row.image
    qtbot.waitUntil(lambda: image.image is not None and len(image.image) > 240)
    assert window.plots.spectrum.isVisible()
    assert window.plots.wave.isVisible() == (choice == BOTH)
    assert abs(image.image[100].argmax() + 0.5 - band_of(1000)) <= 0.6
    corner = image.mapToParent(QPointF(0, 0))
    end = image.mapToParent(QPointF(len(image.image), BANDS))
    assert (corner.x(), corner.y()) == pytest.approx((0.0, 0.0))
    assert (end.x(), end.y()) == pytest.approx((len(listening.spectrogram) / 25, BANDS))


def test_only_what_is_visible_is_fetched(qtbot, window, listening):
    window.choose_strips(BOTH)
    for _ in range(20):
        listening.hear(60.0)
    image = window.plots.spectrum_row.image
    qtbot.waitUntil(lambda: window.plots.visible_range[1] == pytest.approx(1200.0))
    qtbot.waitUntil(lambda: image.image is not None)
    qtbot.wait(100)
    assert len(image.image) <= 31 * 25
    for _ in range(6):
        press(window, Key.Key_Minus)
    qtbot.wait(100)
    assert len(image.image) <= window.plots.width() + 2


@pytest.mark.parametrize("choice", list(STRIPS))
def test_times_stand_above_each_other(qtbot, window, listening, choice):
    listening.hear(60.0)
    window.choose_strips(choice)
    for size in ((1500, 950), (1000, 640)):
        window.resize(*size)
        qtbot.wait(100)
        window.plots.go_to(20.0, 40.0)
        views = [plot.getViewBox() for plot in window.plots.plots if plot.isVisible()]
        edges = [v.mapViewToScene(QPointF(30.0, 0)).x() for v in views]
        assert max(edges) - min(edges) < 1.0
        rects = [v.sceneBoundingRect() for v in views]
        for upper, lower in itertools.pairwise(rects):
            assert upper.bottom() <= lower.top()
        assert all(rect.height() > 40 for rect in rects), (size, rects)


def test_pause_freezes_the_view_not_the_capture(qtbot, window, world, listening):
    listening.hear(40.0)
    listening.utter(1, 35.0, "sad")
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 1)
    qtbot.waitUntil(lambda: window.plots.visible_range[1] == pytest.approx(40.0))
    press(window, Key.Key_P)
    assert "PAUSED" in window.panel.section.text()
    listening.hear(20.0)
    listening.utter(2, 55.0, "happy")
    listening.speaking = True
    qtbot.waitUntil(lambda: window.toolbar.speech.text() == "◉ speech")
    qtbot.waitUntil(lambda: "heard 1:00" in window.status.figures.text())
    assert listening.running
    assert window.toolbar.recording.isVisible()
    assert window.table.content.rowCount() == 1
    assert window.plots.visible_range[1] == pytest.approx(40.0)
    press(window, Key.Key_Right)  # looking around is allowed; nothing newer is drawn
    qtbot.wait(100)
    assert window.plots._envelope.boundingRect().right() <= 40.1
    press(window, Key.Key_P)
    assert window.panel.section.text() == "NOW"
    qtbot.waitUntil(lambda: window.plots.visible_range[1] == pytest.approx(60.0))
    assert window.table.content.rowCount() == 2


@pytest.mark.parametrize("key", [Key.Key_F, Key.Key_End])
def test_what_leads_to_the_present_ends_the_pause(qtbot, window, listening, key):
    listening.hear(40.0)
    qtbot.waitUntil(lambda: window.plots.visible_range[1] == pytest.approx(40.0))
    window.toolbar.menu.pause.trigger()
    assert window.presenter.paused
    press(window, key)
    assert not window.presenter.paused
    press(window, Key.Key_P)
    qtbot.mouseClick(window.follow, Qt.MouseButton.LeftButton)
    assert not window.presenter.paused
    assert window.follow.isChecked()
    assert window.plots.follow


def test_another_session_is_not_paused(qtbot, window, world, listening):
    listening.hear(5.0)
    qtbot.wait(100)
    press(window, Key.Key_P)
    press(window, Key.Key_F11)
    qtbot.waitUntil(lambda: window.presentation.paused.text() == "view paused")
    press(window, Key.Key_F11)
    window.engine.open_file("talk.wav")
    qtbot.waitUntil(lambda: window.engine.player is not None)
    qtbot.waitUntil(lambda: not window.presenter.paused)
    assert window.panel.section.text() == "NOW"
    assert "unexpected" not in texts(window)
