"""The window's view-models: no screen, no Qt."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from ser_live.audio.peaks import PeakStore
from ser_live.errors import AudioDeviceError, AudioFileError, BackendError, CheckpointError
from ser_live.labels import EMOTIONS
from ser_live.timeline import (
    SpeechEnded,
    SpeechStarted,
    Timeline,
    UtteranceResult,
    WindowResult,
)
from ser_live.ui import emotion_marks
from ser_live.ui.growing import GrowingRows
from ser_live.ui.messages import explain
from ser_live.ui.view_model import HOLD_SECONDS, Kind, TimelineView, clock, percent
from ser_live.ui.waveform_view import WaveformView
from tests.estimates import estimate


def fill(timeline: Timeline, number: int, start: float, emotion: str, p: float = 0.8) -> None:
    """An utterance of 2 s with windows at 1.0, 1.25 … 2.0 s and a result."""
    guess = estimate("female", emotion, p)
    timeline.append(SpeechStarted(number, start))
    for at in np.arange(1.0, 2.01, 0.25):
        timeline.append(WindowResult(number, start, start + at, at, False, guess))
    timeline.append(WindowResult(number, start, start + 2, 2.0, True, guess))
    timeline.append(SpeechEnded(number, start, start + 2, 2.0))
    timeline.append(UtteranceResult(number, start, start + 2, 2.0, guess))


def test_every_emotion_has_a_dash_and_a_colour():
    assert set(emotion_marks.EMOTION_DASHES) == set(EMOTIONS)
    assert set(emotion_marks.EMOTION_COLOURS) == set(EMOTIONS) - {"neutral"}


def test_nothing_in_the_ui_imports_torch_and_view_models_import_no_qt():
    code = "import sys, ser_live.ui.app; assert 'torch' not in sys.modules, 'torch'\nprint('ok')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "ok", done.stderr
    code = (
        "import sys, ser_live.ui.view_model, ser_live.ui.waveform_view, ser_live.ui.messages\n"
        "bad = [m for m in sys.modules if m.startswith(('PySide6', 'pyqtgraph', 'torch'))]\n"
        "assert not bad, bad; print('ok')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "ok", done.stderr


def test_an_empty_timeline_listens():
    view = TimelineView()
    assert not view.pull(Timeline())
    present = view.present(12.0)
    assert present.kind is Kind.LISTENING
    assert present.reading is None
    assert len(view.provisional(0, 10)) == 0
    assert view.visible(0, 10) == []


def test_the_present_state_goes_with_the_utterance():
    timeline, view = Timeline(), TimelineView()
    timeline.append(SpeechStarted(1, 5.0))
    assert view.pull(timeline)
    assert view.present(5.3).kind is Kind.HEARING
    timeline.append(WindowResult(1, 5.0, 6.0, 1.0, False, estimate("female", "happy", 0.8)))
    view.pull(timeline)
    present = view.present(6.1)
    assert present.kind is Kind.ESTIMATE
    assert not present.final
    assert present.headline == "Happy"
    assert present.detail == "82 % · sure"
    assert present.utterance == 1
    timeline.append(WindowResult(1, 5.0, 7.0, 2.0, True, estimate("female", "sad", 0.6)))
    timeline.append(SpeechEnded(1, 5.0, 7.0, 2.0))
    timeline.append(UtteranceResult(1, 5.0, 7.0, 2.0, estimate("female", "sad", 0.6)))
    view.pull(timeline)
    present = view.present(7.5)
    assert present.final
    assert present.headline == "Sad"
    assert "fairly sure" in present.detail
    assert view.present(7.0 + HOLD_SECONDS + 0.1).kind is Kind.LISTENING
    # A cursor that goes back finds what was said then.
    assert view.present(6.1).headline == "Happy"
    assert view.present(4.9, "Paused").headline == "Paused"


def test_low_evidence_is_said_instead_of_guessed():
    timeline, view = Timeline(), TimelineView()
    timeline.append(SpeechStarted(1, 0.0))
    guess = estimate("female", "fear", 0.9, speech=0.2)
    timeline.append(WindowResult(1, 0.0, 1.0, 0.2, False, guess))
    view.pull(timeline)
    present = view.present(1.0)
    assert present.headline == "Not sure"
    assert "fear" in present.detail
    assert present.reading is not None
    assert present.reading.sureness == "not sure"


def test_an_utterance_without_enough_speech_leaves_no_result():
    timeline, view = Timeline(), TimelineView()
    timeline.append(SpeechStarted(1, 1.0))
    timeline.append(SpeechEnded(1, 1.0, 1.3, 0.1))
    view.pull(timeline)
    assert view.table == []
    assert view.utterances[0].end == 1.3
    assert view.present(1.5).kind is Kind.LISTENING


def test_curves_break_between_utterances_and_only_the_visible_part_is_given():
    timeline, view = Timeline(), TimelineView()
    for i in range(50):
        fill(timeline, i + 1, 4.0 * i, "angry" if i % 2 else "happy")
    view.pull(timeline)
    rows = view.provisional(0, 1000)
    assert rows.shape == (50 * 6, 9)
    assert np.isnan(rows[::6, 1:]).all()
    assert (np.diff(rows[:, 0]) >= 0).all()
    np.testing.assert_allclose(rows[1, 1:8].sum(), 1.0)
    part = view.provisional(100, 108)
    assert len(part) <= 16
    assert part[0, 0] <= 100
    assert part[-1, 0] >= 108
    assert [u.number for u in view.visible(100, 107)] == [26, 27]
    assert len(view.table) == 50
    assert view.at(101.0).number == 26  # type: ignore[union-attr]


def test_pulling_in_parts_is_pulling_at_once():
    whole, parts, growing = Timeline(), TimelineView(), Timeline()
    for i in range(3):
        fill(whole, i + 1, 3.0 * i, "sad")
    for entry in whole.since(0):
        growing.append(entry)
        parts.pull(growing)
    once = TimelineView()
    once.pull(whole)
    np.testing.assert_array_equal(once.provisional(0, 99), parts.provisional(0, 99))
    assert once.table == parts.table


def test_an_endless_utterance_that_is_split_keeps_times_in_order():
    timeline, view = Timeline(), TimelineView()
    timeline.append(SpeechStarted(1, 0.0))
    timeline.append(WindowResult(1, 11.0, 14.0, 3.0, False, estimate("female", "sad", 0.7)))
    timeline.append(SpeechEnded(1, 0.0, 12.5, 12.0))
    timeline.append(UtteranceResult(1, 0.0, 12.5, 12.0, estimate("female", "sad", 0.7)))
    timeline.append(SpeechStarted(2, 12.5))  # before the last window's end
    timeline.append(WindowResult(2, 12.5, 15.0, 2.0, False, estimate("female", "happy", 0.7)))
    view.pull(timeline)
    assert (np.diff(view.provisional(0, 20)[:, 0]) >= 0).all()
    assert view.present(15.0).headline == "Happy"
    assert view.present(13.0).utterance == 2


def test_rows_grow_without_losing_any():
    rows = GrowingRows(2)
    for i in range(1000):
        rows.append([i, -i])
    assert len(rows) == 1000
    np.testing.assert_array_equal(rows.rows[:, 1], -np.arange(1000.0))
    assert rows.last_before(-1) is None
    assert rows.last_before(10.5)[0] == 10  # type: ignore[index]
    rows.append([5, 0])  # goes back: moved up
    assert rows.rows[-1, 0] == 999


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00.0"), (9.99, "0:09.9"), (61.5, "1:01.5"), (7325, "2:02:05")]
)
def test_clock(seconds: float, text: str):
    assert clock(seconds) == text


def test_percent_never_claims_certainty():
    assert percent(0.9999) == "99 %"
    assert percent(0.004) == "0 %"


@pytest.mark.parametrize("span", [(0.0, 5.0), (3.2, 33.2), (0.0, 1200.0)])
def test_waveform_columns_cover_the_view_and_keep_the_extremes(span: tuple[float, float]):
    rate = 8000
    store = PeakStore(rate)
    rng = np.random.default_rng(0)
    second = rng.uniform(-0.1, 0.1, rate).astype(np.float32)
    for i in range(1200):
        block = second.copy()
        if i == 4:
            block[100] = 0.9
        store.push(block)
    view = WaveformView(store)
    times, low, high = view.columns(*span, 800)
    assert 0 < len(times) <= 2 * 800 + 2
    assert len(times) == len(low) == len(high)
    assert (np.diff(times) > 0).all()
    assert times[0] <= span[0] + span[1] / 400
    assert times[-1] >= span[1] - (span[1] - span[0]) / 100 - 1
    assert (low <= high).all()
    if span[0] <= 4 < span[1]:
        at = times[high.argmax()]
        assert high.max() == pytest.approx(0.9)
        assert abs(at - 4.0) <= (span[1] - span[0]) / 300 + 0.6
    assert view.peak_around(4.05) == pytest.approx(0.9, abs=1e-6)


def test_waveform_of_nothing_is_empty():
    view = WaveformView(PeakStore(8000))
    for span in ((0.0, 1.0), (0.0, 5000.0), (100.0, 130.0)):
        times, low, high = view.columns(*span, 500)
        assert len(times) == len(low) == len(high) == 0
    assert view.peak_around(1.0) == 0.0


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (AudioDeviceError("the PortAudio library was not found"), "Files can still"),
        (AudioDeviceError("mic: the device is busy"), "Close the other program"),
        (AudioDeviceError("mic: the system does not permit the microphone"), "Allow"),
        (AudioDeviceError("no input device found: connect a microphone"), "Look for devices"),
        (AudioFileError("x.wav: no such file"), "Choose another file"),
        (CheckpointError("x: digest"), "--model"),
        (BackendError("--device cuda: no usable NVIDIA GPU"), "--device auto"),
        (ZeroDivisionError("division by zero"), "terminal"),
    ],
)
def test_every_error_says_what_to_do_next(error: Exception, advice: str):
    message = explain(error, "key")
    assert message.level == "error"
    assert advice in message.advice
    assert str(error) in message.title
