"""What the window says of a microphone that is unplugged, or not started yet."""

from __future__ import annotations

from PySide6.QtCore import Qt

from ser_live.audio.devices import Device
from tests.ui_support import press, texts

OTHER = Device(1, "Webcam", "ALSA", 2, 0, 48_000, True, False)


def test_another_one_is_not_shown_in_its_place(window, listening):
    picker = window.toolbar.picker
    name = window.engine.microphone
    own = Device(2, name, "ALSA", 1, 0, 48_000, False, False)
    picker.set_devices([OTHER, own])
    assert picker.currentText() == name
    picker.set_devices([OTHER])
    assert picker.currentText() == f"{name} · not connected"
    assert "Channel" not in "".join(picker.itemText(i) for i in range(picker.count()))
    picker.set_devices([OTHER, own])
    assert picker.currentText() == name
    picker.set_devices([OTHER])
    picker.show_current(None, name)  # stopped
    assert picker.currentText() == "Webcam · system default"


def test_nothing_to_record_is_settled_by_a_microphone(qtbot, window, listening):
    press(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not window.engine.can_record)
    press(window, Qt.Key.Key_R)
    assert "Nothing to record" in texts(window)
    press(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.engine.can_record)
    assert "Nothing to record" not in texts(window)
