"""The virtual sound card of conftest.py: what is played into it is what PortAudio records."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest

RATE = 48_000


def record(seconds: float, began: threading.Event | None = None) -> np.ndarray:
    """``seconds`` from the default input, (n,) float32."""
    import sounddevice

    blocks = []
    with sounddevice.InputStream(samplerate=RATE, channels=1, dtype="float32") as stream:
        for _ in range(round(seconds * 50)):
            block, overflowed = stream.read(RATE // 50)
            assert not overflowed
            blocks.append(block[:, 0])
            if began:
                began.set()
    return np.concatenate(blocks)


def level_db(samples: np.ndarray) -> float:
    """RMS, dBFS."""
    return 10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-20)


def peak_frequency(samples: np.ndarray) -> float:
    """Frequency of the strongest bin, Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * RATE / len(samples))


def test_a_tone_is_recorded_as_it_was_played(virtual_microphone, tone):
    sound = tone(1_000, 3.0, RATE, amplitude=0.1)
    for _ in range(3):  # on a busy machine the player may be held up, which tears the tone
        player = virtual_microphone.start(sound, RATE)
        heard = record(2.5)
        player.wait()
        middle = heard[RATE : 2 * RATE]
        # Nothing but the tone: what a fitted sine leaves over is 50 dB below it.
        axis = 2 * np.pi * 1_000 * np.arange(len(middle)) / RATE
        basis = np.stack([np.sin(axis), np.cos(axis)], axis=1)
        rest = middle - basis @ np.linalg.lstsq(basis, middle, rcond=None)[0]
        if level_db(rest) < level_db(middle) - 50:
            break
    assert peak_frequency(middle) == pytest.approx(1_000, abs=2)
    assert level_db(middle) == pytest.approx(level_db(sound), abs=1)
    assert level_db(rest) < level_db(middle) - 50


def test_silence_is_recorded_as_silence(virtual_microphone):
    assert level_db(record(0.5)) < -90


def test_what_is_played_is_heard_whole(virtual_microphone, tone):
    """A blocking ``play`` of one second, at another rate, arrives as one second."""
    began = threading.Event()
    recordings: list[np.ndarray] = []
    recorder = threading.Thread(target=lambda: recordings.append(record(3.0, began)))
    recorder.start()
    assert began.wait(10)
    virtual_microphone.play(tone(440, 1.0, 22_050, amplitude=0.2), 22_050)
    recorder.join()

    heard = recordings[0]
    loud = np.abs(heard) > 0.02
    first, last = np.flatnonzero(loud)[[0, -1]]
    assert (last - first) / RATE == pytest.approx(1.0, abs=0.02)
    assert peak_frequency(heard[first:last]) == pytest.approx(440, abs=2)


def test_playback_through_the_default_output_is_not_heard(virtual_microphone, tone):
    import sounddevice

    sounddevice.play(tone(1_000, 1.0, RATE), RATE)
    try:
        assert level_db(record(0.8)) < -90
    finally:
        sounddevice.stop()


def test_a_child_process_sees_the_same_sound_card(virtual_microphone):
    code = "import sounddevice; print(sounddevice.query_devices(kind='input')['name'])"
    name = subprocess.run(
        [sys.executable, "-c", code],
        env=virtual_microphone.env,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    assert name.strip() == "default"


def test_the_server_is_back_after_it_was_stopped(virtual_microphone, tone):
    virtual_microphone.stop_server()
    assert not virtual_microphone.is_running
    virtual_microphone.start_server()
    virtual_microphone.start(tone(500, 2.0, RATE), RATE)
    assert peak_frequency(record(1.5)[RATE // 2 :]) == pytest.approx(500, abs=2)
