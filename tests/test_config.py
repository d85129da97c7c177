from dataclasses import replace

import pytest

from ser_live.config import Config
from ser_live.errors import ConfigError


def test_round_trip():
    config = Config()
    changed = replace(config, features=replace(config.features, hop_length=220))
    assert Config.from_json(config.to_json()) == config
    assert Config.from_json(changed.to_json()) == changed != config


def test_window_dimensions():
    config = Config()
    assert config.audio.window_samples == 66_150
    assert config.features.n_features == 170
    assert config.frames_per_window == 1 + 66_150 // config.features.hop_length


def test_missing_fields_take_defaults():
    assert Config.from_json('{"vad": {"webrtc_mode": 3}}').vad.webrtc_mode == 3


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "not valid JSON"),
        ("[]", "config: expected an object"),
        ('{"vda": {}}', "config.vda"),
        ('{"vad": {"mode": 3}}', "config.vad.mode"),
        ('{"vad": {"webrtc_mode": "3"}}', "config.vad.webrtc_mode"),
        ('{"audio": {"sample_rate": 22050.5}}', "config.audio.sample_rate"),
        ('{"audio": 3}', "config.audio"),
    ],
)
def test_errors_name_the_field(text, named):
    with pytest.raises(ConfigError, match=named):
        Config.from_json(text)
