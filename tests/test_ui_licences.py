"""The licences in the about dialog: what the installed packages say, for every dependency."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PathDistribution, version
from pathlib import Path

import pytest

from ser_live.ui.licences import LIBRARIES, PARTS, UNSTATED, libraries_table, licence, parts_table

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
MIT_TEXT = """Copyright (c) 2015 A Person

Permission is hereby granted, free of charge, to any person
obtaining a copy of this software and associated documentation
"""


def package(folder: Path, *headers: str, **files: str) -> PathDistribution:
    """An installed package with these lines of metadata and licence files."""
    path = folder / "thing-1.0.dist-info"
    (path / "licenses").mkdir(parents=True)
    named = [f"License-File: {name}" for name in files]
    lines = ["Metadata-Version: 2.4", "Name: thing", "Version: 1.0", *headers, *named]
    (path / "METADATA").write_text("\n".join(lines) + "\n\nWhat it is.\n")
    for name, text in files.items():
        (path / "licenses" / name).write_text(text)
    return PathDistribution(path)


def rows(table: str) -> list[list[str]]:
    """Cells of a Markdown table, less its head."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.split("\n")[2:]]


def test_every_dependency_is_named():
    project = tomllib.loads(PROJECT.read_text())["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["parquet"]
    names = {re.match(r"[\w-]+", line)[0].lower() for line in asked}
    assert {part.package.lower() for part in PARTS} == names


def test_versions_and_licences_are_those_installed():
    found = {row[0]: row[1:] for row in rows(parts_table())}
    assert found["numpy"][0] == version("numpy")
    assert "LGPL-3.0" in found["PySide6-Essentials"][1]
    assert "LGPL-2.1" in found["soxr"][1]
    assert "MIT" in found["praatio"][1] and "MIT" in found["pympi-ling"][1]
    for name, (_, said, use) in found.items():
        assert said and said != UNSTATED and len(said) <= 80 and use, name


def test_what_is_not_installed_is_left_out(monkeypatch):
    monkeypatch.setattr("ser_live.ui.licences.PARTS", (PARTS[0], type(PARTS[0])("no-such", "x")))
    assert [row[0] for row in rows(parts_table())] == [PARTS[0].package]


def test_libraries_without_metadata_are_named():
    assert rows(libraries_table()) == [list(row) for row in LIBRARIES]


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        (("License-Expression: MIT", "Classifier: License :: OSI Approved :: BSD License"), "MIT"),
        (("License: BSD 3", "Classifier: License :: OSI Approved :: BSD License"), "BSD License"),
        (
            ("Classifier: License :: OSI Approved :: A", "Classifier: License :: B"),
            "A, B",
        ),
        (("License: Zlib", "Classifier: License :: OSI Approved"), "Zlib"),
        (("License: Terms | of use\n        and a long text",), "Terms / of use"),
        ((f"License: {' '.join(['word'] * 40)}",), " ".join(["word"] * 15) + " …"),
        (("Classifier: Topic :: Multimedia",), UNSTATED),
    ],
)
def test_the_best_that_is_said_is_taken(tmp_path, headers, said):
    assert licence(package(tmp_path, *headers)) == said


def test_a_licence_is_known_by_its_text(tmp_path):
    assert licence(package(tmp_path / "a", COPYING=MIT_TEXT)) == "MIT (by its text)"
    assert licence(package(tmp_path / "b", COPYING="Ask me first.")) == UNSTATED
