"""Many results into one folder."""

import pytest

from ser_live.errors import SerLiveError
from ser_live.export.formats import FORMATS
from ser_live.export.many import write_each
from ser_live.export.results import Results
from ser_live.timeline import Timeline


def results(*sources):
    return [Results(source, 1.0, "model_a@1234", Timeline()) for source in sources]


def test_a_file_each_and_none_twice(tmp_path):
    out = write_each(results("/a/talk.wav", "/b/Talk.wav", "x.wav"), FORMATS["jsonl"], tmp_path)
    assert [p.name for p in out.files] == ["talk.jsonl", "Talk-2.jsonl", "x.jsonl"]
    assert '"source": "/b/Talk.wav"' in out.files[1].read_text().replace('":"', '": "')


def test_what_is_there_is_kept_unless_asked_for(tmp_path):
    (tmp_path / "x.csv").write_text("mine")
    out = write_each(results("x.wav", "y.wav"), FORMATS["csv"], tmp_path)
    assert [p.name for p in out.files] == ["y.csv"] and [p.name for p in out.kept] == ["x.csv"]
    assert (tmp_path / "x.csv").read_text() == "mine"
    write_each(results("x.wav"), FORMATS["csv"], tmp_path, replace=True)
    assert (tmp_path / "x.csv").read_text() != "mine"


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(SerLiveError, match="cannot be written"):
        write_each(results("x.wav"), FORMATS["csv"], tmp_path / "none")
