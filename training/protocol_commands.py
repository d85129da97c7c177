"""Commands of the evaluation protocols beside the speaker-disjoint one."""

from __future__ import annotations

import argparse
from pathlib import Path

#: Their names on the command line.
PROTOCOLS = ("paper", "leak", "baseline", "claims", "parity")


def add_protocols(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
) -> list[argparse.ArgumentParser]:
    """Add the commands; return those that read the corpora and the cache."""
    paper = commands.add_parser("paper", help="the source's own protocol (it leaks), as published")
    paper.add_argument("--run", type=Path, default=Path("runs/paper"), help="run folder")
    paper.add_argument("--classes", type=int, choices=(14, 7), default=14)
    paper.add_argument("--epochs", type=int, default=500, help="at most (the source: 165)")
    paper.add_argument("--standardise", action="store_true", help="which the notebook does not")
    paper.add_argument("--seed", type=int, default=0)
    paper.add_argument(
        "--minutes", type=float, help="stop after the epoch that passes them; to be continued"
    )
    paper.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")

    leak = commands.add_parser("leak", help="what a split gives away: 1-nearest neighbour")
    leak.add_argument("--output", type=Path, default=Path("runs/leak"), help="for the tables")
    leak.add_argument("--only", choices=("log-mel", "170-means"), help="of the features")

    baseline = commands.add_parser("baseline", help="eGeMAPS + SVM on the same folds")
    baseline.add_argument("--output", type=Path, default=Path("runs/baseline"))

    claims = commands.add_parser("claims", help="which switch makes a difference: a table of runs")
    claims.add_argument("--results", type=Path, nargs="+", required=True, help="folders of runs")
    claims.add_argument("--output", type=Path, default=Path("runs/claims"), help="for the tables")

    parity = commands.add_parser("parity", help="the live path against the trainer's predictions")
    parity.add_argument("--run", type=Path, required=True, help="a finished run")
    parity.add_argument("--clips", type=int, default=0, help="a random sample; 0: all test clips")
    parity.add_argument("--seed", type=int, default=0, help="of the sample")
    parity.add_argument("--output", type=Path, help="for the figures (default: the run's folder)")
    return [paper, leak, baseline, parity]


def run_protocol(args: argparse.Namespace) -> None:
    """Run one of :data:`PROTOCOLS`."""
    if args.command == "paper":
        from training.paper.run import run_paper

        run_paper(args)
    elif args.command == "leak":
        from training.leak import leak
        from training.run import FOLDS

        leak(args.cache, args.corpora, FOLDS, args.output, args.only)
    elif args.command == "baseline":
        from training.baseline import run_baseline
        from training.run import FOLDS

        run_baseline(args.cache, args.corpora, FOLDS, args.output)
    elif args.command == "claims":
        from training.claims import claims

        claims(args.results, args.output)
    else:
        from training.parity import parity

        parity(args.run, args.corpora, args.clips, args.seed, args.output)
