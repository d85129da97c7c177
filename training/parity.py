"""``python -m training parity``: does the live path score as the trainer says?

The trainer predicts from cached features; a listener gets what ``ser-live analyze`` gives.  The
same checkpoint goes through the latter's library call on the run's own test clips, cut by voice
activity and whole, and its UAR is set beside that of the run's ``predictions.csv``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from ser_live.audio.sources import FileSource
from ser_live.errors import AudioFileError, SerLiveError
from ser_live.models.checkpoint import load_checkpoint
from ser_live.pipeline import analyze
from ser_live.predictor import Predictor, aggregate
from ser_live.recorder import Segmentation
from ser_live.torch_threads import use_one_thread
from training.batches import joint_labels
from training.files import make_folder, write_table, write_text
from training.metrics import scores
from training.predictions import FILE, in_order, joint_of, read_predictions

GOAL = 0.01  # one point of UAR
SEGMENTS: tuple[Segmentation, ...] = ("vad", "whole")
POOLED = "all corpora"


def analyse_clip(path: Path, predictor: Predictor, segment: Segmentation) -> np.ndarray | None:
    """A clip's (14,) probabilities from the final windows of its analysis; ``None`` without any.

    Raises:
        AudioFileError: the file cannot be read.
    """
    timeline, _ = analyze(FileSource(path), predictor, segment)
    windows = timeline.windows(final=True)
    return aggregate(np.stack([w.estimate.joint for w in windows])) if windows else None


def _live(
    clips: pd.DataFrame, corpora: Path, predictor: Predictor, segment: Segmentation
) -> tuple[np.ndarray, int]:
    """(n, 14) probabilities, a row of NaN where the file was not read; how many had no speech."""
    out, silent = np.full((len(clips), 14), np.nan), 0
    for row, name in enumerate(tqdm(clips["path"], desc=segment, unit="clip", mininterval=1.0)):
        try:
            joint = analyse_clip(corpora / name, predictor, segment)
            if joint is None and segment == "vad":
                silent += 1  # the cache takes such a clip whole, too
                joint = analyse_clip(corpora / name, predictor, "whole")
        except AudioFileError as error:
            print(f"training: {error}", file=sys.stderr)
            continue
        if joint is not None:
            out[row] = joint
    return out, silent


def compare(clips: pd.DataFrame, live: np.ndarray, segment: str) -> pd.DataFrame:
    """The trainer's and the live path's UAR on the same clips.

    Args:
        clips: rows of ``predictions.csv``, (n).
        live: (n, 14) probabilities.
        segment: of the live path.

    Returns:
        ``segment, corpus, clips, trainer_uar, live_uar, difference, same_emotion`` (share of clips
        with the same likeliest emotion).
    """
    trained, labels = joint_of(clips), joint_labels(clips)
    corpus = clips["corpus"].to_numpy()
    rows = []
    for name in [POOLED, *in_order(corpus)]:
        inside = np.full(len(clips), True) if name == POOLED else corpus == name
        emotion, gender = labels[inside] % 7, labels[inside] // 7
        uar = [scores(p[inside], emotion, gender)["uar"] for p in (trained, live)]
        guess = [p[inside].reshape(-1, 2, 7).sum(1).argmax(1) for p in (trained, live)]
        rows.append(
            {"segment": segment, "corpus": name, "clips": int(inside.sum())}
            | {"trainer_uar": uar[0], "live_uar": uar[1], "difference": uar[1] - uar[0]}
            | {"same_emotion": float((guess[0] == guess[1]).mean())}
        )
    return pd.DataFrame(rows)


def parity(run: Path, corpora: Path, count: int, seed: int, output: Path | None) -> pd.DataFrame:
    """Compare on a run's test clips; print, and write ``parity.csv`` and ``parity.md``.

    Args:
        run: a finished run's folder, with its checkpoint and predictions.
        corpora: folder of the corpora.
        count: how many clips, drawn at random; 0 for all.
        seed: of the draw.
        output: where to write; the run's folder by default.

    Raises:
        SerLiveError: the run tested nobody, or no clip could be read.
        FileNotFoundError: it is not finished.
    """
    everything = read_predictions(run / FILE)
    clips = everything[everything["part"] == "test"]
    if not len(clips):
        raise SerLiveError(f"{run}: tested nobody (trained with --no-test)")
    if 0 < count < len(clips):
        clips = clips.sample(count, random_state=seed)
    use_one_thread()
    predictor = Predictor(load_checkpoint(run / "model.safetensors"), "cpu")
    results, notes = [], [f"{run.resolve().name}, {len(clips):,} test clips, {predictor.backend}."]
    for segment in SEGMENTS:
        live, silent = _live(clips, corpora, predictor, segment)
        known = np.isfinite(live).all(1)
        if not known.any():
            raise SerLiveError(f"{corpora}: none of the clips could be read")
        results.append(compare(clips[known], live[known], segment))
        if segment == "vad":
            notes.append(f"No speech was found in {silent} clips (taken whole, as in training).")
    table = pd.concat(results, ignore_index=True)
    folder = output or run
    make_folder(folder)
    write_table(folder / "parity.csv", table, float_format="%.6g")
    text = parity_markdown(table, " ".join(notes))
    write_text(folder / "parity.md", text)
    print(text)
    return table


def parity_markdown(table: pd.DataFrame, note: str) -> str:
    """The comparison as a table, with a word on the goal."""
    lines = [
        note,
        "",
        "| `--segment` | corpus | clips | trainer's UAR % | live UAR % | difference, points "
        "| same emotion % | within one point |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in table.to_dict("records"):
        inside = "yes" if abs(row["difference"]) <= GOAL else "no"
        lines.append(
            f"| {row['segment']} | {row['corpus']} | {row['clips']:,} "
            f"| {100 * row['trainer_uar']:.1f} | {100 * row['live_uar']:.1f} "
            f"| {100 * row['difference']:+.1f} | {100 * row['same_emotion']:.1f} | {inside} |"
        )
    return "\n".join([*lines, ""])
