from collections import Counter
from pathlib import Path

import pytest

from training.corpora import CORPORA, discover
from training.corpora.csv_file import CsvCorpusError, read_csv_corpus


@pytest.mark.parametrize(
    ("corpus", "path", "expected"),
    [
        ("RAVDESS", "Actor_01/03-01-05-02-01-01-01.wav", ("RAVDESS-01", "male", "angry")),
        ("RAVDESS", "Actor_12/03-01-02-01-02-02-12.opus", ("RAVDESS-12", "female", "neutral")),
        ("RAVDESS", "Actor_12/03-01-08-01-02-02-12.opus", ("RAVDESS-12", "female", "surprise")),
        ("RAVDESS", "Actor_01/03-02-05-02-01-01-01.wav", None),  # song
        ("RAVDESS", "Actor_01/02-01-05-02-01-01-01.mp4", None),  # video only
        ("TESS", "OAF_Pleasant_surprise/OAF_back_ps.wav", ("TESS-OAF", "female", "surprise")),
        ("TESS", "TESS Toronto emotional speech set data/YAF_fear/YAF_gin_fear.wav",
         ("TESS-YAF", "female", "fear")),
        ("TESS", "OAF_neutral/OA_bite_neutral.wav", ("TESS-OAF", "female", "neutral")),
        ("TESS", "x/readme.wav", None),
        ("SAVEE", "AudioData/DC/sa05.wav", ("SAVEE-DC", "male", "sad")),
        ("SAVEE", "ALL/KL_su11.wav", ("SAVEE-KL", "male", "surprise")),
        ("SAVEE", "AudioData/JE/a01.wav", ("SAVEE-JE", "male", "angry")),
        ("SAVEE", "AudioData/XX/a01.wav", None),
        ("CREMA-D", "AudioWAV/1001_DFA_ANG_XX.wav", ("CREMA-D-1001", "male", "angry")),
        ("CREMA-D", "AudioWAV/1002_IEO_HAP_HI.wav", ("CREMA-D-1002", "female", "happy")),
        ("CREMA-D", "AudioWAV/1040_ITH_SAD_X.wav", ("CREMA-D-1040", "male", "sad")),
        ("CREMA-D", "AudioWAV/1001_DFA_SUR_XX.wav", None),
    ],
)  # fmt: skip
def test_names(corpus, path, expected):
    clip = CORPORA[corpus].parse(Path(path))
    if expected is None:
        assert clip is None
    else:
        assert clip is not None and (clip.speaker, clip.gender, clip.emotion) == expected


def test_corpora_are_found_in_any_nesting_and_once(tmp_path):
    for folder in ("archive/ALL", "archive/copy/ALL"):
        (tmp_path / folder).mkdir(parents=True)
        for name in ("DC_a01.wav", "DC_sa01.WAV", "DC_a01.txt", "._DC_a01.wav"):
            (tmp_path / folder / name).touch()
    (tmp_path / "archive" / "03-01-05-02-01-01-01.flac").touch()
    found = list(discover(tmp_path, CORPORA.values()))
    assert sorted(c.path.name for c in found) == [
        "03-01-05-02-01-01-01.flac",
        "DC_a01.wav",
        "DC_sa01.WAV",
    ]
    assert list(discover(tmp_path, [CORPORA["TESS"]])) == []


@pytest.mark.corpora
def test_the_real_folders(corpora):
    counts = {}
    for name, corpus in CORPORA.items():
        clips = list(discover(corpora, [corpus]))
        counts[name] = len(clips)
        assert len({c.speaker for c in clips}) <= corpus.speakers
        if name == "TESS":
            per = Counter((c.speaker, c.emotion) for c in clips)
            assert set(per.values()) == {200}
    assert counts["TESS"] == 2_800 and counts["SAVEE"] == 480
    assert 1_000 < counts["RAVDESS"] <= 1_440 and 6_000 < counts["CREMA-D"] <= 7_442


@pytest.mark.corpora
def test_genders_agree_with_the_published_table(corpora):
    import csv

    with open(corpora / "CREMA-D" / "VideoDemographics.csv", newline="") as file:
        sex = {row["ActorID"]: row["Sex"].lower() for row in csv.DictReader(file)}
    for clip in discover(corpora, [CORPORA["CREMA-D"]]):
        assert clip.gender == sex[clip.speaker.rsplit("-", 1)[1]]


