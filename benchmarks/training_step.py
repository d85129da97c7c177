"""Clips a second of a training epoch on made-up features, in one process: median of some epochs.

    OMP_NUM_THREADS=1 python benchmarks/training_step.py [--clips 64] [--epochs 5] [--batch 32]
        [--precision float32] [--device cuda] [--on-the-fly]

CPU seconds are printed beside, as they say more than wall clock on a machine with other work.
``--on-the-fly`` perturbs made-up waveforms for every window, instead of reading features.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import torch

from ser_live.config import Config
from ser_live.labels import EMOTIONS
from training.augment.noise_bank import NoiseBank
from training.augment.waveform import WaveformAugment
from training.cache import FeatureCache
from training.precision import PRECISIONS
from training.recipe import Recipe
from training.split import Split
from training.trainer import Trainer
from training.waveforms import Waveforms


def made_up_waveforms(
    count: int, recipe: Recipe, config: Config, device: torch.device
) -> WaveformAugment:
    """Full windows of noise, one a clip, with made-up noises and rooms."""
    rng = np.random.default_rng(1)
    size = config.audio.window_samples
    data = torch.from_numpy(rng.normal(0, 0.1, count * size).astype(np.float16)).to(device)
    clips, full = np.arange(count), np.full(count, size)
    waves = Waveforms(data, clips * size, full, clips, np.zeros(count, np.int64), full)
    kinds = np.arange(60) % 3
    noise = rng.normal(0, 0.1, 60 * size).astype(np.float16)
    bank = NoiseBank(noise, np.arange(60) * size, np.full(60, size), kinds)
    rooms = [np.eye(1, 12_000, dtype=np.float32)[0] for _ in range(60)]
    return WaveformAugment(waves, bank, rooms, recipe, config)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--precision", default="bfloat16", choices=PRECISIONS)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--on-the-fly", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    config, n = Config(), args.clips + 2
    rng = np.random.default_rng(0)
    frames = config.frames_per_window
    index = pd.DataFrame(
        {"clip": np.arange(n), "final": True, "offset": np.arange(n) * frames, "frames": frames}
    )
    index["first"] = 0
    index.attrs["rows"] = index[["offset", "frames", "first"]].to_numpy()
    data = rng.normal(0, 1, (n * frames, config.features.n_features)).astype(np.float16)
    cache = FeatureCache(index, data, config)
    table = pd.DataFrame(
        {
            "path": [f"{i}.wav" for i in range(n)],
            "corpus": "CREMA-D",
            "gender": ["female", "male"] * (n // 2) + ["male"] * (n % 2),
            "emotion": [EMOTIONS[i % 6] for i in range(n)],
        }
    )
    split = Split(np.arange(args.clips), np.array([n - 2, n - 1]), np.array([n - 2, n - 1]))
    with tempfile.TemporaryDirectory() as folder:
        device = torch.device(args.device)
        recipe = replace(Recipe(), epochs=args.epochs, batch_size=args.batch)
        perturb = None
        if args.on_the_fly:
            shares = {"augmented_share": 0.5, "context_share": 0.15, "tempo": 0.1, "pitch": 1.0}
            recipe = replace(recipe, on_the_fly=True, averaging="ema", **shares)
            perturb = made_up_waveforms(n, recipe, config, device)
        trainer = Trainer(
            Path(folder), table, cache, split, config, recipe, device, args.precision,
            perturb=perturb,
        )  # fmt: skip
        wall, cpu = [], []
        for _ in range(args.epochs):
            began = time.perf_counter(), time.process_time()
            trainer._train_epoch()
            wall.append(time.perf_counter() - began[0])
            cpu.append(time.process_time() - began[1])
    print(
        f"{args.clips} clips an epoch, median of {args.epochs}: "
        f"{args.clips / median(wall):.1f} clips/s, {args.clips / median(cpu):.1f} clips per CPU "
        f"second (least CPU time: {args.clips / min(cpu):.1f})"
    )


if __name__ == "__main__":
    main()
