"""The claims table, from run folders as training leaves them."""

import dataclasses
import json

import pandas as pd
import pytest

from ser_live.config import Config
from ser_live.errors import SerLiveError
from training.claims import BASELINE, CLAIMS, claims_markdown, claims_table, find_runs, verdict
from training.cli import main
from training.recipe import Recipe


def write_run(folder, uar, config=None, recipe=None, drop=(), **facts):
    """A finished run's folder: the defaults with some settings changed."""
    settings = {
        "config": dataclasses.asdict(Config()),
        "recipe": {**dataclasses.asdict(Recipe(epochs=6)), **(recipe or {})},
        **facts,
    }
    for name, value in (config or {}).items():
        section, field = name.split(".")
        settings["config"][section][field] = value
    for section, field in drop:
        del settings[section][field]
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(settings))
    (folder / "metrics.json").write_text(json.dumps({"validation_uar": uar}))


@pytest.fixture
def runs(tmp_path):
    for seed, uar in enumerate((0.50, 0.51, 0.52)):
        write_run(tmp_path / f"a{seed}", uar, recipe={"seed": seed})
    return tmp_path


def table_of(folder):
    return claims_table(find_runs([folder])).set_index("claim")


def test_rows_are_compared_with_twice_the_spread_of_the_baseline(runs):
    write_run(runs / "b", 0.545, {"model.n_blocks": 5})
    write_run(runs / "c", 0.46, {"model.n_classes": 7})
    write_run(runs / "d", 0.56, {"model.dropout": 0.0})
    table = table_of(runs)
    assert table.loc[BASELINE, "validation_uar"] == pytest.approx(0.51)
    assert table.loc[BASELINE, "spread"] == pytest.approx(0.02)
    assert table.loc["B: 5 convolutions", "verdict"] == "no difference"
    assert table.loc["C: 7 classes", "verdict"] == "worse"
    assert table.loc["without dropout", "verdict"] == "better"
    assert table.loc["without dropout", "difference"] == pytest.approx(0.05)
    assert table.loc["without batch norm", "verdict"] == "not run"
    assert list(table.index) == [BASELINE, *(claim.name for claim in CLAIMS)]


def test_every_row_finds_its_run_by_settings_that_are_still_being_named(runs):
    nothing = {"mixup_alpha": 0.0, "time_masks": 0, "feature_masks": 0}
    write_run(runs / "b", 0.1, {"model.n_blocks": 5})
    write_run(runs / "c", 0.2, {"model.n_classes": 7})
    write_run(runs / "rms", 0.3, {"features.rms_and_zcr": False})
    write_run(runs / "aug", 0.4, recipe=nothing)
    versions = {"augmentation": "paper", "versions": 6, "augmented_share": 0.86}
    write_run(runs / "six", 0.45, recipe=versions)
    write_run(runs / "dropout", 0.5, {"model.dropout": 0.0})
    write_run(runs / "l2", 0.6, recipe={"weight_decay": 0.0})
    write_run(runs / "bn", 0.7, {"model.batch_norm": False})
    write_run(runs / "heads", 0.8, {"model.heads": "7+2", "model.n_classes": 9})
    table = table_of(runs)
    rows = ["b", "c", "rms", "aug", "six", "dropout", "l2", "bn", "heads"]
    assert table["run"].tolist()[1:] == rows


def test_runs_of_another_protocol_or_with_two_changes_are_passed_over(runs):
    write_run(runs / "longer", 0.9, {"model.n_blocks": 5}, {"epochs": 12})
    write_run(runs / "fold1", 0.9, {"model.n_blocks": 5}, {"fold": 1})
    write_run(runs / "hop", 0.9, {"model.n_blocks": 5, "features.hop_length": 220})
    write_run(runs / "two", 0.9, {"model.n_blocks": 5, "model.dropout": 0.0})
    write_run(runs / "some", 0.9, recipe={"mixup_alpha": 0.0})  # masks are left
    write_run(runs / "left", 0.9, {"model.n_blocks": 5}, leave_out="SAVEE")
    write_run(runs / "taught", 0.9, {"model.n_blocks": 5}, teachers=[{"run": "a0"}])
    write_run(runs / "unfinished", 0.9, {"model.n_blocks": 5})
    (runs / "unfinished" / "metrics.json").unlink()
    assert set(table_of(runs)["verdict"][1:]) == {"not run"}


def test_a_setting_that_an_older_run_lacks_is_todays_default(tmp_path):
    for seed, drop in enumerate(([], [("recipe", "weight_decay")])):
        write_run(tmp_path / f"a{seed}", 0.5 + 0.01 * seed, recipe={"seed": seed}, drop=drop)
    table = table_of(tmp_path)
    assert table.loc[BASELINE, "seeds"] == 2
    assert table.loc[BASELINE, "spread"] == pytest.approx(0.01)


def test_the_uar_comes_from_the_figures_where_the_summary_lacks_it(tmp_path):
    write_run(tmp_path / "a", None)
    figures = {"validation": {"X": {"uar": 0.4}, "Y": {"uar": 0.6}}}
    (tmp_path / "a" / "metrics.json").write_text(json.dumps({"figures": figures}))
    assert table_of(tmp_path).loc[BASELINE, "validation_uar"] == pytest.approx(0.5)


def test_without_a_spread_nothing_is_decided():
    assert "spread unknown" in verdict(0.3, float("nan"))
    assert verdict(0.04, 0.02) == "better" and verdict(-0.04, 0.02) == "worse"
    assert verdict(0.0399, 0.02) == "no difference"


def test_the_command_writes_both_tables(runs, tmp_path, capsys):
    write_run(runs / "b", 0.6, {"model.n_blocks": 5})
    output = tmp_path / "out"
    assert main(["claims", "--results", str(runs), "--output", str(output)]) == 0
    text = capsys.readouterr().out
    assert "| B: 5 convolutions | 1 | 60.0 | – | +9.0 | better |" in text
    assert (output / "claims.md").read_text() in text
    assert len(pd.read_csv(output / "claims.csv")) == 10
    empty = claims_markdown(claims_table([]))
    assert empty.count("not run") == 10
    (runs / "b" / "run.json").write_text("{")
    with pytest.raises(SerLiveError, match=r"b/run\.json: line 1: "):
        find_runs([runs])
