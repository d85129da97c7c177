"""CREMA-D: ``1001_DFA_ANG_XX``; 91 actors, six emotions (no surprise).

Cao et al. 2014, doi:10.1109/TAFFC.2014.2336244.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from ser_live.errors import SerLiveError
from ser_live.folders import files_below
from training.corpora.base import Clip, Corpus
from training.files import reason

_EMOTIONS = {
    "ANG": "angry",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
_VOTES = {name[0].upper(): name for name in _EMOTIONS.values()}
_NAME = re.compile(r"(10\d\d)_([A-Z]{3})_([A-Z]{3})_([A-Z0-9]{1,2})")
#: Women among the actors 1001–1091, from the published VideoDemographics.csv.
_FEMALE = frozenset(
    [1002, 1003, 1004, 1006, 1007, 1008, 1009, 1010, 1012, 1013, 1018, 1020, 1021, 1024, 1025]
    + [1028, 1029, 1030, 1037, 1043, 1046, 1047, 1049, 1052, 1053, 1054, 1055, 1056, 1058, 1060]
    + [1061, 1063, 1072, 1073, 1074, 1075, 1076, 1078, 1079, 1082, 1084, 1089, 1091]
)


def _gender(actor: str) -> str:
    return "female" if int(actor) in _FEMALE else "male"


def parse(path: Path) -> Clip | None:
    """The clip a file name describes, or ``None``."""
    match = _NAME.fullmatch(path.stem)
    if not match or match[3] not in _EMOTIONS:
        return None
    actor, sentence, emotion, level = match.groups()
    intensity = "" if level in ("XX", "X") else level
    return Clip(
        path,
        "CREMA-D",
        f"CREMA-D-{actor}",
        _gender(actor),
        _EMOTIONS[emotion],
        intensity,
        sentence,
    )


def read_votes(root: Path) -> dict[str, str]:
    """What listeners to the audio alone heard most in each clip, by file stem.

    From the published ``summaryTable.csv``: it names the emotion with most votes, or several in a
    tie; how many votes they had it does not say (``VoiceLevel`` is how strong the emotion sounded,
    not how many agreed), and the others' votes are not in it.

    Args:
        root: folder that holds the corpora.

    Returns:
        ``angry``, or in a tie ``angry:disgust``; empty without the table.  Rows without a vote,
        or with one that is not an emotion, are left out.

    Raises:
        SerLiveError: the table is damaged or broken off; the message names the file and the line.
    """
    votes: dict[str, str] = {}
    for path in files_below(root):
        if path.parts[-2:] != ("processedResults", "summaryTable.csv"):
            continue
        for name, vote in _rows(path):
            heard = [_VOTES.get(letter) for letter in vote.split(":")]
            if None not in heard:
                votes[name] = ":".join(sorted(str(e) for e in heard))
    return votes


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    """File stems and votes; not with pandas, which fills a row that breaks off."""
    reader = None
    try:
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            for column in ("FileName", "VoiceVote"):
                if column not in (reader.fieldnames or ()):
                    raise SerLiveError(f"{path}: line 1: no field {column!r}; fetch the file again")
            for row in reader:
                if None in row.values():
                    raise SerLiveError(
                        f"{path}: line {reader.line_num}: breaks off; fetch the file again"
                    )
                yield row["FileName"], row["VoiceVote"]
    except UnicodeDecodeError as error:
        raise SerLiveError(f"{path}: damaged, not UTF-8 (byte {error.start})") from error
    except csv.Error as error:
        line = reader.reader.line_num if reader else 1
        raise SerLiveError(f"{path}: line {line}: damaged: {error}; fetch it again") from error
    except OSError as error:
        raise SerLiveError(f"{path}: {reason(error)}") from error


CREMA_D = Corpus("CREMA-D", parse, 7_442, 91)
