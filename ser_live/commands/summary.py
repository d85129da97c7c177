"""Recordings' utterances as tables in the terminal."""

from __future__ import annotations

import sys

from ser_live.audio.decode import AUDIO_SUFFIXES
from ser_live.audio.sources import FileSource
from ser_live.commands.progress import reading_bar
from ser_live.errors import AudioFileError, SessionFileError
from ser_live.gather import expand
from ser_live.models.checkpoint import load_checkpoint
from ser_live.pipeline import analyze
from ser_live.predictor import Predictor
from ser_live.sessions.reader import read_session
from ser_live.sessions.schema import SUFFIX
from ser_live.summary import summarize, summary_text
from ser_live.torch_threads import use_one_thread

_BAR = 20


def print_summaries(paths: list[str], model: str | None, device: str) -> int:
    """What is in sound and session files and in folders of them; the exit status."""
    use_one_thread()
    predictor: Predictor | None = None
    failed = 0
    for path in expand(paths, {*AUDIO_SUFFIXES, SUFFIX}):
        try:
            if path.suffix.lower() == SUFFIX:
                saved = read_session(path)
                summary = summarize(saved.timeline, saved.duration)
                print(summary_text(summary, str(path), saved.facts.model))
                continue
            predictor = predictor or Predictor(load_checkpoint(model), device)
            print_summary(str(path), predictor)
        except (AudioFileError, SessionFileError) as error:
            print(f"ser-live: {error}", file=sys.stderr)
            failed += 1
    return 1 if failed else 0


def print_summary(path: str, predictor: Predictor) -> None:
    """Analyse a file and print one line per utterance.

    Raises:
        AudioFileError: it cannot be read.
    """
    source = FileSource(path)
    with reading_bar(path, source.duration) as progress:
        timeline, seconds = analyze(source, predictor, progress=progress)
    utterances = timeline.utterances()
    print(
        f"{path}: {seconds:.1f} s, {len(utterances)} utterances; "
        f"model {predictor.checkpoint.name} on {predictor.backend}"
    )
    print(f"{'start':>7} {'length':>7}  {'emotion':9} {'':{_BAR}} {'':6} {'gender':7}")
    for u in utterances:
        e = u.estimate
        bar = "█" * round(_BAR * e.confidence)
        gender = f"{e.top_gender} {100 * e.genders.max():.0f} %"
        sure = "  not sure" if e.low_evidence else ""
        print(
            f"{u.start:6.1f}s {u.end - u.start:6.1f}s  {e.top_emotion:9} {bar:{_BAR}} "
            f"{100 * e.confidence:4.0f} % {gender}{sure}"
        )
    for warning in source.warnings:
        print(f"ser-live: {path}: {warning}", file=sys.stderr)
