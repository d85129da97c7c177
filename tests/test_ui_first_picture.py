"""What waits for the window to be painted."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from ser_live.ui import first_picture
from ser_live.ui.first_picture import AfterFirstPicture


class Painted(QLabel):
    """Notes that it was painted."""

    done = False

    def paintEvent(self, event: Any) -> None:
        super().paintEvent(event)
        self.done = True


def test_everything_inside_is_painted_first(qtbot):
    window = QWidget()
    inside = Painted("text", window)
    QVBoxLayout(window).addWidget(inside)
    qtbot.addWidget(window)
    calls: list[bool] = []
    AfterFirstPicture(window, lambda: calls.append(inside.done))
    assert not calls
    window.show()
    qtbot.waitUntil(lambda: bool(calls), timeout=30_000)
    window.repaint()
    qtbot.wait(100)
    assert calls == [True]


def test_a_window_that_is_never_painted(qtbot, monkeypatch):
    monkeypatch.setattr(first_picture, "_LONGEST_MS", 50)
    window = QWidget()
    qtbot.addWidget(window)
    calls: list[int] = []
    AfterFirstPicture(window, lambda: calls.append(1))
    qtbot.waitUntil(lambda: calls == [1], timeout=30_000)
    window.show()
    qtbot.waitExposed(window)
    qtbot.wait(100)
    assert calls == [1]
