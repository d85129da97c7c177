"""Smoothed bars, and the files opened last."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from ser_live.ui.settings import MOST_RECENT, Settings
from ser_live.ui.smoothing import HALF_LIVES, Smoother
from ser_live.ui.view_model import Kind, Present, Reading, statement


def said(happy: float, utterance: int = 1, final: bool = False) -> Present:
    emotions = (0.0, 0.0, 0.0, happy, 1 - happy, 0.0, 0.0)
    return statement(utterance, Reading(emotions, happy, False), final)


def test_half_of_a_jump_after_one_half_life():
    for half_life in (0.5, 1.0, 2.0):
        smoother = Smoother()
        smoother.half_life = half_life
        assert smoother.follow(said(1.0), 10.0).headline == "Happy"
        for i in range(1, 11):  # however often it is looked at
            shown = smoother.follow(said(0.0), 10.0 + half_life * i / 10)
        assert shown.reading.emotions[3] == pytest.approx(0.5, abs=0.002)
        assert shown.reading.female == pytest.approx(0.5, abs=0.002)
        assert sum(shown.reading.emotions) == pytest.approx(1.0, abs=0.004)
        shown = smoother.follow(said(0.0), 10.0 + 2 * half_life)
        assert shown.headline == "Neutral"  # name and bars agree
        assert shown.detail == "75 % · sure"


def test_off_results_and_new_utterances_are_shown_as_they_are():
    smoother = Smoother()
    smoother.follow(said(1.0), 1.0)
    assert smoother.follow(said(0.0), 1.1) == said(0.0)
    smoother.half_life = 2.0
    smoother.follow(said(1.0), 2.0)
    assert smoother.follow(said(0.0, 2), 2.1) == said(0.0, 2)
    assert smoother.follow(said(1.0, 2, True), 2.2) == said(1.0, 2, True)
    silence = Present(Kind.LISTENING, "Listening…", "")
    assert smoother.follow(silence, 3.0) is silence
    smoother.follow(said(1.0, 3), 4.0)
    assert smoother.follow(said(0.0, 3), 1.0) == said(0.0, 3)  # a file's cursor went back


def test_smoothing_by_menu_is_kept(window):
    for seconds in HALF_LIVES:
        window.toolbar.menu.smoothing[seconds].trigger()
        assert window.presenter.smoother.half_life == seconds
        assert window.settings.smoothing == seconds


def test_recent_files_are_kept(tmp_path):
    def settings() -> Settings:
        return Settings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))

    assert settings().recent == []
    for i in range(10):
        settings().add_recent(f"file {i}.wav")
    settings().add_recent("file 5.wav")
    assert settings().recent == [f"file {i}.wav" for i in (5, 9, 8, 7, 6, 4, 3, 2)]
    assert len(settings().recent) == MOST_RECENT
    one = Settings(QSettings(str(tmp_path / "one.ini"), QSettings.Format.IniFormat))
    one.add_recent("a, b.wav")
    again = Settings(QSettings(str(tmp_path / "one.ini"), QSettings.Format.IniFormat))
    assert again.recent == ["a, b.wav"]


def test_recent_files_are_offered(qtbot, window, world, listening, tmp_path):
    menu = window.toolbar.menu.recent
    assert not menu.isEnabled()
    there, gone = tmp_path / "a & b.wav", tmp_path / "gone.wav"
    there.touch()
    for path in (there, gone):
        window.engine.open_file(path)
        qtbot.waitUntil(lambda p=path: window.settings.recent[:1] == [str(p)])
    window.engine.open_file(tmp_path / "missing.wav")  # could not be opened: not remembered
    qtbot.waitUntil(lambda: window.engine.path is None)
    assert window.settings.recent == [str(gone), str(there)]
    menu.aboutToShow.emit()
    qtbot.waitUntil(lambda: not menu.actions()[0].isEnabled())
    assert [a.text() for a in menu.actions()] == ["gone.wav (missing)", "a && b.wav"]
    menu.actions()[1].trigger()
    qtbot.waitUntil(lambda: world.opened[-1] == ("file", "a & b.wav"))
    assert window.engine.path == Path(there)
