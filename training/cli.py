"""The training module's command line."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ser_live.errors import SerLiveError
from training.augment.base import NAMES as AUGMENTATIONS
from training.protocol_commands import PROTOCOLS, add_protocols, run_protocol


def _whole_number(text: str, least: int) -> int:
    """A number of the command line.

    Raises:
        argparse.ArgumentTypeError: no whole number, or too small.
    """
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least {least}")
    return value


def _count(text: str) -> int:
    return _whole_number(text, 1)


def _natural(text: str) -> int:
    return _whole_number(text, 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    prepare = commands.add_parser("prepare", help="corpora → manifest → cached features")
    prepare.add_argument("--processes", type=_count, default=os.cpu_count())
    _add_csv(prepare)
    prepare.add_argument("--only-csv", action="store_true", help="leave out the known corpora")
    prepare.add_argument(
        "--versions", type=_natural, default=0, metavar="N", help="make so many augmented versions"
    )
    prepare.add_argument("--augmentation", choices=AUGMENTATIONS, default="acoustic")
    prepare.add_argument(
        "--recipe", type=Path, help="TOML file whose [config…] tables change the configuration"
    )
    prepare.add_argument(
        "--waveforms",
        action="store_true",
        help="keep waveforms, noises and rooms too (1.6 GB), for recipes with on_the_fly",
    )

    train = commands.add_parser("train", help="train, evaluate and write a checkpoint")
    train.add_argument("--run", type=Path, default=Path("runs/first"), help="run folder")
    train.add_argument("--recipe", type=Path, help="TOML file with recipe fields")
    train.add_argument("--epochs", type=_count, help="override the recipe's epochs")
    train.add_argument("--fold", type=_natural, help="override the recipe's fold")
    train.add_argument(
        "--start-from",
        type=Path,
        metavar="RUN",
        help="begin with the weights of a finished run of the same fold (a second stage)",
    )
    train.add_argument(
        "--teacher",
        type=Path,
        action="append",
        metavar="RUN",
        help="a finished run of the same fold whose answers are part of the targets (repeatable; "
        "the recipe's distil_share says how much)",
    )
    held = train.add_mutually_exclusive_group()
    held.add_argument("--leave-out", metavar="CORPUS", help="test on all of it, instead of a fold")
    held.add_argument(
        "--everyone",
        action="store_true",
        help="hold nobody out: the model to hand out, once the folds have told how good it is",
    )
    train.add_argument("--device", "--accelerator", default="auto", help="auto, cpu, cuda or mps")
    _add_precision(train)
    train.add_argument("--devices", type=_count, default=1, help="processes or GPUs on a machine")
    train.add_argument("--nodes", type=_count, default=1, help="machines")
    train.add_argument(
        "--no-test", action="store_true", help="a trial: leave the test speakers alone"
    )

    stages = commands.add_parser(
        "stages", help="train all stages of all folds, pool them; with --everyone, export"
    )
    stages.add_argument("--run", type=Path, required=True, help="folder for all the runs")
    stages.add_argument(
        "--recipes",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="one a stage; each stage begins with the weights of the one before",
    )
    stages.add_argument("--folds", type=_natural, nargs="*", help="default: all")
    stages.add_argument("--everyone", action="store_true", help="the model to hand out, too")
    stages.add_argument(
        "--jobs", type=_count, default=1, help="folds at a time, sharing the cores (default: 1)"
    )
    stages.add_argument("--no-test", action="store_true", help="leave the test speakers alone")
    stages.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    _add_precision(stages)

    export = commands.add_parser("export", help="write a finished run's checkpoint and card")
    export.add_argument("--run", type=Path, default=Path("runs/first"))
    export.add_argument("--output", type=Path, default=Path("assets/model_a.safetensors"))
    export.add_argument(
        "--folds",
        type=Path,
        metavar="POOLED",
        help="for a run with --everyone: what `pool` wrote of this recipe's folds, to calibrate by",
    )

    report = commands.add_parser("report", help="figures, tables and a page of a finished run")
    report.add_argument("--run", type=Path, default=Path("runs/first"))

    pool = commands.add_parser("pool", help="the figures of several folds together")
    pool.add_argument("--runs", type=Path, nargs="+", required=True, help="one run a fold")
    pool.add_argument("--output", type=Path, required=True, help="folder for figures and page")

    evaluate = commands.add_parser("evaluate", help="figures of any checkpoint on any corpus")
    evaluate.add_argument("--model", type=Path, help="checkpoint (default: the shipped one)")
    _add_csv(evaluate)
    evaluate.add_argument("--corpora", type=Path, help="folder with known corpora")
    evaluate.add_argument("--only", action="append", metavar="CORPUS", help="of these, only this")
    evaluate.add_argument("--segment", choices=("vad", "whole"), default="vad")
    evaluate.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")

    stress = commands.add_parser("stress", help="robustness, fairness and correctness tests")
    stress.add_argument(
        "--model", type=Path, required=True, help="checkpoint of a fold (the shipped one knows all)"
    )
    stress.add_argument(
        "--clips", type=_natural, default=200, help="a corpus; 0: all (default: 200)"
    )
    stress.add_argument("--only", nargs="+", default=[], metavar="GROUP", help="of the tests")
    stress.add_argument("--corpus", action="append", default=[], help="only this (repeatable)")
    stress.add_argument(
        "--tuning",
        action="store_true",
        help="to choose a recipe by: validation speakers, ESC-50's fold 4, no babble",
    )
    stress.add_argument("--output", type=Path, default=Path("runs/stress"), help="for the tables")
    stress.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")

    pack = commands.add_parser("pack", help="what training needs, to carry to another machine")
    pack.add_argument("--output", type=Path, default=Path("parts"), help="folder for the parts")
    pack.add_argument(
        "--megabytes", type=_count, default=1_000, help="size of a part at most (default: 1000)"
    )
    unpack = commands.add_parser("unpack", help="set up there what `pack` wrote")
    unpack.add_argument("parts", type=Path, nargs="+", metavar="PART")
    unpack.add_argument("--processes", type=_count, default=os.cpu_count())

    with_corpora = (prepare, train, stages, report, pool, stress, pack, unpack)
    for command in (*with_corpora, *add_protocols(commands)):
        command.add_argument(
            "--corpora",
            type=Path,
            default=Path(os.environ.get("SER_CORPORA", "../shared/corpora")),
            help="folder with the corpora (default: $SER_CORPORA or ../shared/corpora)",
        )
        if command is not stress:
            command.add_argument("--cache", type=Path, default=Path("cache"))
    for command in (prepare, train, stages):
        command.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="SECTION.FIELD=VALUE",
            help="change a value of the configuration, e.g. features.hop_length=220",
        )
    return parser


def _add_precision(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--precision",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="auto: whichever is faster in a short trial, so a busy machine may choose either; "
        "what has begun goes on in the one that it began in",
    )


def _add_csv(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--csv",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a corpus as a CSV file: path, speaker, gender, emotion (repeatable)",
    )


def main(argv: list[str] | None = None) -> int:
    """Run a command; return its exit status."""
    args = _parser().parse_args(argv)
    try:
        if args.command == "prepare":
            from ser_live.config_override import override
            from training.prepare import prepare
            from training.recipe import load_config

            config = override(load_config(args.recipe), args.set)
            prepare(
                args.corpora,
                args.cache,
                config,
                args.processes,
                args.csv,
                args.only_csv,
                args.versions,
                args.augmentation,
                args.waveforms,
            )
        elif args.command == "train":
            from training.run import run_training

            run_training(args)
        elif args.command == "stages":
            from training.stages import run_stages

            run_stages(args)
        elif args.command == "report":
            from training.run_report import report_run

            print(f"{report_run(args.run, args.cache, args.corpora)}: written")
        elif args.command == "pool":
            from training.pool import pool_runs

            pool_runs(args.runs, args.output, args.cache, args.corpora)
        elif args.command == "evaluate":
            from training.foreign import evaluate

            evaluate(args.model, args.csv, args.corpora, args.only, args.segment, args.device)
        elif args.command == "stress":
            from training.stress.run import stress

            places = args.model, args.corpora, args.output
            stress(*places, args.clips, args.only, args.corpus, args.device, args.tuning)
        elif args.command == "pack":
            from training.pack import pack

            pack(args.cache, args.corpora, args.output, args.megabytes)
        elif args.command == "unpack":
            from training.unpack import unpack

            unpack(args.parts, args.cache, args.corpora, args.processes)
        elif args.command in PROTOCOLS:
            run_protocol(args)
        else:
            from training.export import export_run

            export_run(args.run, args.output, args.folds)
    except OSError as error:
        from training.files import named

        print(f"training: {named(error)}", file=sys.stderr)
        return 1
    except (SerLiveError, ValueError) as error:
        print(f"training: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("training: interrupted; the same command continues", file=sys.stderr)
        return 130
    return 0
