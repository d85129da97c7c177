"""The plots after a stopped analysis: an unfinished utterance ends where the results end."""

from __future__ import annotations

import numpy as np
import pytest

from ser_live.config import DecisionConfig
from ser_live.labels import joint_index
from ser_live.timeline import Estimate, SpeechStarted, WindowResult
from tests.ui_support import texts


def test_curves_and_shade_end_with_the_results(qtbot, window, world, playing):
    joint = np.full(14, 0.01)
    joint[joint_index("male", "angry")] = 0.87
    guess = Estimate.of(joint, 2.0, DecisionConfig())
    playing.hear(18.0)
    playing.timeline.append(SpeechStarted(1, 2.0))
    for end in (3.0, 3.5):
        playing.timeline.append(WindowResult(1, 2.0, end, end - 2.0, False, guess))
    playing.cut_short = True
    window.engine.stop_analysis()
    qtbot.waitUntil(lambda: not playing.running)
    qtbot.waitUntil(lambda: "was stopped at 0:03.5" in texts(window))
    plots = window.plots

    def shaded() -> list[tuple[float, float]]:
        return [(start, end) for start, end, *_ in plots._spans[1]._spans]

    qtbot.waitUntil(lambda: shaded() == [(2.0, pytest.approx(3.5))])
    assert np.nanmax(plots.curves["angry"].getData()[0]) == pytest.approx(3.5)
    world.players[-1].position = 10.0
    qtbot.waitUntil(lambda: window.panel.headline.text() == "Not analysed")
