"""Features and manifest belong together: row i of one is about clip i of the other."""

import json

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from tiny_corpora import RATE, buzz, prepare, prepared

from ser_live.errors import SerLiveError
from training import run as training_run
from training.cache import check_cache, load_cache
from training.cli import main
from training.files import only_one
from training.leak import leak


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The cache of a small corpus."""
    monkeypatch.setattr(training_run, "FOLDS", tmp_path / "folds.csv")
    return prepared(tmp_path, {"Theatre": 4})


def test_the_manifest_that_the_features_were_made_from_is_accepted(cache):
    table = pd.read_csv(cache / "manifest.csv", keep_default_na=False)
    check_cache(cache / "features-hop441", table)


def test_as_many_other_clips_are_not_taken_for_those_of_the_features(cache, tmp_path, capsys):
    manifest = cache / "manifest.csv"
    table = pd.read_csv(manifest, keep_default_na=False)
    # As many clips in another order: every label would go to another clip's features.
    table.iloc[::-1].to_csv(manifest, index=False)
    capsys.readouterr()
    tiny = ["--set", "model.channels=4", "--set", "model.lstm_units=4"]
    train = ["train", "--cache", str(cache), "--run", str(tmp_path / "run"), "--epochs", "1"]
    assert main([*train, "--device", "cpu", "--corpora", str(cache), *tiny]) == 1
    assert "features-hop441: made from another manifest" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    assert main(prepare(tmp_path / "corpora" / "corpora.csv", cache)) == 1
    assert "features-hop441: made from another manifest" in capsys.readouterr().err
    with pytest.raises(SerLiveError, match="another manifest"):
        leak(cache, cache, tmp_path / "folds.csv", tmp_path / "leak", "log-mel")


def test_what_decides_about_windows_and_features_must_be_alike(cache, tmp_path, capsys):
    table = tmp_path / "corpora" / "corpora.csv"
    for setting, message in (
        ("audio.window_seconds=2", "audio.window_seconds: 3.0, not 2.0"),
        ("vad.open_probability=0.9", "vad.open_probability: 0.5, not 0.9"),
        ("stream.block_seconds=0.01", "stream.block_seconds: 0.02, not 0.01"),
    ):
        assert main([*prepare(table, cache), "--set", setting]) == 1
        assert message in capsys.readouterr().err
        train = ["train", "--cache", str(cache), "--run", str(tmp_path / "run"), "--set", setting]
        assert main([*train, "--device", "cpu"]) == 1
        assert message in capsys.readouterr().err and not (tmp_path / "run").exists()
    assert main([*prepare(table, cache), "--set", "stream.max_queued_windows=8"]) == 0


def test_features_are_mapped_and_not_read(cache):
    assert isinstance(load_cache(cache / "features-hop441").data.base, np.memmap)


def test_one_process_prepares_at_a_time(cache, tmp_path, capsys):
    with only_one(cache):
        assert main(prepare(tmp_path / "corpora" / "corpora.csv", cache)) == 1
    assert f"{cache}: another process is at work here right now" in capsys.readouterr().err
    assert main(prepare(tmp_path / "corpora" / "corpora.csv", cache)) == 0


def test_clips_that_came_or_went_are_named(tmp_path, capsys):
    corpora, cache = tmp_path / "corpora" / "RAVDESS", tmp_path / "cache"
    corpora.mkdir(parents=True)
    command = ["prepare", "--cache", str(cache), "--processes", "1"]
    command += ["--corpora", str(tmp_path / "corpora")]
    names = [f"03-01-0{number}-01-01-01-01.wav" for number in range(1, 5)]
    for number, name in enumerate(names[:3]):
        sf.write(corpora / name, buzz(number, number), RATE)
    (corpora / names[2]).write_bytes(b"")  # left out, and known to be
    assert main(command) == 0 and main(command) == 0
    sf.write(corpora / names[3], buzz(4, 4), RATE)
    capsys.readouterr()
    assert main(command) == 1
    assert f"made before 1 clips came, RAVDESS/{names[3]} for one" in capsys.readouterr().err
    (corpora / names[3]).unlink()
    (corpora / names[0]).unlink()
    assert main(command) == 1
    assert f"1 of 2 clips of {cache}" in capsys.readouterr().err


def test_with_and_without_the_known_corpora_are_told_apart(cache, tmp_path, capsys):
    command = prepare(tmp_path / "corpora" / "corpora.csv", cache)
    command.remove("--only-csv")
    capsys.readouterr()
    assert main([*command, "--corpora", str(tmp_path / "corpora")]) == 1
    assert "made with --only-csv; choose another --cache" in capsys.readouterr().err


def test_a_cache_of_an_older_version_is_known_by_its_number_of_clips(cache):
    features = cache / "features-hop441"
    meta = json.loads((features / "cache.json").read_text())
    del meta["manifest"]
    (features / "cache.json").write_text(json.dumps(meta))
    table = pd.read_csv(cache / "manifest.csv", keep_default_na=False)
    check_cache(features, table.iloc[::-1])
    with pytest.raises(SerLiveError, match="another manifest"):
        check_cache(features, table.iloc[1:])
