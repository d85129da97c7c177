"""The level meter in the toolbar."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent

from ser_live.ui import level_meter
from ser_live.ui.level_meter import LevelMeter
from ser_live.ui.theme import THEMES


@pytest.fixture
def meter(qtbot):
    made = LevelMeter(THEMES["dark"])
    qtbot.addWidget(made)
    made.resize(240, 32)
    return made


def columns(meter: LevelMeter, y: int) -> list[str]:
    """Colours of a row of pixels."""
    image = meter.grab().toImage()
    return [image.pixelColor(x, y).name() for x in range(image.width())]


def test_the_tip_gives_all_levels(meter):
    assert "dBFS" in meter.toolTip()
    meter.set_level(-12.2, -23.4)
    assert "Noise floor not known yet" in meter.tip
    meter.set_level(-12.2, -23.4, -57.8)
    meter.event(QHelpEvent(QEvent.Type.ToolTip, QPoint(), QPoint()))
    for text in ("Peak −12 dBFS", "RMS −23 dBFS", "Noise floor −58 dBFS"):
        assert text in meter.toolTip()
    assert "noise floor -58" in meter.accessibleDescription()


def test_the_noise_floor_is_drawn_where_it_is(meter):
    meter.set_level(-100, -100)
    empty = columns(meter, 1)
    meter.set_level(-100, -100, -30.0)
    changed = [x for x, (a, b) in enumerate(zip(empty, columns(meter, 1), strict=True)) if a != b]
    assert changed and sum(changed) / len(changed) == pytest.approx(120, abs=2)
    meter.set_level(-100, -100, -90.0)  # off the scale
    assert columns(meter, 1) == empty


def test_a_clipping_between_two_looks_is_held(meter, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(level_meter.time, "monotonic", lambda: now[0])
    meter.set_level(-20, -30, None, 1.0)
    assert meter.clipping and "turn its gain down" in meter.tip
    now[0] += level_meter.CLIP_SECONDS - 0.1
    meter.set_level(-20, -30, None, 1.0)
    assert meter.clipping
    now[0] += 0.2
    meter.set_level(-20, -30, None, 1.0)
    assert not meter.clipping
    meter.set_level(-20, -30, None, 7.0)
    assert meter.clipping


def test_the_session_s_levels_reach_it(qtbot, window, listening):
    meter = window.toolbar.meter
    listening.peak_db, listening.rms_db, listening.noise_db = -20.0, -30.0, -55.0
    qtbot.waitUntil(lambda: "Noise floor −55 dBFS" in meter.tip)
    listening.clipped_at = 3.0
    qtbot.waitUntil(lambda: meter.clipping)
    window.engine.stop()
    qtbot.waitUntil(lambda: "Noise floor" not in meter.tip)
