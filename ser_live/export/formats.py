"""The formats by name.

A writer of a *collection* takes any number of sources, one after the other, as they become ready;
a writer of a *single* source takes one.  All write to a binary stream and leave it open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from ser_live.export.audacity import write_audacity
from ser_live.export.csv_table import write_csv
from ser_live.export.elan import write_elan
from ser_live.export.html_report import write_html
from ser_live.export.jsonl import write_jsonl
from ser_live.export.parquet import write_parquet
from ser_live.export.results import Results
from ser_live.export.rttm import write_rttm
from ser_live.export.summary import write_summary
from ser_live.export.textgrid import write_textgrid
from ser_live.export.webvtt_file import write_webvtt

CollectionWriter = Callable[[Iterable[Results], BinaryIO], None]
SingleWriter = Callable[[Results, BinaryIO], None]


@dataclass(frozen=True)
class Format:
    """A way to write results.

    Attributes:
        name: as ``--to`` takes it.
        title: for a file dialog.
        suffix: of a file's name, with the dot.
        collection: writes several sources, where the format can hold them.
        single: writes one source, where the format holds one.
        windows: writes one source's windows instead of its utterances, where that is a choice.
        binary: not for a terminal.
    """

    name: str
    title: str
    suffix: str
    collection: CollectionWriter | None = None
    single: SingleWriter | None = None
    windows: SingleWriter | None = None
    binary: bool = False

    def write_one(self, results: Results, stream: BinaryIO, windows: bool = False) -> None:
        """Write the results of one source.

        Raises:
            ValueError: ``windows`` where the format has no such choice.
            ExportError: a package that the format needs is missing.
        """
        if windows:
            if self.windows is None:
                raise ValueError(f"{self.name} has no choice of windows")
            self.windows(results, stream)
        elif self.single is not None:
            self.single(results, stream)
        else:
            assert self.collection is not None
            self.collection([results], stream)


_ALL = (
    Format("csv", "CSV table", ".csv", collection=write_csv),
    Format("jsonl", "JSON Lines", ".jsonl", collection=write_jsonl),
    Format("parquet", "Apache Parquet", ".parquet", collection=write_parquet, binary=True),
    Format(
        "audacity", "Audacity labels", ".labels.txt",
        single=write_audacity, windows=partial(write_audacity, windows=True),
    ),
    Format("textgrid", "Praat TextGrid", ".TextGrid", single=write_textgrid),
    Format("elan", "ELAN annotations", ".eaf", single=write_elan),
    Format(
        "webvtt", "WebVTT captions", ".vtt",
        single=write_webvtt, windows=partial(write_webvtt, windows=True),
    ),
    Format("rttm", "RTTM turns", ".rttm", collection=write_rttm),
    Format("summary", "Summary", ".summary.txt", collection=write_summary),
    Format("html", "HTML report", ".html", single=write_html),
)  # fmt: skip

#: By name, in the order in which they are offered.
FORMATS: dict[str, Format] = {each.name: each for each in _ALL}


def format_of(file_name: str) -> Format | None:
    """The format that a file's name ends like; ``None`` for none.

    >>> format_of("talk.TextGrid").name
    'textgrid'
    """
    low = file_name.lower()
    return next((f for f in _ALL if low.endswith(f.suffix.lower())), None)
