"""Reports of runs and of pooled folds, on made-up predictions."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from ser_live.errors import SerLiveError
from ser_live.labels import EMOTIONS, GENDERS, joint_index
from training.audit import audit, find_demographics, read_demographics
from training.batches import joint_labels
from training.cli import main
from training.evaluate import probabilities
from training.intervals import figures, figures_by_corpus
from training.metrics import scores_by_corpus
from training.predictions import (
    PROBABILITIES,
    joint_before_temperature,
    joint_of,
    predictions_table,
    read_predictions,
    write_predictions,
)
from training.report import Material, write_report
from training.tables import classification, confusion

CORPORA = {"CREMA-D": EMOTIONS[:6], "RAVDESS": EMOTIONS, "TESS": EMOTIONS}


def made_up(speakers, seed=0, skill=1.5, part="test", repeats=3):
    """Predictions: each speaker says every emotion of the corpus a few times.

    A speaker's own skill varies, so that clips of one speaker resemble each other.
    """
    rng = np.random.default_rng(seed)
    rows, logits = [], []
    for speaker, corpus, gender in speakers:
        own = skill + rng.normal(0, 0.7)
        for emotion in CORPORA[corpus]:
            for take in range(repeats):
                rows.append(
                    {"path": f"{corpus}/{speaker}-{emotion}-{take}.wav", "corpus": corpus}
                    | {"speaker": f"{corpus}-{speaker}", "gender": gender, "emotion": emotion}
                )
                values = rng.normal(0, 1, 14)
                values[joint_index(gender, emotion)] += own
                values[[joint_index(gender, e) for e in EMOTIONS]] += 2
                logits.append(values)
    return predictions_table(part, pd.DataFrame(rows), probabilities(np.array(logits)))


def people(first, count=6):
    """Actors of CREMA-D and RAVDESS, and one woman of TESS."""
    cast = [(1001 + first + i, "CREMA-D", GENDERS[i % 2]) for i in range(count)]
    cast += [(f"{1 + first + i:02}", "RAVDESS", GENDERS[i % 2]) for i in range(4)]
    return cast + [(f"W{first}", "TESS", "female")]


def run_folder(folder, fold, first, validation=(), temperature=1.5, recipe=None, **config):
    """A finished run as ``train`` leaves it, without a model."""
    folder.mkdir(parents=True)
    table = made_up(people(first), seed=fold)
    if len(validation):
        table = pd.concat([made_up(validation, 99, part="validation"), table])
    write_predictions(folder / "predictions.csv", table)
    recipe = {"fold": fold, "epochs": 2, "max_lr": 0.001} | (recipe or {})
    (folder / "run.json").write_text(json.dumps({"config": {"model": config}, "recipe": recipe}))
    metrics = {"recipe": recipe, "epochs": 2, "figures": {"temperature": temperature, "test": {}}}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "log.csv").write_text(
        "epoch,loss,validation_uar,seconds,clips_per_second,per_corpus\n"
        '1,2.4,0.3,10,20,"CREMA-D 36.9, RAVDESS 22.8"\n'
        '2,2.0,0.4,10,20,"CREMA-D 40.0, RAVDESS 40.0"\n'
    )
    return folder


class Page(HTMLParser):
    """What an HTML page refers to, and whether its tags close."""

    def __init__(self, text):
        super().__init__()
        self.links, self.open, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.links += [v for k, v in attrs if k in ("src", "href", "srcset", "data")]
        if tag not in ("meta", "img", "br", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data


def check_page(path):
    """The page stands alone; return its text."""
    source = path.read_text(encoding="utf-8")
    page = Page(source)
    assert not page.open
    assert page.links and all(link.startswith("data:image/svg+xml;base64,") for link in page.links)
    assert not re.search(r"@import|url\(|<script|<link|<iframe", source)
    return page.text


def test_predictions_come_back_and_faulty_ones_are_refused(tmp_path):
    path = tmp_path / "predictions.csv"
    table = made_up(people(0))
    write_predictions(path, table)
    again = read_predictions(path)
    np.testing.assert_allclose(joint_of(again), joint_of(table), rtol=1e-8)
    assert again["path"].tolist() == table["path"].tolist()
    faulty = {
        "no column 'speaker'": table.drop(columns="speaker"),
        r"line 5: .*sum to 1": table.assign(p_male_sad=table["p_male_sad"] + (table.index == 3)),
        "part: 'train'": table.assign(part="train"),
        "emotion: 'bored'": table.assign(emotion="bored"),
    }
    for message, bad in faulty.items():
        write_predictions(path, bad)
        with pytest.raises(SerLiveError, match=message):
            read_predictions(path)


def test_the_temperature_can_be_undone():
    rng = np.random.default_rng(1)
    logs = rng.normal(0, 2, (50, 14))
    clips = made_up(people(0)).iloc[:50]
    table = predictions_table("test", clips, probabilities(logs, 2.5))
    table["temperature"] = 2.5
    np.testing.assert_allclose(joint_before_temperature(table), probabilities(logs), rtol=1e-9)


def test_figures_are_those_of_the_metrics_module():
    table = made_up(people(0))
    expected = scores_by_corpus(joint_of(table), joint_labels(table), table["corpus"].to_numpy())
    for corpus, row in figures_by_corpus(table, resamples=50).items():
        assert {k: row[k] for k in expected[corpus]} == expected[corpus]
        assert (row["interval"]["uar"] is None) == (corpus == "TESS")


def test_resamples_are_what_drawing_whole_speakers_gives():
    """The counts behind the intervals against plain repetition of the drawn speakers' rows."""
    from training import intervals

    table = made_up(people(0, 5)[:5], seed=4)
    joint, labels = joint_of(table), joint_labels(table)
    emotion, gender = labels % 7, labels // 7
    names, of = np.unique(table["speaker"].to_numpy(str), return_inverse=True)
    weights = np.array([[2, 0, 1, 1, 1], [0, 0, 3, 1, 1]])
    got = intervals._statistics(
        *intervals._resampled(joint, emotion, gender, of, weights), np.unique(emotion)
    )
    for i, row in enumerate(weights):
        drawn = pd.concat(
            [
                table[table["speaker"] == n]
                for n, k in zip(names, row, strict=True)
                for _ in range(k)
            ]
        )
        expected = scores_by_corpus(
            joint_of(drawn), joint_labels(drawn), drawn["corpus"].to_numpy()
        )["CREMA-D"]
        for key in intervals.KEYS:
            assert got[key][i] == pytest.approx(expected[key]), key


