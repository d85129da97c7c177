"""Reading files: every format, and every row of "bad input" that concerns files."""

import subprocess

import numpy as np
import pytest
import soundfile as sf

from ser_live.audio.decode import Decoder, read_audio
from ser_live.audio.sources import FileSource
from ser_live.errors import AudioFileError

RATE = 16_000


def tone(seconds=1.0, rate=RATE):
    return (0.3 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)).astype(
        np.float32
    )


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff"])
def test_formats_of_libsndfile(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    sf.write(path, tone(), RATE)
    samples, rate = read_audio(path)
    assert rate == RATE and samples.dtype == np.float32
    assert len(samples) == pytest.approx(RATE, abs=1200)
    assert np.abs(samples).max() == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize(("suffix", "codec"), [("m4a", "aac"), ("mkv", "aac")])
def test_formats_of_ffmpeg(tmp_path, suffix, codec):
    import av

    path = tmp_path / f"a.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE, layout="stereo")
        both = np.stack([tone(2.0), tone(2.0)])
        for at in range(0, both.shape[1], 1024):
            part = np.ascontiguousarray(both[:, at : at + 1024])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.rate, frame.pts = RATE, at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    samples, rate = read_audio(path)
    assert rate == RATE and len(samples) == pytest.approx(2 * RATE, abs=3000)
    assert np.abs(samples[4000:-4000]).max() == pytest.approx(0.3, abs=0.05)


def test_eight_channels_are_averaged(tmp_path):
    path = tmp_path / "a.wav"
    sf.write(path, np.stack([tone() * (c == 3) for c in range(8)], axis=1), RATE, subtype="FLOAT")
    samples, _ = read_audio(path)
    np.testing.assert_allclose(samples, tone() / 8, atol=1e-6)


@pytest.mark.parametrize("rate", [8_000, 192_000])
def test_unusual_rates(tmp_path, rate):
    path = tmp_path / "a.wav"
    sf.write(path, tone(rate=rate), rate)
    assert read_audio(path)[1] == rate


def test_not_a_number_is_read_as_silence_and_reported(tmp_path):
    path = tmp_path / "a.wav"
    samples = tone()
    samples[100:200] = np.nan
    samples[300] = np.inf
    sf.write(path, samples, RATE, subtype="FLOAT")
    source = FileSource(path)
    read = np.concatenate(list(source.blocks()))
    assert np.isfinite(read).all() and not read[100:200].any()
    assert source.warnings == ["101 samples are not finite, read as silence"]


def test_a_file_that_breaks_off_gives_what_is_there(tmp_path):
    whole = tmp_path / "whole.wav"
    sf.write(whole, tone(10.0), RATE)
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole.read_bytes()[: 16_000 * 2 * 4])
    samples, _ = read_audio(cut)
    assert len(samples) / RATE == pytest.approx(4.0, abs=0.1)


def test_a_compressed_file_that_breaks_off_says_so(tmp_path):
    whole = tmp_path / "whole.flac"
    noise = np.random.default_rng(0).normal(0, 0.1, 10 * RATE).astype(np.float32)
    sf.write(whole, noise, RATE)
    cut = tmp_path / "cut.flac"
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    source = FileSource(cut)
    read = np.concatenate(list(source.blocks()))
    assert 2 * RATE < len(read) < 8 * RATE
    assert source.warnings == ["the file breaks off before its stated end"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: None, "no such file"),
        (lambda p: p.mkdir(), "folder"),
        (lambda p: p.write_bytes(b""), "empty"),
        (lambda p: p.write_bytes(b"%PDF-1.4 not a sound" * 50), "not a sound file"),
        (lambda p: p.write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt "), "not a sound file"),
        (lambda p: sf.write(p, np.empty(0), RATE, format="WAV"), "no samples"),
    ],
    ids=["missing", "folder", "empty", "a PDF", "header only", "0 s"],
)
def test_unreadable_files_are_one_line_errors(tmp_path, make, said):
    path = tmp_path / "a.wav"
    make(path)
    with pytest.raises(AudioFileError, match=said) as caught:
        list(Decoder(path).blocks())
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_video_without_sound(tmp_path):
    import av

    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        for _ in range(5):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(AudioFileError, match="no sound"):
        Decoder(path)


def test_ten_hours_are_read_in_constant_memory(tmp_path):
    """Through a fresh process, whose peak memory tells."""
    path = tmp_path / "long.flac"
    block = np.zeros(8_000 * 600, np.int16)
    with sf.SoundFile(path, "w", 8_000, 1) as file:
        for _ in range(60):
            file.write(block)
    code = (
        "import resource, sys; from ser_live.audio.decode import Decoder\n"
        "base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "d = Decoder(sys.argv[1]); n = sum(len(b) for b in d.blocks())\n"
        "print(n / d.sample_rate, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base))"
    )
    import sys

    out = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    seconds, kilobytes = map(float, out.stdout.split())
    assert seconds == 36_000
    assert kilobytes < 50_000
