"""What a checkpoint says of plainly read speech from other microphones than it learnt from.

    python benchmarks/other_voices.py [FOLDER] [--model FILE] [--seconds 30]

FOLDER holds a folder for each speaker (default: LibriSpeech's test-other among the corpora); the
three whose babble is trained with are left out.  The truth about a voice is its pitch: median F0
(pYIN, librosa) below 150 Hz counts as male, above 175 Hz as female, between the two it is left out
(mean F0 of American men and women: 131 and 220 Hz; Hillenbrand et al. 1995,
doi:10.1121/1.411872).  Each voice weighs the same.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from pathlib import Path

import librosa
import numpy as np
from tqdm import tqdm

from ser_live.audio.decode import AUDIO_SUFFIXES, read_audio
from ser_live.audio.sources import FileSource
from ser_live.models.checkpoint import load_checkpoint
from ser_live.pipeline import analyze
from ser_live.predictor import Predictor
from ser_live.timeline import Estimate
from training.stress.sources import RESERVED

_LOW_HZ, _HIGH_HZ = 150.0, 175.0


def median_pitch(paths: list[Path], seconds: float) -> float:
    """Median F0 in Hz of the voiced frames of up to so many seconds of the first files."""
    found, left = [], seconds
    for path in paths:
        samples, rate = read_audio(path)
        samples = samples[: int(left * rate)]
        pitch, voiced, _ = librosa.pyin(samples, fmin=60, fmax=400, sr=rate)
        found.append(pitch[voiced])
        left -= len(samples) / rate
        if left <= 0:
            break
    return float(np.median(np.concatenate(found)))


def utterances(paths: list[Path], predictor: Predictor) -> list[Estimate]:
    """The program's results for some files."""
    return [
        row.estimate
        for path in paths
        for row in analyze(FileSource(path), predictor, "vad")[0].utterances()
    ]


def main() -> None:
    """Measure and print."""
    corpora = os.environ.get("SER_CORPORA", "../shared/corpora")
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", default=f"{corpora}/LibriSpeech/test-other", type=Path)
    parser.add_argument("--model", default="assets/model_a.safetensors", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0, help="per voice, for its pitch")
    args = parser.parse_args()
    predictor = Predictor(load_checkpoint(args.model), "cpu")
    right: dict[str, list[float]] = {"female": [], "male": []}
    everything: list[Estimate] = []
    folders = (p for p in args.folder.iterdir() if p.is_dir() and p.name not in RESERVED)
    for speaker in tqdm(sorted(folders), unit="voice"):
        paths = sorted(p for p in speaker.rglob("*") if p.suffix in AUDIO_SUFFIXES)
        pitch, said = median_pitch(paths, args.seconds), utterances(paths, predictor)
        everything += said
        male = float(np.mean([e.top_gender == "male" for e in said]))
        if pitch < _LOW_HZ:
            right["male"].append(male)
        elif pitch > _HIGH_HZ:
            right["female"].append(1 - male)
        emotions = Counter(e.top_emotion for e in said).most_common(3)
        tqdm.write(
            f"{speaker.name:>8}  F0 {pitch:3.0f} Hz  {len(said):3} utterances, called male "
            f"{100 * male:3.0f} %, " + ", ".join(f"{n} {name}" for name, n in emotions)
        )
    for gender, shares in right.items():
        print(f"{len(shares)} {gender} voices: gender right in {100 * np.mean(shares):.0f} %")
    balanced = np.mean([np.mean(shares) for shares in right.values()])
    unsure = np.mean([e.low_evidence for e in everything])
    counts = Counter(e.top_emotion for e in everything).most_common()
    print(f"gender UAR {100 * balanced:.0f} %; {100 * unsure:.0f} % of utterances not sure")
    print(", ".join(f"{100 * n / len(everything):.0f} % {name}" for name, n in counts))


if __name__ == "__main__":
    main()
