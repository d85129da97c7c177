"""Labels of the time axis, and what the read-out under the mouse says."""

from __future__ import annotations

import doctest

import pytest

from ser_live.timeline import SpeechEnded, SpeechStarted, Timeline, UtteranceResult
from ser_live.timeline import WindowResult as Window
from ser_live.ui import time_labels
from ser_live.ui.readout import readout
from ser_live.ui.view_model import TimelineView
from tests.estimates import estimate


@pytest.fixture
def view() -> TimelineView:
    """One utterance from 10 to 14 s: fear first, then sad, and sad as its result."""
    timeline = Timeline()
    timeline.append(SpeechStarted(1, 10.0))
    timeline.append(Window(1, 10.0, 11.0, 1.0, False, estimate("male", "fear", 0.9)))
    timeline.append(Window(1, 10.0, 12.0, 2.0, False, estimate("male", "sad", 0.6)))
    timeline.append(SpeechEnded(1, 10.0, 14.0, 4.0))
    timeline.append(UtteranceResult(1, 10.0, 14.0, 4.0, estimate("male", "sad", 0.7)))
    made = TimelineView()
    made.pull(timeline)
    return made


def test_examples_of_labels():
    assert doctest.testmod(time_labels).failed == 0


@pytest.mark.parametrize("width", [0.1, 3.0, 30.0, 600.0, 3600.0, 14400.0, 90000.0])
def test_labels_are_apart_and_all_different(width):
    every = time_labels.spacing(width / 10)
    assert width / 10 <= every <= max(0.02, width)
    texts = [time_labels.label(n * every, every) for n in range(10)]
    assert len(set(texts)) == 10


def test_estimate_and_result_are_told_apart(view):
    told = readout(view, 11.5, 0.01, 0.0)
    assert told.title == "0:11.50 · utterance 1"
    then, result = told.lines
    assert then.what == "then" and then.shares[0] == ("fear", "91 %")
    assert result.what == "result" and result.shares[0] == ("sad", "72 %")
    assert "male" in result.voice and len(result.shares) == 4
    assert readout(view, 12.5, 0.01, 0.0).lines[0].shares[0][0] == "sad"


def test_before_the_first_estimate_there_is_only_the_result(view):
    assert [line.what for line in readout(view, 10.5, 0.5, 0.0).lines] == ["result"]


@pytest.mark.parametrize("time", [-1.0, 5.0, 17.0, 999.0])
@pytest.mark.parametrize("column", [0.0, 4.0])
def test_silence(view, time, column):
    told = readout(view, time, 1.0, column)
    assert told.title.endswith("nobody speaks") and not told.lines


def test_from_far_away_it_is_means_and_peaks(view):
    told = readout(view, 11.0, 5.0, 16.0)
    assert told.title == "0:11 · 16 s"
    mean, high = told.lines
    assert mean.what == "mean of the results" and mean.shares[0] == ("sad", "72 %")
    assert high.what == "highest estimates" and high.shares[0] == ("fear", "91 %")
    assert not high.voice
