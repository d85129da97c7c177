"""``ser-live analyze``: files to results."""

from __future__ import annotations

import argparse
import sys

from ser_live.audio.sources import FileSource
from ser_live.commands.progress import reading_bar
from ser_live.config_override import tune
from ser_live.errors import AudioFileError
from ser_live.export.csv_table import CsvWriter
from ser_live.export.jsonl import write_line
from ser_live.export.output import open_output
from ser_live.export.records import file_record
from ser_live.gather import expand
from ser_live.models.checkpoint import load_checkpoint
from ser_live.pipeline import analyze
from ser_live.predictor import Predictor
from ser_live.torch_threads import use_one_thread
from ser_live.tunables import changed


def run_analyze(args: argparse.Namespace) -> int:
    """Analyse every path; go on after an unreadable one, and tell by the exit status."""
    paths = expand(args.paths)
    use_one_thread()
    failed = 0
    with open_output(args.output) as stream:
        predictor = Predictor(load_checkpoint(args.model), args.device, on_fallback=_say)
        name = predictor.checkpoint.name
        config = tune(predictor.config, dict(args.set))
        settings = changed(predictor.config, dict(args.set))
        table = CsvWriter(stream) if args.format == "csv" else None
        for number, path in enumerate(paths, 1):
            try:
                source = FileSource(path)
                label = path.name if len(paths) == 1 else f"[{number}/{len(paths)}] {path.name}"
                with reading_bar(label, source.duration, args.quiet) as progress:
                    timeline, seconds = analyze(source, predictor, args.segment, progress, config)
            except AudioFileError as error:
                _say(str(error))
                failed += 1
                continue
            for warning in source.warnings:
                _say(f"{path}: {warning}")
            record = file_record(str(path), seconds, name, timeline)
            if settings:  # what differs from the checkpoint's own
                record["settings"] = settings
            if table:
                table.write(record)
            else:
                write_line(record, stream)
    if failed and len(paths) > 1:
        _say(f"{failed} of {len(paths)} files could not be read")
    return 1 if failed else 0


def _say(message: str) -> None:
    print(f"ser-live: {message}", file=sys.stderr)
