"""A corpus described by a CSV file: ``path, speaker, gender, emotion`` and optional columns.

UTF-8 with a header.  Optional: ``corpus`` (else the file's name without suffix), ``intensity``,
``sentence``.  Paths are relative to the CSV file.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from ser_live.errors import SerLiveError
from ser_live.labels import EMOTIONS
from training.corpora.base import AUDIO_SUFFIXES, Clip

REQUIRED = ("path", "speaker", "gender", "emotion")
_EMOTION_NAMES = {name: name for name in EMOTIONS} | {
    "anger": "angry",
    "calm": "neutral",
    "disgusted": "disgust",
    "fearful": "fear",
    "happiness": "happy",
    "pleasant surprise": "surprise",
    "pleasant_surprise": "surprise",
    "pleasantly surprised": "surprise",
    "ps": "surprise",
    "sadness": "sad",
    "surprised": "surprise",
}
_GENDER_NAMES = {
    **dict.fromkeys(("f", "female", "woman"), "female"),
    **dict.fromkeys(("m", "male", "man"), "male"),
}
_MOST_ERRORS = 10
_LONGEST_NAME = 80  # characters of a name in a message


class CsvCorpusError(SerLiveError):
    """A CSV file that does not describe a corpus; the message names file, line and field."""


def read_csv_corpus(path: Path) -> list[Clip]:
    """The clips of a CSV file.

    Raises:
        CsvCorpusError: missing, not UTF-8, a column missing, or rows that cannot be used or
            contradict each other (a speaker of two genders, a file of two emotions); up to ten
            of them are named.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True, strict=True)
            names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
            reader.fieldnames = names
            for field in REQUIRED:
                if field not in names:
                    raise CsvCorpusError(
                        f"{path}: line 1: no field {field!r} in the header{_hint(names)}"
                    )
            lines = [(reader.line_num, row) for row in reader]
    except UnicodeDecodeError as error:
        raise CsvCorpusError(f"{path}: not UTF-8 (byte {error.start})") from error
    except csv.Error as error:
        # DictReader's own count stops at the last row that came out whole.
        raise CsvCorpusError(f"{path}: line {reader.reader.line_num}: quotes: {error}") from error
    except OSError as error:
        raise CsvCorpusError(f"{path}: {error.strerror}") from error
    errors: list[str] = []
    clips = []
    contradictions = _Contradictions()
    for number, row in lines:
        clip = _clip(path, row)
        if isinstance(clip, Clip):
            clips.append(clip)
            clip = contradictions.of(number, clip)
        if clip:
            errors.append(f"{path}: line {number}: {clip}")
    if errors:
        more = len(errors) - _MOST_ERRORS
        rest = [f"{path}: and {more} more lines"] if more > 0 else []
        raise CsvCorpusError("\n".join(errors[:_MOST_ERRORS] + rest))
    if not clips:
        raise CsvCorpusError(f"{path}: no clip in it")
    return clips


def read_csv_corpora(paths: Sequence[Path]) -> list[Clip]:
    """The clips of several CSV files.

    Raises:
        CsvCorpusError: as :func:`read_csv_corpus`; or two files are called alike and do not name
            their corpus, or a speaker has two genders in two files.
    """
    clips: list[Clip] = []
    named: dict[str, Path] = {}
    genders: dict[str, tuple[Path, str]] = {}
    for path in paths:
        found = read_csv_corpus(path)
        if any(clip.corpus == path.stem for clip in found):
            other = named.setdefault(path.stem, path)
            if other != path:
                raise CsvCorpusError(
                    f"{path}: both it and {other} would be the corpus {path.stem!r}; rename one, "
                    "or give them a field `corpus`"
                )
        for clip in found:
            first, gender = genders.setdefault(clip.speaker, (path, clip.gender))
            if gender != clip.gender:
                raise CsvCorpusError(
                    f"{path}: speaker {clip.speaker.removeprefix(clip.corpus + '-')} of "
                    f"{clip.corpus} is {clip.gender}, but {gender} in {first}"
                )
        clips += found
    return clips


def _hint(names: list[str]) -> str:
    """What is likely wrong with a header that lacks fields."""
    if not names:
        return " (the file is empty)"
    for mark, called in ((";", "semicolons"), ("\t", "tabs")):
        if any(mark in name for name in names):
            return f" (its fields are separated by {called}; write commas)"
    return f" (it has {', '.join(names)})"


class _Contradictions:
    """Finds rows that contradict an earlier one of the same file."""

    def __init__(self) -> None:
        self._genders: dict[str, tuple[int, str]] = {}
        self._files: dict[Path, tuple[int, Clip]] = {}

    def of(self, number: int, clip: Clip) -> str:
        """What is wrong with a row beside those before it; empty if nothing."""
        line, gender = self._genders.setdefault(clip.speaker, (number, clip.gender))
        if gender != clip.gender:
            return f"gender: {clip.gender}, but the same speaker is {gender} in line {line}"
        line, other = self._files.setdefault(clip.path, (number, clip))
        if other.emotion != clip.emotion:
            return f"emotion: {clip.emotion}, but the same file is {other.emotion} in line {line}"
        if other.speaker != clip.speaker:
            return f"speaker: the same file is another speaker's in line {line}"
        return ""


def _clip(source: Path, row: dict[str, str]) -> Clip | str:
    """The clip of a row, or what is wrong with it."""
    cells = {k: (v or "").strip() for k, v in row.items() if isinstance(k, str)}
    if None in row:
        return f"more fields than the header ({len(cells)})"
    for field in REQUIRED:
        if not cells[field]:
            return f"{field}: empty"
    emotion = _EMOTION_NAMES.get(cells["emotion"].lower())
    if emotion is None:
        return f"emotion: {cells['emotion']!r} is not one of {', '.join(_EMOTION_NAMES)}"
    gender = _GENDER_NAMES.get(cells["gender"].lower())
    if gender is None:
        return f"gender: {cells['gender']!r} is not one of {', '.join(_GENDER_NAMES)}"
    path = source.parent / cells["path"]
    try:
        found = path.is_file()
    except OSError as error:  # a name that is too long, a folder that may not be read
        return f"path: {cells['path'][:_LONGEST_NAME]}: {error.strerror}"
    if not found:
        return f"path: {cells['path']}: no such file"
    if path.suffix.lower() not in AUDIO_SUFFIXES:
        return f"path: {cells['path']}: not one of {' '.join(sorted(AUDIO_SUFFIXES))}"
    corpus = cells.get("corpus") or source.stem
    return Clip(
        path,
        corpus,
        # Unique over all corpora: two corpora may both have a speaker 1.
        f"{corpus}-{cells['speaker']}",
        gender,
        emotion,
        cells.get("intensity", ""),
        cells.get("sentence", ""),
    )
