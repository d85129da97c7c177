"""The training module's command line."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ser_live.config import Config
from ser_live.errors import SerLiveError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    prepare = commands.add_parser("prepare", help="corpora → manifest → cached features")
    prepare.add_argument("--processes", type=int, default=os.cpu_count())

    train = commands.add_parser("train", help="train, evaluate and write a checkpoint")
    train.add_argument("--run", type=Path, default=Path("runs/first"), help="run folder")
    train.add_argument("--recipe", type=Path, help="TOML file with recipe fields")
    train.add_argument("--epochs", type=int, help="override the recipe's epochs")
    train.add_argument("--fold", type=int, help="override the recipe's fold")
    train.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    train.add_argument(
        "--no-test", action="store_true", help="a trial: leave the test speakers alone"
    )

    export = commands.add_parser("export", help="write a finished run's checkpoint and card")
    export.add_argument("--run", type=Path, default=Path("runs/first"))
    export.add_argument("--output", type=Path, default=Path("assets/model_a.safetensors"))

    for command in (prepare, train):
        command.add_argument(
            "--corpora",
            type=Path,
            default=Path(os.environ.get("SER_CORPORA", "../shared/corpora")),
            help="folder with the corpora (default: $SER_CORPORA or ../shared/corpora)",
        )
        command.add_argument("--cache", type=Path, default=Path("cache"))
        command.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="SECTION.FIELD=VALUE",
            help="change a value of the configuration, e.g. features.hop_length=220",
        )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run a command; return its exit status."""
    args = _parser().parse_args(argv)
    try:
        if args.command == "prepare":
            from training.cache import override
            from training.prepare import prepare

            prepare(args.corpora, args.cache, override(Config(), args.set), args.processes)
        elif args.command == "train":
            from training.run import run_training

            run_training(args)
        else:
            from training.export import export_run

            export_run(args.run, args.output)
    except (SerLiveError, OSError, ValueError) as error:
        print(f"training: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("training: interrupted; the same command continues", file=sys.stderr)
        return 130
    return 0
