"""Every export format, read back by a parser that was not written here."""

import csv
import io
import itertools
import json
import re
import time

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile as sf
import webvtt
from praatio import textgrid
from pympi.Elan import Eaf

from ser_live.cli import EXPORT_FORMATS, main
from ser_live.export.formats import FORMATS, format_of
from ser_live.export.results import Results
from ser_live.labels import JOINT
from ser_live.summary import summarize, summary_text
from ser_live.timeline import (
    SpeechEnded,
    SpeechStarted,
    Timeline,
    UtteranceResult,
    WindowResult,
)
from tests.estimates import estimate


def talk(source="a b/my talk ü.wav"):
    """Three utterances of 20 s; the second begins where the first ends, the third is unsure."""
    timeline = Timeline()
    spoken = [
        (1.0, 4.0, 2.5, estimate("female", "happy")),
        (4.0, 9.1239, 5.0, estimate("male", "sad", 0.6)),
        (12.0, 13.0, 0.75, estimate("female", "fear", 0.2)),
    ]
    for number, (start, end, speech, guess) in enumerate(spoken, 1):
        timeline.append(SpeechStarted(number, start))
        for at in np.arange(start + 0.75, end, 0.25):
            first = max(start, at - 3)
            timeline.append(WindowResult(number, first, float(at), 0.7, False, guess))
        timeline.append(WindowResult(number, max(start, end - 3), end, 0.7, True, guess))
        timeline.append(SpeechEnded(number, start, end, speech))
        timeline.append(UtteranceResult(number, start, end, speech, guess))
    return Results(source, 20.0, "model_a@1234", timeline)


def silence():
    return Results("silence.wav", 5.0, "model_a@1234", Timeline())


def written(name, results, windows=False):
    stream = io.BytesIO()
    FORMATS[name].write_one(results, stream, windows)
    assert not stream.closed
    return stream.getvalue()


def collected(name, *results):
    stream = io.BytesIO()
    FORMATS[name].collection(iter(results), stream)
    return stream.getvalue()


def test_the_command_line_offers_every_format():
    assert tuple(FORMATS) == EXPORT_FORMATS
    assert len({f.suffix for f in FORMATS.values()}) == len(FORMATS)
    for form in FORMATS.values():
        assert format_of("talk" + form.suffix) is form
        assert (form.collection is None) != (form.single is None)
    assert format_of("talk.wav") is None


# ------------------------------------------------------------------ tables


def test_csv_and_parquet_hold_the_same_rows():
    rows = list(csv.DictReader(io.StringIO(collected("csv", talk(), silence(), talk()).decode())))
    table = pq.read_table(io.BytesIO(collected("parquet", talk(), silence(), talk()))).to_pylist()
    results = talk().timeline
    expected = 2 * (len(results.windows()) + len(results.utterances()))
    assert len(rows) == len(table) == expected
    for row, typed in zip(rows, table, strict=True):
        assert list(row) == list(typed)
        for name, value in typed.items():
            if isinstance(value, bool):
                assert row[name] == str(value).lower()
            elif isinstance(value, float | int):
                assert float(row[name]) == value
            else:
                assert row[name] == (value or "")
    last = table[-1]
    assert (last["type"], last["utterance"], last["start"], last["end"]) == (
        "utterance", 3, 12.0, 13.0,
    )  # fmt: skip
    assert last["final"] is None and last["low_evidence"] is True
    assert sum(last[name] for name in JOINT) == pytest.approx(1, abs=1e-5)
    assert table[0]["emotion"] == "happy" and table[0]["gender"] == "female"


def test_jsonl_is_one_object_a_source():
    lines = collected("jsonl", talk(), silence()).decode().splitlines()
    first, second = map(json.loads, lines)
    assert first["source"] == "a b/my talk ü.wav" and len(first["utterances"]) == 3
    assert second["windows"] == second["utterances"] == []


