import threading

import pytest

from ser_live.timeline import SpeechStarted, Timeline, UtteranceResult, WindowResult
from tests.estimates import estimate


def test_an_estimate_tells_top_and_confidence():
    e = estimate("male", "sad", 0.74)
    assert (e.top_emotion, e.top_gender, e.low_evidence) == ("sad", "male", False)
    assert e.confidence == pytest.approx(0.74 + 0.26 / 13)
    assert e.emotions.sum() == pytest.approx(1) and e.genders.sum() == pytest.approx(1)
    with pytest.raises(ValueError):
        e.joint[0] = 1  # the store is append-only, down to its arrays


def test_low_evidence():
    assert estimate(p=0.2).low_evidence
    assert estimate(p=0.9, speech=0.3).low_evidence
    assert not estimate(p=0.9, speech=1.0).low_evidence


def test_readers_get_what_is_new_in_order():
    timeline = Timeline()
    timeline.append(SpeechStarted(1, 0.5))
    assert timeline.since(0) == [SpeechStarted(1, 0.5)] and len(timeline) == 1
    window = WindowResult(1, 0.5, 1.5, 1.0, False, estimate())
    final = WindowResult(1, 0.5, 2.5, 2.0, True, estimate())
    result = UtteranceResult(1, 0.5, 2.5, 2.0, estimate())
    for entry in (window, final, result):
        timeline.append(entry)
    assert timeline.since(1) == [window, final, result] and timeline.since(4) == []
    assert timeline.windows() == [window, final]
    assert timeline.windows(final=True) == [final]
    assert timeline.utterances() == [result]


def test_appends_from_many_threads_are_all_kept():
    timeline = Timeline()

    def work(base):
        for i in range(500):
            timeline.append(SpeechStarted(base + i, 0.0))

    threads = [threading.Thread(target=work, args=(1_000 * t,)) for t in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({e.utterance for e in timeline.since(0)}) == 2_000
