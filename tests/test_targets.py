"""Training targets from CREMA-D's listeners, and the temperature."""

import numpy as np
import pandas as pd
import pytest

from ser_live.errors import SerLiveError
from ser_live.labels import JOINT, emotion_marginal
from training.corpora.crema_d import read_votes
from training.evaluate import fit_temperature, probabilities
from training.manifest import with_listeners
from training.targets import soft_targets


def test_votes_ties_and_missing_rows(tmp_path):
    folder = tmp_path / "CREMA-D" / "processedResults"
    folder.mkdir(parents=True)
    (folder / "summaryTable.csv").write_text(
        '"","FileName","VoiceVote","VoiceLevel","FaceVote","FaceLevel","MultiModalVote",'
        '"MultiModalLevel"\n'
        '"1","a","N","69.1","H","92.22","H","64.78"\n'
        '"2","b","D:A","37.2:58.6","A","45.5","A","44.2"\n'
        '"3","c","","","A","45.5","A","44.2"\n'
        '"4","d","X","1","A","45.5","A","44.2"\n'
    )
    assert read_votes(tmp_path) == {"a": "neutral", "b": "angry:disgust"}
    text = (folder / "summaryTable.csv").read_text()
    for damaged, message in (
        (text[: text.index('"D:A"')], r"summaryTable\.csv: line 3: breaks off; fetch"),
        ("<!doctype html>\n", r"summaryTable\.csv: line 1: no field 'FileName'"),
    ):
        (folder / "summaryTable.csv").write_text(damaged)
        with pytest.raises(SerLiveError, match=message):
            read_votes(tmp_path)
    (folder / "summaryTable.csv").write_text(text)
    table = pd.DataFrame(
        {
            "path": [f"CREMA-D/AudioWAV/{n}.wav" for n in "abce"] + ["TESS/a.wav"],
            "corpus": ["CREMA-D"] * 4 + ["TESS"],
            "gender": ["female", "male", "male", "male", "female"],
            "emotion": ["happy", "angry", "sad", "fear", "sad"],
        }
    )
    table = with_listeners(table, tmp_path)
    assert list(table["listeners"]) == ["neutral", "angry:disgust", "", "", ""]
    targets = pd.DataFrame(soft_targets(table, 0.4), columns=JOINT)
    expected = [
        {"female_happy": 0.6, "female_neutral": 0.4},
        {"male_angry": 0.8, "male_disgust": 0.2},
        {"male_sad": 1.0},
        {"male_fear": 1.0},
        {"female_sad": 1.0},
    ]
    for (_, row), wanted in zip(targets.iterrows(), expected, strict=True):
        assert dict(row[row > 0]) == pytest.approx(wanted)
    assert set(np.unique(soft_targets(table))) == {0.0, 1.0}
    with pytest.raises(SerLiveError, match="summaryTable"):
        soft_targets(table.assign(listeners=""), 0.4)
    with pytest.raises(SerLiveError, match="unknown emotion 'x'"):
        soft_targets(table.assign(listeners="x"), 0.4)


def test_the_published_votes_are_those_of_the_audio(corpora):
    votes = read_votes(corpora)
    assert len(votes) == 7_442
    assert votes["1001_IEO_HAP_HI"] == "happy" and votes["1001_IEO_ANG_MD"] == "angry:disgust"
    assert votes["1001_IEO_HAP_LO"] == "neutral"  # seen, it is happy


def test_temperature_is_that_of_the_emotion():
    rng = np.random.default_rng(0)
    emotion = rng.normal(0, 1.5, (6_000, 7))
    p = np.exp(emotion) / np.exp(emotion).sum(1, keepdims=True)
    labels = np.array([rng.choice(7, p=row) for row in p])
    # Gender is certain; its logits are too small, and would pull a joint fit towards sharpening.
    female = np.full((6_000, 1), 1.0)
    logits = np.concatenate([2 * emotion + female, 2 * emotion - female], 1)
    assert fit_temperature(logits, labels) == pytest.approx(2, rel=0.1)
    assert emotion_marginal(probabilities(logits, 2.0)).shape == (6_000, 7)