def test_parquet_without_pyarrow_says_what_to_install(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    out = tmp_path / "x.parquet"
    assert main(["export", "x.wav", "--to", "parquet", "-o", str(out)]) == 1
    assert "ser-live[parquet]" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ annotations


def test_audacity_labels():
    lines = written("audacity", talk()).decode().splitlines()
    fields = [line.split("\t") for line in lines]
    assert [(float(a), float(b)) for a, b, _ in fields] == [(1, 4), (4, 9.124), (12, 13)]
    assert [label for _, _, label in fields] == [
        "happy 82 %, female", "sad 63 %, male", "fear ? 26 %, female",
    ]  # fmt: skip
    windows = written("audacity", talk(), windows=True).decode().splitlines()
    assert len(windows) == len(talk().timeline.windows())
    starts = [float(line.split("\t")[0]) for line in windows]
    assert starts == sorted(starts)


@pytest.fixture
def grid(tmp_path):
    """A TextGrid as praatio reads it."""

    def read(results):
        path = tmp_path / "x.TextGrid"
        path.write_bytes(written("textgrid", results))
        return textgrid.openTextgrid(str(path), includeEmptyIntervals=False)

    return read


def test_textgrid_by_praatio(grid):
    read = grid(talk())
    assert (read.minTimestamp, read.maxTimestamp) == (0, 20)
    assert read.tierNames == ("emotion", "gender", "confidence", "windows")
    emotion = [(e.start, e.end, e.label) for e in read.getTier("emotion").entries]
    assert emotion == [(1, 4, "happy"), (4, 9.124, "sad"), (12, 13, "fear ?")]
    assert [e.label for e in read.getTier("gender").entries] == ["female", "male", "female"]
    points = read.getTier("windows").entries
    assert len(points) == len({round(w.end, 3) for w in talk().timeline.windows()})
    assert next(p.label for p in points if p.time == 4.0) == "happy 82 %, female, final"
    assert next(p.label for p in points if p.time == 2.0) == "happy 82 %, female, provisional"


def test_elan_by_pympi(tmp_path):
    path = tmp_path / "x.eaf"
    path.write_bytes(written("elan", talk()))
    read = Eaf(str(path))
    assert set(read.get_tier_names()) == {"emotion", "gender", "confidence", "course"}
    found = sorted(read.get_annotation_data_for_tier("emotion"))
    assert found == [(1000, 4000, "happy"), (4000, 9124, "sad"), (12000, 13000, "fear ?")]
    assert next(v for *_, v in sorted(read.get_annotation_data_for_tier("confidence"))) == "0.82"
    course = sorted(read.get_annotation_data_for_tier("course"))
    assert course[0][:2] == (1000, 1750) and course[1][:2] == (1750, 2000)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(course))
    (media,) = read.get_linked_files()
    assert media["RELATIVE_MEDIA_URL"] == "./my talk ü.wav"


def test_webvtt_by_webvtt_py():
    text = written("webvtt", talk()).decode()
    read = webvtt.from_buffer(io.StringIO(text))
    assert next((c.start_in_seconds, c.end_in_seconds) for c in read) == (1, 4)
    assert [c.text for c in read] == [
        "happy 82 %, female", "sad 63 %, male", "fear ? 26 %, female",
    ]  # fmt: skip
    assert read[1].end == "00:00:09.124"
    assert len(webvtt.from_buffer(io.StringIO(written("webvtt", talk(), True).decode()))) == len(
        talk().timeline.windows()
    )


def test_rttm_has_nist_s_ten_columns():
    lines = collected("rttm", talk(), silence(), talk("other.flac")).decode().splitlines()
    assert len(lines) == 6
    for line in lines:
        kind, file, channel, begin, length, ortho, subtype, name, conf, ahead = line.split(" ")
        assert (kind, channel, ortho, subtype, ahead) == ("SPEAKER", "1", *["<NA>"] * 3)
        assert file in ("my_talk_ü", "other")
        assert re.fullmatch(r"\d+\.\d{3}", begin) and float(length) > 0
        assert re.fullmatch(r"(fe)?male_[a-z]+|unsure", name) and 0 <= float(conf) <= 1
    assert lines[1].split()[3:5] == ["4.000", "5.124"]
    assert [line.split()[7] for line in lines[:3]] == ["female_happy", "male_sad", "unsure"]


@pytest.mark.parametrize("name", FORMATS)
def test_nobody_spoke(name, grid):
    data = written(name, silence())
    if name == "textgrid":
        assert all(len(tier.entries) == 0 for tier in grid(silence()).tiers)
    elif name == "webvtt":
        assert data.startswith(b"WEBVTT")
    elif name == "parquet":
        assert pq.read_table(io.BytesIO(data)).num_rows == 0
    elif name in ("audacity", "rttm"):
        assert data == b""


@pytest.mark.parametrize("name", FORMATS)
def test_results_that_overlap_or_exceed_the_source_are_cut(name, tmp_path, grid):
    """Rounding may do that; Praat and ELAN refuse it."""
    timeline = Timeline()
    for number, (start, end) in enumerate([(0.0, 5.02), (5.0, 9.0), (9.0, 10.02)], 1):
        guess = estimate("male", "angry")
        timeline.append(WindowResult(number, start, end, 2.0, True, guess))
        timeline.append(UtteranceResult(number, start, end, 2.0, guess))
    results = Results("x.wav", 10.0, "m", timeline)
    data = written(name, results)
    if name == "textgrid":
        spans = [(e.start, e.end) for e in grid(results).getTier("emotion").entries]
        assert spans == [(0, 5.02), (5.02, 9), (9, 10)]
    assert data


