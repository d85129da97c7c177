"""``python -m training claims``: which switch makes a difference, from finished runs.

Screen protocol: fold 0, 20 ms hop, equally many optimiser steps, one seed a switch and several of
the baseline.  The *spread* is the largest minus the smallest validation UAR among the baseline's
seeds; what differs from the baseline's mean by less than twice that is called no difference.

A run says what it is in its ``run.json``: a row takes the runs that differ from the baseline in
that row's settings and nothing else.  A setting that an older run does not know counts as today's
default.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser_live.config import Config
from ser_live.errors import SerLiveError
from training.files import make_folder, read_json, write_table, write_text
from training.nested import plain
from training.recipe import Recipe
from training.run_folder import DIVISIONS
from training.verdicts import false_verdicts

HOP_20_MS = 441
_SEED = "recipe.seed"
#: Settings that do not change what is learnt, or follow from another setting.
_IGNORED = re.compile(r"^(stream|decision)\.|^recipe\.seed$")
#: What all compared runs must share.
_PROTOCOL = re.compile(
    r"^recipe\.(fold|epochs|train_share|tess_share|batch_size|max_lr|.*steps.*)$"
    r"|^features\.hop_length$|^(audio|segmenter|vad)\."
)


@dataclass(frozen=True)
class Claim:
    """A row: its name, the settings it may change (all others equal), and what they must be.

    Attributes:
        name: in the table.
        changes: pattern of the settings' names, of which at least one must differ.
        follows: pattern of settings that may differ with them.
        values: setting → value that it must have where the run knows it.
    """

    name: str
    changes: str
    follows: str = "^$"
    values: dict[str, Any] = field(default_factory=dict)

    def fits(self, different: set[str], settings: dict[str, Any]) -> bool:
        """Whether a run that differs from the baseline in these settings is this row's."""
        changed = {name for name in different if re.search(self.changes, name)}
        return (
            bool(changed)
            and all(re.search(self.follows, name) for name in different - changed)
            and all(settings.get(name, value) == value for name, value in self.values.items())
        )


_NO_AUGMENTATION = {
    "recipe.mixup_alpha": 0,
    "recipe.time_masks": 0,
    "recipe.feature_masks": 0,
    "recipe.augmented_share": 0,
    "recipe.channel_share": 0,
}
CLAIMS = (
    Claim("B: 5 convolutions", r"^model\.n_blocks$", values={"model.n_blocks": 5}),
    Claim("C: 7 classes", r"^model\.n_classes$", values={"model.n_classes": 7}),
    Claim("without RMS and ZCR", r"rms|zcr|zero_cross|energy"),
    Claim(
        "without augmentation",
        r"mixup|mask|augment|versions|channel_share",
        values=_NO_AUGMENTATION,
    ),
    Claim(
        "with the report's six versions",
        r"augment|versions",
        values={"recipe.augmentation": "paper", "recipe.versions": 6},
    ),
    Claim("without dropout", r"dropout$", values={"model.dropout": 0}),
    Claim("without L2", r"weight_decay|l2", values={"recipe.weight_decay": 0}),
    Claim("without batch norm", r"batch_norm$"),
    Claim("7+2 heads", r"head", follows=r"^model\.n_classes$"),
)
BASELINE = "A: 4 convolutions, 14 classes"


@dataclass(frozen=True)
class Run:
    """A finished run: its folder's name, flat settings (``section.field``), validation UAR."""

    name: str
    settings: dict[str, Any]
    uar: float


