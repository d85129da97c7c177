"""Small made-up corpora for tests of the training module."""

import numpy as np
import soundfile as sf

from ser_live.labels import EMOTIONS
from training.cli import main
from training.stress.sources import RESERVED

RATE = 16_000


def buzz(number, seed, seconds=1.2):
    """A buzz whose pitch depends on ``number``."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    tone = 0.1 * np.sign(np.sin(2 * np.pi * (100 + 60 * number) * t))
    return (tone + rng.normal(0, 0.01, len(t))).astype(np.float32)


def write_corpora(folder, speakers):
    """Sound files and a CSV file of them: corpus name → number of speakers, 7 emotions each."""
    lines = ["path,speaker,gender,emotion,corpus"]
    for offset, (corpus, count) in enumerate(speakers.items()):
        for speaker in range(count):
            for number, emotion in enumerate(EMOTIONS):
                name = f"{corpus}-{speaker}-{emotion}.wav"
                seed = 10_000 * offset + 100 * speaker + number
                sf.write(folder / name, buzz(number, seed), RATE)
                lines.append(f"{name},{speaker},{'fm'[speaker % 2]},{emotion},{corpus}")
    path = folder / "corpora.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def prepare(table, cache):
    """The command line that prepares a CSV file's recordings, and nothing else."""
    command = ["prepare", "--csv", str(table), "--only-csv", "--cache", str(cache)]
    return [*command, "--processes", "1"]


def prepared(folder, speakers):
    """Write corpora below a folder and prepare them, into its folder ``cache``."""
    (folder / "corpora").mkdir()
    table = write_corpora(folder / "corpora", speakers)
    assert main(prepare(table, folder / "cache")) == 0
    return folder / "cache"


def add_noises(corpora):
    """An ESC-50 with a training fold and the tests' one, and a LibriSpeech with two voices."""
    rng = np.random.default_rng(0)
    audio = corpora / "ESC-50" / "audio"
    audio.mkdir(parents=True)
    lines = ["filename,fold,target,category"]
    for fold in (1, 5):
        for target, kind in ((0, "dog"), (24, "coughing"), (21, "sneezing")):
            sf.write(audio / f"{fold}-{kind}.wav", rng.normal(0, 0.1, 16_000), 16_000)
            lines.append(f"{fold}-{kind}.wav,{fold},{target},{kind}")
    (corpora / "ESC-50" / "esc50.csv").write_text("\n".join(lines) + "\n")
    for speaker in (min(RESERVED), "1"):
        folder = corpora / "LibriSpeech" / "test-other" / speaker / "1"
        folder.mkdir(parents=True)
        sf.write(folder / f"{speaker}-1-0.flac", rng.normal(0, 0.1, 32_000), 16_000)
