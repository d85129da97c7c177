"""Clips to test on, the spans that the live path finds in them, and what the model says.

The segmenter of the live path hears each *clean* clip once; the same spans are then cut from the
perturbed audio, so that a changed prediction is the model's doing and not the segmenter's (how
noise moves the segmenter is measured elsewhere).  Where samples were added or removed at the start
the spans move along, and a span that touched an edge of the clip reaches to the new edge: added
zeros are heard, as far as a window has room.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ser_live.audio.decode import read_audio
from ser_live.audio.resample import resampled
from ser_live.config import Config
from ser_live.errors import SerLiveError
from ser_live.labels import emotion_marginal
from ser_live.predictor import Predictor, aggregate
from training.cache import clip_windows
from training.corpora import CORPORA, Clip, discover
from training.corpora.base import nothing_found
from training.stress.registry import Perturbation

Spans = list[tuple[float, float]]


def held_out(
    training: dict[str, Any],
    root: Path,
    count: int,
    seed: int,
    only: Sequence[str] = (),
    part: str = "test",
) -> list[Clip]:
    """A stratified sample of a checkpoint's own test (or validation) speakers.

    Args:
        training: the checkpoint's facts about its training.
        root: folder with the corpora.
        count: clips a corpus; 0: all.
        seed: of the sample.
        only: names of corpora; empty: all.
        part: ``test`` or ``validation``.

    Raises:
        SerLiveError: the checkpoint names no such speakers, or none of them is there.
    """
    speakers = set(training.get("speakers", {}).get(part, ()))
    if not speakers:
        why = (
            "was trained on everyone; test the checkpoint of a fold"
            if "everyone" in training
            else f"does not name its {part} speakers"
        )
        raise SerLiveError(f"stress: the checkpoint {why}")
    if unknown := set(only) - set(CORPORA):
        raise SerLiveError(f"--corpus {min(unknown)}: choose from {', '.join(CORPORA)}")
    found = discover(root, [CORPORA[name] for name in only or CORPORA])
    clips = [clip for clip in found if clip.speaker in speakers]
    if not clips:
        raise SerLiveError(nothing_found(root, f"the checkpoint's {part} speakers"))
    names = dict.fromkeys(clip.corpus for clip in clips)
    return [
        clip
        for name in names
        for clip in stratified([c for c in clips if c.corpus == name], count, seed)
    ]


def stratified(clips: Sequence[Clip], count: int, seed: int) -> list[Clip]:
    """As many clips of each emotion and gender as there are, at random; ``count`` 0: all."""
    if not count or count >= len(clips):
        return list(clips)
    rng = np.random.default_rng(seed)
    ordered = sorted(clips, key=lambda c: c.path.as_posix())
    strata: dict[tuple[str, str], list[Clip]] = {}
    for i in rng.permutation(len(ordered)):
        strata.setdefault((ordered[i].emotion, ordered[i].gender), []).append(ordered[i])
    picked: list[Clip] = []
    while len(picked) < count:
        for key in sorted(strata):
            if strata[key] and len(picked) < count:
                picked.append(strata[key].pop())
    return sorted(picked, key=lambda c: c.path.as_posix())


def spans_of(samples: np.ndarray, rate: int, config: Config) -> Spans:
    """Start and end (s) of the final windows of a clean clip; the whole clip without speech."""
    windows, _ = clip_windows(samples, rate, config)
    return [(w.start, w.end) for w in windows if w.final and len(w.samples)]


def cut(
    samples: np.ndarray, rate: int, spans: Spans, duration: float, shift: float, config: Config
) -> list[np.ndarray]:
    """Windows of perturbed audio at the spans of the clean clip.

    Args:
        samples: (m,) float32, perturbed.
        rate: Hz.
        spans: of the clean clip, s.
        duration: of the clean clip, s.
        shift: samples added at the start (negative: removed), s.
        config: of the model.

    Returns:
        (k,) float32 at the analysis rate, each at most a full window and at least one sample.
    """
    target = config.audio.sample_rate
    wave = resampled(samples, rate, target, config.stream.block_seconds)
    size, edge = config.audio.window_samples, 2 / rate
    out = []
    for start, end in spans:
        first, stop = round((start + shift) * target), round((end + shift) * target)
        first, stop = max(first, 0), min(stop, len(wave))
        if start <= edge:  # the new start, as far as the window has room
            first = max(0, stop - size)
        if end >= duration - edge:
            stop = min(len(wave), first + size)
        stop = min(stop, first + size)
        out.append(wave[first:stop] if stop > first else wave[-1:])
    return out


@dataclass
class Recording:
    """A clean clip, its spans and its name in seeds and tables."""

    clip: Clip
    name: str
    samples: np.ndarray
    rate: int
    spans: Spans


def open_clip(clip: Clip, name: str, config: Config, spans: Spans | None = None) -> Recording:
    """Read a clip; find its spans unless they are given.

    Raises:
        AudioFileError: it cannot be read.
        SerLiveError: it is silent.
    """
    samples, rate = read_audio(clip.path)
    if not np.any(samples):
        raise SerLiveError(f"{clip.path}: silent")
    return Recording(clip, name, samples, rate, spans or spans_of(samples, rate, config))


def generator(seed: int, test: str, name: str) -> np.random.Generator:
    """Random numbers that depend on the seed, the test and the clip, and on nothing else."""
    return np.random.default_rng([seed, zlib.crc32(test.encode()), zlib.crc32(name.encode())])


def emotion_of(
    recording: Recording, predictor: Predictor, p: Perturbation | None, seed: int
) -> int:
    """Top emotion (index) of a clip after a perturbation; ``None``: of the clean clip."""
    samples, rate = recording.samples, recording.rate
    duration, shift = len(samples) / rate, 0.0
    if p is not None and p.change is not None:
        changed = p.change(samples, rate, generator(seed, p.name, recording.name))
        shift = (len(changed) - len(samples)) / rate if p.moves_start else 0.0
        samples = changed
    windows = cut(samples, rate, recording.spans, duration, shift, predictor.config)
    joint = aggregate(predictor.predict_steady(windows))
    return int(emotion_marginal(joint[None])[0].argmax())
