"""The settings: kept, checked, put in force where it is safe."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QDialogButtonBox

from ser_live.config import Config
from ser_live.errors import AudioFileError, BackendError, CheckpointError
from ser_live.tunables import TUNABLES
from ser_live.ui import backends
from ser_live.ui.app import begin
from ser_live.ui.engine import State
from ser_live.ui.main_window import MainWindow
from ser_live.ui.settings import Settings
from ser_live.ui.tuned import Tuned
from tests.ui_support import press, texts

OK = QDialogButtonBox.StandardButton.Ok
APPLY = QDialogButtonBox.StandardButton.Apply
RESTORE = QDialogButtonBox.StandardButton.RestoreDefaults


def opened(window: MainWindow) -> Any:
    press(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    return window.setup.dialog


def store(tmp_path: Path) -> Settings:
    return Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


def test_every_value_has_range_unit_and_a_lesson(qtbot, window):
    dialog = opened(window)
    assert set(dialog.boxes) == {t.name for t in TUNABLES}
    for tunable in TUNABLES:
        box = dialog.boxes[tunable.name]
        assert (box.minimum(), box.maximum()) == (tunable.low, tunable.high)
        assert box.value() == pytest.approx(tunable.of(Config()))
        assert tunable.help in box.toolTip() and tunable.name in box.toolTip()
        assert box.suffix().strip() == tunable.unit


def test_an_open_file_is_analysed_again_where_it_was(
    qtbot,
    window,
    world,
    playing,
    tmp_path,
):
    world.players[-1].pause()
    world.players[-1].position = 7.0
    playing.hear(20.0)
    playing.running = False
    dialog = opened(window)
    dialog.boxes["segmenter.hangover"].setValue(0.9)
    assert dialog.boxes["segmenter.hangover"].label.font().bold()
    dialog.buttons.button(APPLY).click()
    qtbot.waitUntil(lambda: len(world.sessions) == 2)
    qtbot.waitUntil(lambda: world.players[-1].position == 7.0 and not world.players[-1].playing)
    assert window.tuned.values == {"segmenter.hangover": 0.9}
    assert store(tmp_path).tuning == {"segmenter.hangover": 0.9}
    dialog.buttons.button(APPLY).click()  # nothing has changed
    dialog.buttons.button(OK).click()
    qtbot.wait(200)
    assert len(world.sessions) == 2
    dialog = opened(window)
    assert dialog.boxes["segmenter.hangover"].value() == pytest.approx(0.9)
    dialog.buttons.button(RESTORE).click()
    dialog.buttons.button(OK).click()
    qtbot.waitUntil(lambda: len(world.sessions) == 3)
    assert window.tuned.values == {} and store(tmp_path).tuning == {}


def test_old_results_stay_when_the_file_is_gone(qtbot, window, world, playing):
    def gone(path: Path) -> Any:
        raise AudioFileError(f"{path}: no such file")

    object.__setattr__(window.engine._backends, "open_file", gone)
    dialog = opened(window)
    dialog.boxes["segmenter.hangover"].setValue(0.9)
    dialog.buttons.button(OK).click()
    qtbot.waitUntil(lambda: "earlier results" in texts(window))
    assert window.engine.session is playing and window.engine.state is State.RUNNING


def test_a_microphone_takes_them_at_its_next_start(qtbot, window, world, listening):
    dialog = opened(window)
    dialog.boxes["decision.min_confidence"].setValue(0.6)
    dialog.smoothing.setCurrentIndex(dialog.smoothing.findData(1.0))
    dialog.theme.setCurrentIndex(dialog.theme.findData("dark"))
    dialog.buttons.button(OK).click()
    assert "when listening starts again" in texts(window)
    assert window.engine.session is listening and len(world.sessions) == 1
    assert window.presenter.smoother.half_life == 1.0 and window.theme.name == "dark"
    assert window.settings.smoothing == 1.0


def test_another_input(qtbot, window, world, listening):
    qtbot.waitUntil(lambda: bool(window.setup._inputs))
    dialog = opened(window)
    assert dialog.input.itemText(2) == "Second mic"
    dialog.input.setCurrentIndex(2)
    dialog.buttons.button(OK).click()
    qtbot.waitUntil(lambda: world.opened[-1] == ("microphone", "Second mic"))
    qtbot.waitUntil(lambda: window.settings.input_name == "Second mic")


def test_values_at_odds_cannot_be_applied(qtbot, window):
    dialog = opened(window)
    dialog.boxes["vad.keep_probability"].setValue(0.9)
    assert "Speech goes on above" in dialog.problem.text()
    assert not dialog.buttons.button(OK).isEnabled()
    dialog.boxes["vad.open_probability"].setValue(0.95)
    assert dialog.buttons.button(OK).isEnabled() and not dialog.problem.isVisible()


def test_cancel_changes_nothing(qtbot, window, world, playing, tmp_path):
    dialog = opened(window)
    dialog.boxes["segmenter.hangover"].setValue(2.0)
    dialog.buttons.button(QDialogButtonBox.StandardButton.Cancel).click()
    assert window.tuned.values == {} and store(tmp_path).tuning == {}
    assert len(world.sessions) == 1


def test_a_model_file_is_verified_first(qtbot, window, world, tmp_path):
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"x" * 100)
    dialog = opened(window)
    dialog.model.try_path(bad)
    assert not dialog.buttons.button(OK).isEnabled()
    # The first look at a checkpoint imports torch.
    qtbot.waitUntil(lambda: "not a checkpoint" in dialog.model.told.text(), timeout=120_000)
    assert not dialog.buttons.button(OK).isEnabled()
    dialog.model.shipped.click()
    assert dialog.buttons.button(OK).isEnabled()
    good = Path(__file__).resolve().parents[1] / "assets" / "model_a.safetensors"
    dialog.model.try_path(good)
    qtbot.waitUntil(lambda: "can be used" in dialog.model.told.text())
    assert dialog.chosen.model == str(good)


def test_another_model_analyses_again_and_a_bad_one_leaves_all(
    qtbot,
    window,
    world,
    playing,
    tmp_path,
):
    def load(model: str | None, device: str, on_fallback: Any) -> Any:
        if model is None:
            raise CheckpointError("x.safetensors: no such checkpoint")
        return SimpleNamespace(checkpoint=SimpleNamespace(name="mine@99"), backend="cpu test")

    object.__setattr__(window.engine._backends, "load_predictor", load)
    dialog = opened(window)
    dialog.model.show_path("/models/mine.safetensors")
    dialog.buttons.button(OK).click()
    qtbot.waitUntil(lambda: len(world.sessions) == 2)
    assert window.toolbar.model.text() == "mine@99"
    assert store(tmp_path).model == "/models/mine.safetensors"
    dialog = opened(window)
    dialog.model.shipped.click()
    dialog.buttons.button(OK).click()
    qtbot.waitUntil(lambda: "no such checkpoint" in texts(window))
    assert window.engine.predictor.checkpoint.name == "mine@99"
    assert window.engine.model_error is None and len(world.sessions) == 2


def test_nonsense_in_the_store_falls_back_and_is_told(qtbot, world, tmp_path):
    path = tmp_path / "bad.ini"
    path.write_text(
        '[General]\ntuning="{\\"segmenter.hangover\\": 99, \\"vad.webrtc_mode\\": 1}"\n'
        "theme=purple\nsmoothing=much\ndevice=abacus\nrecent=5\ngeometry=@ByteArray(zzz)\n"
        "strips=@Variant(\\0)\n"
    )
    settings = Settings(QSettings(str(path), QSettings.Format.IniFormat))
    tuned = Tuned.of(settings)
    assert tuned.values == {"vad.webrtc_mode": 1}
    assert settings.device == "auto" and settings.theme == "system" and settings.smoothing == 0.0
    (problem,) = tuned.take_problems()
    assert "segmenter.hangover" in problem and not tuned.take_problems()


@pytest.mark.parametrize("text", ["\x00\xff not an ini [[[", "[General]\ntuning={\n", ""])
def test_the_window_opens_on_any_settings_file(qtbot, world, tmp_path, text):
    from ser_live.ui.engine import Engine

    path = tmp_path / "bad.ini"
    path.write_bytes(text.encode("latin-1"))
    settings = Settings(QSettings(str(path), QSettings.Format.IniFormat))
    engine = Engine(None, "auto", world.backends())
    made = MainWindow(engine, settings)
    qtbot.addWidget(made)
    made.show()
    world.loading.set()
    begin(engine, made, "talk.wav", None)
    qtbot.waitUntil(lambda: engine.state is State.RUNNING)
    qtbot.waitUntil(lambda: engine.predictor is not None)
    assert ("Some settings" in texts(made)) == bool(text)
    made.close()
    assert engine.wait(30)


def test_a_remembered_model_that_is_gone_is_replaced_by_the_shipped_one(monkeypatch):
    asked = []

    def load(model: str | None, device: str, on_fallback: Any) -> str:
        asked.append((model, device))
        if model == "/gone.safetensors" or device == "cuda":
            raise (BackendError if device == "cuda" else CheckpointError)("gone: no such")
        return "shipped"

    monkeypatch.setattr(backends, "load_predictor", load)
    tuned = Tuned({}, "/gone.safetensors", "auto")
    assert tuned.load_predictor("/gone.safetensors", "auto", print) == "shipped"
    assert asked[-1] == (None, "auto") and "cannot be used" in tuned.take_problems()[0]
    with pytest.raises(BackendError):  # asked for on the command line
        tuned.load_predictor(None, "cuda", print)


def test_values_reach_the_sessions_and_not_against_the_model(predictor):
    tuned = Tuned({"segmenter.hangover": 1.0})
    source = SimpleNamespace(sample_rate=16_000, name="x", live=False)
    session = tuned.make_session(source, predictor)
    assert session.config.segmenter.hangover == 1.0
    assert session.config.features == predictor.config.features
    tuned.values = {"vad.keep_probability": 0.9}
    assert tuned.make_session(source, predictor).config == predictor.config
    assert "do not fit" in tuned.take_problems()[0]
