"""What an earlier call left behind is not taken for the figures of other clips or folds."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ser_live.errors import SerLiveError
from ser_live.labels import EMOTIONS
from training import baseline, leak
from training.split import assign_folds


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A manifest of 15 speakers with numbers that tell the emotion; folds of one seed."""
    rows = [
        {"path": f"CREMA-D/{speaker}-{emotion}", "corpus": "CREMA-D", "sha1": f"{speaker}{emotion}"}
        | {"speaker": f"CREMA-D-{speaker}", "gender": "fm"[speaker % 2], "emotion": emotion}
        | {"duration": 1.0}
        for speaker in range(15)
        for emotion in EMOTIONS
    ]
    table = pd.DataFrame(rows).replace({"gender": {"f": "female", "m": "male"}})
    table.to_csv(tmp_path / "manifest.csv", index=False)
    assign_folds(table, seed=1).to_csv(tmp_path / "folds.csv", index=False)
    numbers = np.tile(np.eye(len(EMOTIONS), dtype=np.float32), (15, 1))
    monkeypatch.setattr(baseline, "functionals", lambda *_: numbers)
    index = pd.DataFrame({"clip": np.arange(len(table))})
    monkeypatch.setattr(leak, "load_cache", lambda *_: SimpleNamespace(index=index))
    monkeypatch.setattr(leak, "window_statistics", lambda _: numbers)
    return tmp_path


def run(command, folder):
    out = folder / command
    if command == "leak":
        return leak.leak(folder, folder, folder / "folds.csv", out, "log-mel")
    return baseline.run_baseline(folder, folder, folder / "folds.csv", out)


@pytest.mark.parametrize(
    ("command", "file"), [("baseline", "fold0.csv"), ("leak", "leak-log-mel.csv")]
)
def test_of_other_folds(command, file, folder):
    first = run(command, folder)
    again = run(command, folder)  # the same call goes on with what is there
    assert again.equals(first) if command == "leak" else again == first
    table = pd.read_csv(folder / "manifest.csv")
    assign_folds(table, seed=2).to_csv(folder / "folds.csv", index=False)
    with pytest.raises(
        SerLiveError, match=re.escape(file) + ": of another manifest or other folds"
    ):
        run(command, folder)


@pytest.mark.parametrize("command", ["baseline", "leak"])
def test_of_another_manifest(command, folder):
    run(command, folder)
    table = pd.read_csv(folder / "manifest.csv")
    table["path"] = table["path"] + "-new"
    table.to_csv(folder / "manifest.csv", index=False)
    with pytest.raises(SerLiveError, match="of another manifest or other folds"):
        run(command, folder)


def test_a_leak_of_an_older_version_is_kept(folder):
    run("leak", folder)
    (folder / "leak" / "leak-log-mel.json").unlink()
    run("leak", folder)
