"""What every corpus has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".mp3", ".ogg", ".opus"})


@dataclass(frozen=True)
class Clip:
    """One recording and its labels, in the harmonised classes of ``ser_live.labels``.

    ``speaker`` is unique over all corpora; ``intensity`` and ``sentence`` are the corpus's own
    codes, empty where it has none.
    """

    path: Path
    corpus: str
    speaker: str
    gender: str
    emotion: str
    intensity: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class Corpus:
    """A corpus: how its files are named, and what was published.

    Attributes:
        name: as printed.
        folder: the folder's usual name.
        parse: file → clip, or ``None`` for a file that is not one of the corpus.
        published: number of clips published.
        speakers: number of speakers published.
    """

    name: str
    folder: str
    parse: Callable[[Path], Clip | None]
    published: int
    speakers: int


def discover(root: Path, corpus: Corpus) -> Iterator[Clip]:
    """Clips of a corpus anywhere below ``root / corpus.folder`` (or ``root`` itself).

    A file name that occurs in two folders (some downloads hold every file twice) is taken once.
    """
    base = root / corpus.folder
    if not base.is_dir():
        return
    seen: set[str] = set()
    for path in sorted(base.rglob("*")):
        if path.suffix.lower() not in AUDIO_SUFFIXES or path.name.startswith("."):
            continue
        clip = corpus.parse(path)
        if clip is None:
            continue
        key = f"{clip.speaker}/{path.stem}"
        if key not in seen:
            seen.add(key)
            yield clip
