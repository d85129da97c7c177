"""Opening a sound or session file to be shown and, where it has to be, analysed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ser_live.analysis import Analysis
from ser_live.audio.sources import FileSource
from ser_live.config_override import tune
from ser_live.predictor import Predictor
from ser_live.sessions.reader import read_session
from ser_live.sessions.replay import Replay
from ser_live.sessions.schema import SUFFIX


def open_saved(path: Path) -> Replay:
    """A saved session as it is.

    Raises:
        SessionFileError: it cannot be read.
    """
    return Replay(read_session(path))


def open_work(path: Path, predictor: Predictor, values: Mapping[str, Any]) -> Analysis | Replay:
    """A saved session as it is; a sound file about to be analysed.

    Args:
        path: the file.
        predictor: the model.
        values: what differs from the checkpoint's configuration, see
            :func:`ser_live.config_override.tune`.

    Raises:
        AudioFileError, SessionFileError, ConfigError: it cannot be.
    """
    if path.suffix.lower() == SUFFIX:
        return open_saved(path)
    return Analysis(FileSource(path), predictor, tune(predictor.config, values))
