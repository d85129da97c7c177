"""Reading from any time on what only FFmpeg reads (AAC, video files), to the sample."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ser_live.audio.decode import Decoder
from ser_live.errors import AudioFileError

_PREROLL = 0.5  # s decoded before the wanted time: codecs need some packets to settle


def av_blocks_from(path: Path, seconds: float, sample_rate: int) -> Iterator[np.ndarray]:
    """Yield (n,) float32 mono blocks of a file from a time on.

    The container's index leads to a packet before that time; the frames' time stamps, counted
    from the first frame's as a decoder does that reads from the start, tell where to cut.  A file
    without time stamps is decoded from its start.

    Args:
        path: a file that FFmpeg reads.
        seconds: where to begin.
        sample_rate: its rate, Hz.

    Raises:
        AudioFileError: it cannot be read.
    """
    import av

    wanted = round(seconds * sample_rate)
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise AudioFileError(f"{path}: holds no sound")
            stream = container.streams.audio[0]
            first = next(iter(container.decode(stream)), None)
            where = None
            if wanted > 0 and first is not None and first.time is not None:
                target = first.time + seconds - _PREROLL
                container.seek(max(0, round(target * av.time_base)), backward=True)
                where = first.time
            if wanted > 0 and where is not None:
                yield from _cut(container, stream, wanted, where, sample_rate)
                return
    except (av.FFmpegError, OSError) as error:
        raise AudioFileError(f"{path}: cannot be read from {seconds:.0f} s on ({error})") from error
    for block in Decoder(path).blocks():
        rest, wanted = block[wanted:], max(0, wanted - len(block))
        if len(rest):
            yield rest


def _cut(
    container: Any, stream: Any, wanted: int, origin: float, rate: int
) -> Iterator[np.ndarray]:
    import av

    resampler = av.AudioResampler(format="fltp", rate=rate)
    skip: int | None = None
    for frame in container.decode(stream):
        if skip is None:
            skip = max(0, wanted - round((frame.time - origin) * rate))
        for part in resampler.resample(frame):
            mono = np.nan_to_num(part.to_ndarray().mean(axis=0, dtype=np.float32))
            rest, skip = mono[skip:], max(0, skip - len(mono))
            if len(rest):
                yield rest
