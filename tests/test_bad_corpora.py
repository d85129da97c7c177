"""``prepare`` on corpora that are missing, partly downloaded, corrupt or contradictory."""

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from tiny_corpora import RATE, buzz, write_corpora

from ser_live.errors import SerLiveError
from training.cli import main
from training.corpora.csv_file import CsvCorpusError, read_csv_corpora, read_csv_corpus
from training.corpora.cut_off import share_missing
from training.manifest import build_manifest, read_manifest

HEADER = "path,speaker,gender,emotion"


def prepare(folder, *more):
    return main(["prepare", "--cache", str(folder), "--processes", "1", *more])


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "corpora: no such folder, so no clip of CREMA-D, RAVDESS, TESS, SAVEE"),
        ("file", "corpora: not a folder, so no clip of CREMA-D, RAVDESS, TESS, SAVEE"),
        ("empty", "corpora: no clip of CREMA-D, RAVDESS, TESS, SAVEE found below this folder"),
        ("others", "corpora: no clip of CREMA-D, RAVDESS, TESS, SAVEE found below this folder"),
    ],
)
def test_a_folder_without_corpora_is_named_and_leaves_nothing(tmp_path, capsys, kind, message):
    corpora = tmp_path / "corpora"
    if kind == "file":
        corpora.write_text("")
    elif kind != "missing":
        corpora.mkdir()
    if kind == "others":
        sf.write(corpora / "holiday.wav", buzz(1, 1), RATE)
    assert prepare(tmp_path / "cache", "--corpora", str(corpora)) == 1
    assert capsys.readouterr().err.strip().splitlines() == [f"training: {tmp_path / message}"]
    assert not (tmp_path / "cache").exists()
    assert main(["evaluate", "--corpora", str(corpora)]) == 1
    assert message in capsys.readouterr().err


def ravdess(folder, **content):
    """Clips of one actor: emotion code → bytes, or ``None`` for a sound."""
    (folder / "RAVDESS").mkdir(parents=True)
    for code, data in content.items():
        path = folder / "RAVDESS" / f"03-01-{code[1:]}-01-01-01-01.wav"
        if data is None:
            sf.write(path, buzz(int(code[1:]), int(code[1:])), RATE)
        else:
            path.write_bytes(data)


