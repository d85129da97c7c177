"""Waveforms perturbed on the fly, and training with them."""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_corpora import add_noises, prepare, prepared, write_corpora

from ser_live.config import Config
from ser_live.config_override import override
from ser_live.errors import ConfigError, SerLiveError
from training.augment.noise_bank import BABBLE, EVENT, RECORDED, NoiseBank, load_noise_bank
from training.augment.perturbations import Chances, Perturbations
from training.augment.plan import draw_plan
from training.augment.waveform import WaveformAugment
from training.batches import draw_versions, waveform_batches
from training.cache import load_cache
from training.cli import main
from training.consistency import pair_up
from training.recipe import Recipe, load_recipe
from training.run_folder import claim_folder, settings_of
from training.split import load_or_assign, split_fold
from training.trainer import Trainer
from training.versions import spans_in
from training.waveforms import Waveforms, build_waveforms

CPU = torch.device("cpu")
RATE = 22_050
FLY = replace(Recipe(), on_the_fly=True, batch_size=8, epochs=2)
UNMOVED = Perturbations(shifted=0.0)


def bank():
    rng = np.random.default_rng(0)
    length = np.asarray([30_000, 50_000, 4_000])
    begin = np.concatenate([[0], np.cumsum(length)[:-1]])
    data = rng.normal(0, 0.1, length.sum()).astype(np.float16)
    return NoiseBank(data, begin, length, np.asarray([RECORDED, BABBLE, EVENT]))


def room(delay=2_000):
    response = np.zeros(delay + 1, np.float32)
    response[0], response[-1] = 1.0, 0.5
    return response


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fly")
    (folder / "corpora").mkdir()
    table = write_corpora(folder / "corpora", {"Theatre": 4})
    assert main(prepare(table, folder / "cache")) == 0
    return folder


@pytest.fixture(scope="module")
def stored(corpora):
    """Manifest, features and waveforms of small corpora."""
    cache = corpora / "cache"
    table = pd.read_csv(cache / "manifest.csv", keep_default_na=False)
    features = load_cache(cache / "features-hop441")
    build_waveforms(table, corpora / "corpora", cache / "features-hop441", features.config)
    return table, features, Waveforms.load(cache / "features-hop441", table, features, CPU)


def augment(stored, **fields):
    _, features, waves = stored
    recipe = replace(FLY, **fields)
    return WaveformAugment(waves, bank(), [room()], recipe, features.config)


def test_unperturbed_windows_are_the_cached_ones(stored):
    _, features, _ = stored
    rows = np.arange(len(features.index))
    values, mask = augment(stored, perturbations=UNMOVED)(rows, rows < 0, np.random.default_rng(0))
    cached, cached_mask = features.batch(rows)
    assert torch.equal(mask, cached_mask)
    difference = (values - cached).transpose(1, 2)[mask]
    assert difference[:, :128].abs().mean() < 0.05  # dB; waveforms are kept in 11 bits


def test_the_same_seed_gives_the_same(stored):
    rows = np.arange(8)
    one, other, every = augment(stored), augment(stored), rows >= 0
    torch.manual_seed(0)
    first, _ = one(rows, every, np.random.default_rng(3))
    torch.manual_seed(0)
    again, _ = other(rows, every, np.random.default_rng(3))
    torch.manual_seed(0)
    different, _ = one(rows, every, np.random.default_rng(4))
    assert torch.equal(first, again) and not torch.equal(first, different)
    assert first.isfinite().all()


def test_shares_are_kept(stored):
    _, features, waves = stored
    rows = np.zeros(4_000, np.int64)
    recipe = replace(FLY, augmented_share=0.3, tempo=0.2, pitch=2.0)
    which = draw_versions(len(rows), recipe, 0, 0) > 0
    plan = draw_plan(
        rows, which, waves, bank(), 5, recipe, features.config, np.random.default_rng(0)
    )
    assert len(plan.perturbed) / len(rows) == pytest.approx(0.3, abs=0.03)
    assert (plan.room >= 0).mean() == pytest.approx(recipe.perturbations.chances.room, abs=0.05)
    assert plan.tempo.min() >= 1 / 1.2001 and plan.tempo.max() <= 1.2001
    assert plan.pitch.min() >= 2 ** (-2 / 12) - 1e-9 and plan.pitch.max() <= 2 ** (2 / 12) + 1e-9
    assert (plan.tempo != 1).mean() == pytest.approx(recipe.perturbations.warped, abs=0.03)


