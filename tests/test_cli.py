"""The command line as a user of Unix tools expects it."""

import csv
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import soundfile as sf

from ser_live.cli import main
from ser_live.labels import EMOTIONS, GENDERS, JOINT


def ser_live(*args, **kwargs):
    env = dict(os.environ) | kwargs.pop("env", {})
    return subprocess.run(
        [sys.executable, "-m", "ser_live", *map(str, args)],
        capture_output=True,
        text=True,
        env=env,
        timeout=180,
        **kwargs,
    )


@pytest.fixture
def short(tmp_path, demo_clip):
    """The first seconds of the demo clip."""
    samples, rate = sf.read(demo_clip, dtype="float32")
    path = tmp_path / "short.wav"
    sf.write(path, samples[: 6 * rate], rate)
    return path


def check_estimate(entry):
    assert list(entry["emotions"]) == list(EMOTIONS)
    assert list(entry["genders"]) == list(GENDERS)
    assert list(entry["joint"]) == list(JOINT)
    for group in ("emotions", "genders", "joint"):
        assert sum(entry[group].values()) == pytest.approx(1, abs=1e-4)
    assert entry["confidence"] == max(entry["emotions"].values())
    assert isinstance(entry["low_evidence"], bool)
    assert 0 <= entry["start"] < entry["end"]
    assert 0 < entry["speech"] <= entry["end"] - entry["start"] + 1e-3


def test_analyze_prints_one_object_a_file(short, capsys):
    assert main(["analyze", str(short), str(short)]) == 0
    out, err = capsys.readouterr()
    first, second = map(json.loads, out.splitlines())
    assert first == second and err == ""
    assert first["schema"] == "ser-live/1" and first["source"] == str(short)
    assert first["duration"] == pytest.approx(6.0, abs=0.01)
    assert first["model"].startswith("model_a@")
    assert first["utterances"] and first["windows"]
    for entry in first["windows"] + first["utterances"]:
        check_estimate(entry)
    assert {w["final"] for w in first["windows"]} == {True, False}


def test_analyze_whole(short, capsys):
    assert main(["analyze", "--segment", "whole", str(short)]) == 0
    record = json.loads(capsys.readouterr().out)
    (only,) = record["utterances"]
    assert (only["start"], only["end"]) == (0, pytest.approx(6, abs=0.01))
    assert [w["start"] for w in record["windows"]] == [0, 1.5, pytest.approx(3.0, abs=0.01)]


def test_csv_says_the_same_as_jsonl(short, tmp_path, capsys):
    table = tmp_path / "out.csv"
    assert main(["analyze", "--format", "csv", "-o", str(table), str(short)]) == 0
    assert main(["analyze", str(short)]) == 0
    record = json.loads(capsys.readouterr().out)
    with open(table, newline="") as file:
        rows = list(csv.DictReader(file))
    windows = [r for r in rows if r["type"] == "window"]
    utterances = [r for r in rows if r["type"] == "utterance"]
    assert len(windows) == len(record["windows"])
    for row, entry in zip(utterances, record["utterances"], strict=True):
        assert float(row["start"]) == entry["start"]
        # Two runs may have chosen unlike precisions.
        assert float(row["female_angry"]) == pytest.approx(entry["joint"]["female_angry"], abs=0.02)
        assert row["emotion"] == max(entry["emotions"], key=entry["emotions"].get)
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".part"] == []


def test_a_bad_file_among_good_ones_does_not_stop_them(short, tmp_path, capsys):
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"nothing")
    assert main(["analyze", str(bad), str(short), str(tmp_path / "none.wav")]) == 1
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1
    lines = err.splitlines()
    assert len(lines) == 3 and str(bad) in lines[0] and "none.wav: no such file" in lines[1]


def test_folders_are_searched(short, tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("not a sound")
    assert main(["analyze", str(tmp_path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    empty = tmp_path / "empty"
    empty.mkdir()
    assert main(["analyze", str(empty)]) == 1
    assert "no sound file" in capsys.readouterr().err


@pytest.mark.parametrize("samples", ["zeros", "nan", "clipped", "8 channels", "8 kHz", "192 kHz"])
def test_odd_recordings_give_a_result(tmp_path, demo_clip, capsys, samples):
    voice, rate = sf.read(demo_clip, dtype="float32")
    voice = voice[: 5 * rate]
    expect_speech = True
    if samples == "zeros":
        voice, expect_speech = np.zeros_like(voice), False
    elif samples == "nan":
        voice, expect_speech = np.full_like(voice, np.nan), False
    elif samples == "clipped":
        voice = np.clip(voice * 30, -1, 1)
    elif samples == "8 channels":
        voice = np.stack([voice] * 8, axis=1)
    else:
        import soxr

        target = 8_000 if samples == "8 kHz" else 192_000
        voice, rate = soxr.resample(voice, rate, target), target
    path = tmp_path / "odd.wav"
    sf.write(path, voice, rate, subtype="FLOAT")
    assert main(["analyze", str(path)]) == 0
    out, err = capsys.readouterr()
    record = json.loads(out)
    assert bool(record["utterances"]) == expect_speech
    assert ("not finite" in err) == (samples == "nan")


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (["analyze"], 2, "required"),
        (["analyze", "x.wav", "--format", "xml"], 2, "invalid choice"),
        (["listen", "--duration", "-3"], 2, "not a positive number"),
        (["analyze", "--model", "none.safetensors", "x.wav"], 1, "no such checkpoint"),
        (["analyze", "-o", "/no/such/folder/x", "x.wav"], 1, "cannot be written"),
        (["--nonsense"], 2, "unrecognized"),
    ],
)
def test_wrong_usage(args, status, said):
    done = ser_live(*args)
    assert done.returncode == status
    assert said in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""


def test_help_and_version_are_quick_and_on_stdout():
    for args, said in ((["--help"], "analyze"), (["--version"], "0.")):
        done = ser_live(*args)
        assert done.returncode == 0 and said in done.stdout and done.stderr == ""


def test_a_closed_pipe_is_not_an_error(short):
    command = f"{sys.executable} -m ser_live analyze {short} {short} | head -c 10"
    command += "; exit ${PIPESTATUS[0]}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 128 + signal.SIGPIPE)


def test_without_a_display_the_demo_clip_is_analysed_in_the_terminal(demo_clip):
    env = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    done = ser_live(env=env)
    assert done.returncode == 0, done.stderr
    assert "no display" in done.stderr and str(demo_clip.name) in done.stderr
    assert len(done.stdout.splitlines()) >= 6


def test_no_portaudio_library_is_a_clear_error(tmp_path):
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    done = ser_live("devices", env={"PYTHONPATH": f"{tmp_path}:{os.getcwd()}"})
    assert done.returncode == 1 and "libportaudio2" in done.stderr
    assert "Traceback" not in done.stderr
