"""The player's transport: speed, loop, gain, output; a file that goes away meanwhile."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from test_playback import FakeError, FakeStream, no_speakers, opened, ramp, speakers, wait_for

from ser_live.audio.playback import Player

__all__ = ["no_speakers", "opened", "ramp", "speakers"]  # fixtures


def rate_of(player: Player, seconds: float = 1.0) -> float:
    """Seconds of the file a second, while it plays on."""
    began, at = time.monotonic(), player.position
    time.sleep(seconds)
    return (player.position - at) / (time.monotonic() - began)


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """A minute of nothing at 8 kHz."""
    path = tmp_path / "long.wav"
    sf.write(path, np.zeros(60 * 8000), 8000)
    return path


@pytest.mark.parametrize("speed", [0.5, 2.0])
@pytest.mark.parametrize("output", ["speakers", "no_speakers"])
def test_the_cursor_goes_at_the_chosen_speed(request, long, opened, output, speed):
    request.getfixturevalue(output)
    player = opened(long)
    player.set_speed(speed)
    player.play()
    assert wait_for(lambda: player.position > 0.5)
    assert rate_of(player) == pytest.approx(speed, rel=0.25)


def test_a_change_of_speed_goes_on_where_it_was(speakers, long, opened):
    player = opened(long)
    player.seek(10)
    player.play()
    assert wait_for(lambda: player.position > 10.3)
    before = player.position
    player.set_speed(1.5)
    assert before <= player.position < before + 0.3
    assert wait_for(lambda: player.position > before + 0.5)
    player.set_speed(99)
    assert player.speed == 2.0


def test_a_loop_is_repeated_until_it_is_taken_away(no_speakers, ramp, opened):
    player = opened(ramp)
    player.set_loop((0.5, 0.8))
    assert player.position == 0.5
    player.play()
    for _ in range(40):
        assert 0.5 <= player.position <= 0.8
        time.sleep(0.02)
    assert player.playing
    player.set_loop(None)
    assert wait_for(lambda: player.finished)
    assert player.position == pytest.approx(2.0)
    player.set_loop((0.5, 0.8))
    player.play()
    assert player.position == pytest.approx(0.5, abs=0.25)
    with pytest.raises(ValueError, match="too short"):
        player.set_loop((1.0, 1.01))


def test_gain_takes_effect_at_once(speakers, ramp, opened):
    player = opened(ramp)
    player.set_gain(0.5)
    player.play()
    assert wait_for(lambda: player.position > 0.5)
    played = np.concatenate(speakers.last.played)
    np.testing.assert_allclose(played[:2000], 0.5 * np.arange(2000) / 16_000, atol=1e-6)
    player.set_gain(0.0)
    assert wait_for(lambda: not speakers.last.played[-1].any())
    player.set_gain(7.0)
    assert player._output.gain == 1.0


def test_an_output_that_is_not_there_gives_way_to_the_default(speakers, ramp, opened, monkeypatch):
    real = FakeStream.__init__

    def init(self, **settings):
        if settings["device"] == "headphones":
            raise FakeError("gone")
        real(self, **settings)

    monkeypatch.setattr(FakeStream, "__init__", init)
    monkeypatch.setattr("ser_live.audio.output.find_output", lambda name: name)
    player = opened(ramp)
    player.set_device("headphones")
    player.play()
    assert wait_for(lambda: player.position > 0.1)
    assert not player.silent
    assert "“headphones” cannot be used" in player.message
    player.set_device(None)
    assert wait_for(lambda: player.message == "")
    assert wait_for(lambda: player.finished)


def test_an_output_that_comes_back_is_taken_up_by_playing_again(
    speakers, long, opened, monkeypatch
):
    monkeypatch.setattr(FakeStream, "refused_rates", (8000, 48_000))
    player = opened(long)
    player.play()
    assert wait_for(lambda: player.silent and player.position > 0.1)
    player.pause()
    monkeypatch.setattr(FakeStream, "refused_rates", ())
    assert wait_for(lambda: player._output is None)
    player.play()
    assert wait_for(lambda: not player.silent and player.message == "")


def test_a_file_that_is_deleted_stops_with_a_reason_and_goes_on_when_it_is_back(
    no_speakers, long, opened
):
    away = long.with_suffix(".away")
    player = opened(long)
    player.play()
    assert wait_for(lambda: player.position > 0.2)
    os.rename(long, away)
    assert wait_for(lambda: player.error is not None)
    assert "long.wav is not there any more" in str(player.error)
    assert wait_for(lambda: not player.playing)
    at = player.position
    assert at > 0.2 and not player.finished
    os.rename(away, long)
    player.play()
    assert wait_for(lambda: player.position > at + 0.2)
    assert player.error is None


def test_a_file_that_is_replaced_is_not_played_as_the_old_one(no_speakers, long, opened):
    player = opened(long)
    sf.write(long, np.ones(9 * 8000), 8000)
    player.seek(5)
    player.play()
    assert wait_for(lambda: player.error is not None)
    assert "was changed since it was opened" in str(player.error)
    assert wait_for(lambda: not player.playing)
    assert player.position == pytest.approx(5, abs=0.1)
