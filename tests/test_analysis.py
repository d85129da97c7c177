"""One file's analysis, block by block: the same as in one go; saved as a session and read back."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ser_live.analysis import Analysis
from ser_live.audio.decode import Decoder, read_audio
from ser_live.audio.sources import FileSource
from ser_live.cli import main
from ser_live.config import Config
from ser_live.config_override import override, tune
from ser_live.errors import AudioFileError, ConfigError, SessionFileError
from ser_live.open_work import open_work
from ser_live.pipeline import analyze
from ser_live.sessions.reader import read_session
from ser_live.sessions.replay import Replay
from ser_live.sessions.saving import Cancelled, save_analysis


@pytest.fixture(scope="module")
def short(demo_clip, tmp_path_factory) -> Path:
    """Eight seconds of the demo clip."""
    samples, rate = read_audio(demo_clip)
    path = tmp_path_factory.mktemp("short") / "short.wav"
    sf.write(path, samples[: 8 * rate], rate)
    return path


@pytest.fixture(scope="module")
def analysed(short, predictor):
    analysis = Analysis(FileSource(short), predictor)
    steps = [analysis.duration]
    while analysis.advance():
        steps.append(analysis.duration)
    assert steps == sorted(steps) and len(steps) > 5
    return analysis


def results(timeline):
    return [(u.start, u.end, u.speech, u.estimate.joint.tolist()) for u in timeline.utterances()]


def test_it_finds_what_one_go_finds(short, predictor, analysed):
    whole, seconds = analyze(FileSource(short), predictor)
    assert len(results(whole)) >= 2
    assert results(analysed.timeline) == results(whole)
    assert analysed.duration == analysed.stats().time == seconds
    assert analysed.over and not analysed.running and not analysed.advance()
    assert len(analysed.waveform) > 700 and len(analysed.spectrogram) > 150


def test_values_change_what_is_found(short, predictor, analysed):
    config = tune(predictor.config, {"segmenter.provisional_hop": 1.0, "decision.min_speech": 3.0})
    tuned = open_work(short, predictor, {"segmenter.provisional_hop": 1.0})
    while tuned.advance():
        pass
    fewer, many = (len(t.timeline.windows(final=False)) for t in (tuned, analysed))
    assert 0 < fewer < many / 2
    unsure, _ = analyze(FileSource(short), predictor, config=config)
    assert all(u.estimate.low_evidence for u in unsure.utterances() if u.speech < 3.0)
    with pytest.raises(ConfigError, match="features"):
        Analysis(FileSource(short), predictor, override(Config(), ["features.n_mels=64"]))


def test_a_file_that_cannot_be_decoded_ends_it(tmp_path, predictor, short, monkeypatch):
    def broken(self):
        raise AudioFileError("gone")
        yield

    monkeypatch.setattr(Decoder, "blocks", broken)
    analysis = Analysis(FileSource(short), predictor)
    with pytest.raises(AudioFileError):
        analysis.advance()
    assert analysis.over and isinstance(analysis.error, AudioFileError)


@pytest.mark.parametrize("audio", [False, True])
def test_saved_and_read_back(analysed, short, tmp_path, audio):
    target = tmp_path / "kept.serlive"
    told = []
    sound = Decoder(short).blocks() if audio else None
    duration = analysed.duration
    save_analysis(analysed, duration, target, sound, progress=lambda s: told.append(s) or True)
    saved = read_session(target)
    assert results(saved.timeline) == results(analysed.timeline)
    assert len(saved.timeline) == len(analysed.timeline)
    assert saved.duration == analysed.duration
    assert saved.facts.model == analysed.model_name
    assert Config.from_json(saved.facts.config) == analysed.config
    for mine, theirs in zip(saved.waveform.get(0, 9999), analysed.waveform.get(0, 9999), strict=1):
        np.testing.assert_array_equal(mine, theirs)
    if audio:
        samples, _ = read_audio(short)
        heard = np.concatenate(list(saved.audio.blocks()))
        assert np.abs(heard - samples).max() < 1e-4 and told[-1] == pytest.approx(duration)
    else:
        assert saved.audio is None and not told
    assert [p.name for p in tmp_path.iterdir()] == ["kept.serlive"]
    again = open_work(target, analysed.predictor, {})
    assert isinstance(again, Replay) and again.over and again.duration == saved.duration


def test_nothing_is_left_of_a_file_that_was_not_written(analysed, short, tmp_path):
    target = tmp_path / "kept.serlive"
    target.write_bytes(b"mine")
    with pytest.raises(SessionFileError, match=r"kept\.serlive: exists already"):
        save_analysis(analysed, 8.0, target)
    with pytest.raises(Cancelled):
        save_analysis(
            analysed, 8.0, target, Decoder(short).blocks(), True, progress=lambda _: False
        )
    assert target.read_bytes() == b"mine" and len(list(tmp_path.iterdir())) == 1
    with pytest.raises(SessionFileError, match=r"/none/x\.serlive: cannot be written"):
        save_analysis(analysed, 8.0, tmp_path / "none" / "x.serlive")
    save_analysis(analysed, 8.0, target, overwrite=True)
    assert results(read_session(target).timeline) == results(analysed.timeline)


def test_export_to_session_on_the_command_line(short, tmp_path, capsys):
    talk = tmp_path / "talk.wav"
    talk.write_bytes(short.read_bytes())
    argv = ["export", str(talk), "--to", "session", "--audio", "-q", "--device", "cpu"]
    assert main([*argv, "--set", "segmenter.hangover=0.9"]) == 0
    saved = read_session(tmp_path / "talk.serlive")
    assert saved.audio is not None and len(results(saved.timeline)) >= 1
    assert Config.from_json(saved.facts.config).segmenter.hangover == 0.9
    assert main(argv) == 1 and "--force" in capsys.readouterr().err
    assert main([*argv, "-o", "-"]) == 2
    assert main(["export", str(tmp_path / "talk.serlive"), *argv[2:], "--force"]) == 1
    assert "session file already" in capsys.readouterr().err


def test_set_on_the_command_line(short, capsys):
    argv = ["analyze", str(short), "-q", "--device", "cpu"]
    assert main([*argv, "--set", "segmenter.provisional_hop=1"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["settings"] == {"segmenter.provisional_hop": 1.0}
    with pytest.raises(SystemExit) as wrong:
        main([*argv, "--set", "features.n_mels=64"])
    assert wrong.value.code == 2 and "belongs to the checkpoint" in capsys.readouterr().err
