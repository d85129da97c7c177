from collections import Counter
from pathlib import Path

import pytest

from training.corpora import CORPORA, discover


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