def test_a_partly_downloaded_corpus_keeps_what_is_whole(tmp_path):
    sf.write(tmp_path / "a.wav", buzz(3, 3), RATE)
    sound = (tmp_path / "a.wav").read_bytes()
    cut = {"e01": None, "e03": sound[: len(sound) // 2], "e04": sound[:30], "e05": b""}
    ravdess(tmp_path / "corpora", **cut, e06=b"garbage" * 99)
    table, dropped = build_manifest(tmp_path / "corpora")
    assert table["path"].tolist() == ["RAVDESS/03-01-01-01-01-01-01.wav"]
    reasons = {d.path[14:16]: d.reason for d in dropped}
    assert reasons["03"] == "cut off: 50 % of the sound is missing; fetch it again"
    assert reasons["04"].startswith("not a sound file") and reasons["05"] == "the file is empty"
    assert reasons["06"].startswith("not a sound file") and len(dropped) == 4


def test_a_corpus_without_a_whole_file_names_one(tmp_path, capsys):
    ravdess(tmp_path / "corpora", e06=b"garbage" * 99)
    assert prepare(tmp_path / "cache", "--corpora", str(tmp_path / "corpora")) == 1
    error = capsys.readouterr().err
    assert "none of 1 clips can be used: RAVDESS/03-01-06-01-01-01-01.wav: not a sound" in error
    assert not (tmp_path / "cache").exists()


def test_recordings_that_all_contradict_each_other_name_one(tmp_path, capsys):
    sf.write(tmp_path / "a.wav", buzz(3, 3), RATE)
    sound = (tmp_path / "a.wav").read_bytes()
    ravdess(tmp_path / "corpora", e03=sound, e04=sound)
    assert prepare(tmp_path / "cache", "--corpora", str(tmp_path / "corpora")) == 1
    error = capsys.readouterr().err
    assert "none of 2 clips can be used" in error and "one recording, two labels" in error


def test_what_a_wav_file_promises(tmp_path):
    path = tmp_path / "a.wav"
    sf.write(path, np.zeros(1_000), RATE, subtype="PCM_16")
    sound = path.read_bytes()
    assert share_missing(path) == 0
    path.write_bytes(sound[:-500])
    assert share_missing(path) == pytest.approx(0.25)
    path.write_bytes(sound[:40] + b"\xff\xff\xff\xff" + sound[44:])  # a stream
    assert share_missing(path) == 0
    path.write_bytes(sound[:40] + b"\x00\xf0\xff\x7f" + sound[44:])  # espeak-ng's
    assert share_missing(path) == 0
    path.write_bytes(sound[:20])
    assert share_missing(path) == 0  # that it is no sound file is told elsewhere


@pytest.mark.parametrize("kind", ["flac", "ogg", "opus", "mp3"])
def test_half_a_compressed_file_is_no_clip(tmp_path, kind):
    formats = {"flac": None, "ogg": "VORBIS", "opus": "OPUS", "mp3": "MPEG_LAYER_III"}
    (tmp_path / "RAVDESS").mkdir()
    path = tmp_path / "RAVDESS" / f"03-01-03-01-01-01-01.{kind}"
    named = {"opus": "OGG", "flac": "FLAC"}.get(kind, kind.upper())
    sf.write(path, buzz(3, 3, 3.0), RATE, format=named, subtype=formats[kind])
    table, dropped = build_manifest(tmp_path)
    assert len(table) == 1 and not dropped
    sound = path.read_bytes()
    for share in (0.95, 0.5):
        path.write_bytes(sound[: int(share * len(sound))])
        with pytest.raises(SerLiveError, match=r"cut off.*fetch it again"):
            build_manifest(tmp_path)


def test_a_moment_is_too_short(tmp_path):
    (tmp_path / "RAVDESS").mkdir()
    path = tmp_path / "RAVDESS" / "03-01-03-01-01-01-01.wav"
    sf.write(path, [0.5], 48_000)
    with pytest.raises(SerLiveError, match=r"too short: 0\.000 s"):
        build_manifest(tmp_path)


def test_another_copy_takes_the_place_of_a_broken_one(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    name = "1001_DFA_ANG_XX"
    (tmp_path / "a" / f"{name}.mp3").write_text("version https://git-lfs.github.com/spec/v1\n")
    (tmp_path / "a" / f"{name}.wav").write_bytes(b"")
    sf.write(tmp_path / "b" / f"{name}.wav", buzz(3, 3), RATE)
    table, dropped = build_manifest(tmp_path)
    assert table["path"].tolist() == [f"b/{name}.wav"] and not dropped
    # What was recorded comes before what was compressed.
    sf.write(tmp_path / "a" / f"{name}.mp3", buzz(3, 3), RATE, format="MP3")
    assert build_manifest(tmp_path)[0]["path"].tolist() == [f"b/{name}.wav"]
    (tmp_path / "b" / f"{name}.wav").unlink()
    assert build_manifest(tmp_path)[0]["path"].tolist() == [f"a/{name}.mp3"]


def test_corpora_may_be_linked(tmp_path):
    ravdess(tmp_path / "disk", e03=None, e04=None)
    (tmp_path / "corpora").mkdir()
    (tmp_path / "corpora" / "RAVDESS").symlink_to(tmp_path / "disk" / "RAVDESS")
    (tmp_path / "disk" / "RAVDESS" / "up").symlink_to(tmp_path / "corpora")  # and round again
    table, _ = build_manifest(tmp_path / "corpora")
    assert table["path"].tolist() == [f"RAVDESS/03-01-0{n}-01-01-01-01.wav" for n in (3, 4)]


def test_a_csv_that_contradicts_a_files_name(tmp_path):
    ravdess(tmp_path, e01=None, e03=None, e05=None)
    names = [f"RAVDESS/03-01-0{n}-01-01-01-01.wav" for n in (1, 3, 5)]
    table = tmp_path / "mine.csv"
    table.write_text(f"{HEADER}\n{names[1]},7,m,happy\n{names[2]},7,m,sad\n")
    kept, dropped = build_manifest(tmp_path, more=read_csv_corpus(table))
    # Angry by its name, sad by the table; the other is happy in both and there once.
    assert kept["path"].tolist() == names[:2] and set(kept["corpus"]) == {"RAVDESS"}
    assert [d.path for d in dropped] == [names[2]] * 2
    assert all("one recording, two labels" in d.reason for d in dropped)


def test_csv_files_that_are_called_alike(tmp_path):
    for folder, gender in (("a", "f"), ("b", "m")):
        (tmp_path / folder).mkdir()
        sf.write(tmp_path / folder / "1.wav", buzz(1, 1), RATE)
        (tmp_path / folder / "mine.csv").write_text(f"{HEADER}\n1.wav,1,{gender},sad\n")
    tables = [tmp_path / folder / "mine.csv" for folder in "ab"]
    with pytest.raises(CsvCorpusError, match="would be the corpus 'mine'; rename one, or give"):
        read_csv_corpora(tables)
    for path, gender in zip(tables, "fm", strict=True):
        path.write_text(f"{HEADER},corpus\n1.wav,1,{gender},sad,Theatre\n")
    with pytest.raises(CsvCorpusError, match=r"b.mine\.csv: speaker 1 of Theatre is male, but fem"):
        read_csv_corpora(tables)
    tables[1].write_text(f"{HEADER},corpus\n1.wav,2,m,sad,Theatre\n")
    assert [clip.speaker for clip in read_csv_corpora(tables)] == ["Theatre-1", "Theatre-2"]
    assert len(read_csv_corpora([tables[0], tables[0]])) == 2  # copies go when they are read


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["path;speaker;gender;emotion", "a.wav;1;f;sad"], "line 1: .*semicolons; write commas"),
        (["path\tspeaker\tgender\temotion"], "line 1: .*tabs; write commas"),
        ([], "line 1: .*the file is empty"),
        (["path,speaker,sex,emotion"], "'gender' in the header .it has path, speaker, sex,"),
        (
            [HEADER, "a.wav,1,f,sad", "b.wav,1,m,sad"],
            "line 3: gender: male, but the same speaker is female in line 2",
        ),
        (
            [HEADER, "a.wav,1,f,sad", "b.wav,1,f,sad", "a.wav,1,f,happy"],
            "line 4: emotion: happy, but the same file is sad in line 2",
        ),
        (
            [HEADER, "a.wav,1,f,sad", "a.wav,2,f,sad"],
            "line 3: speaker: the same file is another speaker's in line 2",
        ),
        ([HEADER, f"{'x' * 5_000}.wav,1,f,sad"], "line 2: path: x{80}: File name too long"),
    ],
)
def test_a_faulty_csv_says_what_to_mend(tmp_path, lines, message):
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_bytes(b"RIFF")
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(lines) + "\n" * bool(lines))
    with pytest.raises(CsvCorpusError, match=message):
        read_csv_corpus(path)