def test_intervals_hold_the_value_and_grow_with_fewer_speakers():
    table = made_up([(i, "CREMA-D", GENDERS[i % 2]) for i in range(40)])
    many = figures(table)
    few = figures(table[table["speaker"].isin([f"CREMA-D-{i}" for i in range(6)])])
    for row in (many, few):
        low, high = row["interval"]["uar"]
        assert low < row["uar"] < high
    width = [np.ptp(row["interval"]["uar"]) for row in (many, few)]
    assert width[1] > 1.5 * width[0]
    assert figures(table) == many  # a fixed seed
    # Twice the same clips are no new evidence: over clips the interval would shrink.
    assert figures(pd.concat([table, table]))["interval"]["uar"] == pytest.approx(
        many["interval"]["uar"]
    )


def test_confusions_and_classification_report():
    table = made_up(people(0)[:2], skill=50)
    counts = confusion(table)
    assert list(counts.index) == list(EMOTIONS[:6]) and list(counts.columns) == list(EMOTIONS)
    np.testing.assert_array_equal(counts.to_numpy(), 6 * np.eye(6, 7))
    text, details = classification(made_up(people(0)))
    assert "emotion, CREMA-D (108 clips, 6 speakers)" in text
    assert set(details["corpus"]) == {"CREMA-D", "RAVDESS", "TESS", "all corpora"}
    row = details.query("task == 'emotion' and corpus == 'CREMA-D' and `class` == 'macro avg'")
    assert row["recall"].item() == pytest.approx(
        figures_by_corpus(made_up(people(0)))["CREMA-D"]["uar"]
    )
    joint = details.query("task == 'joint' and corpus == 'RAVDESS'")["class"].tolist()
    assert set(PROBABILITIES) <= {f"p_{name}" for name in joint}
    assert (
        "surprise" not in details.query("task=='emotion' and corpus=='CREMA-D'")["class"].tolist()
    )


