"""``python -m training evaluate``: any checkpoint on any corpus, through the live path."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from ser_live.audio.decode import read_audio
from ser_live.config import Config
from ser_live.errors import AudioFileError, SerLiveError
from ser_live.models.checkpoint import load_checkpoint
from ser_live.predictor import Predictor, aggregate
from ser_live.speech.windower import WholeWindower, Window
from ser_live.torch_threads import use_one_thread
from training.cache import clip_windows
from training.corpora import CORPORA, Clip, discover
from training.corpora.base import nothing_found
from training.corpora.csv_file import read_csv_corpora
from training.files import read_table
from training.intervals import figures_by_corpus, figures_lines
from training.predictions import predictions_table


def gather(csv_files: Sequence[Path], corpora: Path | None, only: list[str] | None) -> list[Clip]:
    """The clips to test on.

    Raises:
        SerLiveError: nothing was asked for or found, or a corpus is unknown.
    """
    if not csv_files and corpora is None:
        raise SerLiveError("evaluate: name a corpus, with --csv FILE or --corpora DIR")
    unknown = set(only or ()) - set(CORPORA)
    if unknown:
        raise SerLiveError(f"--only {sorted(unknown)[0]}: choose from {', '.join(CORPORA)}")
    clips = read_csv_corpora(csv_files)
    if corpora is not None:
        names = only or list(CORPORA)
        found = list(discover(corpora, [CORPORA[name] for name in names]))
        if not found:
            raise SerLiveError(nothing_found(corpora, ", ".join(names)))
        clips += found
    return clips


def seen_in_training(training: dict[str, Any], speakers: set[str], folds: Path) -> dict[str, str]:
    """Speakers among those given that a checkpoint has seen, and as what.

    A checkpoint names its validation and test speakers, newer ones also those it was trained on;
    for older ones these are all others of ``folds.csv``.

    Args:
        training: a checkpoint's facts about its training.
        speakers: names as in the manifest.
        folds: a file ``speaker, fold``.

    Returns:
        speaker → ``trained on`` or ``validated on``.
    """
    named = training.get("speakers", {})
    held, tested = set(named.get("validation", ())), set(named.get("test", ()))
    if "train" in named:
        trained = set(named["train"])
    elif named and folds.exists():
        trained = set(read_table(folds, ("speaker",))["speaker"]) - held - tested
    else:
        trained = set()
    return dict.fromkeys(sorted(speakers & trained), "trained on") | dict.fromkeys(
        sorted(speakers & held), "validated on"
    )


def predict_files(
    predictor: Predictor, clips: Sequence[Clip], segment: str
) -> tuple[list[Clip], np.ndarray, int]:
    """Probabilities of every clip as the live program would give them for a file.

    Args:
        predictor: the model.
        clips: what to read; unreadable files are reported and left out.
        segment: ``vad`` (a clip without any speech found is taken whole) or ``whole``.

    Returns:
        The clips read, (n, 14) probabilities, and how many had no speech found in them.
    """
    read, rows, missed = [], [], 0
    for clip in tqdm(clips, unit="clip", desc="evaluate", mininterval=1.0):
        try:
            samples, rate = read_audio(clip.path)
        except AudioFileError as error:
            print(f"training: {error}", file=sys.stderr)
            continue
        if segment == "vad":
            windows, found = clip_windows(samples, rate, predictor.config)
            missed += not found
        else:
            windows = _whole(samples, rate, predictor.config)
        final = [w.samples for w in windows if w.final and len(w.samples)]
        if not final:
            print(f"training: {clip.path}: holds no sound", file=sys.stderr)
            continue
        rows.append(aggregate(predictor.predict_steady(final)))
        read.append(clip)
    if not rows:
        raise SerLiveError("evaluate: none of the files could be read")
    return read, np.stack(rows), missed


def _whole(samples: np.ndarray, rate: int, config: Config) -> list[Window]:
    windower = WholeWindower(config, rate)
    events = windower.push(samples) + windower.flush()
    return [event for event in events if isinstance(event, Window)]


def evaluate(
    model: Path | None,
    csv_files: Sequence[Path],
    corpora: Path | None,
    only: list[str] | None,
    segment: str,
    device: str,
) -> pd.DataFrame:
    """Print a checkpoint's figures per corpus, and warn of speakers it has seen.

    Returns:
        The predictions, as rows of ``predictions.csv``.
    """
    from training.run import FOLDS

    clips = gather(csv_files, corpora, only)
    use_one_thread()
    predictor = Predictor(load_checkpoint(model), device)
    read, joint, missed = predict_files(predictor, clips, segment)
    table = predictions_table(
        "test",
        pd.DataFrame(
            [
                {"path": c.path.as_posix(), "corpus": c.corpus, "speaker": c.speaker}
                | {"gender": c.gender, "emotion": c.emotion}
                for c in read
            ]
        ),
        joint,
    )
    print(f"{predictor.checkpoint.name}, {len(table):,} clips, --segment {segment}")
    if segment == "vad":
        print(f"no speech found in {missed:,} of them (taken whole)")
    print("Intervals: 95 %, by bootstrap over speakers.")
    print(figures_lines(figures_by_corpus(table)))
    facts = predictor.checkpoint.training
    seen = seen_in_training(facts, set(table["speaker"]), FOLDS)
    if not facts.get("speakers"):
        print("training: warning: the checkpoint does not say whom it was trained on",
              file=sys.stderr)  # fmt: skip
    for kind in ("trained on", "validated on"):
        names = [s for s, k in seen.items() if k == kind]
        if names:
            print(
                f"training: warning: the checkpoint was {kind} {len(names)} of these speakers, "
                f"so the figures above flatter it: {', '.join(names)}",
                file=sys.stderr,
            )
    unseen = table[~table["speaker"].isin(seen)]
    if seen and len(unseen):
        print("\nSpeakers that it has not seen:")
        print(figures_lines(figures_by_corpus(unseen)))
    return table
