"""Features and manifest belong together: row i of one is about clip i of the other."""

import json

import pandas as pd
import pytest
from tiny_corpora import prepare, prepared

from ser_live.errors import SerLiveError
from training import run as training_run
from training.cache import check_cache
from training.cli import main
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


def test_a_cache_of_an_older_version_is_known_by_its_number_of_clips(cache):
    features = cache / "features-hop441"
    meta = json.loads((features / "cache.json").read_text())
    del meta["manifest"]
    (features / "cache.json").write_text(json.dumps(meta))
    table = pd.read_csv(cache / "manifest.csv", keep_default_na=False)
    check_cache(features, table.iloc[::-1])
    with pytest.raises(SerLiveError, match="another manifest"):
        check_cache(features, table.iloc[1:])
