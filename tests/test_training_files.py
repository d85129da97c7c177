"""Files are written whole or not at all, and errors name them."""

import json

import pandas as pd
import pytest

from ser_live.errors import SerLiveError
from training.files import (
    appending,
    make_folder,
    named,
    read_json,
    read_table,
    whole,
    write_json,
    write_table,
)

resource = pytest.importorskip("resource")  # not on Windows


@pytest.fixture
def small_files():
    """No file may grow beyond 4 kB: as far as a program can tell, the disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_that_does_not_fit_leaves_the_old_one(tmp_path, small_files):
    path = tmp_path / "facts.json"
    write_json(path, {"a": 1})
    with pytest.raises(SerLiveError, match=r"facts\.json: cannot be written: File too large"):
        write_json(path, {"a": "x" * 10_000})
    assert json.loads(path.read_text()) == {"a": 1}
    table = pd.DataFrame({"a": range(10_000)})
    with pytest.raises(SerLiveError, match=r"rows\.csv: cannot be written: File too large"):
        write_table(tmp_path / "rows.csv", table)
    assert [p.name for p in tmp_path.iterdir()] == ["facts.json"]


def test_an_interrupt_leaves_the_old_file(tmp_path):
    path = tmp_path / "text"
    path.write_text("old")

    def interrupted():
        with whole(path) as temporary:
            temporary.write_text("ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


def test_what_is_appended_to_is_named_and_stays(tmp_path, small_files):
    path = tmp_path / "rows"
    with (
        pytest.raises(SerLiveError, match="rows: cannot be written: File too large; the same"),
        appending(path),
        open(path, "wb") as file,
    ):
        file.write(b"0" * 10_000)
    assert path.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{oops", r"f\.json: line 1: damaged, not JSON"),
        (b'{"a":\n,', r"f\.json: line 2: damaged, not JSON"),
        (b"", r"f\.json: line 1: damaged"),
        (b"[]", r"f\.json: damaged, not a JSON object"),
        (b"\xff\xfe", r"f\.json: damaged, not UTF-8"),
        (b"{}", r"f\.json: has no field 'a'"),
        (None, r"f\.json: No such file"),
    ],
)
def test_damaged_json_is_named(tmp_path, content, message):
    path = tmp_path / "f.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SerLiveError, match=message):
        read_json(path, ("a",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"f\.csv: is empty"),
        (b"a,b\n1,2\n1,2,3\n", r"f\.csv: damaged: .*line 3"),
        (b"b\n1\n", r"f\.csv: no column 'a'"),
        (b"a\n\xff\n", r"f\.csv: damaged, not UTF-8"),
        (None, r"f\.csv: No such file"),
    ],
)
def test_damaged_tables_are_named(tmp_path, content, message):
    path = tmp_path / "f.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SerLiveError, match=message):
        read_table(path, ("a",))


def test_a_file_in_a_folders_place(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SerLiveError, match="file: is a file, not a folder"):
        make_folder(tmp_path / "file")
    with pytest.raises(SerLiveError, match="inside: cannot be made: Not a directory"):
        make_folder(tmp_path / "file" / "inside")


def test_errors_of_the_system_begin_with_the_file(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        open(tmp_path / "none")  # noqa: SIM115
    assert named(caught.value) == f"{tmp_path / 'none'}: No such file or directory"
