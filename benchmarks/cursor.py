"""How far the cursor is from the sound: Player → PulseAudio null sink → its monitor.

A track of short bursts is played by the real player into a sound server of its own, the sink's
monitor is recorded, and the moment at which each burst comes out is compared with where the cursor
said to be at that moment.  Positive: the cursor is ahead of the sound.

    python benchmarks/cursor.py [--speeds 1 0.5 2] [--seconds 20]

When does a burst come out?  A null sink without rewinds renders a block at the very moment at
which that block begins to be played, and the monitor hands it on at once; what is late is late by
the scheduler only.  So the least delay of all blocks ties the recording to the clock: the first
sample of a block cannot have been played after the block was there.  The server's own latency lies
before the sink and is thus part of what is measured; that the sink adds none is seen in
`pactl list sinks`, whose figure counts down from one block to nothing, and is printed.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

RATE = 48_000
_EVERY = 0.7  # s from burst to burst
_BURST = 0.02  # s


def write_bursts(path: Path, seconds: float, rate: int = 22_050) -> np.ndarray:
    """Write a track of bursts; return the middles of the bursts, s."""
    middles = np.arange(_EVERY, seconds - 0.5, _EVERY)
    track, count = np.zeros(round(seconds * rate)), round(_BURST * rate)
    shape = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(count) / rate) * np.hanning(count)
    for middle in middles:
        at = round(middle * rate) - count // 2
        track[at : at + count] += shape
    sf.write(path, track, rate)
    return middles


class Monitor:
    """Records what comes out of a sink, with the time at which each block arrived.

    Args:
        env: environment that leads to the sound server.
        sink: its name.
    """

    def __init__(self, env: dict[str, str], sink: str) -> None:
        command = ["parec", f"--device={sink}.monitor", "--latency-msec=10", "--raw"]
        command += [f"--rate={RATE}", "--channels=1", "--format=float32le"]
        self._process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE)
        self._parts: list[bytes] = []
        self._arrivals: list[tuple[int, float]] = []  # first sample of a block, when it was there
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        descriptor, count = self._process.stdout.fileno(), 0
        while part := os.read(descriptor, 1 << 16):
            self._arrivals.append((count // 4, time.monotonic()))
            self._parts.append(part)
            count += len(part)

    @property
    def blocks(self) -> int:
        """Blocks so far."""
        return len(self._parts)

    def stop(self) -> tuple[np.ndarray, float]:
        """End it; return the samples and when the first of them came out (monotonic clock, s)."""
        self._process.terminate()
        self._process.wait(10)
        self._thread.join(10)
        samples = np.frombuffer(b"".join(self._parts), "<f4")
        return samples, min(at - first / RATE for first, at in self._arrivals)


def measure(
    env: dict[str, str], track: Path, middles: np.ndarray, speed: float, sink: str = "speakers"
) -> np.ndarray:
    """Cursor minus sound, in seconds of the clock on the wall, for each burst that was found."""
    from ser_live.audio.playback import Player

    monitor = Monitor(env, sink)
    deadline = time.monotonic() + 30
    while not monitor.blocks and time.monotonic() < deadline:
        time.sleep(0.05)
    player = Player(track)
    cursor: list[tuple[float, float]] = []
    try:
        player.set_speed(speed)
        player.play()
        while not player.finished:
            before = time.monotonic()
            position = player.position
            cursor.append(((before + time.monotonic()) / 2, position))
            time.sleep(0.005)
        if player.silent:
            raise RuntimeError(player.message)
        time.sleep(0.5)
    finally:
        player.close()
    samples, origin = monitor.stop()
    return errors(samples, origin, np.array(cursor), middles, speed)


def errors(
    samples: np.ndarray, origin: float, cursor: np.ndarray, middles: np.ndarray, speed: float
) -> np.ndarray:
    """Cursor minus sound, s, for each burst.

    Args:
        samples: (n,) that came out, at 48 kHz.
        origin: when the first did, s.
        cursor: (m, 2) clock and position, s.
        middles: (k,) positions of the bursts, s.
        speed: that it was played at.
    """
    energy = samples.astype(np.float64) ** 2
    clock = origin + np.arange(len(samples)) / RATE
    out = []
    for middle in middles:
        expected = float(np.interp(middle, cursor[:, 1], cursor[:, 0]))
        # Half the way to the next burst: a cursor that is further off is not found.
        near = np.abs(clock - expected) < 0.5 * _EVERY / max(1.0, speed)
        power = energy[near]
        if power.sum() < 1e-3:
            continue
        came = float((clock[near] * power).sum() / power.sum())
        shown = float(np.interp(came, cursor[:, 0], cursor[:, 1]))
        out.append((shown - middle) / speed)
    return np.array(out)


def sink_latencies(microphone: Any, sink: str, times: int = 30) -> tuple[float, float, float]:
    """Least, greatest and configured latency (ms) that the server states for a sink."""
    found = []
    for _ in range(times):
        text = microphone.pactl("list", "sinks")
        part = text[text.index(f"Name: {sink}\n") :]
        match = re.search(r"Latency: (\d+) usec, configured (\d+) usec", part)
        assert match is not None
        found.append((int(match[1]) / 1e3, int(match[2]) / 1e3))
    values = [value for value, _ in found]
    return min(values), max(values), found[-1][1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--speeds", type=float, nargs="+", default=[1.0, 0.5, 2.0])
    parser.add_argument("--seconds", type=float, default=20.0, help="length of the track")
    args = parser.parse_args()
    from tests.conftest import VirtualMicrophone

    with tempfile.TemporaryDirectory(prefix="ser-cursor-") as name:
        microphone = VirtualMicrophone(Path(name))
        microphone.start_server()
        try:
            os.environ.update(microphone.variables)  # before PortAudio starts
            track = Path(name, "bursts.wav")
            middles = write_bursts(track, args.seconds)
            for speed in args.speeds:
                error = 1e3 * measure(microphone.env, track, middles, speed)
                size = sorted(abs(error))
                print(
                    f"speed {speed:g}: {len(error)} of {len(middles)} bursts; cursor minus sound: "
                    f"median {statistics.median(error):+.1f} ms, |error| median "
                    f"{statistics.median(size):.1f} ms, worst {size[-1]:.1f} ms",
                    flush=True,
                )
            monitor = Monitor(microphone.env, "speakers")  # else the sink rests
            time.sleep(1)
            least, most, block = sink_latencies(microphone, "speakers")
            monitor.stop()
            print(f"latency stated by the sink: {least:.0f} to {most:.0f} ms, block {block:.0f} ms")
        finally:
            microphone.stop_server()


if __name__ == "__main__":
    main()
