"""``python -m training stress``: every test on a checkpoint's held-out speakers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ser_live.errors import SerLiveError
from ser_live.labels import EMOTIONS, GENDERS
from ser_live.models.checkpoint import load_checkpoint
from ser_live.predictor import HEARINGS, Predictor
from ser_live.torch_threads import use_one_thread
from training.corpora import Clip
from training.files import make_folder
from training.manifest import path_below
from training.stress.criteria import Outcome, correctness, fairness, judge, uar
from training.stress.listen import Spans, emotion_of, held_out, open_clip
from training.stress.registry import GROUPS, Perturbation, registry
from training.stress.tables import Results, write_results

SEED = 2026
_CLEAN = "clean"


class Store:
    """Predictions of earlier runs, one JSON object a line; what is there is not computed again.

    Args:
        path: the file; a line that a killed run left unfinished is ignored.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._emotions: dict[tuple[str, str, str], int] = {}
        self._spans: dict[str, Spans] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text() if path.exists() else ""
        for line in text.splitlines():
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError):
                continue
        self._file = open(path, "a")  # noqa: SIM115 (closed by __exit__)
        if text and not text.endswith("\n"):
            self._file.write("\n")

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _take(self, row: dict[str, Any]) -> None:
        self._emotions[row["test"], row["parameters"], row["clip"]] = int(row["emotion"])
        if "spans" in row:
            self._spans[row["clip"]] = [(float(a), float(b)) for a, b in row["spans"]]

    def spans(self, clip: str) -> Spans | None:
        """Spans of a clean clip, s."""
        return self._spans.get(clip)

    def emotion(self, p: Perturbation | None, clip: str) -> int | None:
        """Top emotion (index) of a clip, perturbed or clean (``None``)."""
        return self._emotions.get((*self._key(p), clip))

    def add(self, p: Perturbation | None, clip: str, emotion: int, spans: Spans) -> None:
        """Keep a prediction."""
        test, parameters = self._key(p)
        row: dict[str, Any] = {"test": test, "parameters": parameters, "clip": clip}
        row["emotion"] = emotion
        if p is None:
            row["spans"] = spans
        self._take(row)
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()

    @staticmethod
    def _key(p: Perturbation | None) -> tuple[str, str]:
        return (_CLEAN, "") if p is None else (p.name, p.parameters)


def _predict(
    tests: Sequence[Perturbation | None],
    clips: dict[str, Clip],
    predictor: Predictor,
    store: Store,
    title: str,
) -> tuple[set[str], dict[str, str]]:
    """Fill the store.

    Returns:
        The clips that could not be heard; and test → why it could not be run, where a recording
        that it mixes in cannot be read.  Such a test is left at its first failure.
    """
    unheard: set[str] = set()
    failed: dict[str, str] = {}
    with tqdm(total=len(clips) * len(tests), unit="clip", desc=title, mininterval=1.0) as bar:
        for name, clip in clips.items():
            bar.update(len(tests))
            todo = [p for p in tests if store.emotion(p, name) is None]
            todo = [p for p in todo if p is None or p.name not in failed]
            if not todo:
                continue
            try:
                recording = open_clip(clip, name, predictor.config, store.spans(name))
            except SerLiveError as error:
                print(f"training: {error}", file=sys.stderr)
                unheard.add(name)
                continue
            for p in todo:
                try:
                    emotion = emotion_of(recording, predictor, p, SEED)
                except SerLiveError as error:
                    if p is None:
                        raise
                    print(f"training: {p.name}: not run: {error}", file=sys.stderr)
                    failed[p.name] = str(error)
                else:
                    store.add(p, name, emotion, recording.spans)
    return unheard, failed


def _leave_out(clips: dict[str, Clip], unheard: Iterable[str]) -> None:
    """Take clips out.

    Raises:
        SerLiveError: none is left.
    """
    for name in unheard:
        del clips[name]
    if not clips:
        raise SerLiveError("stress: none of the clips could be heard")


def _not_run(p: Perturbation, why: str, root: Path) -> Perturbation:
    """A test that cannot be run; the tables are to name files as they lie below the corpora."""
    return replace(p, change=None, missing=why.replace(f"{root}{os.sep}", ""))


def _array(store: Store, p: Perturbation | None, names: Iterable[str]) -> np.ndarray:
    return np.array([store.emotion(p, name) for name in names], np.int64)


