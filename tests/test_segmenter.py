"""The segmenter alone, on made-up voice-activity frames with known edges."""

import numpy as np
import pytest

from ser_live.config import SegmenterConfig
from ser_live.speech.segmenter import (
    Segmenter,
    UtteranceClosed,
    UtteranceOpened,
    WindowCut,
    final_spans,
)
from ser_live.speech.vad import VadFrame

STEP = 0.03


def run(pattern, segmenter=None, quiet_at=()):
    """``pattern``: (seconds, is speech) stretches."""
    segmenter = segmenter or Segmenter()
    events, index = [], 0
    for seconds, speech in pattern:
        for _ in range(round(seconds / STEP)):
            level = -60.0 if not speech or index in quiet_at else -20.0
            frame = VadFrame(index, speech, 0.9 if speech else 0.02, level)
            events += segmenter.push(frame)
            index += 1
    return events + segmenter.flush(index * STEP)


def of(kind, events):
    return [e for e in events if isinstance(e, kind)]


def test_one_utterance_with_known_edges():
    config = SegmenterConfig()
    events = run([(1.2, False), (2.1, True), (2.1, False)])
    (closed,) = of(UtteranceClosed, events)
    assert closed.start == pytest.approx(1.2 - config.pre_roll, abs=STEP)
    assert closed.end == pytest.approx(3.3 + config.post_roll, abs=STEP)
    assert closed.speech == pytest.approx(2.1, abs=2 * STEP)
    (final,) = [w for w in of(WindowCut, events) if w.final]
    assert (final.start, final.end) == (closed.start, closed.end)
    assert isinstance(events[0], UtteranceOpened) and events[-1] is closed


def test_provisional_windows_every_250_ms_after_750_ms_of_speech():
    events = run([(1.2, False), (5.1, True), (1.5, False)])
    provisional = [w for w in of(WindowCut, events) if not w.final]
    ends = np.array([w.end for w in provisional])
    assert ends[0] == pytest.approx(1.2 + 0.75, abs=2 * STEP)
    np.testing.assert_allclose(np.diff(ends), 0.25, atol=1e-9)
    assert ends[-1] <= 6.3 + SegmenterConfig().post_roll + STEP
    for window in provisional:
        assert window.end - window.start <= 3.0 + 1e-9
        assert window.speech <= window.end - window.start + 1e-9
    assert provisional[-1].end - provisional[-1].start == pytest.approx(3.0)


def test_short_pauses_do_not_end_an_utterance_and_long_ones_do():
    short = run([(0.6, False), (0.9, True), (0.39, False), (0.9, True), (1.5, False)])
    assert len(of(UtteranceClosed, short)) == 1
    long = run([(0.6, False), (0.9, True), (0.9, False), (0.9, True), (1.5, False)])
    first, second = of(UtteranceClosed, long)
    assert first.end <= second.start


def test_clicks_open_nothing():
    assert run([(0.6, False), (0.09, True)] * 10) == []


def test_noise_that_only_webrtcvad_likes_opens_nothing():
    segmenter = Segmenter()
    events = []
    for i in range(300):
        events += segmenter.push(VadFrame(i, True, 0.1, -20.0))
    assert events == [] and not segmenter.speaking


def test_speech_to_the_end_of_the_stream_is_kept():
    (closed,) = of(UtteranceClosed, run([(0.6, False), (1.5, True)]))
    assert closed.end == pytest.approx(2.1, abs=STEP)


def test_an_endless_utterance_closes_at_its_quietest_frame():
    quiet = 440  # 13.2 s, within the last 3 s before 15 s
    events = run([(0.3, False), (29.7, True), (1.2, False)], quiet_at=(quiet,))
    closed = of(UtteranceClosed, events)
    assert closed[0].end == pytest.approx((quiet + 0.5) * STEP)
    assert closed[1].start == closed[0].end
    for utterance in closed:
        assert utterance.end - utterance.start <= 15.0 + STEP
    assert closed[-1].end == pytest.approx(30.2, abs=2 * STEP)
    # Nothing is lost or heard twice in between.
    assert sum(u.speech for u in closed) == pytest.approx(29.7, abs=4 * STEP)


def test_each_utterance_has_its_own_number_and_order():
    events = run([(0.6, False), (1.2, True), (1.2, False), (1.2, True), (1.2, False)])
    assert [e.utterance for e in of(UtteranceOpened, events)] == [1, 2]
    assert [e.utterance for e in of(UtteranceClosed, events)] == [1, 2]


@pytest.mark.parametrize(
    ("length", "spans"),
    [
        (0.4, [(0.0, 0.4)]),
        (3.0, [(0.0, 3.0)]),
        (3.3, [(0.0, 3.0), (0.3, 3.3)]),
        (4.5, [(0.0, 3.0), (1.5, 4.5)]),
        (6.2, [(0.0, 3.0), (1.5, 4.5), (3.0, 6.0), (3.2, 6.2)]),
    ],
)
def test_final_spans(length, spans):
    np.testing.assert_allclose(final_spans(0.0, length, 3.0, 1.5), spans)
