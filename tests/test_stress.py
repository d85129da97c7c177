"""Stress tests: what the perturbations do to a signal, and what passes."""

import csv
import json

import numpy as np
import pytest
import soundfile as sf
from scipy import signal
from tiny_corpora import add_noises, buzz

from ser_live import predictor
from ser_live.asset_files import asset_path
from ser_live.audio.decode import read_audio
from ser_live.config import Config
from ser_live.errors import AudioFileError, SerLiveError
from ser_live.labels import EMOTIONS
from ser_live.models.checkpoint import default_checkpoint_path, load_checkpoint, save_checkpoint
from training.cache import clip_windows
from training.cli import main
from training.corpora import Clip
from training.stress import listen, perturb, phone, rooms, run, sources
from training.stress.criteria import (
    FAILED,
    NOT_RUN,
    PASSED,
    correctness,
    fairness,
    judge,
    share_passed,
    tally,
    uar,
)
from training.stress.registry import GROUPS, Perturbation, registry
from training.stress.run import Store, evaluate_group
from training.stress.tables import Results, write_results

RATE = 16_000


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture
def speechlike():
    """Three seconds of noise in syllables, RMS near 0.1, nothing near full scale."""
    generator, t = rng(7), np.arange(3 * RATE) / RATE
    envelope = 0.2 + np.abs(np.sin(2 * np.pi * 2.5 * t))
    b, a = signal.butter(1, 1_000, fs=RATE)
    noise = signal.lfilter(b, a, generator.standard_normal(len(t)))
    return (0.25 * envelope * noise).astype(np.float32)


def snr(clean, mixed):
    return 20 * np.log10(perturb.rms(clean) / perturb.rms(mixed.astype(float) - clean))


def gain_at(change, frequency, seconds=1.0, seed=0):
    """Gain of a perturbation at a frequency, dB, after it has settled."""
    t = np.arange(int(seconds * RATE)) / RATE
    tone = (0.1 * np.sin(2 * np.pi * frequency * t)).astype(np.float32)
    heard = change(tone, RATE, rng(seed))
    half = len(t) // 2
    return 20 * np.log10(perturb.rms(heard[half:]) / perturb.rms(tone[half:]))


# ------------------------------------------------------------- perturbations


@pytest.mark.parametrize("wanted", [0, 20, 40])
def test_white_noise_has_the_snr_it_says(speechlike, wanted):
    heard = perturb.white_noise((wanted,))(speechlike, RATE, rng())
    assert heard.dtype == np.float32 and abs(snr(speechlike, heard) - wanted) < 0.5


def test_tone_lies_in_its_band_below_the_peak(speechlike):
    heard = perturb.tone(5_000, 7_000, (40,))(speechlike, RATE, rng())
    tone = heard.astype(float) - speechlike
    peaks = 20 * np.log10(np.abs(speechlike).max() / np.abs(tone).max())
    frequency = np.abs(np.fft.rfft(tone)).argmax() * RATE / len(tone)
    assert abs(peaks - 40) < 0.5 and 5_000 <= frequency <= 7_000


