"""Sound files of which only a part was downloaded.

Decoders read what is there of a WAV, Ogg or MP3 file and call that its length, so that half a file
looks like a shorter whole one.  What is written in the file still says how much there should be.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import BinaryIO

#: Lengths from here on are those of programs that do not know it yet (a stream): they say nothing.
#: ``espeak-ng`` writes this very number, others 0x7FFFFFFF or 0xFFFFFFFF.
_UNKNOWN = 0x7FFFF000
#: Share of the sound that may lack: some programs count a header among the data.
_TOLERATED = 0.01
_OGG_PAGE = 65_307  # bytes at most
#: Where the tag of an MP3 file's first frame begins: MPEG 1 and 2, stereo and mono.
_XING_AT = (36, 21, 13)
_HAS_FRAMES, _HAS_BYTES = 1, 2


def share_missing(path: Path) -> float:
    """Share of a file's sound that it says it has and lacks; 0 where it does not say.

    Sources of the layouts: Microsoft & IBM 1991, *Multimedia Programming Interface and Data
    Specifications 1.0*, "Waveform Audio File Format"; RFC 3533 (Ogg pages); the tag ``Xing`` or
    ``Info`` that MP3 encoders write into the first frame.

    Returns:
        0 to 1; NaN of an Ogg file whose last page breaks off, which does not say how much lacks.

    Raises:
        OSError: the file cannot be read.
    """
    size = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(12)
        if head[:4] == b"RIFF" and head[8:] == b"WAVE":
            missing = _of_wav(file, size)
        elif head[:4] == b"OggS":
            missing = _of_ogg(file, size)
        elif path.suffix.lower() == ".mp3":
            missing = _of_mp3(file, size)
        else:
            missing = 0.0
    return 0.0 if missing <= _TOLERATED else missing


def _of_wav(file: BinaryIO, size: int) -> float:
    at = 12
    while at + 8 <= size:
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(8))
        if name == b"data":
            known = 0 < length < _UNKNOWN
            return max(0, at + 8 + length - size) / length if known else 0.0
        at += 8 + length + length % 2
    return 0.0


def _of_ogg(file: BinaryIO, size: int) -> float:
    """A page's header (27 bytes) is followed by the sizes of its segments, then by these."""
    start = max(0, size - 2 * _OGG_PAGE)
    file.seek(start)
    end = file.read()
    at = end.rfind(b"OggS")
    if at < 0:
        return 0.0
    segments = end[at + 26] if at + 26 < len(end) else 0
    sizes = end[at + 27 : at + 27 + segments]
    lacking = at + 27 + segments + sum(sizes) - len(end)
    whole = len(sizes) == segments > 0 and lacking <= 0
    return 0.0 if whole else math.nan


def _of_mp3(file: BinaryIO, size: int) -> float:
    file.seek(0)
    head = file.read(10)
    at = 0
    if head[:3] == b"ID3":  # the size of a tag before the sound: four times seven bits
        at = 10
        for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=False):
            at += (byte & 0x7F) << shift
    file.seek(at)
    frame = file.read(64)
    for place in _XING_AT:
        if frame[place : place + 4] in (b"Xing", b"Info"):
            flags = int.from_bytes(frame[place + 4 : place + 8], "big")
            if not flags & _HAS_BYTES:
                return 0.0
            skipped = place + 8 + (4 if flags & _HAS_FRAMES else 0)
            length = int.from_bytes(frame[skipped : skipped + 4], "big")
            return max(0, length - (size - at)) / length if length else 0.0
    return 0.0
