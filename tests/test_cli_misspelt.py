"""A misspelt command is told, not taken for a file that is then missing in a window."""

from __future__ import annotations

import pytest

from ser_live.cli import COMMANDS, _meant, main


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("analyse", "analyze"), ("device", "devices"), ("exprot", "export"), ("lisen", "listen")],
)
def test_what_was_meant_is_named(typed, meant, capsys):
    with pytest.raises(SystemExit) as ended:
        main([typed, "talk.wav"])
    assert ended.value.code == 2
    assert f"did you mean {meant!r}?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "typed", ["talk.wav", "session.serlive", "interview", "--input", *COMMANDS]
)
def test_files_and_options_are_left_alone(typed):
    assert _meant(typed) in (None, typed)


def test_a_file_of_that_name_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "analyse").touch()
    assert _meant("analyse") is None