def evaluate_group(
    group: str, tests: Sequence[Perturbation], clips: dict[str, Clip], store: Store
) -> tuple[list[Outcome], list[dict[str, Any]]]:
    """Outcomes of a group's tests, and the points of its curves.

    Args:
        group: key of :data:`~training.stress.registry.GROUPS`.
        tests: its perturbations.
        clips: name → clip, all of them in the store.
        store: predictions.
    """
    outcomes: list[Outcome] = []
    points: list[dict[str, Any]] = []
    by_name = {p.name: p for p in tests}
    for corpus in dict.fromkeys(clip.corpus for clip in clips.values()):
        names = [n for n, clip in clips.items() if clip.corpus == corpus]
        truth = np.array([EMOTIONS.index(clips[n].emotion) for n in names])
        gender = np.array([GENDERS.index(clips[n].gender) for n in names])
        clean = _array(store, None, names)
        if group == "correctness":
            outcomes += correctness(corpus, truth, clean)
        if group == "fairness":
            outcomes += fairness(corpus, truth, clean, gender)
        for p in tests:
            other = by_name[p.reference] if p.reference else None
            if other and p.change and not other.change:  # nothing to compare it with
                p = replace(p, change=None, missing=other.missing)
            guess = _array(store, p, names) if p.change else None
            reference = _array(store, other, names) if other and p.change else clean
            outcomes += judge(p, corpus, truth, reference, guess)
            if p.curve and guess is not None:
                points.append(
                    {"corpus": corpus, "curve": p.curve[0], "db": p.curve[1]}
                    | {"uar": uar(truth, guess), "uar_clean": uar(truth, clean)}
                    | {"unchanged": float(np.mean(clean == guess)), "clips": len(names)}
                )
    return outcomes, points


def stress(
    model: Path,
    root: Path,
    output: Path,
    count: int = 200,
    groups: Sequence[str] = (),
    corpora: Sequence[str] = (),
    device: str = "auto",
    tuning: bool = False,
) -> Results:
    """Run the tests; print and write the tables, anew after every group.

    The same command goes on where a killed one stopped, and more clips add to what is there.

    Args:
        model: a checkpoint that did not learn from everyone.
        root: folder with the corpora, ESC-50 and LibriSpeech.
        output: folder for the tables.
        count: clips a corpus, stratified by emotion and gender; 0: all.
        groups: of :data:`~training.stress.registry.GROUPS`; empty: all.
        corpora: names; empty: all that the checkpoint was tested on.
        device: as :class:`ser_live.predictor.Predictor` takes it.
        tuning: on validation speakers with sounds of their own, to choose a recipe by.

    Raises:
        SerLiveError: an unknown group or corpus, or no clip of the speakers.
    """
    if unknown := set(groups) - set(GROUPS):
        raise SerLiveError(f"--only {min(unknown)}: choose from {', '.join(GROUPS)}")
    use_one_thread()
    checkpoint = load_checkpoint(model)
    part = "validation" if tuning else "test"
    sample = held_out(checkpoint.training, root, count, SEED, corpora, part)
    predictor = Predictor(checkpoint, device)
    # bfloat16 is chosen by timing: a run that goes on could compare it with float32.
    predictor.precision = "float32"
    clips = {path_below(clip.path, root): clip for clip in sample}
    everything = registry(root, tuning)
    make_folder(output)
    # Answers of other weights, or of windows heard less often, are not to be mixed with these.
    file = f"{checkpoint.digest[:16]}-heard-{HEARINGS}-{SEED}{'-tuning' * tuning}.jsonl"
    with Store(output / "cache" / file) as store:
        _leave_out(clips, _predict([None], clips, predictor, store, "clean")[0])
        results = Results.begin(checkpoint.name, SEED, list(clips.values()))
        for group in [g for g in GROUPS if not groups or g in groups]:
            tests = [p for p in everything if p.group == group]
            if runnable := [p for p in tests if p.change]:
                unheard, failed = _predict(runnable, clips, predictor, store, GROUPS[group])
                _leave_out(clips, unheard)  # gone since they were heard clean
                tests = [
                    _not_run(p, failed[p.name], root) if p.name in failed else p for p in tests
                ]
            outcomes, points = evaluate_group(group, tests, clips, store)
            results.add(group, outcomes, points, everything)
            write_results(results, output)
    print(results.text())
    return results
