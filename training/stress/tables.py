"""What the stress tests write: CSV, JSON, Markdown and a figure of the curves."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from training.corpora import Clip
from training.files import whole, write_json, write_table, write_text
from training.predictions import in_order
from training.stress.criteria import FAILED, NOT_RUN, PASSED, Outcome, share_passed, tally
from training.stress.registry import (
    GROUPS,
    PUBLISHED,
    PUBLISHED_BEST,
    UAR_DROP,
    UNCHANGED,
    Perturbation,
)

SPANS = (
    "Utterance spans: found once by the live path's segmenter on the clean clip, then cut from the "
    "perturbed audio, so that a changed prediction is the model's doing."
)
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")  # Okabe & Ito
_MARKS = ("o", "s", "^", "D")


@dataclass
class Results:
    """Everything measured so far.

    Attributes:
        model: the checkpoint's name and digest.
        seed: of the sample and of all random draws.
        clips: corpus → clips, ``speakers`` → how many.
        outcomes: the tests.
        points: of the curves; UAR 0 to 1.
        parameters: test → its parameters, as text.
    """

    model: str
    seed: int
    clips: dict[str, dict[str, int]]
    outcomes: list[Outcome] = field(default_factory=list)
    points: list[dict[str, Any]] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)

    @classmethod
    def begin(cls, model: str, seed: int, clips: Sequence[Clip]) -> Results:
        """Results without any tests yet."""
        counts = {}
        for name in in_order(clip.corpus for clip in clips):
            mine = [clip for clip in clips if clip.corpus == name]
            counts[name] = {"clips": len(mine), "speakers": len({c.speaker for c in mine})}
        return cls(model, seed, counts)

    def add(
        self,
        group: str,
        outcomes: list[Outcome],
        points: list[dict[str, Any]],
        tests: Sequence[Perturbation],
    ) -> None:
        """Take a group's results."""
        self.outcomes += outcomes
        self.points += points
        self.parameters |= {p.name: p.parameters for p in tests if p.group == group}

    def groups(self) -> list[str]:
        """Groups that have tests, in the order of the tables."""
        return [g for g in GROUPS if any(o.group == g for o in self.outcomes)]

    def sample(self) -> str:
        """The clips in words."""
        parts = [f"{n} {c['clips']} ({c['speakers']} speakers)" for n, c in self.clips.items()]
        return "Clips of held-out speakers: " + ", ".join(parts) + f"; seed {self.seed}."

    def summary(self) -> list[dict[str, Any]]:
        """Per group: counts, share passed (0 to 1), and the published shares (per cent)."""
        rows = []
        for group in self.groups():
            mine = [o for o in self.outcomes if o.group == group]
            rows.append({"group": group} | tally(mine) | {"share": share_passed(mine)}
                        | {"published": PUBLISHED.get(group, {})})  # fmt: skip
        return rows

    def text(self) -> str:
        """The same as the Markdown file."""
        return markdown(self)