def test_windows_stay_in_their_clip(stored):
    _, features, waves = stored
    rows = np.random.default_rng(1).integers(len(features.index), size=500)
    recipe = replace(FLY, context_share=0.5)
    plan = draw_plan(
        rows, rows < 0, waves, bank(), 0, recipe, features.config, np.random.default_rng(0)
    )
    assert (plan.first >= 0).all() and (plan.first + plan.count <= plan.length).all()
    assert (plan.count <= features.config.audio.window_samples).all()  # at their own tempo


@pytest.mark.parametrize("kind", ["white", "coloured", "recorded", "event"])
def test_noise_has_its_ratio_to_the_speech(stored, kind):
    """Noise without room or microphone, looked at in the waveform."""
    event = kind == "event"
    torch.manual_seed(0)
    fly = augment(stored)
    plan = fly.draw(np.arange(6), np.ones(6, bool), np.random.default_rng(0))
    number = 2 if event else 0
    m = len(plan.perturbed)
    noise = {
        "on": np.ones(m, bool),
        "drawn": np.full(m, kind in ("white", "coloured")),
        "colour": np.full(m, 1.0 * (kind == "coloured")),
        "event": np.full(m, event),
        "begin": np.full(m, bank().begin[number]),
        "length": np.full(m, bank().length[number]),
        "start": np.full(m, -1_000 if event else 500),
        "snr_db": np.linspace(0, 20, m),
    }
    heard = fly._read(plan)
    count = torch.from_numpy(plan.count)
    spectrum = fly._noise(heard, count, noise)
    added = torch.fft.irfft(spectrum, n=fly._n)
    for i in range(m):
        speech = heard[i, fly._lead :][: count[i]]
        inside = added[i, fly._lead :][: count[i]]
        ratio = 10 * torch.log10(speech.square().mean() / inside.square().mean())
        assert float(ratio) == pytest.approx(noise["snr_db"][i], abs=1.5)
        # What is below the voice is not where the noise is.
        low = torch.fft.rfft(inside)[: round(40 * len(inside) / RATE)].abs().square().sum()
        assert float(low / torch.fft.rfft(inside).abs().square().sum()) < 0.5
        if event:  # a short one, with silence before it
            assert inside[:900].abs().max() < 1e-4 < inside[1_100:4_000].abs().max()


def test_pairs_are_a_window_clean_and_perturbed(stored):
    _, features, _ = stored
    rows = np.arange(8)
    rows, _, versions = pair_up(rows, rows, np.ones(8, np.int64), 8)
    targets = np.eye(14, dtype=np.float32)[rows % 14]
    rng, unmoved = np.random.default_rng(0), augment(stored, perturbations=UNMOVED)
    made = list(waveform_batches(unmoved, rows, targets, 8, versions, rng))
    assert len(made) == 2
    for values, mask, labels in made:
        (clean, perturbed), (one, other) = values.chunk(2), labels.chunk(2)
        assert torch.equal(one, other)
        cached, _ = features.batch(one.argmax(1).numpy())
        difference = [(v - cached).transpose(1, 2)[mask[:4]].abs() for v in (clean, perturbed)]
        assert difference[0][:, :128].mean() < 0.05 < 1.0 < difference[1][:, :128].mean()


def test_echoes_reach_into_the_window(stored):
    """What was said before a window is heard in it, through a room."""
    silent = dict.fromkeys(asdict(Chances()), 0.0)
    fly = augment(stored, perturbations=Perturbations(Chances(**silent | {"room": 1.0})))
    plan = fly.draw(np.arange(4), np.ones(4, bool), np.random.default_rng(0))
    heard = torch.zeros(len(plan.perturbed), fly._lead + fly._size)
    heard[:, fly._lead - 100] = 1.0  # a click before the window
    through = fly._perturbed(heard, plan)[:, fly._lead :]
    echo = torch.full((4,), 0.5 / np.sqrt(1.25))
    assert torch.allclose(through[:, 1_900], echo, atol=1e-4)
    assert through[:, 2_000:].abs().max() < 1e-4


