"""The cursor stands where the sound is: bursts through a real sound server, its output recorded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.cursor import measure, write_bursts
from ser_live.audio.output import DeviceOutput

#: Machines that test are busy; benchmarks/cursor.py says how good it is.
BOUND = 0.08
#: Of the output in this test, s: far more than the bound, and with what the server adds (50 ms)
#: still less than how far off a burst is looked for.
LATENCY = 0.22


@pytest.fixture
def late_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outputs with so much latency that nobody can overlook it."""
    monkeypatch.setattr("ser_live.audio.output.LATENCY", LATENCY)


@pytest.mark.parametrize("speed", [1.0, 2.0])
def test_the_cursor_is_where_the_sound_is(
    virtual_microphone, late_output, tmp_path: Path, speed: float
):
    middles = write_bursts(tmp_path / "bursts.wav", 9.0)
    error = measure(virtual_microphone.env, tmp_path / "bursts.wav", middles, speed)
    assert len(error) >= len(middles) - 1
    assert np.median(np.abs(error)) < BOUND


def test_a_cursor_that_ignores_the_latency_is_found_out(
    virtual_microphone, late_output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(DeviceOutput, "heard", lambda self: float(self._ring.taken))
    middles = write_bursts(tmp_path / "bursts.wav", 6.0)
    error = measure(virtual_microphone.env, tmp_path / "bursts.wav", middles, 1.0)
    assert len(error) >= len(middles) - 1
    assert np.median(error) > 2 * BOUND