def demographics(folder):
    (folder / "CREMA-D").mkdir(parents=True)
    path = folder / "CREMA-D" / "VideoDemographics.csv"
    rows = ['"ActorID","Age","Sex","Race","Ethnicity"']
    ages = [29, 30, 49, 50, 74, 21]
    races = ["Asian", "Caucasian", "Asian", "African American", "Caucasian", "Caucasian"]
    for i in range(6):
        rows.append(f'{1001 + i},{ages[i]},"Female","{races[i]}","Not Hispanic"')
    path.write_text("\n".join(rows) + "\n")
    return path


def test_groups_of_speakers(tmp_path):
    path = demographics(tmp_path)
    assert find_demographics(tmp_path) == path
    table = made_up(people(0))
    rows = {(r["corpus"], r["by"], r["group"]): r for r in audit(table, read_demographics(path))}
    ages = {g: r["speakers"] for (c, by, g), r in rows.items() if by == "age"}
    assert ages == {"under 30": 2, "30–49": 2, "50 and over": 2}
    alone = rows["CREMA-D", "race", "African American"]
    assert alone["speakers"] == 1 and alone["low"] is None and alone["clips"] == 18
    mine = table[table["speaker"] == "CREMA-D-1004"]
    assert alone["uar"] == figures(mine)["uar"]
    women = rows["RAVDESS", "gender", "female"]
    assert women["speakers"] == 2 and women["low"] <= women["uar"] <= women["high"]
    assert ("TESS", "gender", "male") not in rows
    assert not any(r["by"] != "gender" for r in audit(table, None))
    path.write_text('"ActorID","Age"\n1001,x\n')
    with pytest.raises(SerLiveError, match=r"VideoDemographics\.csv: no column 'Race'"):
        read_demographics(path)


def test_a_runs_report(tmp_path, capsys):
    run = run_folder(tmp_path / "run", 0, 0, validation=people(20))
    arguments = ["--corpora", str(tmp_path / "none"), "--cache", str(tmp_path / "none")]
    before = json.loads((run / "metrics.json").read_text())
    assert main(["report", "--run", str(run), *arguments]) == 0
    assert "index.html: written" in capsys.readouterr().out
    text = check_page(run / "report" / "index.html")
    table = read_predictions(run / "predictions.csv").query("part == 'test'")
    for corpus, row in figures_by_corpus(table).items():
        assert f"{100 * row['uar']:.1f}" in text and corpus in text
    assert "one speaker: no interval" in text and "These are validation speakers" not in text
    assert "1001, 1002" in text and "1021" not in text  # who was tested
    assert "VideoDemographics.csv was not found" in text and "no manifest" in text
    names = {p.name for p in (run / "report").iterdir()}
    assert {
        "classification.txt",
        "classification.csv",
        "groups.csv",
        "confusion-CREMA-D.csv",
    } <= names
    assert {f"{n}.svg" for n in ("recall", "confusion", "reliability", "audit", "curves")} <= names
    metrics = json.loads((run / "metrics.json").read_text())
    assert {k: metrics[k] for k in before} == before
    assert metrics["intervals"]["by_corpus"]["CREMA-D"]["speakers"] == 6


def test_a_run_that_tested_nobody_says_so(tmp_path):
    run = run_folder(tmp_path / "run", 0, 0)
    table = read_predictions(run / "predictions.csv").assign(part="validation")
    write_predictions(run / "predictions.csv", table)
    arguments = ["--corpora", str(tmp_path), "--cache", str(tmp_path)]
    assert main(["report", "--run", str(run), *arguments]) == 0
    assert "These are validation speakers" in check_page(run / "report" / "index.html")
    assert main(["report", "--run", str(tmp_path / "no")]) == 1


