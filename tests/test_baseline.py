"""The classic baseline: functionals and a support vector machine on the same folds."""

import importlib.util

import numpy as np
import pandas as pd
import pytest
from tiny_corpora import RATE, buzz

from ser_live.labels import EMOTIONS
from training import baseline
from training.baseline import fold_predictions, run_baseline, support_vectors
from training.predictions import joint_of, read_predictions
from training.split import assign_folds, split_fold


@pytest.fixture
def corpus():
    """A manifest of two corpora whose clips' numbers tell emotion and gender, and the numbers."""
    rng = np.random.default_rng(0)
    rows, numbers = [], []
    for name, count in (("CREMA-D", 15), ("SAVEE", 4)):
        for speaker in range(count):
            for i, emotion in enumerate(EMOTIONS * 2):
                gender = ("female", "male")[speaker % 2]
                rows.append(
                    {"path": f"{name}/{speaker}-{len(rows)}", "corpus": name, "sha1": len(rows)}
                    | {"speaker": f"{name}-{speaker}", "gender": gender, "emotion": emotion}
                )
                code = [*np.eye(7)[i % 7], speaker % 2, speaker]
                numbers.append(np.array(code) + rng.normal(0, 0.05, 9))
    return pd.DataFrame(rows), np.array(numbers, np.float32)


def test_a_fold_tests_its_speakers_and_learns_from_all_others(corpus, monkeypatch):
    table, numbers = corpus
    folds = assign_folds(table)
    learnt = []

    def spy(values, labels):
        learnt.append(len(values))
        return support_vectors(values, labels)

    monkeypatch.setattr(baseline, "support_vectors", spy)
    predictions = fold_predictions(table, numbers, folds, 2)
    split = split_fold(table, folds, 2)
    assert predictions["path"].tolist() == table["path"].iloc[split.test].tolist()
    assert learnt == [len(split.train) + len(split.validation)] * 2  # emotion, gender
    assert set(joint_of(predictions).ravel()) == {0.0, 1.0}


def test_figures_over_the_folds(corpus, tmp_path, monkeypatch, capsys):
    table, numbers = corpus
    (tmp_path / "cache").mkdir()
    manifest = table.assign(duration=1.0, sha1=table["path"])
    manifest.to_csv(tmp_path / "cache" / "manifest.csv", index=False)
    monkeypatch.setattr(baseline, "functionals", lambda *_: numbers)
    paths = (tmp_path / "cache", tmp_path, tmp_path / "folds.csv", tmp_path / "out")
    metrics = run_baseline(*paths)
    assert metrics["by_corpus"]["CREMA-D"]["uar"] > 0.9
    assert metrics["by_corpus"]["CREMA-D"]["gender_accuracy"] > 0.9
    assert set(metrics["folds"]) == {"CREMA-D"} and len(metrics["folds"]["CREMA-D"]) == 5
    everything = read_predictions(tmp_path / "out" / "predictions.csv")
    assert sorted(everything["path"]) == sorted(table["path"])  # each clip once
    assert "| CREMA-D | 210 | 15 |" in (tmp_path / "out" / "baseline.md").read_text()
    # Three speakers fill three folds.
    few = manifest["speaker"].isin([f"CREMA-D-{i}" for i in range(3)])
    (tmp_path / "few").mkdir()
    manifest[few].to_csv(tmp_path / "few" / "manifest.csv", index=False)
    monkeypatch.setattr(baseline, "functionals", lambda *_: numbers[few])
    run_baseline(tmp_path / "few", tmp_path, tmp_path / "few.csv", tmp_path / "fewer")
    assert len(list((tmp_path / "fewer").glob("fold*.csv"))) == 3
    assert len(read_predictions(tmp_path / "fewer" / "predictions.csv")) == few.sum()
    monkeypatch.setattr(baseline, "functionals", lambda *_: numbers)
    # A fold that is done is not trained again.
    monkeypatch.setattr(baseline, "support_vectors", None)
    assert run_baseline(*paths) == metrics


@pytest.mark.skipif(
    importlib.util.find_spec("opensmile") is None, reason="the extra `baseline` is not installed"
)
def test_functionals_are_egemaps():
    from training.functionals import N_FUNCTIONALS, _make

    compute = _make()
    low, high = (compute(buzz(n, 0), RATE) for n in (0, 4))
    assert low.shape == (N_FUNCTIONALS,) and np.isfinite(low).all()
    # F0 in semitones above 27.5 Hz comes first.
    assert low[0] == pytest.approx(12 * np.log2(100 / 27.5), abs=0.5)
    assert high[0] == pytest.approx(12 * np.log2(340 / 27.5), abs=0.5)
    assert compute(buzz(0, 0, seconds=0.05), RATE).shape == (N_FUNCTIONALS,)
