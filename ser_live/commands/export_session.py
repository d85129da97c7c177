"""``ser-live export --to session``: a sound file's analysis as a session file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ser_live.analysis import Analysis
from ser_live.audio.decode import Decoder
from ser_live.audio.sources import FileSource
from ser_live.config_override import tune
from ser_live.predictor import Predictor
from ser_live.recorder import Segmentation
from ser_live.sessions.saving import save_analysis


def export_session(
    path: Path,
    target: Path,
    predictor: Predictor,
    values: Mapping[str, Any],
    segment: Segmentation = "vad",
    audio: bool = False,
    overwrite: bool = False,
    progress: Callable[[float], None] | None = None,
) -> list[str]:
    """Analyse a sound file and write the session.

    Args:
        path: the sound file.
        target: the session file.
        predictor: the model.
        values: as for :func:`ser_live.config_override.tune`.
        segment: ``vad`` or ``whole``.
        audio: keep the sound too.
        overwrite: replace what is there.
        progress: called with the seconds analysed.

    Returns:
        Warnings about the sound.

    Raises:
        AudioFileError, SessionFileError: it cannot be done.
    """
    analysis = Analysis(FileSource(path), predictor, tune(predictor.config, values), segment)
    while analysis.advance():
        if progress:
            progress(analysis.duration)
    sound = Decoder(path).blocks() if audio else None
    save_analysis(analysis, analysis.duration, target, sound, overwrite)
    return analysis.source.warnings
