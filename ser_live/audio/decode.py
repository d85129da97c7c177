"""Reading sound files: libsndfile first, FFmpeg (PyAV) for what it does not know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile as sf

from ser_live.audio.av_seek import AvFile
from ser_live.errors import AudioFileError

_BLOCK_SECONDS = 1.0
_LEFT_TO_AV = frozenset({"MP3"})
#: Suffixes looked for in folders.
AUDIO_SUFFIXES = frozenset(
    (
        ".wav .flac .ogg .opus .oga .mp3 .aif .aiff .au .m4a .aac .mp4 .mkv .mov .webm .wma .avi"
    ).split()
)


class Decoder:
    """A sound file as mono float32 blocks at its own rate.

    Channels are averaged.  Values that are not finite are read as silence and counted in
    ``bad_samples``; stretches that cannot be decoded too, in ``lost`` (s).

    MP3 is left to FFmpeg: libsndfile believes the header of a file or guesses from its first frame,
    and then reads a quarter of a variable-rate file as if it were all of it.

    Args:
        path: the file.

    Raises:
        AudioFileError: missing, a folder, empty, not audio, or without samples.

    Attributes:
        av_file: the file as FFmpeg reads it, where libsndfile does not.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.bad_samples = 0
        self.lost = 0.0
        self.truncated = False
        if not self.path.exists():
            raise AudioFileError(f"{self.path}: no such file")
        if self.path.is_dir():
            raise AudioFileError(f"{self.path}: is a folder, and no sound file is in it")
        try:
            if self.path.stat().st_size == 0:
                raise AudioFileError(f"{self.path}: the file is empty")
            with open(self.path, "rb"):
                pass
        except OSError as error:
            raise AudioFileError(f"{self.path}: {error.strerror or error}") from error
        self._sound: sf.SoundFile | None = None
        self.av_file: AvFile | None = None
        try:
            self._sound = sf.SoundFile(self.path)
            if self._sound.format in _LEFT_TO_AV:
                self._sound.close()
                self._sound = None
        except sf.LibsndfileError:
            pass
        if self._sound is not None:
            self.sample_rate = int(self._sound.samplerate)
            self.channels = int(self._sound.channels)
            frames = len(self._sound)
            # Some containers do not know their length; libsndfile then reports a huge one.
            self.duration: float | None = frames / self.sample_rate if 0 <= frames < 2**47 else None
        else:
            self.av_file = AvFile(self.path)
            self.sample_rate, self.channels = self.av_file.sample_rate, self.av_file.channels
            self.duration = self.av_file.duration
        if self.sample_rate < 1000:
            raise AudioFileError(f"{self.path}: sampling rate {self.sample_rate} Hz is too low")
        if self.duration == 0:
            raise AudioFileError(f"{self.path}: holds no samples (0 s long)")

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield (n,) float32 mono blocks of up to a second.

        A file that breaks off in the middle gives what could be read and sets ``truncated``.

        Raises:
            AudioFileError: nothing at all could be read.
        """
        total = 0
        try:
            for block in self._sound_blocks() if self._sound is not None else self._av_blocks():
                mono = block.mean(axis=1, dtype=np.float32) if block.shape[1] > 1 else block[:, 0]
                finite = np.isfinite(mono)
                if not finite.all():
                    self.bad_samples += int((~finite).sum())
                    mono = np.where(finite, mono, np.float32(0))
                total += len(mono)
                if len(mono):
                    yield np.ascontiguousarray(mono, np.float32)
        except _decode_errors() as error:
            if not total:
                raise AudioFileError(f"{self.path}: cannot be decoded ({error})") from error
            self.truncated = True
        if not total:
            raise AudioFileError(f"{self.path}: holds no samples (0 s long)")
        if self.duration and total < 0.98 * self.duration * self.sample_rate - self.sample_rate:
            self.truncated = True

    def _sound_blocks(self) -> Iterator[np.ndarray]:
        assert self._sound is not None
        size = max(1, int(self.sample_rate * _BLOCK_SECONDS))
        with self._sound as sound:
            while True:
                data = sound.read(size, dtype="float32", always_2d=True)
                if not len(data):
                    return
                yield data

    def _av_blocks(self) -> Iterator[np.ndarray]:
        file = self.av_file
        assert file is not None
        for block in file.blocks():
            self.lost = file.lost
            yield block
        self.lost = file.lost


def _decode_errors() -> tuple[type[BaseException], ...]:
    import av

    return (sf.LibsndfileError, av.FFmpegError, EOFError, ValueError)


def read_audio(path: str | Path) -> tuple[np.ndarray, int]:
    """A whole file as (n,) float32 mono and its rate.

    Raises:
        AudioFileError: as :class:`Decoder`.
    """
    decoder = Decoder(path)
    return np.concatenate(list(decoder.blocks())), decoder.sample_rate
