"""A report of predictions: tables, figures, and one HTML page that needs nothing else."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from training import figures as draw
from training.audit import FEW, audit, read_demographics
from training.files import make_folder, write_table, write_text
from training.intervals import RESAMPLES, figures, figures_by_corpus
from training.predictions import in_order
from training.tables import classification, confusion, corpus_statistics

_TEMPLATES = Path(__file__).parent / "templates"
_FEW_SPEAKERS = 10


@dataclass(frozen=True)
class Material:
    """What a report is made of.

    Attributes:
        title, subtitle, protocol: texts; the protocol in two sentences.
        part: ``test`` or ``validation``, whose predictions these are.
        table: predictions with a column ``temperature``.
        logs: name → ``log.csv`` of every run.
        manifest: all clips of the runs' cache, or ``None``.
        demographics: CREMA-D's ``VideoDemographics.csv``, or ``None``.
        settings: recipe and configuration as text.
        folds: ``numbers`` and, per corpus, ``uar`` of every fold, ``mean`` and ``sd``.
    """

    title: str
    subtitle: str
    protocol: str
    part: str
    table: pd.DataFrame
    logs: dict[str, pd.DataFrame] = field(default_factory=dict)
    manifest: pd.DataFrame | None = None
    demographics: Path | None = None
    settings: str = ""
    folds: dict[str, Any] | None = None


def write_report(folder: Path, material: Material) -> dict[str, Any]:
    """Write ``index.html`` and what it shows as text, CSV and SVG.

    Returns:
        ``by_corpus`` (the figures with their intervals) and ``audit`` (a row a group).
    """
    table = material.table
    rows = figures_by_corpus(table)
    groups = audit(
        table, read_demographics(material.demographics) if material.demographics else None
    )
    text, details = classification(table)
    make_folder(folder)
    write_text(folder / "classification.txt", text)
    write_table(folder / "classification.csv", details, float_format="%.6g")
    write_table(folder / "groups.csv", pd.DataFrame(groups), float_format="%.6g")
    for corpus in rows:
        name = f"confusion-{_file_name(corpus)}.csv"
        counted = confusion(table[table["corpus"] == corpus])
        write_table(folder / name, counted, index=True, index_label="intended")
    summary, counts = pd.DataFrame(), pd.DataFrame()
    if material.manifest is not None:
        summary, counts = corpus_statistics(material.manifest)
        write_table(folder / "corpora.csv", summary, float_format="%.6g")
        write_table(folder / "clips.csv", counts)
    pictures = {
        "recall": draw.recall_figure(rows),
        "confusion": draw.confusion_figure(table),
        "reliability": draw.reliability_figure(table),
        "audit": draw.audit_figure(groups),
    }
    if material.logs:
        pictures["curves"] = draw.curves_figure(material.logs)
    embedded = {}
    for name, picture in pictures.items():
        document = draw.svg(picture)
        write_text(folder / f"{name}.svg", document)
        embedded[name] = base64.b64encode(document.encode()).decode()
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    page = environment.get_template("report.html.j2").render(
        title=material.title,
        subtitle=material.subtitle,
        protocol=material.protocol,
        part=material.part,
        rows=rows,
        rough=_rough(rows),
        resamples=RESAMPLES,
        pooled=figures(table) if len(rows) > 1 else None,
        speakers=_speakers(table),
        folds=material.folds,
        figures=embedded,
        temperature=_temperature(table),
        audit=groups,
        few=FEW,
        audit_note=_audit_note(material, groups),
        summary=summary.to_dict("records"),
        counts=counts.to_dict("records"),
        colours=draw.COLOURS,
        settings=material.settings,
        classification=text,
    )
    write_text(folder / "index.html", page)
    return {"by_corpus": rows, "audit": groups}


def _file_name(corpus: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in corpus)


def _rough(rows: dict[str, dict[str, Any]]) -> str:
    few = [f"{n} ({r['speakers']})" for n, r in rows.items() if 1 < r["speakers"] < _FEW_SPEAKERS]
    return f"Few speakers, so a rough interval: {', '.join(few)}." if few else ""


def _speakers(table: pd.DataFrame) -> dict[str, str]:
    """Who was tested, by corpus."""
    out = {}
    for corpus in in_order(table["corpus"]):
        people = table[table["corpus"] == corpus].drop_duplicates("speaker")
        genders = people["gender"].value_counts()
        words = {"female": ("woman", "women"), "male": ("man", "men")}
        who = [
            f"{n} {words[g][n > 1]}" for g in ("female", "male") if (n := int(genders.get(g, 0)))
        ]
        names = ", ".join(s.removeprefix(f"{corpus}-") for s in sorted(people["speaker"]))
        out[corpus] = f"{' and '.join(who)}: {names}"
    return out


def _temperature(table: pd.DataFrame) -> str:
    values = sorted(set(table["temperature"]))
    text = ", ".join(f"{v:.2f}" for v in values)
    noun = "Temperature" if len(values) == 1 else "Temperatures (one a fold)"
    return f"{noun}, fitted on validation speakers: {text}."


def _audit_note(material: Material, groups: list[dict[str, Any]]) -> str:
    if any(row["by"] == "age" for row in groups):
        return "Age, race and ethnicity of CREMA-D's actors as the corpus publishes them."
    if material.demographics is None:
        return (
            "Age, race and ethnicity: left out, CREMA-D's VideoDemographics.csv was not found "
            "below the corpora's folder."
        )
    return "Age, race and ethnicity are known for CREMA-D only, which is not among these clips."
