import sys
import threading

import numpy as np
import pytest

from ser_live.audio.ring_buffer import History, RingBuffer


def test_reads_what_was_written_across_the_edge():
    ring = RingBuffer(10)
    for block in (np.arange(7), np.arange(7, 13)):
        ring.write(block.astype(np.float32))
        out, lost = ring.read()
        np.testing.assert_array_equal(out, block)
        assert lost == 0
    assert ring.available == 0 and ring.read()[0].size == 0


def test_a_late_reader_loses_the_oldest_and_is_told():
    ring = RingBuffer(80)
    ring.write(np.arange(70, dtype=np.float32))
    ring.write(np.arange(70, 140, dtype=np.float32))
    out, lost = ring.read()
    assert lost + len(out) == 140
    np.testing.assert_array_equal(out, np.arange(lost, 140))
    assert len(out) >= 60


def test_a_block_larger_than_the_ring_keeps_its_end_and_the_count():
    ring = RingBuffer(8)
    ring.write(np.arange(20, dtype=np.float32))
    out, lost = ring.read()
    assert ring.written == 20 and lost + len(out) == 20
    assert out[-1] == 19


def test_capacity_must_be_positive():
    with pytest.raises(ValueError):
        RingBuffer(0)


@pytest.mark.parametrize("seed", range(8))
def test_two_threads_lose_nothing_that_is_not_counted(seed):
    # Change threads a hundred times as often as usual, so that the writer laps the reader.
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-5)
    try:
        read_while_writing(seed)
    finally:
        sys.setswitchinterval(usual)


def read_while_writing(seed):
    ring = RingBuffer(4_096)
    total = 400_000
    rng = np.random.default_rng(seed)

    def writer():
        at = 0
        while at < total:
            n = min(int(rng.integers(1, 700)), total - at)
            ring.write(np.arange(at, at + n, dtype=np.float32))
            at += n

    thread = threading.Thread(target=writer)
    thread.start()
    expected = 0
    try:
        while expected < total:
            out, lost = ring.read()
            expected += lost
            np.testing.assert_array_equal(out, np.arange(expected, expected + len(out)))
            expected += len(out)
    finally:
        thread.join()
    assert expected == total


def test_history_answers_by_absolute_index():
    history = History(100)
    rng = np.random.default_rng(0)
    signal = np.arange(1_000, dtype=np.float32)
    at = 0
    while at < len(signal):
        n = int(rng.integers(1, 180))
        history.push(signal[at : at + n])
        at = min(at + n, len(signal))
        assert history.end == at
        assert history.end - history.start >= min(100, at)
        np.testing.assert_array_equal(
            history.get(history.start, history.end), signal[history.start : at]
        )
    with pytest.raises(IndexError):
        history.get(0, 10)
    with pytest.raises(IndexError):
        history.get(990, 1_001)
