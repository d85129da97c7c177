"""The licences of the program's parts, for the about dialog; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

CODE = "The program's code is under the MIT licence. It comes without any warranty."


@dataclass(frozen=True)
class Part:
    """A third-party package.

    Attributes:
        package: its name in the package index.
        licence: its SPDX expression, as its own metadata or licence file says.
        use: what the program uses it for.
    """

    package: str
    licence: str
    use: str


PARTS = (
    Part("torch", "BSD-3-Clause", "the model"),
    Part("torchaudio", "BSD-2-Clause", "features"),
    Part("PySide6-Essentials", "LGPL-3.0-only", "the window (Qt)"),
    Part("pyqtgraph", "MIT", "plots"),
    Part("silero-vad", "MIT", "finding speech"),
    Part("webrtcvad-wheels", "MIT", "finding speech"),
    Part("sounddevice", "MIT", "microphone and loudspeaker (PortAudio, MIT)"),
    Part("soundfile", "BSD-3-Clause", "sound files (libsndfile, LGPL-2.1-or-later)"),
    Part("av", "BSD-3-Clause", "other sound files (FFmpeg, LGPL-2.1-or-later or GPL by its build)"),
    Part("soxr", "LGPL-2.1-or-later", "resampling"),
    Part("numpy", "BSD-3-Clause", "arrays"),
    Part("safetensors", "Apache-2.0", "checkpoints"),
    Part("jinja2", "BSD-3-Clause", "HTML reports"),
    Part("praatio", "MIT", "export to Praat"),
    Part("pympi-ling", "MIT", "export to ELAN"),
    Part("webvtt-py", "MIT", "export to WebVTT"),
)


def parts_table() -> str:
    """The parts with the versions that are installed, as a Markdown table."""
    lines = ["| part | version | licence | for |", "| --- | --- | --- | --- |"]
    for part in PARTS:
        lines.append(f"| {part.package} | {_version(part.package)} | {part.licence} | {part.use} |")
    return "\n".join(lines)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
