"""What every corpus has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ser_live.folders import files_below

#: Whose sound is what was recorded; taken before copies of the same clip in other formats.
LOSSLESS_SUFFIXES = frozenset({".wav", ".flac"})
AUDIO_SUFFIXES = LOSSLESS_SUFFIXES | {".mp3", ".ogg", ".opus"}


@dataclass(frozen=True)
class Clip:
    """One recording and its labels, in the harmonised classes of ``ser_live.labels``.

    ``speaker`` is unique over all corpora; ``intensity`` and ``sentence`` are the corpus's own
    codes, empty where it has none.  ``copies`` are further files of the same clip, in the order in
    which they stand in for ``path`` where that cannot be used.
    """

    path: Path
    corpus: str
    speaker: str
    gender: str
    emotion: str
    intensity: str = ""
    sentence: str = ""
    copies: tuple[Path, ...] = ()


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

    A file belongs to the first corpus whose naming scheme it follows.  A name that occurs several
    times for a speaker (some downloads hold every file twice, CREMA-D as MP3 too) is one clip:
    lossless files come first, then the order of their paths.
    """
    corpora = tuple(corpora)
    found: dict[tuple[str, str], list[Clip]] = {}
    for path in files_below(root):
        if path.suffix.lower() not in AUDIO_SUFFIXES or path.name.startswith("."):
            continue
        clip = next((c for corpus in corpora if (c := corpus.parse(path)) is not None), None)
        if clip is not None:
            found.setdefault((clip.speaker, path.stem), []).append(clip)
    for clips in found.values():
        clips.sort(key=lambda clip: clip.path.suffix.lower() not in LOSSLESS_SUFFIXES)
        yield replace(clips[0], copies=tuple(clip.path for clip in clips[1:]))
