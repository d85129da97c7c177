"""A report of one session as a single HTML page for people: no links, no scripts, nothing to load.

Hours-long sessions stay a reasonable page: curves are thinned out, the table is folded and ends
after :data:`MOST_ROWS`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePath
from typing import Any, BinaryIO

import jinja2

from ser_live import __version__
from ser_live.emotion_marks import EMOTION_COLOURS, EMOTION_DASHES
from ser_live.export.html_curves import HEIGHT, WIDTH, clock, lanes, speech_path, ticks
from ser_live.export.results import Results
from ser_live.export.text import as_text
from ser_live.labels import EMOTIONS, GENDERS
from ser_live.summary import Summary, summarize
from ser_live.timeline import Estimate

#: Utterances in the table; beyond, the page says where the rest is.
MOST_ROWS = 3000
#: From so many on the table is folded.
FOLDED_ROWS = 40
#: Up to so many it is printed nevertheless: about five pages.
PRINTED_ROWS = 150
_NAMED_SHARE = 0.11  # a part of the bar below this has no room for a name


def write_html(results: Results, stream: BinaryIO) -> None:
    """Write the page."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("ser_live.export"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": _percent, "clock": clock, "amount": _amount}
    template = environment.get_template("report.html.j2")
    with as_text(stream) as text:
        for piece in template.generate(**_content(results)):
            text.write(piece)


def _content(results: Results) -> dict[str, Any]:
    summary = summarize(results.timeline, results.duration)
    drawn = lanes(results)
    utterances = list(_table(results))
    return {
        "title": PurePath(results.source).name or "Session",
        "model": results.model,
        "started": _moment(results.started),
        "written": f"{datetime.now().astimezone():%Y-%m-%d %H:%M}",
        "version": __version__,
        "settings": _settings(results.config),
        "summary": summary,
        "ranking": _ranking(summary),
        "named_share": _NAMED_SHARE,
        "genders": GENDERS,
        "colours": EMOTION_COLOURS,
        "dashes": {name: " ".join(f"{2 * d:g}" for d in EMOTION_DASHES[name]) for name in EMOTIONS},
        "width": WIDTH,
        "height": HEIGHT,
        "lanes": drawn[:-1],
        "voice": drawn[-1],
        "speech": speech_path(results),
        "ticks": ticks(results.duration) if results.duration > 0 else [],
        "rows": utterances[:MOST_ROWS],
        "more": max(0, len(utterances) - MOST_ROWS),
        "folded": len(utterances) >= FOLDED_ROWS,
        "printed": len(utterances) <= PRINTED_ROWS,
    }


def _ranking(summary: Summary) -> list[dict[str, Any]]:
    """The emotions by time, those that did not occur last."""
    names = sorted(EMOTIONS, key=summary.emotion, reverse=True)
    return [
        {
            "name": name,
            "time": summary.emotion(name),
            "share": summary.share(summary.emotion(name)),
            "by": [summary.spoken[gender][name] for gender in GENDERS],
        }
        for name in names
    ]


def _table(results: Results) -> Iterator[dict[str, Any]]:
    for start, end, result in results.spans():
        guess: Estimate = result.estimate
        second = sorted(EMOTIONS, key=lambda name: -guess.emotions[EMOTIONS.index(name)])[1]
        yield {
            "number": result.utterance,
            "start": clock(start),
            "length": end - start,
            "emotion": guess.top_emotion,
            "unsure": guess.low_evidence,
            "p": guess.confidence,
            "second": second,
            "second_p": float(guess.emotions[EMOTIONS.index(second)]),
            "gender": guess.top_gender,
            "gender_p": float(guess.genders.max()),
        }


def _moment(text: str) -> str:
    """A date and time for people; empty where there is none."""
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"
    except ValueError:
        return ""


def _settings(config: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Name of a part and its settings; nothing where the configuration cannot be read."""
    try:
        parts = json.loads(config)
    except ValueError:
        return []
    if not isinstance(parts, dict):
        return []
    return [
        (part, [(key.replace("_", " "), _setting(value)) for key, value in values.items()])
        for part, values in parts.items()
        if isinstance(values, dict)
    ]


def _setting(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _percent(p: float) -> str:
    """A share or probability as text.

    >>> _percent(0.004), _percent(0.706)
    ('< 1 %', '71 %')
    """
    return "< 1 %" if 0 < p < 0.005 else f"{100 * p:.0f} %"


def _amount(seconds: float) -> str:
    """A length of time as text.

    >>> _amount(7.25), _amount(150), _amount(7500)
    ('7.2 s', '2 min 30 s', '2 h 5 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole // 60 % 60} min"
