"""MP3 and M4A: all of it is read, and a time is where it was, whatever the headers say."""

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
SECONDS = 30
CLICKS = np.arange(1.5, SECONDS, 3.0)  # s
_SHAPE = 40  # samples of a click
#: Codec, its options, those of the container.
KINDS = {
    "vbr.mp3": ("libmp3lame", {"qscale": "4", "flags": "+qscale"}, {}),
    "no-header.mp3": ("libmp3lame", {"qscale": "4", "flags": "+qscale"}, {"write_xing": "0"}),
    "cbr.mp3": ("libmp3lame", {"b": "64k"}, {}),
    "sound.m4a": ("aac", {}, {}),
    "raw.aac": ("aac", {}, {}),
}
#: Without a header nobody knows of the encoder's delay.
_DELAY = {"no-header.mp3": 0.03, "raw.aac": 0.03}


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Writes half a minute: near silence first, so that the bit rate rises, and clicks."""
    folder = tmp_path_factory.mktemp("clicks")
    time = np.arange(SECONDS * RATE) / RATE
    noise = np.random.default_rng(0).normal(0, 0.1, len(time))
    sound = noise * (time > SECONDS / 2) + 0.001 * np.sin(2 * np.pi * 220 * time)
    for click in CLICKS:
        at = round(click * RATE) - _SHAPE // 2
        sound[at : at + _SHAPE] += 0.8 * np.hanning(_SHAPE)

    def write(name: str) -> Path:
        path = folder / name
        codec, options, muxer = KINDS[name]
        if not path.exists():
            kind = "adts" if name.endswith(".aac") else None
            with av.open(str(path), "w", format=kind, options=muxer) as container:
                stream = container.add_stream(codec, rate=RATE, layout="mono", options=options)
                frame = av.AudioFrame.from_ndarray(
                    sound[None].astype(np.float32), format="fltp", layout="mono"
                )
                frame.sample_rate, frame.pts = RATE, 0
                container.mux(stream.encode(frame))
                container.mux(stream.encode(None))
        return path

    return write


@pytest.mark.parametrize("name", KINDS)
def test_all_of_it_is_read_and_its_length_is_known(make, name):
    source = FileSource(make(name))
    samples = np.concatenate(list(source.blocks()))
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=0.06)
    assert source.duration == pytest.approx(SECONDS, abs=0.1)
    assert not source.warnings


@pytest.mark.parametrize("name", KINDS)
def test_a_click_is_heard_at_its_time_after_a_seek(make, name):
    sound = FileSound(make(name))
    assert sound.duration == pytest.approx(SECONDS, abs=0.1)
    for click in CLICKS[[7, 2, 9, 0, 4]]:  # to and fro
        heard = np.concatenate([next(sound.blocks(click - 0.1))])[: RATE // 4]
        at = np.abs(heard).argmax() / RATE
        assert at == pytest.approx(0.1, abs=0.002 + _DELAY.get(name, 0.0))


@pytest.mark.parametrize("name", [name for name in KINDS if name.endswith("mp3")])
@pytest.mark.parametrize("start", [0.0, 0.01, 0.3, 11.11, 29.0])
def test_what_is_played_is_what_was_analysed_to_the_sample(make, name, start):
    whole, rate = read_audio(make(name))
    sound = FileSound(make(name))
    for _ in range(2):  # the second time in a file that is open already
        played = np.concatenate(list(sound.blocks(start)))
        np.testing.assert_allclose(played, whole[round(start * rate) :], atol=1e-6)


def test_two_readers_at_once_do_not_disturb_each_other(make):
    whole, rate = read_audio(make("vbr.mp3"))
    sound = FileSound(make("vbr.mp3"))
    readers = {3.0: sound.blocks(3.0), 20.0: sound.blocks(20.0)}
    got: dict[float, list[np.ndarray]] = {start: [] for start in readers}
    for _ in range(4):
        for start, blocks in readers.items():
            got[start].append(next(blocks))
    for start, parts in got.items():
        played = np.concatenate(parts)
        first = round(start * rate)
        np.testing.assert_allclose(played, whole[first : first + len(played)], atol=1e-6)


def test_a_stretch_that_cannot_be_decoded_is_silent_and_the_rest_stays_in_place(make, tmp_path):
    content = bytearray(make("sound.m4a").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = bytes(255 for _ in range(4000))
    path = tmp_path / "damaged.m4a"
    path.write_bytes(bytes(content))
    source = FileSource(path)
    samples = np.concatenate(list(source.blocks()))
    assert any("cannot be decoded" in text for text in source.warnings), source.warnings
    last = round(CLICKS[-1] * RATE)
    near = samples[last - RATE // 20 : last + RATE // 20]
    assert np.abs(near).argmax() == pytest.approx(RATE // 20, abs=0.002 * RATE)
