"""A prepared training is carried to another machine in parts."""

import shutil

import numpy as np
import pytest
from tiny_corpora import add_noises, prepared

from training.augment import noise_bank
from training.augment.noise_bank import load_noise_bank
from training.cli import main


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    folder = tmp_path_factory.mktemp("here")
    cache = prepared(folder, {"Theatre": 3})
    add_noises(folder / "corpora")
    return folder / "corpora", cache


@pytest.fixture
def parts(here, tmp_path):
    corpora, cache = here
    command = ["pack", "--cache", str(cache), "--corpora", str(corpora), "--megabytes", "1"]
    assert main([*command, "--output", str(tmp_path / "parts")]) == 0
    return sorted((tmp_path / "parts").glob("*.tar"))


def unpack(parts, folder):
    command = ["unpack", *map(str, parts), "--cache", str(folder / "cache"), "--processes", "1"]
    return main([*command, "--corpora", str(folder / "corpora")])


def test_what_was_prepared_is_there_again(here, parts, tmp_path, monkeypatch):
    monkeypatch.setattr(noise_bank, "BABBLES", 2)
    _, cache = here
    assert len(parts) > 1 and all(path.stat().st_size <= 1e6 for path in parts)
    assert unpack(parts, tmp_path) == 0
    there = tmp_path / "cache"
    for name in ("manifest.csv", "features-hop441/windows.csv", "features-hop441/cache.json"):
        assert (there / name).read_bytes() == (cache / name).read_bytes()
    old, new = (np.fromfile(c / "features-hop441" / "features.f16", "<f2") for c in (cache, there))
    assert np.array_equal(old, new)
    assert (there / "features-hop441" / "waveforms.json").exists()
    assert len(load_noise_bank(there, 22_050).of(noise_bank.BABBLE)) == 2
    travelled = {path.name for path in (tmp_path / "corpora").rglob("*.*")}
    assert "1-dog.wav" in travelled and not {"5-dog.wav", "1-1-0.flac"} & travelled
    assert unpack(parts, tmp_path) == 0  # once more


def test_a_missing_part_is_named(parts, tmp_path, capsys):
    assert unpack(parts[1:], tmp_path) == 1
    assert f"part 1 of {len(parts)} is missing" in capsys.readouterr().err
    assert not (tmp_path / "cache").exists()


def test_what_is_no_part_is_named(parts, tmp_path, capsys):
    parts[0].write_bytes(parts[0].read_bytes()[:100])
    assert unpack(parts, tmp_path) == 1
    assert f"{parts[0]}: damaged" in capsys.readouterr().err


def test_parts_of_another_preparation_are_refused(here, parts, tmp_path, capsys):
    corpora, _ = here
    other = tmp_path / "other"
    command = ["prepare", "--csv", str(corpora / "corpora.csv"), "--only-csv", "--processes", "1"]
    command += ["--cache", str(other), "--set", "features.floor_power=1e-3"]
    assert main(command) == 0
    command = ["pack", "--cache", str(other), "--corpora", str(corpora), "--megabytes", "1"]
    assert main([*command, "--output", str(tmp_path / "more")]) == 0
    assert main([*command, "--output", str(tmp_path / "more")]) == 1
    assert "already there" in capsys.readouterr().err
    more = sorted((tmp_path / "more").glob("*.tar"))
    assert unpack([parts[0], *more[1:]], tmp_path) == 1
    assert "of another preparation" in capsys.readouterr().err
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "manifest.csv").write_text("of something else")
    assert unpack(parts, tmp_path) == 1
    assert "another training is in it" in capsys.readouterr().err


def test_without_noises_there_is_nothing_on_the_fly(tmp_path, capsys):
    cache = prepared(tmp_path, {"Theatre": 1})
    linked = tmp_path / "corpora" / "Theatre-0-sad.wav"
    linked.rename(tmp_path / "elsewhere.wav")
    linked.symlink_to(tmp_path / "elsewhere.wav")
    command = ["pack", "--cache", str(cache), "--corpora", str(tmp_path / "corpora")]
    assert main([*command, "--output", str(tmp_path / "parts")]) == 0
    assert "nothing can be perturbed" in capsys.readouterr().out
    (tmp_path / "there").mkdir()
    assert unpack(sorted((tmp_path / "parts").glob("*.tar")), tmp_path / "there") == 0
    assert not (tmp_path / "there" / "corpora" / linked.name).is_symlink()
    features = tmp_path / "there" / "cache" / "features-hop441"
    assert (features / "features.f16").exists() and not (features / "waveforms.f16").exists()


def test_clips_outside_the_corpora_are_refused(here, tmp_path, capsys):
    corpora, cache = here
    shutil.copytree(cache, tmp_path / "cache")
    manifest = tmp_path / "cache" / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("Theatre-0-sad.wav", "../Theatre-0-sad.wav"))
    command = ["pack", "--cache", str(tmp_path / "cache"), "--corpora", str(corpora)]
    assert main([*command, "--output", str(tmp_path / "parts")]) == 1
    assert "lies outside" in capsys.readouterr().err


def test_nothing_prepared(tmp_path, capsys):
    assert main(["pack", "--cache", str(tmp_path), "--output", str(tmp_path / "parts")]) == 1
    assert "prepare" in capsys.readouterr().err
    assert not (tmp_path / "parts").exists()


def test_a_recording_that_is_gone_is_named(here, tmp_path, capsys):
    corpora, cache = here
    shutil.copytree(corpora, tmp_path / "corpora")
    gone = next((tmp_path / "corpora").glob("*.wav"))
    gone.unlink()
    command = ["pack", "--cache", str(cache), "--corpora", str(tmp_path / "corpora")]
    assert main([*command, "--output", str(tmp_path / "parts")]) == 1
    assert gone.name in capsys.readouterr().err
    assert not (tmp_path / "parts").exists()
