import threading
import time

import numpy as np
import pytest

from ser_live.audio.decode import read_audio
from ser_live.audio.peaks import PeakStore
from ser_live.audio.sources import ArraySource, FileSource, Source
from ser_live.pipeline import Session, analyze
from ser_live.speech.segmenter import UtteranceClosed
from ser_live.speech.windower import Window
from ser_live.timeline import SpeechEnded, SpeechStarted, UtteranceResult, WindowResult
from ser_live.window_queue import WindowQueue


def facts(timeline):
    """Everything a timeline holds, to the bit."""
    out = []
    for e in timeline.since(0):
        row = [type(e).__name__, e.utterance, e.start, getattr(e, "end", None)]
        if isinstance(e, WindowResult | UtteranceResult):
            row += [e.speech, e.estimate.low_evidence, e.estimate.joint.tobytes()]
        out.append(row)
    return out


@pytest.fixture(scope="module")
def reference(demo_clip, predictor):
    return analyze(FileSource(demo_clip), predictor)[0]


def test_the_demo_clip_gives_utterances_with_results(reference):
    utterances = reference.utterances()
    assert len(utterances) >= 5
    entries = reference.since(0)
    for u in utterances:
        own = [e for e in entries if e.utterance == u.utterance]
        assert isinstance(own[0], SpeechStarted) and own[-1] is u
        assert isinstance(own[-2], SpeechEnded)
        finals = [e for e in own if isinstance(e, WindowResult) and e.final]
        assert finals and all(f.start >= u.start - 1e-9 and f.end <= u.end + 1e-9 for f in finals)
        if u.end - u.start <= 3.0:
            assert len(finals) == 1
            np.testing.assert_allclose(finals[0].estimate.joint, u.estimate.joint, atol=1e-9)
        else:
            logs = np.mean([np.log(f.estimate.joint) for f in finals], axis=0)
            expected = np.exp(logs) / np.exp(logs).sum()
            np.testing.assert_allclose(u.estimate.joint, expected, atol=1e-6)


def test_array_in_blocks_of_random_sizes_is_identical_to_the_bit(demo_clip, predictor, reference):
    samples, rate = read_audio(demo_clip)
    for seed in (1, 2):
        sizes = np.random.default_rng(seed).integers(1, rate // 2, 200).tolist()
        timeline, seconds = analyze(ArraySource(samples, rate, sizes), predictor)
        assert facts(timeline) == facts(reference)
        assert seconds == pytest.approx(len(samples) / rate)


def test_a_session_with_threads_gives_the_same(demo_clip, predictor, reference):
    session = Session(FileSource(demo_clip), predictor)
    session.start()
    session.join(120)
    assert session.error is None and not session.running
    assert facts(session.timeline) == facts(reference)
    stats = session.stats()
    assert stats.dropped == 0 and stats.queued == 0
    assert len(session.waveform) == pytest.approx(stats.time * 100, abs=2)


def test_whole_makes_one_utterance(demo_clip, predictor):
    timeline, seconds = analyze(FileSource(demo_clip), predictor, "whole")
    (only,) = timeline.utterances()
    assert only.start == 0 and only.end == pytest.approx(seconds, abs=0.01)


def test_stopping_in_the_middle_leaves_no_thread(demo_clip, predictor):
    before = set(threading.enumerate())
    session = Session(FileSource(demo_clip), predictor)
    session.start()
    while not session.timeline.windows() and session.running:
        time.sleep(0.01)
    session.stop(discard=True)
    assert not session.running and set(threading.enumerate()) <= before


class BrokenSource(Source):
    name, sample_rate = "broken", 16_000

    def blocks(self):
        yield np.zeros(160, np.float32)
        raise RuntimeError("cable fell out")


def test_an_error_in_a_thread_reaches_the_owner(predictor):
    session = Session(BrokenSource(), predictor)
    session.start()
    session.join(10)
    assert not session.running and "cable" in str(session.error)


def window(number, final):
    return Window(1, 0.0, float(number), 1.0, final, np.zeros(1, np.float32))


def test_a_full_queue_drops_the_oldest_provisional_never_a_final():
    queue = WindowQueue(3)
    closed = UtteranceClosed(1, 0.0, 1.0, 1.0)
    for event in (window(1, False), window(2, True), window(3, False), closed, window(5, True)):
        queue.put(event, 0.0, wait=False)
    assert queue.dropped == 2
    queue.close()
    got = []
    while (item := queue.get()) is not None:
        got.append(item[0])
    assert [getattr(e, "final", None) for e in got] == [True, None, True]


def test_a_full_queue_makes_a_file_wait():
    queue = WindowQueue(2)
    done = threading.Event()

    def produce():
        for i in range(6):
            queue.put(window(i, False), 0.0, wait=True)
        done.set()

    thread = threading.Thread(target=produce)
    thread.start()
    assert not done.wait(0.2)
    got = [queue.get()[0].end for _ in range(6)]
    thread.join(5)
    assert done.is_set() and queue.dropped == 0 and got == [0, 1, 2, 3, 4, 5]


def test_peaks_hold_every_extreme_and_keep_time():
    rate = 22_050
    store = PeakStore(rate, 100)
    rng = np.random.default_rng(0)
    signal = rng.normal(0, 0.1, 3 * rate).astype(np.float32)
    at = 0
    while at < len(signal):
        n = int(rng.integers(1, 900))
        store.push(signal[at : at + n])
        at += n
    low, high = store.get(0, 10_000)
    assert len(low) == len(high) == len(store) == 300
    assert low.min() == signal.min() and high.max() == signal.max()
    for k in (0, 57, 133, 299):
        part = signal[-(-k * rate // 100) : -(-(k + 1) * rate // 100)]
        assert (low[k], high[k]) == (part.min(), part.max())
