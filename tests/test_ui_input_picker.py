"""The input picker: groups, channels, what is remembered, a list that changes by itself."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ser_live.audio.devices import Device
from ser_live.errors import AudioDeviceError
from ser_live.ui import input_list
from ser_live.ui.app import begin
from ser_live.ui.engine import State
from ser_live.ui.settings import Settings
from tests.ui_support import texts

MIC = Device(1, "Built-in mic", "ALSA", 1, 0, 48_000, True, False)
SECOND = Device(2, "Second mic", "ALSA", 2, 0, 48_000, False, False)
HEADSET = Device(-1, "Headset", "pulseaudio", 1, 0, 48_000, False, False, "headset")
TV = Device(-1, "System playback: TV", "pulseaudio", 2, 0, 48_000, False, False, "tv.monitor", True)


class FakeLister:
    """Answers what the test puts there."""

    def __init__(self) -> None:
        self.answer: list[Device] | None = [MIC, SECOND]
        self.asked = 0
        self.thread = ""
        self.cancelled = False

    def list(self) -> list[Device] | None:
        self.asked += 1
        self.thread = threading.current_thread().name
        return self.answer

    def cancel(self) -> None:
        self.cancelled = True


@pytest.fixture
def lister(window, monkeypatch) -> FakeLister:
    """The window's list is watched, every 50 ms."""
    made = FakeLister()
    monkeypatch.setattr(input_list, "_EVERY_MS", 50)
    inputs = window.engine.inputs
    inputs._backends = replace(inputs._backends, make_lister=lambda: made)
    inputs.watch(lambda: window.isVisible() and not window.isMinimized())
    return made


def entries(picker: Any) -> list[str]:
    return [picker.itemText(i) for i in range(picker.count()) if picker.itemText(i)]


def choose(picker: Any, text: str) -> None:
    index = picker.findText(text)
    assert index >= 0, entries(picker)
    picker.setCurrentIndex(index)
    picker.activated.emit(index)


# ------------------------------------------------------------------ the widget


def test_groups_have_headings_that_cannot_be_chosen(window):
    picker = window.toolbar.picker
    picker.set_devices([MIC, SECOND, HEADSET, TV])
    assert entries(picker) == [
        "Devices", "Built-in mic · system default", "Second mic",
        "Microphones of the sound server", "Headset",
        "System playback", "System playback: TV",
        "Look for devices", "Open file…",
    ]  # fmt: skip
    for heading in ("Devices", "Microphones of the sound server", "System playback"):
        item = picker.model().item(picker.findText(heading))
        assert not item.flags() & Qt.ItemFlag.ItemIsEnabled
    assert picker.currentText() == "Built-in mic · system default"
    picker.set_devices([MIC])
    assert entries(picker)[0] == "Built-in mic · system default"
    picker.set_devices([])
    assert picker.currentText() == "No microphone found"


def test_a_name_that_two_systems_report(window):
    picker = window.toolbar.picker
    chosen: list[str] = []
    picker.device.disconnect()
    picker.device.connect(chosen.append)
    picker.set_devices([MIC, replace(MIC, index=7, api="WASAPI", default_input=False)])
    choose(picker, "Built-in mic (WASAPI)")
    assert chosen == ["Built-in mic (WASAPI)"]


def test_an_open_list_does_not_move_under_the_pointer(qtbot, window):
    picker = window.toolbar.picker
    picker.set_devices([MIC])
    picker.showPopup()
    qtbot.waitUntil(picker.view().isVisible)
    picker.set_devices([MIC, TV])
    assert picker.findText("System playback: TV") < 0
    picker.hidePopup()
    qtbot.waitUntil(lambda: picker.findText("System playback: TV") >= 0)


def test_a_click_into_an_outdated_list_means_what_was_seen(qtbot, window):
    picker = window.toolbar.picker
    chosen: list[str] = []
    picker.device.disconnect()
    picker.device.connect(chosen.append)
    picker.set_devices([MIC, SECOND])
    picker.showPopup()
    view = picker.view()
    qtbot.waitUntil(view.isVisible)
    picker.set_devices([HEADSET, MIC, TV, SECOND])
    where = view.visualRect(picker.model().index(picker.findText("Second mic"), 0)).center()
    qtbot.wait(2 * QApplication.doubleClickInterval())  # Qt ignores a click right after opening
    QTest.mouseMove(view.viewport(), where)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    qtbot.waitUntil(lambda: chosen == ["Second mic"])
    qtbot.waitUntil(lambda: picker.findText("System playback: TV") >= 0)


# ------------------------------------------------------------------ channels


