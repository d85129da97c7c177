"""How often noise opens an utterance, and how often speech does not.

Prints the figures that the README quotes: the share of ESC-50 clips that open an utterance
(sounds of the human voice and breath counted apart), and the share of corpus clips that open
none, as recorded and 20 dB quieter.

    python benchmarks/vad_reach.py [--clips 400] [--processes 2]
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import random
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ser_live.audio.decode import AUDIO_SUFFIXES, read_audio
from ser_live.config import Config
from ser_live.speech.segmenter import UtteranceOpened
from ser_live.speech.windower import Windower
from training.stress.sources import esc50_table

HUMAN = {"laughing", "crying_baby", "coughing", "sneezing", "breathing", "snoring"}


def opens(job: tuple[str, float]) -> bool:
    """Whether a file, scaled by a gain in dB, opens an utterance."""
    path, gain_db = job
    samples, rate = read_audio(path)
    samples = samples * np.float32(10 ** (gain_db / 20))
    windower = Windower(Config(), rate)
    events = windower.push(samples) + windower.flush()
    return any(isinstance(event, UtteranceOpened) for event in events)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpora", default=os.environ.get("SER_CORPORA", "../shared/corpora"))
    parser.add_argument("--clips", type=int, default=400, help="clips per corpus (0: all)")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    args = parser.parse_args()
    root = Path(args.corpora)

    jobs: list[tuple[str, str, float]] = []
    noises = {p.stem: p for p in (root / "ESC-50").rglob("*") if p.suffix in AUDIO_SUFFIXES}
    table = esc50_table(root)
    if table is None:
        parser.error(f"{root}: no ESC-50 below this folder")
    with open(table, newline="") as file:
        for row in csv.DictReader(file):
            path = noises.get(Path(row["filename"]).stem)
            if path:
                kind = "human" if row["category"] in HUMAN else "noise"
                jobs.append((f"ESC-50 {kind}:{row['category']}", str(path), 0.0))
    for corpus in ("RAVDESS", "CREMA-D", "TESS", "SAVEE"):
        paths = sorted(p for p in (root / corpus).rglob("*") if p.suffix in AUDIO_SUFFIXES)
        if args.clips:
            paths = random.Random(0).sample(paths, min(args.clips, len(paths)))
        jobs += [(f"{corpus} {gain:+.0f} dB", str(p), gain) for gain in (0.0, -20.0) for p in paths]

    with multiprocessing.Pool(args.processes) as pool:
        results = list(
            tqdm(pool.imap(opens, [(p, g) for _, p, g in jobs], 8), total=len(jobs), unit="clip")
        )
    opened: dict[str, list[bool]] = defaultdict(list)
    worst: Counter[str] = Counter()
    for (name, _, _), result in zip(jobs, results, strict=True):
        group, _, category = name.partition(":")
        opened[group].append(result)
        if category and result:
            worst[category] += 1
    for group, values in opened.items():
        share = 100 * float(np.mean(values))
        if group.startswith("ESC-50"):
            print(f"{group:16} opens an utterance: {share:5.1f} % of {len(values)}")
        else:
            print(f"{group:16} opens none:         {100 - share:5.1f} % of {len(values)}")
    for gain in ("+0 dB", "-20 dB"):
        pooled = [v for g, values in opened.items() if g.endswith(" " + gain) for v in values]
        share = 100 - 100 * float(np.mean(pooled))
        print(f"{'all corpora ' + gain:19} opens none:      {share:5.1f} % of {len(pooled)}")
    print("noises that open most:", ", ".join(f"{k} {n}" for k, n in worst.most_common(8)))


if __name__ == "__main__":
    main()
