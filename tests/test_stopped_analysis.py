"""A file's analysis that is stopped: its results are the beginning of the whole ones."""

from __future__ import annotations

import threading

from ser_live.audio.sources import FileSource
from ser_live.pipeline import Session, analyze
from ser_live.speech.segmenter import UtteranceOpened
from ser_live.timeline import WindowResult
from ser_live.window_queue import WindowQueue
from tests.test_pipeline import facts


def test_what_comes_after_the_stop_is_not_classified(demo_clip, predictor):
    """The listening thread goes on for a moment, and flushes, while the classifier is busy."""
    reached, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        if isinstance(session.timeline.since(0)[-1], WindowResult) and not reached.is_set():
            reached.set()
            assert go_on.wait(60)

    session = Session(FileSource(demo_clip), predictor, on_entry=hold)
    session.start()
    assert reached.wait(60)
    before = len(session.timeline.since(0))
    stopping = threading.Thread(target=lambda: session.stop(discard=True))
    stopping.start()
    session._threads[0].join(60)  # the listening one
    assert not session._threads[0].is_alive()
    go_on.set()
    stopping.join(60)
    assert not session.running and session.error is None
    assert len(session.timeline.since(0)) == before
    assert session.cut_short and session.stats().queued == 0
    whole, _ = analyze(FileSource(demo_clip), predictor)
    assert facts(session.timeline) == facts(whole)[:before]


def test_an_analysis_that_came_to_its_end_is_not_cut_short(demo_clip, predictor):
    session = Session(FileSource(demo_clip), predictor)
    session.start()
    session.join(120)
    session.stop(discard=True)
    assert not session.cut_short


def test_the_queue_takes_nothing_after_it_was_thrown_away():
    queue = WindowQueue(3)
    queue.put(UtteranceOpened(1, 0.0), 0.0, wait=True)
    assert not queue.cut_short
    queue.close(discard=True)
    assert queue.cut_short
    queue.put(UtteranceOpened(2, 1.0), 0.0, wait=True)
    assert len(queue) == 0 and queue.get() is None


def test_the_queue_gives_what_waits_at_an_ordinary_end():
    queue = WindowQueue(3)
    queue.put(UtteranceOpened(1, 0.0), 0.0, wait=True)
    queue.close()
    assert queue.get() is not None and queue.get() is None and not queue.cut_short
