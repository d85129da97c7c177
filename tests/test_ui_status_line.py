"""The figures at the bottom."""

from __future__ import annotations

from types import SimpleNamespace

from ser_live.pipeline import Stats
from ser_live.ui.status_line import figures

STATS = Stats(63.2, -20.0, -30.0, True, 3, 2, 41.0, 1.14, 8.25, 61.0)


def test_a_microphone_has_them_all():
    source = SimpleNamespace(
        live=True, name="Built-in mic", sample_rate=44_100, capture_ms=21.3, lost=7, overflows=1
    )
    text = figures(source, STATS, 6.4, "cuda float32")
    assert text.split(" · ") == [
        "heard 1:03.2", "latency 61 ms", "capture 21 ms", "vad 41 ms/s", "features 1.1",
        "model 8.2", "paint 6 ms", "queue 3", "dropped 2", "lost 7", "overflows 1",
        "Built-in mic 44.1 kHz", "cuda float32",
    ]  # fmt: skip


def test_what_a_source_does_not_know_is_left_out():
    source = SimpleNamespace(live=True, name="array")
    text = figures(source, STATS, 6.4, "cpu bfloat16")
    assert "capture" not in text and "kHz" not in text
    assert text.endswith("lost 0 · overflows 0 · array · cpu bfloat16")


def test_a_file_has_no_capture():
    text = figures(SimpleNamespace(live=False, name="talk.wav"), STATS, 6.4, "cpu bfloat16")
    assert text.startswith("vad 41") and text.endswith("dropped 2 · cpu bfloat16")


def test_a_saved_session_is_not_analysed():
    text = figures(SimpleNamespace(live=False, name="talk.wav"), STATS, 6.4)
    assert text == "saved session · 1:03.2 · paint 6 ms"