def test_both_of_a_pair_are_the_same_excerpt(stored):
    _, features, waves = stored
    recipe = replace(FLY, context_share=0.5, tempo=0.2, pitch=2.0, consistency=1.0)
    rows = np.tile(np.arange(10), 2)
    rng = np.random.default_rng(0)
    plan = draw_plan(rows, rows < 0, waves, bank(), 0, recipe, features.config, rng)
    for values in (plan.first, plan.count, plan.tempo, plan.pitch):
        one, other = np.split(values, 2)
        assert np.array_equal(one, other)
    assert len(set(plan.tempo)) > 2 < len(set(plan.pitch))


def test_a_full_window_heard_faster_stays_full(stored):
    _, features, waves = stored
    size = features.config.audio.window_samples
    long = replace(
        waves,
        data=torch.randn(2 * size).half(),
        begin=np.array([0]),
        length=np.array([2 * size]),
        clip=np.zeros(200, np.int64),
        first=np.full(200, 500),
        count=np.full(200, size),
    )
    recipe = replace(FLY, tempo=0.2)
    fly = WaveformAugment(long, bank(), [room()], recipe, features.config)
    _, mask = fly(np.arange(40), np.zeros(40, bool), np.random.default_rng(0))
    plan = fly.draw(np.arange(40), np.zeros(40, bool), np.random.default_rng(0))
    faster = plan.tempo > 1
    # The last frame of a full window lies on its end.
    assert faster.any() and mask[torch.from_numpy(faster), :-1].all()


def test_clipping_and_rounding_know_the_window_alone(stored):
    """What surrounds a window, silence here, changes neither."""
    fly = augment(stored)
    plan = fly.draw(np.arange(3), np.ones(3, bool), np.random.default_rng(0))
    m, count = 3, 20_000
    none = np.zeros(m)
    plan = replace(
        plan,
        count=np.full(3, count),
        room=np.full(m, -1),
        noise=plan.noise | {"on": np.zeros(m, bool)},
        tilt_db=none,
        curve_db=np.zeros_like(plan.curve_db),
        band=np.zeros((m, 4)),
        coded=np.array([False, False, True]),
        limit=np.array([1.0, np.inf, np.inf]),
        recorder_db=np.array([np.nan, -60.0, np.nan]),
    )
    heard = torch.zeros(m, fly._lead + fly._size)
    sine = torch.sin(torch.arange(count) / 7.0)
    heard[:, fly._lead : fly._lead + count] = sine
    clipped, rounded, coded = fly._perturbed(heard, plan)[:, fly._lead :][:, :count]
    assert clipped.abs().max() == pytest.approx(np.sqrt(0.5), abs=1e-3)
    assert len(torch.unique(rounded)) == 2 * 33 + 1 == 67  # 32,768 times -60 dB: 32.8
    error = coded - sine
    assert 1e-4 < error.square().mean().sqrt() < 2e-2
    spectrum = torch.fft.rfft(error[1_000:-1_000] * torch.hann_window(count - 2_000))
    power = spectrum.abs().square()
    assert float(power[round(4_200 / RATE * (count - 2_000)) :].sum() / power.sum()) < 0.01


def test_processes_get_equally_many_batches_and_other_sounds(stored):
    rows, targets = np.arange(20), np.zeros((20, 14), np.float32)
    versions = np.ones(20, np.int64)
    made = []
    for rank in range(2):
        rng = np.random.default_rng([0, 0, 55, rank])
        args = augment(stored), rows, targets, 8, versions, rng, rank, 2
        made.append([values for values, _, _ in waveform_batches(*args)])
    assert [len(v) for v in made[0]] == [len(v) for v in made[1]] == [4, 4, 2]
    assert not any(torch.equal(a, b) for a, b in zip(*made, strict=True))


def test_windows_lie_where_stored_versions_cut_them(stored):
    _, features, waves = stored
    index = features.index
    for clip in range(3):
        wave = np.zeros(waves.length[clip], np.float32)
        part = index[index["clip"] == clip]
        spans = spans_in(wave, part["start"].to_numpy(), part["end"].to_numpy(), features.config)
        mine = waves.clip == clip
        assert spans == list(zip(waves.first[mine], (waves.first + waves.count)[mine], strict=True))


def test_a_run_is_continued_with_the_same_augmentation_only(tmp_path):
    claim_folder(tmp_path, Config(), FLY, {})
    claim_folder(tmp_path, Config(), FLY, {})
    other = replace(FLY, perturbations=Perturbations(snr_db=(10.0, 40.0)))
    with pytest.raises(SerLiveError, match="another configuration, recipe or augmentation"):
        claim_folder(tmp_path, Config(), other, {})
    assert settings_of(tmp_path)["recipe"]["perturbations"]["snr_db"] == [0.0, 40.0]


