"""Sound files of which only a part was downloaded.

libsndfile reads what is there of a WAV file and calls that its length, so that half a file looks
like a shorter whole one.  Its header still says how much there should be.
"""

from __future__ import annotations

import struct
from pathlib import Path

#: Lengths that programs write which do not know it yet (a stream): they say nothing.
_UNKNOWN = frozenset({0, 0x7FFFFFFF, 0xFFFFFFFF})
#: Share of the sound that may lack: some programs count a header among the data.
_TOLERATED = 0.01


def share_missing(path: Path) -> float:
    """Share of a WAV file's sound that its header promises and the file lacks; else 0.

    Source of the layout: Microsoft & IBM 1991, *Multimedia Programming Interface and Data
    Specifications 1.0*, "Waveform Audio File Format".

    Raises:
        OSError: the file cannot be read.
    """
    size = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(12)
        if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return 0.0
        at = 12
        while at + 8 <= size:
            file.seek(at)
            name, length = struct.unpack("<4sI", file.read(8))
            if name == b"data":
                if length in _UNKNOWN:
                    return 0.0
                missing = max(0, at + 8 + length - size) / length
                return missing if missing > _TOLERATED else 0.0
            at += 8 + length + length % 2
    return 0.0