def test_names_from_a_csv_cannot_break_the_page(tmp_path):
    table = made_up(people(0)[:4]).assign(corpus="a<b>/../c", temperature=1.0)
    write_report(tmp_path / "r", Material("<i>t</i>", "", "", "test", table))
    assert "a<b>/../c" in check_page(tmp_path / "r" / "index.html")
    assert (tmp_path / "r" / "confusion-a_b_____c.csv").exists()


def pool(tmp_path, *runs):
    folders = ["--corpora", str(tmp_path / "none"), "--cache", str(tmp_path / "none")]
    return main(["pool", "--runs", *map(str, runs), "--output", str(tmp_path / "out"), *folders])


def test_folds_are_pooled(tmp_path, capsys):
    runs = [run_folder(tmp_path / f"f{i}", i, 10 * i, temperature=1 + i) for i in range(3)]
    assert pool(tmp_path, runs[2], runs[0], runs[1]) == 0
    out = capsys.readouterr().out
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["by_corpus"]["CREMA-D"]["speakers"] == 18
    single = [figures_by_corpus(read_predictions(r / "predictions.csv")) for r in runs]
    # All made-up speakers say the same number of clips, so recalls average over the folds.
    mean = np.mean([s["CREMA-D"]["uar"] for s in single])
    assert metrics["by_corpus"]["CREMA-D"]["uar"] == pytest.approx(mean)
    folds = metrics["folds"]
    assert folds["numbers"] == [0, 1, 2] and set(folds["rows"]) == {"CREMA-D", "RAVDESS"}
    assert folds["rows"]["RAVDESS"]["sd"] == pytest.approx(
        np.std([s["RAVDESS"]["uar"] for s in single], ddof=1)
    )
    assert f"CREMA-D: UAR {100 * mean:.1f} ± " in out and "[" in out
    pooled = pd.read_csv(tmp_path / "out" / "predictions.csv")
    assert set(pooled["temperature"]) == {1, 2, 3} and set(pooled["fold"]) == {0, 1, 2}
    assert "mean ± sd" in check_page(tmp_path / "out" / "index.html")


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"fold": 0, "first": 10}, "both fold 0"),
        ({"fold": 1, "first": 3}, "CREMA-D-1004 was tested in both"),
        ({"fold": 1, "first": 10, "recipe": {"max_lr": 0.002}}, r"recipe.max_lr (0.001, 0.002)"),
        ({"fold": 1, "first": 10, "channels": 4}, "config.model.channels (128, 4)"),
    ],
)  # fmt: skip
def test_folds_that_do_not_belong_together_are_refused(tmp_path, capsys, second, message):
    runs = [run_folder(tmp_path / "a", 0, 0), run_folder(tmp_path / "b", **second)]
    assert pool(tmp_path, *runs) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_folds_of_another_division_are_refused(tmp_path, capsys):
    runs = [run_folder(tmp_path / "a", 0, 0), run_folder(tmp_path / "b", 1, 10)]
    (runs[0] / "folds.csv").write_text("speaker,fold\nx,0\ny,1\n")
    (runs[1] / "folds.csv").write_text("speaker,fold\nx,1\ny,0\n")
    assert pool(tmp_path, *runs) == 1
    assert "divide the speakers differently" in capsys.readouterr().err
    (runs[1] / "predictions.csv").unlink()
    assert pool(tmp_path, *runs) == 1
    assert "predictions.csv: not there" in capsys.readouterr().err


def test_folds_of_two_precisions_are_pooled_and_told(tmp_path, capsys):
    runs = [run_folder(tmp_path / f"f{k}", k, 10 * k) for k in range(3)]
    for run, precision in zip(runs, ("float32", "bfloat16", None), strict=True):
        metrics = json.loads((run / "metrics.json").read_text())
        metrics |= {"precision": precision} if precision else {}  # older runs do not say
        (run / "metrics.json").write_text(json.dumps(metrics))
    assert pool(tmp_path, *runs) == 0
    note = "different precisions: float32 (fold 0); bfloat16 (fold 1)"
    assert note in capsys.readouterr().out
    assert pool(tmp_path, runs[0], runs[2]) == 0
    assert "different precisions" not in capsys.readouterr().out
