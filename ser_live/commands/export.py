"""``ser-live export``: sound or session files to another program's format."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from ser_live.audio.decode import AUDIO_SUFFIXES
from ser_live.audio.sources import FileSource
from ser_live.commands.export_session import export_session
from ser_live.commands.progress import reading_bar
from ser_live.config_override import tune
from ser_live.errors import ExportError, SerLiveError
from ser_live.export.formats import FORMATS, Format
from ser_live.export.output import open_binary_output
from ser_live.export.results import Results, saved_results
from ser_live.gather import expand
from ser_live.models.checkpoint import load_checkpoint
from ser_live.pipeline import analyze
from ser_live.predictor import Predictor
from ser_live.sessions.reader import read_session
from ser_live.sessions.schema import SUFFIX
from ser_live.torch_threads import use_one_thread


class _Reader:
    """Gives the results of files; the model is loaded when the first sound file needs it."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._predictor: Predictor | None = None
        self.failed = 0

    def results(self, path: Path) -> Results:
        """Read a session file, or analyse a sound file.

        Raises:
            SerLiveError: neither can be done.
        """
        if path.suffix.lower() == SUFFIX:
            saved = read_session(path)
            return saved_results(str(path), saved)
        source = FileSource(path)
        predictor, args = self.predictor(), self._args
        config = tune(predictor.config, dict(args.set))
        with reading_bar(path.name, source.duration, args.quiet) as progress:
            timeline, seconds = analyze(source, predictor, args.segment, progress, config)
        for warning in source.warnings:
            _say(f"{path}: {warning}")
        model = predictor.checkpoint.name
        return Results(str(path), seconds, model, timeline, config=config.to_json())

    def predictor(self) -> Predictor:
        """The model, loaded when it is asked for first."""
        if self._predictor is None:
            use_one_thread()
            checkpoint = load_checkpoint(self._args.model)
            self._predictor = Predictor(checkpoint, self._args.device, on_fallback=_say)
        return self._predictor

    def each(self, paths: list[Path]) -> Iterator[Results]:
        """The results of every file; one that cannot be read is told, counted and left out."""
        for path in paths:
            try:
                yield self.results(path)
            except SerLiveError as error:
                self.tell(error)

    def tell(self, error: Exception) -> None:
        """Report and count a failure."""
        _say(str(error))
        self.failed += 1


def run_export(args: argparse.Namespace) -> int:
    """Write every path's results: into one file named by ``-o``, or each into one beside it."""
    if args.to == "session":
        return _export_sessions(args)
    form = FORMATS[args.to]
    paths = expand(args.paths, {*AUDIO_SUFFIXES, SUFFIX})
    output = args.output or ("-" if form.name == "summary" else None)
    if wrong := _misused(form, args.windows, output, len(paths)):
        _say(wrong)
        return 2
    reader = _Reader(args)
    if output is None:
        _export_each(reader, form, paths, args)
    elif form.collection is not None:
        with open_binary_output(output) as stream:
            form.collection(reader.each(paths), stream)
    else:
        with open_binary_output(output) as stream:
            form.write_one(reader.results(paths[0]), stream, args.windows)
    if reader.failed and len(paths) > 1:
        _say(f"{reader.failed} of {len(paths)} files could not be exported")
    return 1 if reader.failed else 0


def _export_sessions(args: argparse.Namespace) -> int:
    paths = expand(args.paths)
    if args.windows:
        _say("--windows: session has no such choice")
        return 2
    if args.output == "-":
        _say("-o -: a session is a database and needs a file")
        return 2
    if args.output is not None and len(paths) > 1:
        _say(f"-o: session holds one source, and there are {len(paths)}: leave -o out")
        return 2
    reader = _Reader(args)
    for path in paths:
        target = Path(args.output) if args.output else path.with_suffix(SUFFIX)
        try:
            if path.suffix.lower() == SUFFIX:
                raise ExportError(f"{path}: is a session file already")
            if target.exists() and not args.force:
                raise ExportError(_there(target))
            with reading_bar(path.name, FileSource(path).duration, args.quiet) as progress:
                warnings = export_session(
                    path, target, reader.predictor(), dict(args.set), args.segment, args.audio,
                    args.force, progress,
                )  # fmt: skip
            for warning in warnings:
                _say(f"{path}: {warning}")
            _say(f"{target} written")
        except SerLiveError as error:
            reader.tell(error)
    return 1 if reader.failed else 0


def _there(target: Path) -> str:
    return f"{target}: exists already; --force replaces it, -o names another"


def _misused(form: Format, windows: bool, output: str | None, count: int) -> str | None:
    if windows and form.windows is None:
        return f"--windows: {form.name} has no such choice"
    if output is not None and form.collection is None and count > 1:
        return f"-o: {form.name} holds one source, and there are {count}: leave -o out"
    if output == "-" and form.binary and sys.stdout.isatty():
        return f"-o -: {form.name} is not for a terminal"
    return None


def _export_each(
    reader: _Reader, form: Format, paths: list[Path], args: argparse.Namespace
) -> None:
    """A file beside every path.  What is there already may be somebody's work: it is kept."""
    for path in paths:
        target = path.with_name(path.stem + form.suffix)
        try:
            if target.exists() and not args.force:
                raise ExportError(_there(target))
            results = reader.results(path)
            with open_binary_output(str(target)) as stream:
                form.write_one(results, stream, args.windows)
            _say(f"{target} written")
        except SerLiveError as error:
            reader.tell(error)


def _say(message: str) -> None:
    print(f"ser-live: {message}", file=sys.stderr)