def _percent(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{100 * value:.{digits}f}"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _summary_lines(results: Results) -> list[str]:
    names = list(next(iter(PUBLISHED.values())))
    lines = [_row(["tests", PASSED, FAILED, NOT_RUN, "share passed", *names])]
    lines.append("| --- |" + " ---: |" * (4 + len(names)))
    for row in results.summary():
        published = [f"{row['published'][n]:g} %" if row["published"] else "" for n in names]
        share = "–" if row["share"] is None else f"**{100 * row['share']:.0f} %**"
        counts = [str(row[state]) for state in (PASSED, FAILED, NOT_RUN)]
        lines.append(_row([GROUPS[row["group"]], *counts, share, *published]))
    total, overall = tally(results.outcomes), share_passed(results.outcomes)
    best = [f"{PUBLISHED_BEST[1]:g} %" if n == PUBLISHED_BEST[0] else "" for n in names]
    cells = [str(total[state]) for state in (PASSED, FAILED, NOT_RUN)]
    lines.append(_row(["all", *cells, f"{_percent(overall, 0)} %", *best]))
    return lines


def _change_lines(results: Results) -> list[str]:
    tests = dict.fromkeys(
        (o.group, o.test) for o in results.outcomes if o.test in results.parameters
    )
    if not tests:
        return []
    corpora = list(results.clips)
    lines = [_row(["test", "change", *corpora]), "| --- | --- |" + " ---: |" * len(corpora)]
    for group, test in tests:
        cells = []
        for corpus in corpora:
            states = {
                o.criterion: o
                for o in results.outcomes
                if (o.group, o.test, o.corpus) == (group, test, corpus)
            }
            one = next(iter(states.values()))
            if one.state == NOT_RUN:
                cells.append(f"not run ({one.reason})")
                continue
            failed = {c for c, o in states.items() if o.state == FAILED}
            uars = f"{_percent(one.uar_clean)} → {_percent(one.uar)}"
            uars += " ✗" if UAR_DROP in failed else ""
            same = f"{_percent(one.unchanged, 0)} % same"
            cells.append(f"{uars}, {same}" + (" ✗" if UNCHANGED in failed else ""))
        lines.append(_row([test, results.parameters.get(test, ""), *cells]))
    return lines


def _curve_lines(results: Results) -> list[str]:
    lines = []
    points = pd.DataFrame(results.points)
    for curve, part in points.groupby("curve", sort=False) if len(points) else ():
        levels = sorted(part["db"].unique(), reverse=True)
        unit = "" if curve == "level" else " SNR"
        lines += ["", _row([f"{curve}: UAR, %", "clean", *(f"{v:g} dB{unit}" for v in levels)])]
        lines.append("| --- |" + " ---: |" * (1 + len(levels)))
        for corpus, mine in part.groupby("corpus", sort=False):
            uars = mine.set_index("db")["uar"]
            clean = _percent(mine["uar_clean"].iloc[0])
            lines.append(_row([str(corpus), clean, *(_percent(uars[v]) for v in levels)]))
    return lines


def markdown(results: Results) -> str:
    """The tables as one short Markdown page."""
    lines = [f"# Stress tests of {results.model}", "", results.sample(), SPANS, ""]
    fewest = min(c["clips"] for c in results.clips.values())
    if fewest < 500:
        lines += [f"Few clips make wide margins: {100 / fewest:.1f} % is one clip of {fewest}.", ""]
    lines += [*_summary_lines(results), ""]
    lines.append(
        "Published shares: audEERING's suite, on other corpora; a random guesser passes what asks "
        "only for an unchanged average."
    )
    for group in ("correctness", "fairness"):
        failed = [o for o in results.outcomes if (o.group, o.state) == (group, FAILED)]
        if failed:
            told = [f"{o.corpus} {o.test} {o.value:.2f}" for o in failed]
            lines += ["", f"Failed, {GROUPS[group]}: " + "; ".join(told) + "."]
    if changes := _change_lines(results):
        lines += ["", "UAR in % before → after, and clips whose top emotion stayed; ✗: failed."]
        lines += [
            "Position and room: against the reference position and room, not the clean clip.",
            "",
        ]
        lines += changes
    return "\n".join(lines + _curve_lines(results)) + "\n"


def curves_figure(points: Sequence[dict[str, Any]]) -> Figure:
    """UAR against SNR and level, one panel a curve, one line a corpus; dashed: clean."""
    table = pd.DataFrame(points)
    names = list(dict.fromkeys(table["curve"]))
    corpora = in_order(table["corpus"])
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(10, 3.2), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
        for axis, name in zip(axes, names, strict=True):
            for i, corpus in enumerate(corpora):
                mine = table[(table["curve"] == name) & (table["corpus"] == corpus)]
                mine = mine.sort_values("db")
                colour, mark = _COLOURS[i % 4], _MARKS[i % 4]
                axis.plot(mine["db"], 100 * mine["uar"], color=colour, marker=mark, label=corpus)
                axis.axhline(100 * mine["uar_clean"].iloc[0], color=colour, lw=0.8, ls="--")
            axis.set_title(name, loc="left")
            axis.set_xlabel("level, dB" if name == "level" else "SNR, dB")
            axis.set_xticks(sorted(table.loc[table["curve"] == name, "db"].unique()))
        axes[0].set_ylabel("UAR, %")
        axes[0].set_ylim(bottom=0)
        axes[0].legend(frameon=False)
    return figure


def write_results(results: Results, folder: Path) -> None:
    """Write ``stress.csv``, ``stress.json``, ``stress.md`` and, with curves, CSV and PNG of them.

    Raises:
        SerLiveError: a file cannot be written.
    """
    rows = [dataclasses.asdict(outcome) for outcome in results.outcomes]
    table = pd.DataFrame(rows, columns=[f.name for f in dataclasses.fields(Outcome)])
    write_table(folder / "stress.csv", table, float_format="%.4f")
    content = {
        "model": results.model,
        "seed": results.seed,
        "clips": results.clips,
        "spans": SPANS,
        "parameters": results.parameters,
        "summary": results.summary(),
        "curves": results.points,
        "tests": rows,
    }
    write_json(folder / "stress.json", content, ensure_ascii=False)
    write_text(folder / "stress.md", markdown(results))
    if results.points:
        points = pd.DataFrame(results.points)
        write_table(folder / "curves.csv", points, float_format="%.4f")
        with whole(folder / "curves.png") as path:
            curves_figure(results.points).savefig(
                path, dpi=110, metadata={"Software": None}, format="png"
            )
