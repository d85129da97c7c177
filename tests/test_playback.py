"""The player: silent clock, streaming, seeking, the position that is heard."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from ser_live.audio import output, playback
from ser_live.audio.playable import read_from
from ser_live.audio.playback import Player
from ser_live.errors import AudioDeviceError, AudioFileError


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait until a condition holds; tell whether it did."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.005)
    return condition()


class FakeError(Exception):
    """In place of PortAudioError."""


class FakeStream:
    """Calls back in real time, 10 ms at once, with a DAC 50 ms behind."""

    refused_rates: tuple[int, ...] = ()
    played: list[np.ndarray]
    stalled = False

    def __init__(
        self, samplerate: int, channels: int, device: Any, dtype: str, latency: float, callback: Any
    ):
        if samplerate in self.refused_rates:
            raise FakeError("Invalid sample rate")
        self.rate, self.channels, self.callback = samplerate, channels, callback
        self.latency = 0.05
        self.played = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        FakeStream.last = self

    @property
    def time(self) -> float:
        return time.monotonic()

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        frames = self.rate // 100
        due = time.monotonic()
        while not self._stop.is_set():
            if not FakeStream.stalled:
                out = np.empty((frames, self.channels), np.float32)
                now = SimpleNamespace(outputBufferDacTime=due + self.latency)
                self.callback(out, frames, now, None)
                self.played.append(out[:, 0].copy())
            due += 0.01
            self._stop.wait(max(0.0, due - time.monotonic()))

    def abort(self, ignore_errors: bool) -> None:
        self._stop.set()
        self._thread.join()

    def close(self, ignore_errors: bool) -> None:
        pass


@pytest.fixture
def speakers(monkeypatch: pytest.MonkeyPatch) -> type[FakeStream]:
    """A fake output device."""
    fake = SimpleNamespace(
        PortAudioError=FakeError,
        OutputStream=FakeStream,
        query_devices=lambda device, kind: {"name": "fake", "default_samplerate": 48_000.0},
    )
    monkeypatch.setattr(output, "portaudio", lambda: fake)
    monkeypatch.setattr(FakeStream, "refused_rates", ())
    monkeypatch.setattr(FakeStream, "stalled", False)
    return FakeStream


@pytest.fixture
def no_speakers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No output device."""

    def none() -> None:
        raise AudioDeviceError("none")

    monkeypatch.setattr(output, "portaudio", none)


@pytest.fixture
def ramp(tmp_path: Path) -> Path:
    """2 s at 8 kHz whose samples tell their own number."""
    path = tmp_path / "ramp.wav"
    sf.write(path, np.arange(16_000) / 16_000, 8000, subtype="FLOAT")
    return path


@pytest.fixture
def opened() -> Iterator[Callable[[Path], Player]]:
    """Makes players, and closes them afterwards."""
    players: list[Player] = []

    def make(path: Path) -> Player:
        players.append(Player(path))
        return players[-1]

    yield make
    for player in players:
        player.close()
    assert not [t for t in threading.enumerate() if t.name == "ser-play"]


def test_a_file_is_read_from_anywhere(ramp: Path):
    for seconds in (0.0, 0.5, 1.9999, 2.0, 5.0):
        data = np.concatenate([np.empty(0), *read_from(ramp, seconds, 8000)])
        np.testing.assert_allclose(data, np.arange(round(seconds * 8000), 16_000) / 16_000)


def test_silent_clock_runs_pauses_seeks_and_ends(no_speakers, ramp, opened):
    player = opened(ramp)
    assert player.duration == pytest.approx(2.0)
    assert player.position == 0.0
    assert not player.playing
    player.play()
    assert wait_for(lambda: player.position > 0.3)
    assert player.silent
    assert player.message == "no output device: playing silently"
    player.pause()
    assert wait_for(lambda: player._output is None)
    at = player.position
    time.sleep(0.1)
    assert player.position == at
    player.seek(1.8)
    assert player.position == pytest.approx(1.8)
    player.play()
    assert wait_for(lambda: player.finished)
    assert not player.playing
    assert player.position == pytest.approx(2.0)
    player.play()
    assert wait_for(lambda: 0 < player.position < 1.0)
    player.stop()
    assert wait_for(lambda: player._output is None)
    assert player.position == 0.0


def test_seeking_is_kept_inside_the_file(no_speakers, ramp, opened):
    player = opened(ramp)
    player.seek(99)
    assert player.position == pytest.approx(2.0)
    player.seek(-3)
    assert player.position == 0.0


