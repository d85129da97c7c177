"""How long after a window's last sample its result is there, on this machine's CPU.

Feeds a recording in real time, in the 20 ms blocks that a sound card delivers, to the same session
that the window and ``ser-live listen`` run, and prints median and 95th percentile over all
provisional windows; beside it the bare cost of features and model.

    python benchmarks/latency.py [RECORDING]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator

import numpy as np

from ser_live.asset_files import asset_path
from ser_live.audio.decode import read_audio
from ser_live.audio.sources import Source
from ser_live.models.checkpoint import load_checkpoint
from ser_live.pipeline import Session
from ser_live.predictor import Predictor
from ser_live.torch_threads import use_one_thread


class RealTimeSource(Source):
    """An array delivered at the pace of its sampling rate."""

    live = True

    def __init__(self, samples: np.ndarray, sample_rate: int) -> None:
        self.name, self.sample_rate = "array in real time", sample_rate
        self._samples = samples

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield 20 ms blocks, each when its last sample would have been heard."""
        size = self.sample_rate // 50
        began = time.perf_counter()
        for at in range(0, len(self._samples), size):
            block = self._samples[at : at + size]
            wait = began + (at + len(block)) / self.sample_rate - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            yield block


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("recording", nargs="?", default=str(asset_path("demo.wav")))
    parser.add_argument("--model")
    args = parser.parse_args()
    use_one_thread()  # as the programs do
    samples, rate = read_audio(args.recording)
    began = time.perf_counter()
    predictor = Predictor(load_checkpoint(args.model), "cpu")
    print(f"model ready in {time.perf_counter() - began:.1f} s on {predictor.backend}")

    session = Session(RealTimeSource(samples, rate), predictor)
    session.start()
    session.join()
    if session.error:
        raise session.error
    ms = sorted(1e3 * t for t in session.latencies)
    stats = session.stats()
    print(
        f"last sample to result: median {statistics.median(ms):.0f} ms, p95 "
        f"{ms[int(0.95 * (len(ms) - 1))]:.0f} ms over {len(ms)} provisional windows; "
        f"{stats.dropped} dropped; voice activity {stats.vad_ms:.1f} ms per second of sound"
    )

    window = samples[: 3 * rate]
    if rate != predictor.config.audio.sample_rate:
        import soxr

        window = soxr.resample(window, rate, predictor.config.audio.sample_rate)
    window = window[: predictor.config.audio.window_samples]
    costs = {}
    for predictor.precision in ("float32", "bfloat16"):
        pairs = []
        for _ in range(40):
            predictor.predict([window])
            pairs.append((predictor.timing.features, predictor.timing.model))
        costs[predictor.precision] = [1e3 * statistics.median(p) for p in zip(*pairs, strict=True)]
    for precision, (features, model) in costs.items():
        print(f"one window in {precision}: features {features:.1f} ms, model {model:.1f} ms")


if __name__ == "__main__":
    main()