def test_hours_are_written_in_seconds():
    """2,000 utterances, 16,000 windows: nothing grows with the square."""
    timeline, guess = Timeline(), estimate("female", "neutral")
    for number in range(2_000):
        start = 2.5 * number
        for k in range(8):
            end = start + 0.5 + 0.2 * k
            timeline.append(WindowResult(number, start, end, 0.7, False, guess))
        timeline.append(UtteranceResult(number, start, start + 2.0, 2.0, guess))
    results = Results("long.wav", 5_000.0, "m", timeline)
    for name in ("textgrid", "elan", "webvtt"):
        began = time.perf_counter()
        written(name, results)
        assert time.perf_counter() - began < 30, name


# ------------------------------------------------------------------ summary


def test_summary_adds_up():
    results = talk()
    s = summarize(results.timeline, results.duration)
    assert s.speaking == pytest.approx(8.25) and s.utterances == 3
    assert s.emotion("happy") == 2.5 and s.emotion("sad") == 5.0 and s.emotion("fear") == 0
    assert s.voices == {"female": 3.25, "male": 5.0} and s.unsure_of("female") == 0.75
    assert s.unsure == pytest.approx(0.75) and s.changes == 1
    text = summary_text(s, "talk.wav", "m")
    assert re.search(r"^sad +61 % +5\.0 s +0\.0 s +5\.0 s +█+$", text, re.M)
    assert re.search(r"^not sure +9 % ", text, re.M) and "changes once" in text
    assert text.index("sad") < text.index("happy")  # the most of it first


def test_summary_of_silence():
    text = written("summary", silence()).decode()
    assert "0 utterances" in text and "speaking time 0.0 s (0 %)" in text and "nan" not in text


def test_changes_pass_over_the_unsure():
    timeline = Timeline()
    for i, (emotion, p) in enumerate([("happy", 0.8), ("sad", 0.2), ("happy", 0.8), ("sad", 0.8)]):
        timeline.append(UtteranceResult(i, 5.0 * i, 5.0 * i + 2, 2.0, estimate("male", emotion, p)))
    assert summarize(timeline, 20).changes == 1


# ------------------------------------------------------------------ the command


@pytest.fixture
def short(tmp_path, demo_clip):
    """The first seconds of the demo clip."""
    samples, rate = sf.read(demo_clip, dtype="float32")
    path = tmp_path / "short.wav"
    sf.write(path, samples[: 5 * rate], rate)
    return path


def test_export_writes_beside_the_file_and_keeps_what_is_there(short, capsys):
    assert main(["export", str(short), "--to", "textgrid"]) == 0
    target = short.with_name("short.TextGrid")
    read = textgrid.openTextgrid(str(target), includeEmptyIntervals=False)
    assert read.maxTimestamp == pytest.approx(5) and len(read.getTier("emotion").entries) == 2
    assert f"{target} written" in capsys.readouterr().err
    target.write_text("my own work")
    assert main(["export", str(short), "--to", "textgrid"]) == 1
    assert "exists already" in capsys.readouterr().err and target.read_text() == "my own work"
    assert main(["export", str(short), "--to", "textgrid", "--force"]) == 0
    assert target.read_text() != "my own work"
    assert not [p for p in short.parent.iterdir() if p.suffix == ".part"]


def test_export_to_stdout_equals_analyze(short, capsys):
    assert main(["analyze", str(short)]) == 0
    analysed = capsys.readouterr().out
    assert main(["export", str(short), "--to", "jsonl", "-o", "-"]) == 0
    exported = capsys.readouterr()
    assert exported.out == analysed and exported.err == ""
    assert main(["analyze", str(short), "--format", "csv"]) == 0
    table = capsys.readouterr().out
    assert main(["export", str(short), "--to", "csv", "-o", "-"]) == 0
    assert capsys.readouterr().out == table


def test_export_of_several_with_a_bad_one(short, tmp_path, capsys):
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"nothing")
    out = tmp_path / "all.rttm"
    assert main(["export", str(bad), str(short), "--to", "rttm", "-o", str(out)]) == 1
    assert out.read_text().startswith("SPEAKER short 1 ")
    err = capsys.readouterr().err
    assert str(bad) in err and "1 of 2 files could not be exported" in err
    assert main(["export", str(bad), str(short), "--to", "webvtt"]) == 1
    assert (tmp_path / "short.vtt").exists() and not (tmp_path / "bad.vtt").exists()


def test_summary_goes_to_stdout(short, capsys):
    assert main(["export", str(short), "--to", "summary"]) == 0
    assert "speaking time" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["x.wav"], "required"),
        (["x.wav", "--to", "docx"], "invalid choice"),
        (["x.wav", "--to", "csv", "--windows"], "no such choice"),
        (["x.wav", "y.wav", "--to", "elan", "-o", "out.eaf"], "holds one source"),
    ],
)
def test_wrong_usage(args, said, capsys):
    try:
        status = main(["export", *args])
    except SystemExit as ended:
        status = ended.code
    assert status == 2
    out, err = capsys.readouterr()
    assert said in err and out == ""