def test_recipes_say_how_often_and_how_strong(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text(
        "on_the_fly = true\n[perturbations]\nsnr_db = [5, 30]\n"
        "[perturbations.chances]\nroom = 0\n[perturbations.noises]\nevent = 1\nbabble = 0.45\n"
    )
    what = load_recipe(path).perturbations
    assert what.snr_db == (5.0, 30.0) and what.chances == Chances(room=0.0)
    assert what.tilt_db == Perturbations().tilt_db
    shares = what.noises.shares()
    assert shares["event"] == pytest.approx(1 / 2.15) and sum(shares.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("snr_db = 3", r"snr_db: expected a list of floats, found 3"),
        ("snr_db = [1, 2, 3]", r"snr_db: expected 2 numbers, found 3"),
        ("snr_db = [1, 'a']", r"snr_db: expected a list of floats"),
        ("low_pass_orders = [1, 2.5]", r"low_pass_orders: expected a list of ints"),
        ("snr_db = [5, inf]", r"snr_db: a finite number, not inf"),
        ("curve_db = [nan]", r"curve_db: a finite number, not nan"),
        ("shift = inf", r"shift: a finite number, not inf"),
        ("[perturbations.noises]\nwhite = inf", r"noises\.white: a finite number, not inf"),
        ("snr_db = [30, 5]", r"snr_db: from low to high, not \[30\.0, 5\.0\]"),
        ("high_pass_hz = [0, 5]", r"high_pass_hz: above 0"),
        ("clipped = [0, 5]", r"perturbations: clipped above 0"),
        ("curve_db = []", r"perturbations: shift at least 0, curve_db with a number"),
        ("warped = 1.5", r"warped: from 0 to 1, not 1\.5"),
        ("chances.room = -1", r"chances\.room: from 0 to 1, not -1"),
        ("chances.rooms = 1", r"chances\.rooms: unknown field"),
        ("noises.event = -1", r"noises\.event: at least 0, not -1"),
        (
            "noises = {white = 0, coloured = 0, recorded = 0, babble = 0, event = 0}",
            r"noises: all are 0",
        ),
    ],
)
def test_perturbations_that_cannot_be_drawn_are_named(tmp_path, text, message):
    path = tmp_path / "recipe.toml"
    path.write_text(f"on_the_fly = true\n[perturbations]\n{text}\n")
    with pytest.raises(ConfigError, match=message) as caught:
        load_recipe(path)
    assert str(caught.value).startswith(f"{path}: recipe.perturbations")


