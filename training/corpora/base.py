"""What every corpus has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
        parse: file → clip, or ``None`` for a file that is not one of the corpus.
        published: number of clips published.
        speakers: number of speakers published.
    """

    name: str
    parse: Callable[[Path], Clip | None]
    published: int
    speakers: int


def nothing_found(root: Path, what: str) -> str:
    """Why a search below a folder found nothing, as a message that begins with the folder."""
    if not root.exists():
        return f"{root}: no such folder, so no clip of {what}"
    if not root.is_dir():
        return f"{root}: not a folder, so no clip of {what}"
    return f"{root}: no clip of {what} found below this folder"


def discover(root: Path, corpora: Iterable[Corpus]) -> Iterator[Clip]:
    """Clips of the given corpora anywhere below a folder, whatever its folders are called.

    A file belongs to the first corpus whose naming scheme it follows.  A name that occurs twice
    for a speaker (some downloads hold every file twice) is taken once.
    """
    corpora = tuple(corpora)
    seen: set[tuple[str, str]] = set()
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() not in AUDIO_SUFFIXES or path.name.startswith("."):
            continue
        clip = next((c for corpus in corpora if (c := corpus.parse(path)) is not None), None)
        if clip is None or (clip.speaker, path.stem) in seen:
            continue
        seen.add((clip.speaker, path.stem))
        yield clip
