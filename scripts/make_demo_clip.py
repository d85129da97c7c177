"""Speak the demo clip: seven utterances by seven voices of espeak-ng, over a faint noise floor.

    python scripts/make_demo_clip.py [assets/demo.wav]

Synthesised speech shows the program at work without anybody's voice being shipped; what the model
says about it is no measure of the model.  The same espeak-ng gives the same file, byte for byte.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

RATE = 22_050  # Hz, espeak-ng's own
NOISE_DB = -65.0  # dBFS RMS: pauses are not digital silence
FADE = 0.005  # s, so that no utterance begins or ends with a click
LEAD = 0.5  # s before the first utterance and after the last
SEED = 20_260_101


@dataclass(frozen=True)
class Line:
    """One utterance: espeak-ng's voice, speed (words a minute), pitch (0–99), and what is said."""

    voice: str
    speed: int
    pitch: int
    level_db: float  # RMS of the utterance, dBFS
    pause: float  # s after it
    text: str


LINES = (
    Line("en-us+f3", 165, 60, -26, 1.1, "Good morning! I am so glad you could come."),
    Line("en-us+m3", 130, 30, -31, 1.3, "I waited for hours, and nobody called."),
    Line("en-gb+f2", 195, 85, -23, 1.0, "No! Stop that!"),
    Line(
        "en-gb+m7",
        145,
        42,
        -28,
        1.4,
        "The train to the coast leaves from platform nine at a quarter past four, "
        "and it stops at every village on the way.",
    ),
    Line("en-us+f4", 185, 75, -25, 1.1, "Wait, is that really for me? I had no idea!"),
    Line("en-gb+m1", 175, 20, -24, 1.0, "How often must I say it? Close the door."),
    Line("en-us+f1", 130, 35, -33, 0.0, "It was quiet in the house after that."),
)


def speak(line: Line, folder: Path) -> np.ndarray:
    """One utterance without the silence around it, (n,) float64 at its level."""
    path = folder / "line.wav"
    options = ["-v", line.voice, "-s", str(line.speed), "-p", str(line.pitch)]
    subprocess.run(["espeak-ng", *options, "-w", str(path), "--", line.text], check=True)
    samples, rate = soundfile.read(path)
    if rate != RATE:
        raise SystemExit(f"espeak-ng spoke at {rate} Hz, expected {RATE}")
    loud = np.flatnonzero(np.abs(samples) > 1e-3)
    samples = samples[loud[0] : loud[-1] + 1]
    samples *= 10 ** (line.level_db / 20) / np.sqrt(np.mean(samples**2))
    ramp = np.linspace(0, 1, round(FADE * RATE))
    samples[: len(ramp)] *= ramp
    samples[-len(ramp) :] *= ramp[::-1]
    return samples


def make_clip() -> tuple[np.ndarray, list[tuple[float, float]]]:
    """The clip, (n,) float64, and each utterance's start and end in seconds."""
    pieces = [np.zeros(round(LEAD * RATE))]
    spans = []
    with tempfile.TemporaryDirectory() as folder:
        for line in LINES:
            start = sum(map(len, pieces)) / RATE
            pieces.append(speak(line, Path(folder)))
            spans.append((start, start + len(pieces[-1]) / RATE))
            pieces.append(np.zeros(round(line.pause * RATE)))
    pieces.append(np.zeros(round(LEAD * RATE)))
    clip = np.concatenate(pieces)
    clip += 10 ** (NOISE_DB / 20) * np.random.default_rng(SEED).standard_normal(len(clip))
    peak = np.abs(clip).max()
    if peak >= 1:
        raise SystemExit(f"the clip would be clipped (peak {peak:.2f}): lower the levels")
    return clip, spans


def main() -> None:
    """Write the clip and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parent.parent / "assets" / "demo.wav"
    parser.add_argument("output", type=Path, nargs="?", default=default)
    output = parser.parse_args().output
    clip, spans = make_clip()
    soundfile.write(output, clip, RATE, subtype="PCM_16")
    for line, (start, end) in zip(LINES, spans, strict=True):
        print(f"{start:6.2f}–{end:5.2f} s  {end - start:5.2f} s  {line.voice:9} {line.text[:50]}")
    print(f"{output.name}: {len(clip) / RATE:.1f} s, {output.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
