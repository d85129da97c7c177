"""Waveform augmentation, and its versions of the feature cache."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from tiny_corpora import add_noises

from ser_live.config import Config
from ser_live.errors import SerLiveError
from training.augment import acoustic as module
from training.augment.acoustic import Acoustic
from training.augment.base import NAMES, augmentation
from training.augment.context import Context
from training.augment.paper import Paper
from training.augment.rooms import load_bank, make_bank, room_of_tests
from training.augment.sounds import Sounds
from training.batches import draw_versions
from training.cache import build_cache, load_cache
from training.recipe import Recipe, load_recipe
from training.stress.rooms import ROOMS
from training.stress.sources import RESERVED, esc50, librispeech
from training.versions import build_version, load_versions

RATE = 22_050


class Same:
    """Perturbs nothing."""

    name = "same"

    def __init__(self, value=1):
        self.facts = {"some": value}

    def windows(self, wave, spans, version, rng):
        return [wave[a:b] for a, b in spans]


class Noisy(Same):
    """Another loudness and another length for each version, dependent on the generator."""

    name = "noisy"

    def windows(self, wave, spans, version, rng):
        cut = [wave[a : max(a + 1, b - 700 * version)] for a, b in spans]
        return [w + rng.normal(0, 0.01, len(w)).astype(np.float32) for w in cut]


@pytest.fixture(scope="module")
def cached(tmp_path_factory):
    """Three clips (one long enough for several windows), their table and their clean cache."""
    root = tmp_path_factory.mktemp("clips")
    rng = np.random.default_rng(0)
    names = []
    for i, (seconds, rate) in enumerate(((1.3, 16_000), (4.7, 48_000), (0.9, 24_414))):
        t = np.arange(int(seconds * rate)) / rate
        buzz = 0.1 * np.sign(np.sin(2 * np.pi * (120 + 40 * i) * t)) + rng.normal(0, 0.01, len(t))
        names.append(f"{i}.wav")
        sf.write(root / names[-1], buzz.astype(np.float32), rate)
    table = pd.DataFrame({"path": names, "sha1": names})
    folder = tmp_path_factory.mktemp("cache")
    build_cache(table, root, folder, Config())
    return root, table, folder


@pytest.fixture
def sounds_root(tmp_path):
    """A small ESC-50 with all five folds, and a LibriSpeech with reserved and other speakers."""
    rng = np.random.default_rng(1)
    audio = tmp_path / "ESC-50" / "audio"
    audio.mkdir(parents=True)
    rows = [["filename", "fold", "target", "category"]]
    for fold in range(1, 6):
        for target, category in ((0, "dog"), (24, "coughing"), (26, "laughing"), (21, "sneezing")):
            name = f"{fold}-{category}.wav"
            sf.write(audio / name, rng.normal(0, 0.1, 16_000), 16_000)
            rows.append([name, str(fold), str(target), category])
    with open(tmp_path / "ESC-50" / "esc50.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    for speaker in ("11", "22", "33", "44", *sorted(RESERVED)):
        folder = tmp_path / "LibriSpeech" / "test-other" / speaker / "1"
        folder.mkdir(parents=True)
        sf.write(folder / f"{speaker}-1-0000.flac", rng.normal(0, 0.1, 16_000), 16_000)
    return tmp_path


def few_rooms(monkeypatch):
    bank = make_bank(RATE, count=2)
    monkeypatch.setattr(module, "load_bank", lambda folder, rate: bank)


def speechlike(seconds=2.0):
    t = np.arange(int(seconds * RATE)) / RATE
    rng = np.random.default_rng(5)
    voice = np.sign(np.sin(2 * np.pi * 140 * t)) * (0.55 + 0.45 * np.sin(2 * np.pi * 3 * t))
    return (0.1 * voice + 0.001 * rng.normal(0, 1, len(t))).astype(np.float32)


# ------------------------------------------------------------------ what is never trained with


def test_noise_of_the_tests_and_of_the_tuning_is_never_drawn(sounds_root):
    sounds = Sounds(sounds_root, RATE)
    assert {p.stem.split("-")[0] for p in sounds.recordings} == {"1", "2", "3"}
    assert {p.stem.split("-")[1] for p in sounds.recordings} == {"dog", "coughing", "sneezing"}
    assert set(sounds.speakers) == set(RESERVED)
    assert not set(librispeech(sounds_root)) & set(sounds.speakers)
    assert {p.stem.split("-")[0] for p in esc50(sounds_root, "environment")} == {"5"}


def test_esc50_lies_as_it_was_published_or_beside_its_table(tmp_path):
    add_noises(tmp_path)
    beside = esc50(tmp_path, "environment")
    (tmp_path / "ESC-50" / "meta").mkdir()
    (tmp_path / "ESC-50" / "esc50.csv").rename(tmp_path / "ESC-50" / "meta" / "esc50.csv")
    assert beside == esc50(tmp_path, "environment") and len(beside) == 1
    table = tmp_path / "ESC-50" / "meta" / "esc50.csv"
    table.write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(SerLiveError, match=r"esc50\.csv: no column 'filename'"):
        esc50(tmp_path, "environment")


def test_the_real_corpora_leave_no_overlap(corpora):
    sounds = Sounds(corpora, RATE)
    with open(corpora / "ESC-50" / "esc50.csv", newline="") as file:
        folds = {r["filename"].removesuffix(".wav"): r["fold"] for r in csv.DictReader(file)}
    assert {folds[p.stem] for p in sounds.recordings} == {"1", "2", "3"}
    assert set(sounds.speakers) == set(RESERVED)
    assert len(librispeech(corpora)) >= 7  # as many as the tests' babble needs


def test_no_room_is_one_of_the_tests():
    for size, _, _ in ROOMS.values():
        assert room_of_tests(np.array(size)) and room_of_tests(
            np.array([size[1], size[0], size[2]])
        )
    assert not room_of_tests(np.array([4.0, 3.0, 2.5]))


def test_missing_recordings_are_named(tmp_path):
    with pytest.raises(SerLiveError, match=r"noise needs ESC-50 here: ESC-50/esc50\.csv"):
        augmentation("acoustic", tmp_path, tmp_path, Config())
    add_noises(tmp_path)
    shutil.rmtree(tmp_path / "LibriSpeech" / "test-other" / min(RESERVED))
    with pytest.raises(SerLiveError, match=r"LibriSpeech/test-other here, .*3005, 3331, 533"):
        augmentation("acoustic", tmp_path, tmp_path, Config())
    (tmp_path / "ESC-50" / "audio" / "1-dog.wav").unlink()
    with pytest.raises(SerLiveError, match=r"1 of 1 clips .environment. .*, 1-dog for one"):
        augmentation("acoustic", tmp_path, tmp_path, Config())
    with pytest.raises(SerLiveError, match="choose from acoustic, paper"):
        augmentation("other", tmp_path, tmp_path, Config())


# ------------------------------------------------------------------ the acoustic chain


def test_rooms_repeat_and_begin_with_the_direct_sound(tmp_path, monkeypatch):
    monkeypatch.setattr("training.augment.rooms.COUNT", 2)
    first, again = make_bank(RATE, count=2), make_bank(RATE, count=2)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
        assert int(np.abs(a[:200]).argmax()) < 60 and np.abs(a[:60]).max() == pytest.approx(1)
    monkeypatch.setattr("training.augment.rooms.make_bank", lambda rate: first)
    kept = load_bank(tmp_path, RATE)
    monkeypatch.setattr("training.augment.rooms.make_bank", lambda rate: pytest.fail("made anew"))
    for a, b, c in zip(first, kept, load_bank(tmp_path, RATE), strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a, c)


def test_every_link_of_the_chain_changes_the_sound_and_keeps_its_length(sounds_root, monkeypatch):
    few_rooms(monkeypatch)
    chain, wave = Acoustic(sounds_root, sounds_root, Config()), speechlike()
    spans = [(1_000, 30_000), (0, len(wave))]
    for link in module.CHANCES:
        only = {name: float(name == link) for name in module.CHANCES}
        monkeypatch.setattr(module, "CHANCES", only)
        changed = 0
        for seed in range(6):
            heard = chain.windows(wave, spans, 1, np.random.default_rng(seed))
            assert [len(w) for w in heard] == [29_000, len(wave)], link
            assert all(np.isfinite(w).all() and w.dtype == np.float32 for w in heard), link
            changed += not np.array_equal(heard[0], wave[1_000:30_000])
        assert changed >= 5, link


def test_noise_has_the_levels_it_says(sounds_root, monkeypatch):
    few_rooms(monkeypatch)
    monkeypatch.setattr(module, "CHANCES", {n: float(n == "noise") for n in module.CHANCES})
    chain, wave = Acoustic(sounds_root, sounds_root, Config()), speechlike()
    levels = []
    for seed in range(60):
        heard = chain.windows(wave, [(0, len(wave))], 1, np.random.default_rng(seed))[0]
        noise = np.sqrt(np.mean((heard - wave) ** 2, dtype=np.float64))
        levels.append(20 * np.log10(np.sqrt(np.mean(wave**2, dtype=np.float64)) / noise))
    assert -0.1 <= min(levels) < 8 and 22 < max(levels) <= 30.1


def test_telephone_loses_the_upper_band_and_keeps_the_level(sounds_root, monkeypatch):
    few_rooms(monkeypatch)
    monkeypatch.setattr(module, "CHANCES", {n: float(n == "telephone") for n in module.CHANCES})
    chain, wave = Acoustic(sounds_root, sounds_root, Config()), speechlike()
    heard = chain.windows(wave, [(0, len(wave))], 1, np.random.default_rng(0))[0]
    power = np.abs(np.fft.rfft(heard)) ** 2
    upper = np.fft.rfftfreq(len(heard), 1 / RATE) > 4_300
    assert power[upper].sum() < 1e-3 * power.sum()
    assert np.std(heard) == pytest.approx(np.std(wave), rel=0.05)


def test_silence_stays_finite(sounds_root, monkeypatch):
    few_rooms(monkeypatch)
    monkeypatch.setattr(module, "CHANCES", dict.fromkeys(module.CHANCES, 1.0))
    chain, wave = Acoustic(sounds_root, sounds_root, Config()), np.zeros(RATE, np.float32)
    for seed in range(3):
        heard = chain.windows(wave, [(0, RATE)], 1, np.random.default_rng(seed))[0]
        assert np.isfinite(heard).all()


# ------------------------------------------------------------------ the paper's six


def test_the_papers_six():
    window, rng = speechlike(2.0), np.random.default_rng(0)
    paper = Paper(Config())
    out = [paper.windows(window, [(0, len(window))], v, rng)[0] for v in range(1, 7)]
    n = len(window)
    assert [len(w) for w in out[:4]] == [n] * 4
    assert len(out[4]) == pytest.approx(n / 0.8, rel=0.01)
    assert len(out[5]) == pytest.approx(n / 1.25, rel=0.01)
    np.testing.assert_array_equal(out[3], np.roll(window, round(0.2 * n)))

    def pitch(x):
        spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x))))
        frequency = np.fft.rfftfreq(len(x), 1 / RATE)
        low = (frequency > 80) & (frequency < 220)
        return frequency[low][spectrum[low].argmax()]

    assert pitch(out[1]) == pytest.approx(140 * 2 ** (2 / 12), rel=0.02)
    assert pitch(out[2]) == pytest.approx(140 * 2 ** (-2 / 12), rel=0.02)
    assert pitch(out[4]) == pytest.approx(140, rel=0.02) == pitch(out[5])
    long = speechlike(3.0)[:66_150]
    assert len(paper.windows(long, [(0, len(long))], 5, rng)[0]) == 66_150
    short = window[:100]
    for version in range(1, 7):
        assert len(paper.windows(short, [(0, 100)], version, rng)[0]) == 100
    with pytest.raises(SerLiveError, match="six"):
        paper.windows(window, [(0, n)], 7, rng)


# ------------------------------------------------------------------ versions


def test_a_version_that_changes_nothing_is_the_clean_cache(cached):
    root, table, folder = cached
    assert build_version(table, root, folder, Same(), 1)
    assert not build_version(table, root, folder, Same(), 1)
    clean = load_cache(folder)
    (version,) = load_versions(folder, "same", 1)
    np.testing.assert_array_equal(version.data, clean.data)
    np.testing.assert_array_equal(version.rows, clean.index[["offset", "frames", "first"]])
    assert isinstance(version.data, np.memmap)


def test_an_interrupted_version_ends_with_the_same_bytes(cached, tmp_path):
    root, table, folder = cached
    build_version(table, root, folder, Noisy(), 2)
    wanted = [(folder / f"noisy-2.{s}").read_bytes() for s in ("f16", "rows")]
    for data_kept, rows_kept in ((0.5, 1.0), (1.0, 0.5), (0.99, 0.99), (0.0, 0.0), (1.0, 1.0)):
        (folder / "noisy-2.json").replace(folder / "noisy-2.begun.json")
        for suffix, share, content in zip(
            ("f16", "rows"), (data_kept, rows_kept), wanted, strict=True
        ):
            (folder / f"noisy-2.{suffix}").unlink()
            part = content[: int(share * len(content))]
            (folder / f"noisy-2.{suffix}.part").write_bytes(part)
        assert build_version(table, root, folder, Noisy(), 2)
        assert [(folder / f"noisy-2.{s}").read_bytes() for s in ("f16", "rows")] == wanted


def test_versions_differ_and_are_drawn_row_by_row(cached):
    root, table, folder = cached
    for v in (1, 2):
        build_version(table, root, folder, Noisy(), v)
    cache = replace(load_cache(folder), versions=load_versions(folder, "noisy", 2))
    rows = np.arange(3)
    clean, clean_mask = cache.batch(rows)
    mixed, mask = cache.batch(rows, np.array([0, 1, 2]))
    assert np.array_equal(mixed[0], clean[0]) and np.array_equal(mask[0], clean_mask[0])
    for row in (1, 2):
        part, first = cache.window(row, row)
        assert not np.array_equal(mixed[row], clean[row])
        np.testing.assert_array_equal(mixed[row].T[first : first + len(part)], part)
        assert int(mask[row].sum()) == len(part)


def test_what_does_not_belong_together_is_refused(cached):
    root, table, folder = cached
    build_version(table, root, folder, Same(), 1)
    other = Same(2)
    with pytest.raises(SerLiveError, match="other settings"):
        build_version(table, root, folder, other, 1)
    with pytest.raises(SerLiveError, match="--augmentation same --versions 2"):
        load_versions(folder, "same", 2)
    meta = json.loads((folder / "same-1.json").read_text())
    (folder / "same-1.json").write_text(json.dumps(meta | {"windows": "0"}))
    with pytest.raises(SerLiveError, match="other windows"):
        load_versions(folder, "same", 1)
    (folder / "same-1.json").write_text(json.dumps(meta))
    # As two processes at once would leave it: windows twice, of as many frames.
    rows, data = folder / "same-1.rows", folder / "same-1.f16"
    for path in (rows, data):
        path.write_bytes(2 * path.read_bytes())
    with pytest.raises(SerLiveError, match=r"same-1\.f16: damaged, or same-1\.rows"):
        load_versions(folder, "same", 1)
    for path in (rows, data):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    load_versions(folder, "same", 1)


def test_share_and_versions_of_a_draw():
    recipe = replace(Recipe(), augmented_share=0.4)
    drawn = draw_versions(20_000, recipe, 3, 3)
    shares = np.bincount(drawn) / len(drawn)
    np.testing.assert_allclose(shares, [0.6, 0.4 / 3, 0.4 / 3, 0.4 / 3], atol=0.02)
    np.testing.assert_array_equal(drawn, draw_versions(20_000, recipe, 3, 3))
    assert not np.array_equal(drawn, draw_versions(20_000, recipe, 4, 3))
    assert not draw_versions(100, Recipe(), 0, 0).any()


def test_the_last_version_is_the_context():
    recipe = replace(Recipe(), augmented_share=0.4, context_share=0.25)
    shares = np.bincount(draw_versions(20_000, recipe, 3, 4)) / 20_000
    np.testing.assert_allclose(shares, [0.45, 0.1, 0.1, 0.1, 0.25], atol=0.02)
    alone = replace(recipe, augmented_share=0.0)
    assert set(draw_versions(100, alone, 3, 1)) == {0, 1}


def test_context_holds_the_speech_and_what_surrounds_it():
    config = Config()
    kind, size = Context(config), config.audio.window_samples
    wave = np.arange(2 * size, dtype=np.float32)
    spans = [(100, 5_000), (size, 2 * size), (size // 2, size // 2 + 9_000)]
    starts = []
    for seed in range(30):
        found = kind.windows(wave, spans, 1, np.random.default_rng(seed))
        for window, (first, stop) in zip(found, spans, strict=True):
            assert len(window) == size
            assert window[0] <= first and stop - 1 <= window[-1]
            np.testing.assert_array_equal(np.diff(window), 1)
        starts.append(found[2][0])
    assert len(set(starts)) > 20
    short = kind.windows(wave[:9_000], [(100, 5_000)], 1, np.random.default_rng(0))
    np.testing.assert_array_equal(short[0], wave[:9_000])


def test_recipe_refuses_impossible_shares(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text("augmented_share = 1.5\n")
    with pytest.raises(SerLiveError, match="augmented_share"):
        load_recipe(path)
    assert NAMES == ("acoustic", "paper", "context")
