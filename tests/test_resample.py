import numpy as np
import pytest
import soxr

from ser_live.audio.resample import StreamingResampler


def stream(signal, source, target, sizes):
    resampler = StreamingResampler(source, target)
    out, at, turn = [], 0, 0
    while at < len(signal):
        size = sizes[turn % len(sizes)]
        out.append(resampler.push(signal[at : at + size]))
        at += size
        turn += 1
    return np.concatenate([*out, resampler.flush()])


@pytest.mark.parametrize("source", [8_000, 16_000, 22_050, 24_414, 44_100, 48_000, 192_000])
def test_block_sizes_do_not_change_a_bit(source):
    signal = np.random.default_rng(0).normal(0, 0.1, source).astype(np.float32)
    sizes = np.random.default_rng(1).integers(1, source // 3, 50).tolist()
    whole = stream(signal, source, 22_050, [len(signal)])
    np.testing.assert_array_equal(stream(signal, source, 22_050, sizes), whole)
    np.testing.assert_array_equal(stream(signal, source, 22_050, [160]), whole)
    assert abs(len(whole) - 22_050) <= 1


def test_equals_resampling_at_once_without_clicks_or_delay():
    t = np.arange(48_000) / 48_000
    signal = np.sin(2 * np.pi * 440 * t).astype(np.float32)
    out = stream(signal, 48_000, 22_050, [480, 1_000])
    once = soxr.resample(signal, 48_000, 22_050)
    n = min(len(out), len(once))
    np.testing.assert_allclose(out[200 : n - 200], once[200 : n - 200], atol=1e-4)
    exact = np.sin(2 * np.pi * 440 * np.arange(n) / 22_050)
    np.testing.assert_allclose(out[200 : n - 200], exact[200 : n - 200], atol=1e-3)