def test_a_channel_is_chosen_used_and_remembered(qtbot, window, world, listening):
    picker = window.toolbar.picker
    assert not [text for text in entries(picker) if text.startswith("Channel")]  # one channel
    window.engine.inputs.changed.emit([MIC, SECOND])
    choose(picker, "Second mic")
    qtbot.waitUntil(lambda: window.settings.input_name == "Second mic")
    at = entries(picker).index("Channel of Second mic")
    assert entries(picker)[at + 1 : at + 4] == ["● mix of all", "○ left (1)", "○ right (2)"]
    before = len(world.opened)
    choose(picker, "○ right (2)")
    qtbot.waitUntil(lambda: len(world.opened) > before and window.engine.session is not None)
    assert world.opened[-1] == ("microphone", "Second mic")
    assert world.channels == {"Second mic": 2}
    assert window.settings.channels == {"Second mic": 2}
    assert picker.currentText() == "Second mic · right (2)"
    assert "● right (2)" in entries(picker)
    choose(picker, "○ mix of all")
    qtbot.waitUntil(lambda: world.channels == {})
    assert window.settings.channels == {}
    assert picker.currentText() == "Second mic"


def test_channels_are_kept_by_name(tmp_path):
    file = str(tmp_path / "s.ini")
    store = QSettings(file, QSettings.Format.IniFormat)
    Settings(store).channels = {"USB: a/b=c, ü": 2, "Other": 1}
    store.sync()
    again = QSettings(file, QSettings.Format.IniFormat)
    assert Settings(again).channels == {"USB: a/b=c, ü": 2, "Other": 1}
    for damaged in ("no JSON", "[1]", '{"a": "left"}', '{"a": 0}'):
        again.setValue("channels", damaged)
        assert Settings(again).channels == {}


# ------------------------------------------------------------------ the list by itself


def test_devices_come_and_go_while_listening(
    qtbot, window, world, listening, lister
):  # fmt: skip
    picker = window.toolbar.picker
    looked_again = world.looked_again.count(True)
    lister.answer = [MIC, SECOND, TV]
    qtbot.waitUntil(lambda: picker.findText("System playback: TV") >= 0)
    assert lister.thread == "ser-devices"
    assert listening.running and window.engine.session is listening
    # PortAudio is left alone while a stream is open.
    assert world.looked_again.count(True) == looked_again
    lister.answer = [MIC]
    qtbot.waitUntil(lambda: picker.findText("System playback: TV") < 0)
    assert picker.findText("Second mic") < 0
    window.engine.stop()
    qtbot.waitUntil(lambda: not window.engine.capturing)
    lister.answer = [MIC, SECOND]
    qtbot.waitUntil(lambda: world.looked_again.count(True) > looked_again)
    assert not texts(window)


def test_a_look_that_fails_is_silent(qtbot, window, listening, lister):
    picker = window.toolbar.picker
    qtbot.waitUntil(lambda: picker.findText("Second mic") >= 0)
    lister.answer = None
    asked = lister.asked
    qtbot.waitUntil(lambda: lister.asked > asked + 2)
    assert picker.findText("Second mic") >= 0
    assert not texts(window)


def test_nobody_looks_while_the_window_is_hidden(qtbot, window, listening, lister):
    qtbot.waitUntil(lambda: lister.asked > 1)
    window.hide()
    qtbot.wait(200)  # one that was on its way
    asked = lister.asked
    qtbot.wait(500)
    assert lister.asked == asked
    window.show()
    qtbot.waitUntil(lambda: lister.asked > asked)


def test_the_end_ends_the_look(qtbot, window, listening, lister):
    window.close()
    assert lister.cancelled and window.engine.wait(30)


# ------------------------------------------------------------------ what is remembered


def test_a_remembered_microphone_that_is_away_is_not_forgotten(
    qtbot, window, world, monkeypatch
):  # fmt: skip
    away = {"Second mic"}

    def find(spec):
        if spec in away:
            raise AudioDeviceError(f"no input device is called {spec!r}")

    opened = world.microphone

    def open_microphone(spec, channels=()):
        find(spec)
        return opened(spec, channels)

    engine = window.engine
    engine._backends = replace(
        engine._backends, find_microphone=find, open_microphone=open_microphone
    )
    window.settings.input_name = "Second mic"
    world.loading.set()
    begin(engine, window, None, None)
    qtbot.waitUntil(lambda: engine.state is State.RUNNING)
    assert engine.microphone == "Built-in mic"
    assert window.settings.input_name == "Second mic"
    # It is back: the next start takes it.
    away.clear()
    engine.toggle()
    qtbot.waitUntil(lambda: not engine.capturing)
    engine.toggle()
    qtbot.waitUntil(lambda: engine.microphone == "Second mic" and engine.session is not None)
    assert window.settings.input_name == "Second mic"
    # What is chosen by hand is what is remembered.
    choose(window.toolbar.picker, "Built-in mic · system default")
    qtbot.waitUntil(lambda: window.settings.input_name == "Built-in mic")
    assert engine.preferred is None
