"""The notice on consent: shown once, nothing is opened before, shown again from About."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QTextBrowser

from ser_live.ui.app import begin
from ser_live.ui.engine import State
from ser_live.ui.notice import EDITION, TEXT, after_notice
from ser_live.ui.settings import Settings


def start(window, world) -> None:
    world.loading.set()
    after_notice(window, lambda: begin(window.engine, window, None, None))


def test_it_says_what_counts():
    text = " ".join(TEXT.replace("*", "").split())
    for said in ("5(1)(f)", "50(3)", "at work and in education", "Tell the people you record",
                 "does not know what a person feels", "microphone"):  # fmt: skip
        assert said in text, said


def test_the_microphone_is_opened_only_when_it_is_accepted(qtbot, window, world):
    start(window, world)
    assert window.notice.isVisible()
    assert window.notice.isModal()
    qtbot.wait(300)
    assert window.engine.state is State.NONE and world.opened == []
    window.notice.agree.click()
    qtbot.waitUntil(lambda: window.engine.state is State.RUNNING)
    assert world.opened == [("microphone", None)]
    assert window.settings.notice == EDITION


def test_it_is_shown_once(qtbot, window, world, tmp_path):
    window.settings.notice = EDITION
    again = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    assert again.notice == EDITION
    start(window, world)
    assert not hasattr(window, "notice")
    qtbot.waitUntil(lambda: window.engine.state is State.RUNNING)


def test_a_new_edition_is_shown_again(qtbot, window, world):
    window.settings.notice = EDITION - 1
    start(window, world)
    assert window.notice.isVisible()
    window.notice.agree.click()


@pytest.mark.parametrize("how", ["button", "close"])
def test_who_does_not_accept_leaves(qtbot, window, world, how):
    start(window, world)
    if how == "button":
        window.notice.leave.click()
    else:
        window.notice.reject()  # Esc, or the frame's cross
    assert not window.isVisible()
    assert window.engine.wait(10)
    assert world.opened == []
    assert window.settings.notice == 0


def test_damaged_settings_show_it(qtbot, window):
    window.settings._store.setValue("notice", "what")
    assert window.settings.notice == 0


def test_about_shows_it_again_and_what_all_is_licensed_under(qtbot, window):
    window.toolbar.about.trigger()
    about = window.about
    titles = [about.tabs.tabText(i) for i in range(about.tabs.count())]
    assert titles == ["Note on use", "Model card", "Licences"]
    pages = [about.tabs.widget(i) for i in range(3)]
    assert all(isinstance(page, QTextBrowser) for page in pages)
    use, card, licences = (page.toPlainText() for page in pages)
    assert "5(1)(f)" in use
    assert "Limits and misuse" in card and "|" not in card  # tables are tables
    for said in ("MIT", "non-commercial", "CC BY-NC-SA", "torch", "LGPL-3.0", "FFmpeg"):
        assert said in licences, said
    about.show_notice()
    assert about.notice.isVisible()
    assert not hasattr(about.notice, "agree")
    about.notice.leave.click()
    assert not about.notice.isVisible()
    about.close()