@pytest.mark.parametrize("rate", [16_000, 24_000])
def test_padding_and_cropping_by_counts_at_16_khz(speechlike, rate):
    n, counts = len(speechlike), {100 * rate // RATE, 500 * rate // RATE, 1000 * rate // RATE}
    seen = set()
    for seed in range(12):
        longer = perturb.append_zeros((100, 500, 1000))(speechlike, rate, rng(seed))
        seen.add(len(longer) - n)
        assert not longer[n:].any() and np.array_equal(longer[:n], speechlike)
        longer = perturb.prepend_zeros((100, 500, 1000))(speechlike, rate, rng(seed))
        assert len(longer) - n in counts and np.array_equal(longer[-n:], speechlike)
        shorter = perturb.crop_start((100, 500, 1000))(speechlike, rate, rng(seed))
        assert n - len(shorter) in counts and np.array_equal(shorter, speechlike[-len(shorter) :])
        shorter = perturb.crop_end((100, 500, 1000))(speechlike, rate, rng(seed))
        assert n - len(shorter) in counts and np.array_equal(shorter, speechlike[: len(shorter)])
    assert seen == counts  # each is drawn
    for crop in (perturb.crop_start, perturb.crop_end):
        assert len(crop((1000,))(speechlike[:50], rate, rng())) == 1


@pytest.mark.parametrize("share", [0.001, 0.003])
def test_share_of_clipped_samples(speechlike, share):
    heard = perturb.clip_share((share,))(speechlike, RATE, rng())
    limit = np.abs(heard).max()
    assert np.mean(np.abs(speechlike) >= limit) == pytest.approx(share, rel=0.05)
    assert np.array_equal(heard[np.abs(heard) < limit], speechlike[np.abs(heard) < limit])


def test_gain_and_full_scale(speechlike):
    heard = perturb.gain((2,))(speechlike, RATE, rng())
    assert 20 * np.log10(perturb.rms(heard) / perturb.rms(speechlike)) == pytest.approx(2, abs=1e-3)
    loud = perturb.gain((20,), full_scale=True)(speechlike, RATE, rng())
    assert np.abs(loud).max() == 1.0 and np.mean(np.abs(loud) > 0.999) > 0.01


@pytest.mark.parametrize(
    ("kind", "corner", "far"), [("highpass", 100, 2_000), ("lowpass", 7_000, 300)]
)
def test_filters_are_3_db_down_at_the_corner(kind, corner, far):
    change = perturb.first_order(kind, (corner,))
    assert gain_at(change, corner) == pytest.approx(-3.01, abs=0.1)
    assert gain_at(change, far) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("direction", [1, -1])
def test_tilt_is_linear_and_keeps_the_level(speechlike, direction):
    heard = perturb.tilt(direction)(speechlike, RATE, rng())
    assert len(heard) == len(speechlike)
    assert perturb.rms(heard) == pytest.approx(perturb.rms(speechlike), rel=1e-4)
    f, before = signal.welch(speechlike, RATE, nperseg=512)
    _, after = signal.welch(heard, RATE, nperseg=512)
    change = 10 * np.log10(after / before)
    inside = (f > 300) & (f < 7_500)
    slope, _ = np.polyfit(f[inside], change[inside], 1)
    assert slope * 8_000 == pytest.approx(direction * perturb.TILT_DB, abs=0.5)
    assert abs(np.corrcoef(f[inside], change[inside])[0, 1]) > 0.99


def test_phone_keeps_length_and_level_and_loses_the_upper_band(speechlike):
    codec = phone.available_codec()
    if codec is None:
        pytest.skip("FFmpeg has no narrow-band encoder")
    heard = phone.phone(speechlike, RATE, rng())
    assert len(heard) == len(speechlike) and np.isfinite(heard).all()
    assert perturb.rms(heard) == pytest.approx(perturb.rms(speechlike), rel=1e-3)
    # Coded speech alone ends at 4 kHz; the low band follows the original.
    narrow = signal.resample_poly(speechlike, 1, 2).astype(np.float32)
    coded = phone.code(narrow, codec)
    low = signal.butter(4, 1_000, fs=RATE // 2, output="sos")
    a, b = signal.sosfilt(low, narrow), signal.sosfilt(low, coded)
    assert len(coded) == len(narrow)
    assert np.abs(signal.correlate(a, b)).max() / np.sqrt((a @ a) * (b @ b)) > 0.5


def test_compressor_bends_above_its_threshold():
    tone = np.sin(2 * np.pi * 440 * np.arange(16_000) / 8_000).astype(np.float32)
    loud, faint = phone.compress(tone)[8_000:], phone.compress(0.01 * tone)[8_000:]
    assert len(phone.compress(tone)) == len(tone)
    assert -4.5 < 20 * np.log10(np.abs(loud).max()) < -3  # 0.8 dB a dB, by RMS
    assert np.abs(faint).max() == pytest.approx(0.01, rel=0.01)


def test_hiss_is_pink():
    f, power = signal.welch(phone.pink_noise(1 << 17, rng()), 1.0, nperseg=4096)
    inside = (f > 0.005) & (f < 0.4)
    slope = np.polyfit(np.log10(f[inside]), np.log10(power[inside]), 1)[0]
    assert slope == pytest.approx(-1, abs=0.1)


def test_rooms_begin_with_the_direct_sound_and_differ(speechlike):
    pytest.importorskip("pyroomacoustics")
    lengths = {}
    for name, (_, _, distance) in rooms.ROOMS.items():
        rir = rooms.response(name, distance, 0.0, RATE)
        assert np.abs(rir).argmax() == 0
        energy = np.cumsum(rir[::-1] ** 2)[::-1] / np.sum(rir**2)
        lengths[name] = np.argmax(energy < 1e-3) / RATE  # 30 dB down
    assert lengths["booth"] < lengths["meeting"] < lengths["office"] < lengths["lecture"]
    near, far = rooms.Room(True), rooms.Room(False)
    assert set(far.names) == set(rooms.ROOMS) - {"booth"} and len(rooms.Position(False).names) == 8
    heard = near(speechlike, RATE, rng())
    assert len(heard) == len(speechlike) and np.abs(heard).max() == pytest.approx(1)
    assert not np.allclose(heard, far(speechlike, RATE, rng()), atol=0.05)


def test_a_burst_is_one_event():
    sound = 1e-4 * rng().standard_normal(RATE * 5)
    for start, level in ((0.5, 0.1), (2.0, 0.5), (3.5, 0.2)):
        at = int(start * RATE)
        sound[at : at + RATE // 4] += level * rng(1).standard_normal(RATE // 4)
    cough = sources.burst(sound.astype(np.float32), RATE)
    assert 0.22 <= len(cough) / RATE <= 0.3
    assert perturb.rms(cough) == pytest.approx(0.5, rel=0.1)


# ------------------------------------------------------------------- sources


def test_only_fold_5_of_esc50_is_heard(corpora):
    with open(corpora / "ESC-50" / "esc50.csv", newline="") as file:
        rows = {r["filename"].removesuffix(".wav"): r for r in csv.DictReader(file)}
    for kind in ("environment", sources.COUGH, sources.SNEEZE):
        paths = sources.esc50(corpora, kind)
        assert paths and {rows[p.stem]["fold"] for p in paths} == {"5"}
        categories = {rows[p.stem]["category"] for p in paths}
        human = {"coughing", "sneezing", "laughing", "crying_baby", "breathing", "footsteps"}
        assert not categories & human if kind == "environment" else categories == {kind}
    used = [
        path
        for p in registry(corpora)
        if isinstance(p.change, sources.Recorded | sources.Event)
        for path in p.change.paths
    ]
    assert used and {rows[p.stem]["fold"] for p in used} == {"5"}


def test_recordings_are_mixed_at_their_snr(corpora, speechlike):
    wanted = {"environmental noise": 20, "babble": 20, "cough": 10, "sneeze": 10}
    tests = {p.name: p for p in registry(corpora)}
    for name, level in wanted.items():
        for seed in range(4):
            heard = tests[name].change(speechlike, RATE, rng(seed))
            assert abs(snr(speechlike, heard) - level) < 0.5, name
    cough = tests["cough"].change(speechlike, RATE, rng(3)) - speechlike
    assert 0.1 < np.mean(np.abs(cough) > 1e-7) * 3 < 1.6  # one event, not all of the clip


def test_music_is_any_recording_in_its_folder(tmp_path, speechlike):
    """Two tones, each of which is heard alone, at its SNR, wherever a piece begins."""
    second = np.arange(3 * 44_100) / 44_100
    folder = tmp_path / "music" / "album"
    folder.mkdir(parents=True)
    for hz, name in ((500, "a.flac"), (2_000, "b.ogg")):
        tone = 0.3 * np.sin(2 * np.pi * hz * second)
        sf.write(folder / name, np.stack([tone, tone], 1), 44_100)
    (folder / "cover.jpg").write_bytes(b"no sound")
    music = next(p for p in registry(tmp_path) if p.name == "music")
    assert not music.missing and "2 recordings in music/" in music.parameters
    tones = set()
    for seed in range(8):
        heard = music.change(speechlike, RATE, rng(seed))
        assert abs(snr(speechlike, heard) - 20) < 0.1
        spectrum = np.abs(np.fft.rfft(heard - speechlike))
        tones.add(round(spectrum.argmax() * RATE / len(speechlike), -1))
    assert tones == {500, 2_000}
    (tmp_path / "musan" / "music" / "fma").mkdir(parents=True)
    sf.write(tmp_path / "musan/music/fma/music-fma-0000.wav", tone, 44_100)
    found = next(p for p in registry(tmp_path) if p.name == "music")
    assert found.parameters == "MUSAN, SNR 20 dB"


def test_music_that_is_short_or_no_sound(tmp_path):
    sf.write(tmp_path / "short.wav", np.full(100, 0.1), 8_000)
    assert np.allclose(sources.excerpt(tmp_path / "short.wav", 1_000, 8_000, 0.7), 0.1, atol=1e-3)
    (tmp_path / "half.ogg").write_bytes(b"OggS")
    with pytest.raises(AudioFileError, match=r"half\.ogg: cannot be read"):
        sources.excerpt(tmp_path / "half.ogg", 1_000, 8_000, 0.0)
    sf.write(tmp_path / "empty.wav", np.zeros(0), 8_000)
    with pytest.raises(AudioFileError, match=r"empty\.wav: holds no sound"):
        sources.excerpt(tmp_path / "empty.wav", 1_000, 8_000, 0.0)


def test_what_is_missing_is_said(tmp_path):
    tests = {p.name: p for p in registry(tmp_path)}
    for name in ("environmental noise", "babble", "cough", "music", "environmental noise, 0 dB"):
        assert tests[name].change is None and tests[name].missing


def test_the_same_seed_gives_the_same_sound(tmp_path, speechlike):
    for p in registry(tmp_path):
        if p.change is None:
            continue
        one, two, other = (
            p.change(speechlike, RATE, listen.generator(seed, p.name, "a.wav"))
            for seed in (1, 1, 2)
        )
        assert np.array_equal(one, two), p.name
        assert one.dtype == np.float32 and np.isfinite(one).all(), p.name
        if "white" in p.name:
            assert not np.array_equal(one, other)


def test_the_tests_are_those_of_the_definitions(tmp_path):
    tests = registry(tmp_path)
    assert len({p.name for p in tests}) == len(tests)
    count = {g: sum(len(p.limits) for p in tests if p.group == g) for g in GROUPS}
    assert count["small"] == 10 and count["noise"] == 12 and count["tilt"] == 4
    assert count["phone"] == 2 and count["room"] == 2 and count["curves"] == 0
    assert sum(p.group == "curves" for p in tests) == 4 + 4 + 4


def test_a_recipe_is_chosen_by_other_sounds_and_speakers(tmp_path):
    (tmp_path / "ESC-50").mkdir()
    rows = ["filename,fold,target,category"]
    for fold in (1, 4, 5):
        for i, name in enumerate(("rain", "coughing", "sneezing")):
            rows.append(f"{fold}-{name}.wav,{fold},{(1, 24, 21)[i]},{name}")
            (tmp_path / "ESC-50" / f"{fold}-{name}.wav").write_bytes(b"")
    (tmp_path / "ESC-50" / "esc50.csv").write_text("\n".join(rows) + "\n")
    for tuning, fold in ((False, "5"), (True, "4")):
        tests = {p.name: p for p in registry(tmp_path, tuning)}
        for name in ("environmental noise", "cough", "sneeze", "environmental noise, 5 dB"):
            assert [path.name[0] for path in tests[name].change.paths] == [fold]
    assert tests["babble"].change is None and "kept for the tests" in tests["babble"].missing
    facts = {"speakers": {"validation": ["RAVDESS-01"], "test": ["RAVDESS-02"]}}
    for actor in ("01", "02"):
        folder = tmp_path / "RAVDESS" / f"Actor_{actor}"
        folder.mkdir(parents=True)
        (folder / f"03-01-05-01-01-01-{actor}.wav").write_bytes(b"")
    for part, actor in (("validation", "01"), ("test", "02")):
        (clip,) = listen.held_out(facts, tmp_path, 0, 0, part=part)
        assert clip.speaker == f"RAVDESS-{actor}"


# ------------------------------------------------------------------- spans


def test_spans_of_the_clean_clip_give_the_live_paths_windows():
    samples, rate = read_audio(asset_path("demo.wav"))
    config = Config()
    spans = listen.spans_of(samples, rate, config)
    windows = [w for w in clip_windows(samples, rate, config)[0] if w.final]
    cuts = listen.cut(samples, rate, spans, len(samples) / rate, 0.0, config)
    assert len(cuts) == len(windows) > 3
    for mine, window in zip(cuts, windows, strict=True):
        assert abs(len(mine) - len(window.samples)) <= 1
        n = min(len(mine), len(window.samples))
        np.testing.assert_allclose(mine[:n], window.samples[:n], atol=1e-6)


def test_spans_move_with_the_start_and_reach_new_edges():
    config = Config()
    rate = config.audio.sample_rate
    ramp = np.arange(2 * rate, dtype=np.float32)
    inner = [(0.5, 1.5)]
    clean = listen.cut(ramp, rate, inner, 2.0, 0.0, config)[0]
    later = listen.cut(np.pad(ramp, (1000, 0)), rate, inner, 2.0, 1000 / rate, config)[0]
    earlier = listen.cut(ramp[1000:], rate, inner, 2.0, -1000 / rate, config)[0]
    assert np.array_equal(clean, later) and np.array_equal(clean, earlier)
    whole = [(0.0, 2.0)]
    longer = listen.cut(np.pad(ramp, (0, 1000)), rate, whole, 2.0, 0.0, config)[0]
    assert len(longer) == len(ramp) + 1000
    longer = listen.cut(np.pad(ramp, (1000, 0)), rate, whole, 2.0, 1000 / rate, config)[0]
    assert len(longer) == len(ramp) + 1000 and not longer[:1000].any()
    full = np.zeros(round(3.5 * rate), np.float32)
    most = listen.cut(full, rate, [(0.0, 3.0), (0.5, 3.4)], 3.4, 0.0, config)
    assert max(map(len, most)) <= config.audio.window_samples


def test_the_sample_is_stratified_and_repeats():
    clips = [
        Clip(asset_path("demo.wav").with_name(f"{e}{g}{i}.wav"), "RAVDESS", "s", g, e)
        for e in EMOTIONS
        for g in ("female", "male")
        for i in range(10)
    ]
    one, two = listen.stratified(clips, 28, 1), listen.stratified(clips[::-1], 28, 1)
    assert [c.path for c in one] == [c.path for c in two]
    cells = [(c.emotion, c.gender) for c in one]
    assert all(cells.count(cell) == 2 for cell in set(cells)) and len(set(cells)) == 14
    assert one != listen.stratified(clips, 28, 2)
    assert len(listen.stratified(clips, 0, 1)) == len(clips)


def test_held_out_speakers_must_be_known(tmp_path):
    with pytest.raises(SerLiveError, match="does not name its test speakers"):
        listen.held_out({}, tmp_path, 5, 1)
    facts = {"speakers": {"test": ["CREMA-D-1010"]}}
    with pytest.raises(SerLiveError, match="no clip of the checkpoint's test speakers"):
        listen.held_out(facts, tmp_path, 5, 1)
    with pytest.raises(SerLiveError, match="IEMOCAP"):
        listen.held_out(facts, tmp_path, 5, 1, ["IEMOCAP"])


# ------------------------------------------------------------------ criteria


LOUDER = perturb.gain((1,))


def made_up(limits, change=LOUDER, **facts):
    return Perturbation("made up", "noise", "", change, limits, **facts)


def test_limits_themselves_pass():
    truth = np.repeat([0, 1], 100)
    clean = truth.copy()
    guess = truth.copy()
    guess[:10] = 1  # 95 % unchanged; UAR falls from 1 to 0.95
    both = judge(made_up({"UAR drop": 0.05, "unchanged": 0.95}), "A", truth, clean, guess)
    assert [o.state for o in both] == [PASSED, PASSED]
    assert both[0].uar_clean == 1 and both[0].uar == pytest.approx(0.95)
    guess[10] = 1
    both = judge(made_up({"UAR drop": 0.05, "unchanged": 0.95}), "A", truth, clean, guess)
    assert [o.state for o in both] == [FAILED, FAILED] and both[0].clips == 200


def test_a_better_uar_passes_and_changed_predictions_still_fail():
    truth = np.repeat([0, 1], 10)
    clean = np.zeros(20, int)
    drop, same = judge(made_up({"UAR drop": 0.05, "unchanged": 0.9}), "A", truth, clean, truth)
    assert drop.state == PASSED and drop.value == pytest.approx(-0.5)
    assert same.state == FAILED and same.value == 0.5


def test_what_cannot_be_run_is_neither_passed_nor_failed():
    truth = np.array([0, 1])
    p = made_up({"UAR drop": 0.05, "unchanged": 0.9}, change=None, missing="no music")
    rows = judge(p, "A", truth, truth, None)
    assert [(o.state, o.reason, o.value) for o in rows] == [(NOT_RUN, "no music", None)] * 2
    assert share_passed(rows) is None and tally(rows) == {PASSED: 0, FAILED: 0, NOT_RUN: 2}


def test_uar_counts_classes_not_clips():
    assert uar(np.array([0, 0, 0, 1]), np.zeros(4, int)) == 0.5


def test_correctness_by_class():
    truth = np.repeat([0, 1, 2], 10)
    guess = np.where(truth == 2, 1, truth)  # class 2 is never predicted
    rows = {o.test: o for o in correctness("A", truth, guess)}
    assert len(rows) == 3 * 2 + 2
    assert rows["precision, angry"].state == rows["recall, angry"].state == PASSED
    assert rows["precision, disgust"].value == 0.5 and rows["precision, disgust"].state == PASSED
    assert rows["precision, fear"].state == rows["recall, fear"].state == FAILED
    assert rows["UAR"].value == pytest.approx(2 / 3) and rows["UAP"].value == 0.5


def test_fairness_compares_each_sex_with_both():
    truth = np.tile(np.repeat([0, 1], 50), 2)
    gender = np.repeat([0, 1], 100)
    guess = truth.copy()
    guess[100:120] = 1  # of the men's 50 angry clips 20 are missed
    rows = {o.test: o for o in fairness("A", truth, guess, gender)}
    assert len(rows) == 2 * (2 * 2 + 2)
    assert rows["female: recall, angry"].value == pytest.approx(0.2)
    assert rows["female: recall, angry"].state == FAILED
    assert rows["female: recall, disgust"].state == PASSED
    assert rows["male: UAR"].value == pytest.approx(-0.1) and rows["male: UAR"].state == FAILED
    alone = fairness("A", truth, guess, np.zeros(200, int))
    assert {o.state for o in alone} == {NOT_RUN}
    never = fairness("A", truth, np.where(gender == 0, truth, 0), gender)
    assert {o.test: o.state for o in never}["male: precision, disgust"] == NOT_RUN


# ------------------------------------------------------------------ the whole


def test_store_goes_on_after_a_killed_run(tmp_path):
    path, p = tmp_path / "cache" / "x.jsonl", made_up({})
    with Store(path) as store:
        store.add(None, "a.wav", 3, [(0.0, 1.5)])
        store.add(p, "a.wav", 4, [(0.0, 1.5)])
    with open(path, "a") as file:
        file.write('{"test": "made up", "para')
    with Store(path) as store:
        assert store.emotion(None, "a.wav") == 3 and store.spans("a.wav") == [(0.0, 1.5)]
        assert store.emotion(p, "a.wav") == 4 and store.emotion(p, "b.wav") is None
        other = Perturbation("made up", "noise", "other parameters", p.change, {})
        assert store.emotion(other, "a.wav") is None
        store.add(p, "b.wav", 5, [])
    with Store(path) as store:
        assert store.emotion(p, "b.wav") == 5


def test_groups_to_tables(tmp_path):
    clips = {
        f"{i}.wav": Clip(tmp_path / f"{i}.wav", "CREMA-D", f"s{i % 4}", g, e)
        for i, (e, g) in enumerate((e, g) for e in EMOTIONS[:6] for g in ("female", "male"))
    }
    tests = [p for p in registry(tmp_path) if p.group in ("room", "noise", "curves")]
    results = Results.begin("made@0", 1, list(clips.values()))
    with Store(tmp_path / "x.jsonl") as store:
        for i, (name, clip) in enumerate(clips.items()):
            store.add(None, name, EMOTIONS.index(clip.emotion), [])
            for p in tests:
                store.add(p, name, i % 6 if "reference" in p.name or p.reference else 0, [])
        for group in ("correctness", "fairness", "noise", "room", "curves"):
            mine = [p for p in tests if p.group == group]
            results.add(group, *evaluate_group(group, mine, clips, store), mine)
            write_results(results, tmp_path)
    states = {(o.group, o.test): o.state for o in results.outcomes}
    assert states["correctness", "UAR"] == PASSED and states["noise", "music"] == NOT_RUN
    assert states["noise", "white noise"] == FAILED
    if rooms.available():  # compared with the reference condition, not with the clean clip
        assert states["room", "room"] == states["room", "position"] == PASSED
    content = json.loads((tmp_path / "stress.json").read_text())
    noise = next(row for row in content["summary"] if row["group"] == "noise")
    assert noise["published"]["CNN14"] == 57 and noise["passed"] == 0 and noise["not run"] == 10
    text = (tmp_path / "stress.md").read_text()
    assert "not run (no music: MUSAN's, or a folder music, is not there)" in text
    assert "CREMA-D 12" in text
    assert (tmp_path / "curves.png").stat().st_size > 1000
    assert len((tmp_path / "stress.csv").read_text().splitlines()) == len(results.outcomes) + 1


@pytest.fixture
def of_a_fold(tmp_path):
    """The shipped weights as the checkpoint of a fold that tests one speaker.

    What the tests below look at is the command; what it says of these weights means nothing.
    """
    loaded = load_checkpoint()
    training = {key: value for key, value in loaded.training.items() if key != "everyone"}
    training["speakers"] = {"train": [], "validation": [], "test": ["SAVEE-DC"]}
    path = tmp_path / "fold.safetensors"
    save_checkpoint(path, loaded.model, loaded.config, training)
    return str(path)


def test_the_command_on_real_clips(corpora, of_a_fold, tmp_path, capsys):
    command = ["stress", "--model", of_a_fold, "--corpora", str(corpora), "--clips", "2"]
    command += ["--corpus", "SAVEE"]
    command += ["--output", str(tmp_path), "--only", "correctness", "tilt"]
    assert main(command) == 0
    first = capsys.readouterr().out
    assert "SAVEE 2 (1 speakers)" in first and "upward tilt" in first
    stored = next((tmp_path / "cache").glob("*.jsonl"))
    lines = stored.read_text().splitlines()
    assert len(lines) == 2 * 3
    assert main(command) == 0  # nothing is computed again
    assert capsys.readouterr().out == first and stored.read_text().splitlines() == lines
    assert str(corpora) not in (tmp_path / "stress.json").read_text()


@pytest.fixture
def small_corpora(tmp_path):
    """SAVEE's speaker of the fixture above, and an ESC-50 whose only dog is damaged."""
    root = tmp_path / "corpora"
    folder = root / "SAVEE" / "DC"
    folder.mkdir(parents=True)
    for number, code in enumerate(("a", "d", "f", "h", "n", "sa", "su")):
        sf.write(folder / f"{code}01.wav", buzz(number, number), RATE)
    add_noises(root)
    (root / "ESC-50" / "audio" / "5-dog.wav").write_bytes(b"broken")
    return root


def test_a_damaged_noise_is_no_fault_of_the_clips(small_corpora, of_a_fold, tmp_path, capsys):
    root = small_corpora
    command = ["stress", "--model", of_a_fold, "--corpora", str(root), "--output", str(tmp_path)]
    assert main([*command, "--device", "cpu", "--only", "noise"]) == 0
    said = capsys.readouterr()
    assert said.err.count("environmental noise: not run: ") == 1
    rows = {row["test"]: row for row in json.loads((tmp_path / "stress.json").read_text())["tests"]}
    noisy = rows["environmental noise"]
    assert noisy["state"] == NOT_RUN and noisy["clips"] == 7
    assert noisy["reason"].startswith("ESC-50/audio/5-dog.wav: ")
    for name in ("white noise", "cough", "sneeze"):
        assert rows[name]["state"] in (PASSED, FAILED) and rows[name]["clips"] == 7
    # Mended, the test is run, and nothing else again.
    sf.write(root / "ESC-50" / "audio" / "5-dog.wav", buzz(1, 1), RATE)
    stored = next((tmp_path / "cache").glob("*.jsonl"))
    before = stored.read_text()
    assert main([*command, "--device", "cpu", "--only", "noise"]) == 0
    new = stored.read_text().removeprefix(before).splitlines()
    assert {json.loads(line)["test"] for line in new} == {"environmental noise"}


def test_answers_of_windows_heard_less_often_are_not_mixed_in(
    small_corpora, of_a_fold, tmp_path, monkeypatch, capsys
):
    command = ["stress", "--model", of_a_fold, "--corpora", str(small_corpora), "--device", "cpu"]
    command += ["--output", str(tmp_path), "--only", "tilt"]
    for module in (run, predictor):
        monkeypatch.setattr(module, "HEARINGS", 1)
    assert main(command) == 0
    once = set((tmp_path / "cache").glob("*.jsonl"))
    monkeypatch.undo()
    assert main(command) == 0
    (again,) = set((tmp_path / "cache").glob("*.jsonl")) - once
    assert len(again.read_text().splitlines()) == 7 * 3  # clean, and both tilts


def test_a_clip_that_is_gone_is_left_out(small_corpora, of_a_fold, tmp_path, monkeypatch, capsys):
    """Between its clean hearing and the perturbed one; the tables are of the others."""
    opened = run.open_clip

    def once(clip, name, config, spans=None):
        if spans and name.endswith("a01.wav"):
            raise SerLiveError(f"{name}: gone")
        return opened(clip, name, config, spans)

    monkeypatch.setattr(run, "open_clip", once)
    command = ["stress", "--model", of_a_fold, "--corpora", str(small_corpora), "--device", "cpu"]
    assert main([*command, "--output", str(tmp_path), "--only", "tilt"]) == 0
    assert "a01.wav: gone" in capsys.readouterr().err
    tests = json.loads((tmp_path / "stress.json").read_text())["tests"]
    assert {row["clips"] for row in tests} == {5}  # sa01 ends alike


def test_without_its_reference_a_test_is_not_run(tmp_path):
    clips = {"a.wav": Clip(tmp_path / "a.wav", "CREMA-D", "s", "female", "angry")}
    gone = Perturbation("booth", "room", "", None, {}, missing="no booth")
    other = Perturbation("hall", "room", "", perturb.tilt(1), {"unchanged": 0.8}, reference="booth")
    with Store(tmp_path / "x.jsonl") as store:
        store.add(None, "a.wav", 0, [])
        outcomes, _ = evaluate_group("room", [gone, other], clips, store)
    assert [(o.test, o.state, o.reason) for o in outcomes] == [("hall", NOT_RUN, "no booth")]


def test_stress_says_what_is_wrong(of_a_fold, tmp_path, capsys):
    command = ["stress", "--model", of_a_fold, "--corpora", str(tmp_path)]
    assert main([*command, "--only", "noises"]) == 1
    assert "--only noises: choose from correctness" in capsys.readouterr().err
    assert main(command) == 1
    assert "no clip of the checkpoint's test speakers" in capsys.readouterr().err
    command[2] = str(default_checkpoint_path())
    assert main(command) == 1
    assert "trained on everyone" in capsys.readouterr().err
