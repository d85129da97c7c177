"""Values that may be changed at run time, and those that may not."""

import pytest

from ser_live.config import Config
from ser_live.config_override import check_same_checkpoint, override, parse_settings, tune
from ser_live.errors import ConfigError
from ser_live.tunables import BY_NAME, TUNABLES, changed, check_together, usable


def test_every_tunable_is_a_field_within_its_range_and_teaches():
    config = Config()
    check_together(config)
    for tunable in TUNABLES:
        value = tunable.of(config)
        tunable.check(int(value) if tunable.whole else value)
        assert tunable.low < tunable.high and len(tunable.help) > 40
        for end in (tunable.low, tunable.high):  # the ends can be had
            number = int(end) if tunable.whole else end
            assert tunable.of(override(config, [f"{tunable.name}={number}"])) == end


def test_settings_become_a_configuration():
    config = tune(Config(), parse_settings(["segmenter.hangover=0.8", "vad.webrtc_mode=3"]))
    assert config.segmenter.hangover == 0.8 and config.vad.webrtc_mode == 3
    assert config.features == Config().features
    check_same_checkpoint(config, Config())


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("segmenter.hangover", r"section\.field=value"),
        ("hangover=1", r"section\.field=value"),
        ("segmenter.hangovr=1", "hangovr: unknown field"),
        ("segmenter.hangover=long", "hangover: expected float"),
        ("segmenter.hangover=99", r"not within 0\.1 and 3 s"),
        ("segmenter.hangover=NaN", "not within"),
        ("vad.webrtc_mode=1.5", "webrtc_mode: expected int"),
        ("vad.webrtc_mode=true", "webrtc_mode: expected int"),
        ("features.hop_length=220", "belongs to the checkpoint"),
        ("decision.temperature=2.0", "belongs to the checkpoint"),
        ("audio.window_seconds=2.0", "belongs to the checkpoint"),
    ],
)
def test_wrong_settings_are_told(setting, named):
    with pytest.raises(ConfigError, match=named):
        parse_settings([setting])


def test_values_must_agree():
    with pytest.raises(ConfigError, match="keep_probability"):
        tune(Config(), {"vad.keep_probability": 0.8})
    tune(Config(), {"vad.keep_probability": 0.8, "vad.open_probability": 0.9})


def test_a_configuration_that_contradicts_the_checkpoint_is_refused():
    for setting in ("features.hop_length=220", "model.channels=4", "decision.temperature=2.0"):
        with pytest.raises(ConfigError, match=setting.partition("=")[0].partition(".")[0]):
            check_same_checkpoint(override(Config(), [setting]), Config())


def test_stored_nonsense_is_left_out_and_told():
    stored = {"segmenter.hangover": 0.9, "vad.webrtc_mode": "x", "foo": 1, "vad.max_gain_db": 1e9}
    values, problems = usable(stored)
    assert values == {"segmenter.hangover": 0.9}
    assert [p.split(":")[0] for p in problems] == ["vad.webrtc_mode", "foo", "vad.max_gain_db"]
    assert usable(["x"])[0] == {} and usable(["x"])[1]


def test_only_differences_are_changes():
    default = BY_NAME["segmenter.hangover"].of(Config())
    values = {"segmenter.hangover": default, "vad.webrtc_mode": 3}
    assert changed(Config(), values) == {"vad.webrtc_mode": 3}