def flatten(nested: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested objects to ``section.field`` → value."""
    out: dict[str, Any] = {}
    for name, value in nested.items():
        if isinstance(value, dict):
            out |= flatten(value, f"{prefix}{name}.")
        else:
            out[prefix + name] = value
    return out


def _defaults() -> dict[str, Any]:
    return flatten(plain(Config())) | flatten({"recipe": plain(Recipe())})


def read_run(folder: Path) -> Run | None:
    """A finished run on fold 0 at 20 ms hop, or ``None``.

    Raises:
        SerLiveError: a file of it is no JSON.
    """
    settings_path, metrics_path = folder / "run.json", folder / "metrics.json"
    if not settings_path.exists() or not metrics_path.exists():
        return None
    facts, metrics = read_json(settings_path), read_json(metrics_path)
    settings = flatten(facts.get("config", {})) | flatten({"recipe": facts.get("recipe", {})})
    uar = metrics.get("validation_uar")
    if uar is None:
        figures = metrics.get("figures", {}).get("validation", {})
        known = [row["uar"] for row in figures.values() if "uar" in row]
        uar = float(np.mean(known)) if known else None
    known_as = {"recipe.fold": 0, "features.hop_length": HOP_20_MS}
    if (
        uar is None
        or any(key in facts for key in DIVISIONS)
        or "start" in facts  # another budget
        or "teachers" in facts
        or any(settings.get(name, value) != value for name, value in known_as.items())
    ):
        return None
    return Run(folder.resolve().name, settings, float(uar))


def find_runs(folders: list[Path]) -> list[Run]:
    """The runs in some folders: each is one, or holds some.

    Raises:
        SerLiveError: no such folder, or a damaged run.
    """
    runs = []
    for folder in folders:
        if not folder.is_dir():
            raise SerLiveError(f"{folder}: no such folder")
        inside = sorted(p for p in folder.iterdir() if p.is_dir())
        runs += [run for path in (folder, *inside) if (run := read_run(path))]
    return runs


def difference(a: dict[str, Any], b: dict[str, Any]) -> set[str]:
    """Names of the settings that differ; one that a side lacks counts as today's default."""
    defaults = _defaults()
    return {
        name
        for name in a.keys() | b.keys()
        if not _IGNORED.search(name)
        and a.get(name, defaults.get(name)) != b.get(name, defaults.get(name))
    }


def find_baseline(runs: list[Run]) -> list[Run]:
    """The runs of the setting with the most seeds; of several, the nearest to the defaults.

    Returns:
        One run a seed; empty without runs.
    """
    groups: list[list[Run]] = []
    for run in runs:
        for group in groups:
            if not difference(group[0].settings, run.settings):
                group.append(run)
                break
        else:
            groups.append([run])

    def rank(group: list[Run]) -> tuple[int, int]:
        return len(_by_seed(group)), -len(difference(group[0].settings, {}))

    return list(_by_seed(max(groups, key=rank)).values()) if groups else []


def _by_seed(group: list[Run]) -> dict[Any, Run]:
    return {run.settings.get(_SEED, 0): run for run in group}


def claims_table(runs: list[Run]) -> pd.DataFrame:
    """The rows of the table.

    Returns:
        ``claim, run, seeds, validation_uar, spread, difference, verdict``; the spread is the
        baseline's and stands in its row.
    """
    baseline = find_baseline(runs)
    names = [claim.name for claim in CLAIMS]
    if not baseline:
        return pd.DataFrame(
            [{"claim": name, "verdict": "not run"} for name in (BASELINE, *names)],
            columns=["claim", "run", "seeds", "validation_uar", "spread", "difference", "verdict"],
        )
    uar = [run.uar for run in baseline]
    mean = float(np.mean(uar))
    spread = max(uar) - min(uar) if len(uar) > 1 else np.nan
    rows: list[dict[str, Any]] = [
        {"claim": BASELINE, "run": ", ".join(run.name for run in baseline), "seeds": len(uar)}
        | {"validation_uar": mean, "spread": spread, "difference": 0.0, "verdict": "baseline"}
    ]
    for claim in CLAIMS:
        fitting: list[Run] = []
        for run in runs:
            different = difference(baseline[0].settings, run.settings)
            changed = {name for name in different if not _PROTOCOL.search(name)}
            if changed == different and claim.fits(changed, run.settings):
                fitting.append(run)
        if not fitting:
            rows.append({"claim": claim.name, "verdict": "not run"})
            continue
        here = float(np.mean([run.uar for run in fitting]))
        rows.append(
            {"claim": claim.name, "run": ", ".join(run.name for run in fitting)}
            | {"seeds": len(fitting), "validation_uar": here, "difference": here - mean}
            | {"verdict": verdict(here - mean, spread)}
        )
    return pd.DataFrame(rows)


def verdict(gap: float, spread: float) -> str:
    """What a difference in UAR from the baseline's mean amounts to.

    Args:
        gap: the row's UAR minus the baseline's.
        spread: largest minus smallest UAR of the baseline's seeds; NaN with one seed.
    """
    if np.isnan(spread):
        return "spread unknown: the baseline has one seed"
    if abs(gap) < 2 * spread:
        return "no difference"
    return "better" if gap > 0 else "worse"


def claims_markdown(table: pd.DataFrame) -> str:
    """The table, with its protocol in a sentence."""

    def cell(value: Any, form: str = "{:.1f}", scale: float = 100) -> str:
        return "–" if pd.isna(value) else form.format(scale * value)

    lines = [
        "Validation UAR, fold 0, 20 ms hop, equally many optimiser steps. Less than twice the "
        "spread (largest minus smallest of the baseline's seeds) is no difference." + _luck(table),
        "",
        "| setting | seeds | validation UAR % | spread | difference, points | verdict |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in table.to_dict("records"):
        lines.append(
            f"| {row['claim']} | {cell(row['seeds'], '{:.0f}', 1)} "
            f"| {cell(row['validation_uar'])} | {cell(row['spread'])} "
            f"| {cell(row['difference'], '{:+.1f}')} | {row['verdict']} |"
        )
    return "\n".join([*lines, ""])


def _luck(table: pd.DataFrame) -> str:
    """How often the rule is wrong about equal settings; empty where it decides nothing."""
    seeds = table.iloc[0].get("seeds")
    if pd.isna(seeds) or seeds < 2:
        return ""
    share = 100 * false_verdicts(int(seeds))
    return (
        f" With {int(seeds)} seeds chance alone gives a verdict to {share:.0f} % of single runs "
        "of an equal setting."
    )


def claims(folders: list[Path], output: Path) -> pd.DataFrame:
    """Read the runs, write ``claims.csv`` and ``claims.md`` and print the table."""
    table = claims_table(find_runs(folders))
    make_folder(output)
    write_table(output / "claims.csv", table, float_format="%.6g")
    text = claims_markdown(table)
    write_text(output / "claims.md", text)
    print(text)
    return table
