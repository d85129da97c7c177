"""From what a user named (files, folders) to the files that can be analysed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from ser_live.audio.decode import AUDIO_SUFFIXES, Decoder
from ser_live.errors import AudioFileError
from ser_live.folders import files_below
from ser_live.sessions.schema import SUFFIX

#: What is taken from folders.
KNOWN = frozenset({*AUDIO_SUFFIXES, SUFFIX})


def below(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Files below a folder with one of the suffixes, in order; hidden ones are left out."""
    return [
        path
        for path in files_below(folder)
        if path.is_file() and path.suffix.lower() in suffixes and not path.name.startswith(".")
    ]


def expand(paths: Iterable[str], suffixes: Collection[str] = AUDIO_SUFFIXES) -> list[Path]:
    """Files, and those with one of the suffixes below folders (hidden ones left out), in order.

    A folder without any is kept, so that it is reported like an unreadable file.
    """
    out: list[Path] = []
    for text in paths:
        path = Path(text)
        out += (below(path, suffixes) or [path]) if path.is_dir() else [path]
    return out


@dataclass(frozen=True)
class Gathered:
    """What came of the paths.

    Attributes:
        files: sound and session files, each once, in order.
        rejected: a sentence for each path that is none.
    """

    files: list[Path]
    rejected: list[str]


def gather(paths: Iterable[str | Path]) -> Gathered:
    """Find the sound and session files; may take its time on a slow disk.

    A file that is called like a sound is taken as it is: whether it can be read is found when its
    turn comes.  Any other has to prove that it holds sound.
    """
    files: dict[Path, None] = {}
    rejected: list[str] = []
    for path in map(Path, paths):
        if path.is_dir():
            found = below(path, KNOWN)
            files.update(dict.fromkeys(found))
            if not found:
                rejected.append(f"{path.name or path} holds no sound file")
        elif not path.exists():
            rejected.append(f"{path.name} is not there")
        elif path.suffix.lower() in KNOWN:
            files[path] = None
        else:
            try:
                Decoder(path)
            except AudioFileError as error:
                reason = str(error).removeprefix(f"{path}: ")
                rejected.append(f"{path.name}: {reason}")
            else:
                files[path] = None
    return Gathered(list(files), rejected)