def test_perturbations_without_on_the_fly_are_refused(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text("[perturbations]\nwarped = 0.5\n")
    with pytest.raises(ConfigError, match="perturbations: only with on_the_fly"):
        load_recipe(path)


def test_noises_made_otherwise_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("training.augment.noise_bank.BABBLES", 2)
    add_noises(tmp_path / "sounds")
    made = load_noise_bank(tmp_path, RATE, tmp_path / "sounds")
    assert len(made.of(BABBLE)) == 2 and np.abs(made.data).max() == 1.0
    monkeypatch.setattr("training.augment.noise_bank.BABBLES", 3)
    with pytest.raises(SerLiveError, match="made of other noises"):
        load_noise_bank(tmp_path, RATE)


@pytest.mark.parametrize("consistency", [0.0, 2.0])
def test_a_continued_run_equals_an_uninterrupted_one(stored, tmp_path, consistency):
    table, features, _ = stored
    split = split_fold(table, load_or_assign(table, tmp_path / "folds.csv"), 0)
    config = override(Config(), ["model.channels=4", "model.lstm_units=4"])
    recipe = replace(FLY, augmented_share=0.5, context_share=0.2, tempo=0.1, pitch=1.0)
    recipe = replace(recipe, averaging="ema", consistency=consistency)

    def trainer(name, epochs):
        (tmp_path / name).mkdir(exist_ok=True)
        made = Trainer(
            tmp_path / name, table, features, split, config, recipe, CPU, "float32",
            perturb=augment(stored, context_share=0.2, tempo=0.1, pitch=1.0),
        )  # fmt: skip
        made.recipe = replace(recipe, epochs=epochs)
        return made

    whole = trainer("whole", 2)
    whole.fit()
    trainer("parts", 1).fit()
    parts = trainer("parts", 2)
    assert parts.epoch == 1
    parts.fit()
    assert [row["loss"] for row in whole.log] == [row["loss"] for row in parts.log]
    for name, tensor in whole.best.items():
        assert torch.equal(tensor, parts.best[name]), name


def test_command_line_trains_on_the_fly(corpora, stored, tmp_path, monkeypatch, capsys):
    cache = corpora / "cache"
    recipe = tmp_path / "fly.toml"
    recipe.write_text("epochs = 1\non_the_fly = true\naugmented_share = 0.5\ntempo = 0.1\n")
    monkeypatch.setattr("training.run.FOLDS", tmp_path / "folds.csv")
    command = [
        "train",
        "--recipe",
        str(recipe),
        "--cache",
        str(cache),
        "--run",
        str(tmp_path / "r"),
    ]
    command += ["--no-test", "--device", "cpu", "--corpora", str(corpora)]
    command += ["--set", "model.channels=4", "--set", "model.lstm_units=4"]
    assert main(command) == 1
    assert "prepare --waveforms" in capsys.readouterr().err
    assert not (tmp_path / "r").exists()
    monkeypatch.setattr("training.run.load_noise_bank", lambda *_: bank())
    monkeypatch.setattr("training.run.load_bank", lambda *_: [room()])
    assert main(command) == 0
    assert (tmp_path / "r" / "model.safetensors").exists()


def test_prepare_keeps_what_on_the_fly_needs(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("training.augment.noise_bank.BABBLES", 2)
    monkeypatch.setattr("training.augment.rooms.COUNT", 1)
    cache = prepared(tmp_path, {"Theatre": 3})
    add_noises(tmp_path / "sounds")
    command = [*prepare(tmp_path / "corpora" / "corpora.csv", cache), "--waveforms"]
    assert main([*command, "--corpora", str(tmp_path / "nothing")]) == 1
    assert "noise needs ESC-50 here" in capsys.readouterr().err
    assert main([*command, "--corpora", str(tmp_path / "sounds")]) == 0
    assert "waveforms written" in capsys.readouterr().out
    kinds = load_noise_bank(cache, RATE).kind
    assert {RECORDED, BABBLE, EVENT} == set(kinds)
    assert main([*command, "--corpora", str(tmp_path / "sounds")]) == 0
    assert "already there" in capsys.readouterr().out


def test_prepare_keeps_no_features_of_another_configuration(corpora, tmp_path, capsys):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("[config.features]\nfloor_power = 1e-3\n")
    command = prepare(corpora / "corpora" / "corpora.csv", corpora / "cache")
    assert main([*command, "--recipe", str(recipe)]) == 1
    assert "another configuration" in capsys.readouterr().err


def test_waveforms_of_another_manifest_are_refused(stored, corpora):
    table, features, _ = stored
    folder = corpora / "cache" / "features-hop441"
    with pytest.raises(SerLiveError, match="another manifest"):
        Waveforms.load(folder, table.assign(sha1="other"), features, CPU)
    with pytest.raises(SerLiveError, match="another manifest"):
        build_waveforms(table.assign(sha1="other"), corpora, folder, features.config)


def test_damaged_waveforms_are_named(stored, corpora):
    table, features, _ = stored
    folder = corpora / "cache" / "features-hop441"
    path = folder / "waveforms.f16"
    content = path.read_bytes()
    try:
        path.write_bytes(content[:-10])
        with pytest.raises(SerLiveError, match=r"waveforms\.f16: damaged"):
            Waveforms.load(folder, table, features, CPU)
    finally:
        path.write_bytes(content)


def test_noises_that_are_not_there_are_named(tmp_path):
    with pytest.raises(SerLiveError, match="prepare --waveforms"):
        load_noise_bank(tmp_path, RATE)


@pytest.mark.parametrize(
    "text", ["tempo = 0.1", "pitch = 1.0", "on_the_fly = true\naugmentation = 'context'"]
)
def test_fields_that_do_nothing_together_are_refused(tmp_path, text):
    path = tmp_path / "recipe.toml"
    path.write_text(text + "\n")
    with pytest.raises(ConfigError, match="on_the_fly"):
        load_recipe(path)
