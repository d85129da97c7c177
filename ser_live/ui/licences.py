"""The licences of the program's parts, for the about dialog; no Qt."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution

CODE = "The program's code is under the MIT licence. It comes without any warranty."

#: What is said of a package whose metadata name no licence.
UNSTATED = "see its licence file"

_LONGEST = 80  # characters of a licence in the table
# One sentence of the licence's own text, for packages that give the text and not the name.
_MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy of this"


@dataclass(frozen=True)
class Part:
    """A third-party package.

    Attributes:
        package: its name in the package index.
        use: what the program uses it for.
    """

    package: str
    use: str


#: Every package that the program asks for.
PARTS = (
    Part("torch", "the model"),
    Part("torchaudio", "features"),
    Part("PySide6-Essentials", "the window (Qt)"),
    Part("pyqtgraph", "plots"),
    Part("silero-vad", "finding speech"),
    Part("webrtcvad-wheels", "finding speech"),
    Part("sounddevice", "microphone and loudspeaker"),
    Part("pulsectl", "names of inputs and outputs on Linux"),
    Part("soundfile", "sound files"),
    Part("av", "other sound files, sound of video files"),
    Part("soxr", "resampling"),
    Part("numpy", "arrays"),
    Part("safetensors", "checkpoints"),
    Part("filelock", "one program a session file"),
    Part("tqdm", "progress in the terminal"),
    Part("jinja2", "HTML reports"),
    Part("praatio", "export to Praat"),
    Part("pympi-ling", "export to ELAN"),
    Part("webvtt-py", "export to WebVTT"),
    Part("pyarrow", "export to Parquet"),
)

#: What comes inside those packages, or with the system, and has no metadata: (part, licence,
#: where it comes from).  By their projects' licence files; av's wheels hold the encoders too.
LIBRARIES = (
    ("FFmpeg", "LGPL-2.1-or-later; by its build LGPL-3.0-or-later or GPL", "av"),
    ("x264, x265", "GPL-2.0-or-later", "av"),
    ("libsndfile", "LGPL-2.1-or-later", "soundfile"),
    ("PortAudio", "MIT", "sounddevice, or the system"),
    ("WebRTC's voice detector", "BSD-3-Clause", "webrtcvad-wheels"),
)


def parts_table() -> str:
    """The parts that are installed, by their own metadata, as a Markdown table.

    It reads files; call it when the table is asked for.
    """
    lines = ["| part | version | licence | for |", "| --- | --- | --- | --- |"]
    for part in PARTS:
        try:
            found = distribution(part.package)
        except PackageNotFoundError:
            continue  # an extra, or not for this system
        lines.append(f"| {part.package} | {found.version} | {licence(found)} | {part.use} |")
    return "\n".join(lines)


def libraries_table() -> str:
    """:data:`LIBRARIES` as a Markdown table."""
    lines = ["| part | licence | comes with |", "| --- | --- | --- |"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in LIBRARIES])


def licence(package: Distribution) -> str:
    """What a package says of its licence, in one line.

    Its ``License-Expression``; else its classifiers; else its ``License``, the first line where
    that is a whole text; else ``UNSTATED``.
    """
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return _line(expression)
    classifiers = metadata.get_all("Classifier") or []
    kinds = [c for c in classifiers if c.startswith("License ::")]
    # "License :: OSI Approved" alone names none.
    names = [kind.rpartition(" :: ")[2] for kind in kinds]
    if names := [name for name in names if name != "OSI Approved"]:
        return _line(", ".join(names))
    if field := (metadata.get("License") or "").strip():
        return _named(field) or _line(field.splitlines()[0])
    return next(filter(None, map(_named, _files(package))), UNSTATED)


def _files(package: Distribution) -> list[str]:
    """Texts of its licence files."""
    names = package.metadata.get_all("License-File") or []
    texts = [package.read_text(f"{folder}{n}") for n in names for folder in ("licenses/", "")]
    return [text for text in texts if text]


def _named(text: str) -> str:
    """Name of a licence that is known by its text; empty for others."""
    return "MIT (by its text)" if _MIT in " ".join(text.split()) else ""


def _line(text: str) -> str:
    """Short, and without what would end a table's cell."""
    return textwrap.shorten(text.replace("|", "/"), _LONGEST, placeholder=" …")