def test_a_row_twice_is_one_clip(tmp_path):
    path = write_corpora(tmp_path, {"Theatre": 1})
    path.write_text(path.read_text() + path.read_text().splitlines()[1] + "\n")
    table, dropped = build_manifest(tmp_path, 1, read_csv_corpus(path), known=False)
    assert len(table) == 7 and "the same recording" in dropped[0].reason


@pytest.mark.parametrize(
    "setting", ["features.hop_length=0", "features.n_fft=16", "audio.sample_rate=0"]
)
def test_a_configuration_that_cannot_be_leaves_nothing(tmp_path, capsys, setting):
    (tmp_path / "corpora").mkdir()
    path = write_corpora(tmp_path / "corpora", {"Theatre": 1})
    command = ["--csv", str(path), "--only-csv", "--set", setting]
    assert prepare(tmp_path / "cache", *command) == 1
    assert "nothing can be computed with this configuration" in capsys.readouterr().err
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("flag", [["--processes", "0"], ["--versions", "-1"]])
def test_numbers_that_cannot_be_are_wrong_usage(tmp_path, capsys, flag):
    with pytest.raises(SystemExit) as caught:
        main(["prepare", "--cache", str(tmp_path / "c"), *flag])
    assert caught.value.code == 2 and flag[0] in capsys.readouterr().err


def test_a_file_in_the_caches_place(tmp_path, capsys):
    (tmp_path / "cache").write_text("")
    path = write_corpora(tmp_path, {"Theatre": 1})
    assert prepare(tmp_path / "cache", "--csv", str(path), "--only-csv") == 1
    assert "cache: is a file, not a folder" in capsys.readouterr().err


MANIFEST = "path,corpus,speaker,gender,emotion,duration,sha1\na.wav,2024,2024-1,female,sad,1,00\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "manifest.csv: is empty; remove it"),
        ("a,b\n1,2\n", "manifest.csv: no column 'path'; remove it"),
        (MANIFEST + "b.wav,x,x-1,fem", "manifest.csv: line 3: gender: 'fem' is none"),
        (MANIFEST.splitlines()[0] + "\n", "manifest.csv: no clip in it"),
    ],
)
def test_a_damaged_manifest_is_named(tmp_path, capsys, content, message):
    (tmp_path / "manifest.csv").write_text(content)
    assert main(["train", "--cache", str(tmp_path), "--run", str(tmp_path / "run")]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_corpus_named_by_a_number(tmp_path):
    (tmp_path / "manifest.csv").write_text(MANIFEST)
    table = read_manifest(tmp_path)
    assert table["corpus"].tolist() == ["2024"] and table["sha1"].tolist() == ["00"]
    assert isinstance(table, pd.DataFrame)