def test_what_is_played_is_the_file(speakers, ramp, opened):
    player = opened(ramp)
    player.play()
    assert wait_for(lambda: player.finished)
    assert not player.silent
    played = np.concatenate(speakers.last.played)
    assert player.underruns == 0
    np.testing.assert_allclose(played[:16_000], np.arange(16_000) / 16_000, atol=1e-6)
    assert player.position == pytest.approx(2.0, abs=0.02)


def test_the_position_is_what_is_heard_not_what_was_handed_out(speakers, ramp, opened):
    player = opened(ramp)
    player.play()
    assert wait_for(lambda: player.position > 0.5)
    last = -1.0
    for _ in range(50):
        position = player.position
        handed_out = len(speakers.last.played) * 0.01
        assert position >= last
        assert -0.02 < handed_out - position < 0.3
        last = position
        time.sleep(0.01)
    # The DAC is 50 ms behind what was handed out.
    assert len(speakers.last.played) * 0.01 - player.position > 0.02


def test_seeking_while_playing_goes_on_from_there(speakers, ramp, opened):
    player = opened(ramp)
    player.play()
    assert wait_for(lambda: player.position > 0.1)
    first = speakers.last
    player.seek(1.5)
    assert player.position == pytest.approx(1.5)
    assert wait_for(lambda: speakers.last is not first and len(speakers.last.played) > 3)
    assert speakers.last.played[0][0] == pytest.approx(0.75)
    assert wait_for(lambda: player.finished)


def test_a_refused_rate_is_resampled(speakers, ramp, opened, monkeypatch):
    monkeypatch.setattr(FakeStream, "refused_rates", (8000,))
    player = opened(ramp)
    player.play()
    assert wait_for(lambda: player.finished)
    assert speakers.last.rate == 48_000
    played = np.concatenate(speakers.last.played)[: 2 * 48_000]
    middle = slice(24_000, 72_000)
    np.testing.assert_allclose(played[middle], (np.arange(96_000) / 96_000)[middle], atol=1e-3)


def test_a_device_that_stops_gives_way_to_the_silent_clock(speakers, ramp, opened, monkeypatch):
    monkeypatch.setattr(playback, "_STALL", 0.2)
    player = opened(ramp)
    player.play()
    assert wait_for(lambda: player.position > 0.1)
    FakeStream.stalled = True
    assert wait_for(lambda: player.silent)
    assert "stopped" in player.message
    assert wait_for(lambda: player.finished)


def test_a_long_file_is_streamed(speakers, tmp_path, opened):
    path = tmp_path / "long.wav"
    with sf.SoundFile(path, "w", 8000, 1, "PCM_16") as sound:
        for _ in range(600):
            sound.write(np.zeros(8000))
    player = opened(path)
    player.seek(300)
    player.play()
    assert wait_for(lambda: player.position > 300.2)
    assert len(player._output._ring._data) <= 3 * 8000


def test_what_is_no_sound_file_is_refused_at_once(tmp_path: Path):
    path = tmp_path / "x.wav"
    path.write_bytes(b"no sound")
    with pytest.raises(AudioFileError):
        Player(path)
    with pytest.raises(AudioFileError):
        Player(tmp_path / "missing.wav")


def test_on_a_sound_card(virtual_microphone, demo_clip, opened):
    player = opened(demo_clip)
    player.seek(1.0)
    player.play()
    assert wait_for(lambda: player.position > 1.2)
    assert not player.silent, player.message
    began, at = time.monotonic(), player.position
    time.sleep(2.0)
    assert player.position - at == pytest.approx(time.monotonic() - began, abs=0.25)
    player.seek(player.duration - 0.5)
    assert wait_for(lambda: player.finished)


def test_the_sound_in_a_session_file_is_played_from_anywhere(speakers, tmp_path: Path):
    from ser_live.sessions.reader import read_session
    from ser_live.sessions.schema import Facts
    from ser_live.sessions.writer import SessionWriter

    writer = SessionWriter(tmp_path / "x.serlive", Facts("mic", "m", "{}", "now", 8000, 100, "p"))
    sound = (np.arange(16_000) / 16_000).astype(np.float32)
    none = np.zeros(0, np.float32)
    for at in (0, 8000):
        writer.write([], (none, none), sound[at : at + 8000], (at + 8000) / 8000)
    writer.close()
    player = Player(read_session(tmp_path / "x.serlive").audio)
    try:
        assert (player.sample_rate, player.duration) == (8000, 2.0)
        player.seek(1.5)
        player.play()
        assert wait_for(lambda: player.finished)
        heard = np.concatenate(speakers.last.played)
        start = int(np.argmax(heard > 0))
        np.testing.assert_allclose(heard[start : start + 4000], sound[12_000:], atol=1e-3)
    finally:
        player.close()