HEADER = "path,speaker,gender,emotion"


def csv_file(folder, *lines, encoding="utf-8"):
    """A CSV file beside the (empty) sound files a.wav and b.flac."""
    for name in ("a.wav", "sub/b.flac", "text.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    path = folder / "mine.csv"
    path.write_bytes("\n".join([*lines, ""]).encode(encoding))
    return path


@pytest.mark.parametrize(
    ("given", "emotion"),
    [("Calm", "neutral"), ("pleasant surprise", "surprise"), ("PS", "surprise"),
     ("surprised", "surprise"), ("fearful", "fear"), ("Anger", "angry"), ("happiness", "happy"),
     ("sadness", "sad"), ("DISGUSTED", "disgust"), ("neutral", "neutral"), (" angry ", "angry")],
)  # fmt: skip
def test_emotion_names_are_harmonised(tmp_path, given, emotion):
    (clip,) = read_csv_corpus(csv_file(tmp_path, HEADER, f"a.wav,1,f,{given}"))
    assert clip.emotion == emotion


def test_genders_columns_and_paths_of_a_csv(tmp_path):
    for given, gender in zip(
        ("f", "FEMALE", "Woman", "m", "male", "man"), ["female"] * 3 + ["male"] * 3, strict=True
    ):
        (clip,) = read_csv_corpus(csv_file(tmp_path, HEADER, f"a.wav,1,{given},sad"))
        assert clip.gender == gender and (clip.corpus, clip.speaker) == ("mine", "mine-1")
    clips = read_csv_corpus(
        csv_file(
            tmp_path,
            "\ufeffEmotion, Gender,speaker,PATH,corpus,intensity,sentence,remark",  # a BOM
            'fear,f,Zoë,"sub/b.flac",Theatre,strong,"one, two",x',
            "",
            "sad,m,2,a.wav,,,,",
        )
    )
    assert [(c.speaker, c.corpus) for c in clips] == [
        ("Theatre-Zoë", "Theatre"),
        ("mine-2", "mine"),
    ]
    assert clips[0].path == tmp_path / "sub" / "b.flac"
    assert (clips[0].intensity, clips[0].sentence) == ("strong", "one, two")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["path,speaker,emotion", "a.wav,1,sad"], "line 1: no field 'gender'"),
        ([HEADER, "a.wav,1,f,sad", "a.wav,1,f,bored"], "line 3: emotion: 'bored' is not one of"),
        ([HEADER, "a.wav,1,x,sad"], "line 2: gender: 'x' is not one of"),
        ([HEADER, "a.wav,,f,sad"], "line 2: speaker: empty"),
        ([HEADER, "c.wav,1,f,sad"], "line 2: path: c.wav: no such file"),
        ([HEADER, "text.txt,1,f,sad"], "line 2: path: text.txt: not one of"),
        ([HEADER, "a.wav,1,f"], "line 2: emotion: empty"),
        ([HEADER, "a.wav,1,f,sad,more"], "line 2: more fields than the header (4)"),
        ([HEADER, 'a.wav,1,"f'], "line 2: quotes: "),
        ([HEADER], "no clip in it"),
        ([], "line 1: no field 'path'"),
    ],
)
def test_a_faulty_csv_names_line_and_field(tmp_path, lines, message):
    path = csv_file(tmp_path, *lines)
    with pytest.raises(CsvCorpusError) as caught:
        read_csv_corpus(path)
    assert str(caught.value).startswith(f"{path}: ") and message in str(caught.value)


def test_a_csv_reports_all_its_faults_and_its_encoding(tmp_path):
    path = csv_file(tmp_path, HEADER, *["a.wav,1,f,bored"] * 12)
    with pytest.raises(CsvCorpusError, match=r"line 2: .*\n(.*\n)*.*line 11: .*\n.*and 2 more"):
        read_csv_corpus(path)
    path = csv_file(tmp_path, HEADER, "a.wav,Zoë,f,sad", encoding="latin-1")
    with pytest.raises(CsvCorpusError, match=r"mine\.csv: not UTF-8"):
        read_csv_corpus(path)
    with pytest.raises(CsvCorpusError, match=r"none\.csv: No such file"):
        read_csv_corpus(tmp_path / "none.csv")
