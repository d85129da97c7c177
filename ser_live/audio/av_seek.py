"""What FFmpeg reads (AAC, MP3, video files), from any time on, to the sample."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ser_live.errors import AudioFileError

_PREROLL = 0.5  # s decoded before the wanted time: codecs need some packets to settle
#: Containers without an index and without a length: what they state is a guess from the bit rate.
_GUESSED = frozenset({"mp3", "aac", "ac3", "eac3"})
#: Bytes for the index that FFmpeg makes of such a file: 6 MB hold two hours, each frame by itself.
_INDEX = 32 << 20
_FAR = 10**7  # s; behind the end of anything


class AvFile:
    """A file open in FFmpeg; of its blocks, one stretch at a time can be read.

    An MP3 or raw AAC file tells neither its length nor where a time is: what a header says of it
    may be missing or wrong.  FFmpeg notes the place of every packet that it has passed; going to
    the end once (0.1 s for two hours) gives the true length, and every seek after that is exact
    and takes no time.

    Args:
        path: a file that FFmpeg reads.

    Raises:
        AudioFileError: it cannot be read, or holds no sound.

    Attributes:
        sample_rate: Hz.
        channels: how many.
        duration: s; ``None`` where it is not known.
        lost: seconds that could not be decoded and were read as silence, of the last stretch.
    """

    def __init__(self, path: Path) -> None:
        import av

        self._path = path
        self.lost = 0.0
        try:
            self._container = av.open(str(path), container_options={"indexmem": str(_INDEX)})
        except (av.FFmpegError, OSError, ValueError) as error:
            raise AudioFileError(
                f"{path}: not a sound file that libsndfile or FFmpeg can read"
            ) from error
        if not self._container.streams.audio:
            raise AudioFileError(f"{path}: holds no sound")
        stream = self._stream = self._container.streams.audio[0]
        self.sample_rate = int(stream.rate or 0)
        self.channels = int(stream.channels or 1)
        self.duration: float | None = None
        if self._container.format.name in _GUESSED:
            self.duration = self._measure()
        elif stream.duration and stream.time_base:
            self.duration = float(stream.duration * stream.time_base)
        elif self._container.duration:
            self.duration = self._container.duration / 1e6
        self._origin: float | None = None
        self._begun = self._container.format.name in _GUESSED

    def _measure(self) -> float | None:
        import av

        last = None
        with contextlib.suppress(av.FFmpegError):
            self._container.seek(_FAR * av.time_base, backward=True)
            for packet in self._container.demux(self._stream):
                last = packet if packet.size else last
        if last is None or last.pts is None or last.time_base is None:
            return None
        start = self._stream.start_time or 0
        return float((last.pts + (last.duration or 0) - start) * last.time_base)

    def blocks(self, start: float = 0.0) -> Iterator[np.ndarray]:
        """Yield (n, channels) float32 blocks from a time (s) on: of 0.25 s, later of 1 s.

        The frames' time stamps, counted from the first frame's, tell where to cut.  What cannot be
        decoded is silence, so that what follows stays at its time.

        Raises:
            av.FFmpegError: it cannot be read any further.
            AudioFileError: nothing of it can be decoded.
        """
        import av

        wanted = round(start * self.sample_rate)
        begun, self._begun = self._begun, True
        if wanted <= 0:
            if begun:
                self._container.seek(0, backward=True)
            yield from self._joined(self._frames(), 0)
            return
        if self._origin is None:
            self._container.seek(0, backward=True)
            self._origin = next((t for t, _ in self._frames() if t is not None), None)
        skip = wanted
        if self._origin is None:  # without time stamps: from its start
            self._container.seek(0, backward=True)
            yield from self._joined(self._frames(), wanted)
            return
        target = self._origin + start - _PREROLL
        self._container.seek(max(0, round(target * av.time_base)), backward=True)
        frames = self._frames()
        for time, samples in frames:
            if time is not None:
                skip = max(0, wanted - round((time - self._origin) * self.sample_rate))
                yield from self._joined(_before(samples, frames), skip)
                return

    def _frames(self) -> Iterator[tuple[float | None, np.ndarray]]:
        """Time (s) and (n, channels) samples of each frame; silence where it cannot be decoded."""
        import av

        self.lost, decoded = 0.0, False
        resampler = av.AudioResampler(format="fltp", rate=self.sample_rate)
        for packet in self._container.demux(self._stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                if not decoded:  # before the first frame there is nothing to keep in step
                    continue
                seconds = float((packet.duration or 0) * (packet.time_base or 0))
                self.lost += seconds
                count = round(seconds * self.sample_rate)
                yield None, np.zeros((count, self.channels), np.float32)
                continue
            for frame in frames:
                decoded = True
                time = frame.time
                for part in resampler.resample(frame):
                    yield time, part.to_ndarray().T
        if not decoded:
            raise AudioFileError(f"{self._path}: cannot be decoded")
        for part in resampler.resample(None):
            yield None, part.to_ndarray().T

    def _joined(
        self, frames: Iterator[tuple[float | None, np.ndarray]], skip: int
    ) -> Iterator[np.ndarray]:
        """Leave out so many samples; join the small frames of a codec to blocks."""
        parts: list[np.ndarray] = []
        count, size = 0, self.sample_rate // 4
        for _, samples in frames:
            rest, skip = samples[skip:], max(0, skip - len(samples))
            parts.append(rest)
            count += len(rest)
            if count >= size:
                yield np.concatenate(parts)
                parts, count, size = [], 0, self.sample_rate
        if count:
            yield np.concatenate(parts)


def _before(
    first: np.ndarray, rest: Iterator[tuple[float | None, np.ndarray]]
) -> Iterator[tuple[float | None, np.ndarray]]:
    yield None, first
    yield from rest


def av_errors() -> tuple[type[BaseException], ...]:
    """What reading a file that FFmpeg has opened can raise."""
    import av

    return (av.FFmpegError, EOFError, ValueError)
