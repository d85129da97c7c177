"""How soon the waveform of a long recording is there, and how fast it is analysed.

Makes a recording of some hours from synthesised speech (espeak-ng; the demo clip where that is
missing) in a temporary folder, opens it as the window does, and prints the time to the first
picture of the whole waveform, to the exact one, how long seeks take, the memory that it costs, and
the pace of the analysis.

    python benchmarks/open_file.py [--hours 2] [--format flac|mp3|m4a] [--analyse 60]
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile as sf

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

_CODECS = {"mp3": "libmp3lame", "m4a": "aac"}
_TEXT = (
    "It was a bright cold day in the harbour. Three boats came back before noon, and nobody had "
    "seen the fourth. What did the fishermen say? They said nothing at all!"
)


def make_recording(folder: Path, hours: float, suffix: str) -> Path:
    """Repeat synthesised speech, at changing levels, for so many hours."""
    spoken = folder / "spoken.wav"
    if shutil.which("espeak-ng"):
        subprocess.run(["espeak-ng", "-w", str(spoken), _TEXT], check=True)
    else:
        shutil.copy(REPOSITORY / "assets" / "demo.wav", spoken)
    clip, rate = sf.read(spoken, dtype="float32")
    clip = np.concatenate([clip, np.zeros(2 * rate, np.float32)])
    path, total, done = folder / f"long.{suffix}", round(hours * 3600 * rate), 0
    levels = np.random.default_rng(0).uniform(0.2, 1.0, 10_000)
    if suffix == "flac":
        with sf.SoundFile(path, "w", rate, 1) as sound:
            while done < total:
                sound.write(clip * levels[done // len(clip) % len(levels)])
                done += len(clip)
        return path
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream(_CODECS[suffix], rate=rate, layout="mono")
        while done < total:
            part = clip[None] * levels[done // len(clip) % len(levels)].astype(np.float32)
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = rate, done
            container.mux(stream.encode(frame))
            done += len(clip)
        container.mux(stream.encode(None))
    return path


def memory() -> float:
    """The process's memory now, MB (its peak where /proc is missing)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e6
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def wait(condition: Callable[[], bool], began: float, most: float = 600.0) -> float:
    """Seconds since ``began`` until a condition holds."""
    while not condition():
        if time.perf_counter() - began > most:
            raise TimeoutError(f"nothing after {most:.0f} s")
        time.sleep(0.002)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--format", choices=("flac", "mp3", "m4a"), default="flac")
    parser.add_argument("--analyse", type=float, default=60.0, help="for so many seconds; 0: not")
    args = parser.parse_args()
    from ser_live.ui.backends import make_session, open_file, open_player

    with tempfile.TemporaryDirectory(prefix="ser-open-") as name:
        path = make_recording(Path(name), args.hours, args.format)
        print(f"{args.hours:g} h of {args.format}, {path.stat().st_size / 1e6:.0f} MB", flush=True)
        before = memory()
        began = time.perf_counter()
        source, player = open_file(path), open_player(path)
        opened = time.perf_counter() - began
        waveform = player.waveform
        assert waveform is not None
        first = wait(lambda: waveform.version > 0, began)
        whole = wait(lambda: waveform.sampled, began)
        print(f"opened {opened:.2f} s; whole waveform roughly after {first:.2f} s, in its final "
              f"rough form after {whole:.2f} s", flush=True)  # fmt: skip
        exact = wait(lambda: waveform.complete, began)
        grown = memory() - before
        print(f"exact after {exact:.1f} s; memory +{grown:.0f} MB", flush=True)
        seconds = []
        for share in np.random.default_rng(1).uniform(0, 0.99, 20):
            began = time.perf_counter()
            next(iter(player._sound.blocks(share * args.hours * 3600)))
            seconds.append(time.perf_counter() - began)
        print(f"first sound after a seek: median {1e3 * statistics.median(seconds):.0f} ms, "
              f"worst {1e3 * max(seconds):.0f} ms", flush=True)  # fmt: skip
        player.close()
        if not args.analyse:
            return
        from ser_live.models.checkpoint import load_checkpoint
        from ser_live.predictor import Predictor
        from ser_live.torch_threads import use_one_thread

        use_one_thread()
        session = make_session(source, Predictor(load_checkpoint(), "cpu"))
        began = time.perf_counter()
        session.start()
        while time.perf_counter() - began < args.analyse and session.running:
            time.sleep(0.1)
        stats = session.stats()
        passed = time.perf_counter() - began
        session.stop(discard=True)
        print(f"analysis: {stats.time / passed:.1f} times real time over {passed:.0f} s; "
              f"whole process {memory():.0f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
