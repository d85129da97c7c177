"""Figures of a report, drawn with matplotlib (no display needed)."""

from __future__ import annotations

import io
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ser_live.labels import EMOTIONS, emotion_marginal
from training.audit import FEW
from training.batches import joint_labels
from training.metrics import expected_calibration_error
from training.predictions import in_order, joint_before_temperature, joint_of
from training.tables import confusion

#: Okabe & Ito (2008), colours that colour-blind people can tell apart; one an emotion everywhere.
COLOURS = {
    "angry": "#D55E00",
    "disgust": "#009E73",
    "fear": "#CC79A7",
    "happy": "#E69F00",
    "neutral": "#999999",
    "sad": "#0072B2",
    "surprise": "#56B4E9",
}
_INK, _FAINT, _BLUE, _ORANGE = "#1f2933", "#c5ccd3", "#0072B2", "#D55E00"
_STYLE: Any = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": _FAINT,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "legend.frameon": False,
    "svg.hashsalt": "ser-live",  # the same figure gives the same file
}
_WIDTH = 10.0  # inches; all figures are as wide as the page


def _panels(count: int, height: float, most: int, **options: Any) -> tuple[Figure, list[Any]]:
    columns = min(count, most)
    rows = -(-count // columns)
    figure = Figure(figsize=(_WIDTH, height * rows))
    figure.set_layout_engine("constrained", h_pad=0.09, w_pad=0.06)  # inches
    FigureCanvasAgg(figure)
    # As many columns as a full row holds: a lone panel is not stretched over the whole page.
    axes = list(figure.subplots(rows, most, squeeze=False, **options).flat)
    used = [axes[r * most + c] for r in range(rows) for c in range(columns)]
    for axis in axes:
        if axis not in used[:count]:
            axis.set_axis_off()
    return figure, used[:count]


def svg(figure: Figure) -> str:
    """The figure as an SVG document."""
    buffer = io.StringIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def confusion_figure(table: pd.DataFrame) -> Figure:
    """Confusion matrices per corpus: shade and per cent by row, counts below."""
    corpora = in_order(table["corpus"])
    with mpl.rc_context(_STYLE):
        figure, axes = _panels(len(corpora), 4.6, 2)
        for axis, corpus in zip(axes, corpora, strict=True):
            counts = confusion(table[table["corpus"] == corpus])
            share = counts.div(counts.sum(axis=1), axis=0).to_numpy()
            axis.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
            for (r, c), value in np.ndenumerate(share):
                ink = "white" if value > 0.55 else _INK
                n = int(counts.iloc[r, c])
                if n:
                    axis.text(c, r - 0.1, f"{100 * value:.0f} %", ha="center", va="center",
                              color=ink, fontsize=9)  # fmt: skip
                    axis.text(c, r + 0.24, f"{n:,}", ha="center", va="center", color=ink,
                              fontsize=6.5, alpha=0.8)  # fmt: skip
            axis.set_xticks(range(len(EMOTIONS)), EMOTIONS, fontsize=8)
            axis.set_yticks(range(len(counts)), list(counts.index))
            axis.set_xlabel("predicted")
            axis.set_ylabel("intended by the speaker")
            axis.set_title(f"{corpus} ({len(table[table['corpus'] == corpus]):,} clips)")
            axis.tick_params(length=0)
            axis.spines[:].set_visible(False)
            axis.set_xticks(np.arange(-0.5, len(EMOTIONS)), minor=True)
            axis.set_yticks(np.arange(-0.5, len(counts)), minor=True)
            axis.grid(which="minor", color="white", linewidth=1.5)
            axis.tick_params(which="minor", length=0)
    return figure


def recall_figure(rows: dict[str, dict[str, Any]]) -> Figure:
    """Recall per emotion and corpus, with the intervals over speakers and chance."""
    with mpl.rc_context(_STYLE):
        figure, axes = _panels(len(rows), 2.9, 2, sharey=True)
        for axis, (corpus, row) in zip(axes, rows.items(), strict=True):
            for at, emotion in enumerate(EMOTIONS):
                if emotion not in row["recall"]:
                    axis.text(at, 3, "not in\ncorpus", ha="center", va="bottom",
                              color="#5f6b76", fontsize=7.5)  # fmt: skip
                    continue
                value = 100 * row["recall"][emotion]
                axis.bar(at, value, 0.72, color=COLOURS[emotion])
                limits, top = row["recall_interval"][emotion], value
                if limits:
                    low, high = (100 * v for v in limits)
                    axis.plot([at, at], [low, high], color=_INK, linewidth=1.2)
                    top = max(high, value)
                axis.text(at, top + 2, f"{value:.0f}", ha="center", fontsize=8.5)
            chance = 100 * row["chance"]
            axis.axhline(chance, color=_INK, linewidth=0.8, linestyle=(0, (4, 3)))
            axis.text(6.55, chance, "chance", fontsize=7.5, ha="left", va="center")
            axis.set_xticks(range(len(EMOTIONS)), EMOTIONS, fontsize=8)
            axis.tick_params(axis="x", length=0)
            axis.set_ylim(0, 112)
            axis.set_yticks(range(0, 101, 25))
            axis.set_xlim(-0.6, 6.5)
            axis.set_ylabel("recall, %")
            axis.tick_params(axis="y", labelleft=True)
            people = "one speaker" if row["speakers"] == 1 else f"{row['speakers']} speakers"
            axis.set_title(f"{corpus} ({people})")
    return figure


def reliability_figure(table: pd.DataFrame, bins: int = 10) -> Figure:
    """Accuracy against confidence, before and after the temperature.

    Bins hold equally wide stretches of confidence; a bin of fewer than 10 clips is not drawn.
    """
    corpora = in_order(table["corpus"])
    sources = {
        "before": (joint_before_temperature(table), _ORANGE, (0, (4, 2)), "s"),
        "after": (joint_of(table), _BLUE, "-", "o"),
    }
    emotion = joint_labels(table) % len(EMOTIONS)
    with mpl.rc_context(_STYLE):
        figure, axes = _panels(len(corpora), 2.75, 4, sharey=True)
        for axis, corpus in zip(axes, corpora, strict=True):
            inside = (table["corpus"] == corpus).to_numpy()
            axis.plot([0, 100], [0, 100], color=_FAINT, linewidth=1)
            for name, (joint, colour, line, mark) in sources.items():
                p = emotion_marginal(joint[inside])
                confidence, hit = p.max(1), p.argmax(1) == emotion[inside]
                which = np.minimum((confidence * bins).astype(int), bins - 1)
                groups = [which == b for b in range(bins) if (which == b).sum() >= 10]
                axis.plot(
                    [100 * confidence[g].mean() for g in groups],
                    [100 * hit[g].mean() for g in groups],
                    color=colour, linestyle=line, marker=mark, markersize=4, linewidth=1.4,
                    clip_on=False,
                    label=f"{name}: ECE {expected_calibration_error(confidence, hit):.3f}",
                )  # fmt: skip
            axis.set_title(corpus)
            axis.set_xlim(0, 100)
            axis.set_ylim(0, 100)
            axis.set_aspect("equal")
            axis.set_xlabel("confidence, %")
            axis.legend(loc="lower right", fontsize=7.5, handlelength=1.6, borderaxespad=0.1)
        axes[0].set_ylabel("correct, %")
    return figure


def curves_figure(logs: dict[str, pd.DataFrame]) -> Figure:
    """Training loss and validation UAR by epoch; one run also shows its corpora."""
    with mpl.rc_context(_STYLE):
        figure, (left, right) = _panels(2, 3.0, 2)
        shades = mpl.colormaps["viridis"](np.linspace(0, 0.85, len(logs)))
        for (name, log), shade in zip(logs.items(), shades, strict=True):
            colour = _INK if len(logs) == 1 else shade
            left.plot(log["epoch"], log["loss"], color=colour, marker=".", label=name)
            uar = 100 * log["validation_uar"].to_numpy(float)
            # The first of equals, and no coarse one, as the trainer takes it.
            best = int(np.where(log["coarse"], -1.0, uar).argmax())
            label = "mean of the corpora" if len(logs) == 1 else name
            right.plot(log["epoch"], uar, color=colour, marker=".", linewidth=1.8, label=label)
            right.plot(log["epoch"].iloc[best], uar[best], "o", color=colour, markersize=8,
                       fillstyle="none")  # fmt: skip
        if len(logs) == 1:
            series = _per_corpus(next(iter(logs.values())))
            for (corpus, values), (colour, line) in zip(
                series.items(), [(_BLUE, "--"), (_ORANGE, "-."), ("#009E73", ":")], strict=False
            ):
                right.plot(values.index, values, color=colour, linestyle=line, label=corpus)
        if coarse := max(int(log["coarse"].sum()) for log in logs.values()):
            right.axvspan(0.5, coarse + 0.5, color=_FAINT, alpha=0.4, label="every second frame")
        left.set_title("Training loss (smoothed and mixed targets)")
        right.set_title("Validation UAR, %; ring: the epoch taken")
        right.legend(loc="lower right", fontsize=8)
        for axis in (left, right):
            axis.set_xlabel("epoch")
            axis.xaxis.get_major_locator().set_params(integer=True)
            axis.grid(axis="y", color=_FAINT, linewidth=0.5)
    return figure


def _per_corpus(log: pd.DataFrame) -> dict[str, pd.Series]:
    """The column ``per_corpus`` (``CREMA-D 36.9, RAVDESS 22.8``) as one series a corpus."""
    rows = {}
    for epoch, text in zip(log["epoch"], log["per_corpus"], strict=True):
        pairs = (part.rsplit(" ", 1) for part in str(text).split(", "))
        rows[epoch] = {name: float(value) for name, value in pairs}
    frame = pd.DataFrame.from_dict(rows, orient="index")
    return {str(name): frame[name] for name in frame}


def audit_figure(rows: list[dict[str, Any]]) -> Figure:
    """UAR of every group as a dot with its interval; a ring where there is one speaker."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, 0.6 + 0.27 * len(rows)), layout="constrained")
        FigureCanvasAgg(figure)
        axis = figure.subplots()
        before = None
        for at, row in enumerate(rows):
            if before is not None and (row["corpus"], row["by"]) != before:
                axis.axhline(at - 0.5, color=_FAINT, linewidth=0.6)
            before = (row["corpus"], row["by"])
            one = row["low"] is None
            if not one:
                axis.plot([100 * row["low"], 100 * row["high"]], [at, at], color=_BLUE, linewidth=2,
                          alpha=0.55, linestyle=":" if row["speakers"] < FEW else "-")  # fmt: skip
            axis.plot(100 * row["uar"], at, "o", color=_BLUE, markersize=6,
                      fillstyle="none" if one else "full")  # fmt: skip
            axis.plot(100 * row["chance"], at, "|", color=_INK, markersize=8)
        axis.set_yticks(
            range(len(rows)),
            [f"{r['corpus']}, {r['group']} ({r['speakers']})" for r in rows],
        )
        axis.set_ylim(len(rows) - 0.5, -0.5)
        axis.set_xlim(0, 100)
        axis.tick_params(axis="y", length=0)
        axis.set_xlabel(
            f"UAR, %; line: 95 % over speakers (dotted: fewer than {FEW}); ring: one speaker; "
            "tick: chance"
        )
        axis.spines["left"].set_visible(False)
    return figure
