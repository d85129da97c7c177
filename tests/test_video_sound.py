"""Sound that only FFmpeg reads, most of it in video files: analysed, played, and sought."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from ser_live.audio.decode import read_audio
from ser_live.audio.playable import FileSound
from ser_live.audio.sources import FileSource

RATE = 44_100
SECONDS = 12
#: Suffix and codecs; the picture comes with it where a codec is named.
KINDS = [
    (".mp4", "aac", "mpeg4"),
    (".mkv", "aac", "mpeg4"),
    (".mkv", "libopus", "mpeg4"),
    (".mov", "pcm_s16le", "mpeg4"),
    (".m4a", "aac", None),
]


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Writes sweeps, so that no stretch looks like its neighbour."""

    def write(suffix: str, audio_codec: str, video_codec: str | None) -> Path:
        path = tmp_path / f"film{suffix}"
        rate = 48_000 if audio_codec == "libopus" else RATE
        time = np.arange(SECONDS * rate) / rate
        sound = 0.4 * np.sin(2 * np.pi * (300 * time + 1000 * (time % 1) ** 2))
        with av.open(str(path), "w") as container:
            audio = container.add_stream(audio_codec, rate=rate, layout="mono")
            if video_codec is not None:
                video = container.add_stream(video_codec, rate=5)
                video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
                for number in range(5 * SECONDS):
                    picture = np.full((48, 64, 3), 4 * number, np.uint8)
                    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                    container.mux(video.encode(frame))
                container.mux(video.encode(None))
            samples = np.round(sound * 32_767).astype(np.int16)
            for at in range(0, len(samples), 4096):
                part = samples[None, at : at + 4096]
                block = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
                block.sample_rate, block.pts = rate, at
                container.mux(audio.encode(block))
            container.mux(audio.encode(None))
        return path

    return write


@pytest.mark.parametrize(("suffix", "audio", "video"), KINDS)
def test_it_is_analysed_to_its_end(make, suffix, audio, video):
    source = FileSource(make(suffix, audio, video))
    samples = np.concatenate(list(source.blocks()))
    assert len(samples) / source.sample_rate == pytest.approx(SECONDS, abs=0.1)
    assert source.duration == pytest.approx(SECONDS, abs=0.1)
    assert not source.warnings
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.4 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize(("suffix", "audio", "video"), KINDS)
@pytest.mark.parametrize("start", [0.0, 0.2, 5.37, 11.5])
def test_it_is_played_from_the_same_sample_that_was_analysed(make, suffix, audio, video, start):
    path = make(suffix, audio, video)
    samples, rate = read_audio(path)
    played = np.concatenate(list(FileSound(path).blocks(start)))
    expected = samples[round(start * rate) :]
    assert len(played) == pytest.approx(len(expected), abs=rate // 100)
    count = min(len(played), len(expected), rate // 4)
    # Containers that count in milliseconds are off by less than one.
    shifts = range(-rate // 500, rate // 500 + 1)
    middle = expected[rate // 500 : count - rate // 500]
    size = len(middle)
    off = {s: np.abs(played[rate // 500 + s :][:size] - middle).max() for s in shifts}
    best = min(off, key=lambda s: off[s])
    assert abs(best) <= rate / 1000
    assert off[best] < 0.05
