"""What has no room in the status line ends in “…” and stands whole in the tooltip."""

from __future__ import annotations

from types import SimpleNamespace

from ser_live.audio.microphone import MicrophoneSource
from ser_live.ui.elided_label import ElidedLabel


def test_a_label_is_cut_at_its_width(qtbot):
    label = ElidedLabel("what it means")
    qtbot.addWidget(label)
    label.show()
    label.resize(400, 20)
    label.setText("short")
    assert label.shown() == "short" and label.toolTip() == "what it means"
    label.setText("a long text " * 20)
    assert label.shown().endswith("…")
    assert label.fontMetrics().horizontalAdvance(label.shown()) <= 400
    assert label.toolTip() == label.text() + "\nwhat it means"
    label.resize(4000, 20)
    assert label.shown() == label.text() and label.toolTip() == "what it means"


def test_a_long_warning_leaves_room_for_figures(qtbot, window, listening):
    window.resize(900, 600)
    line = window.status
    listening.source.warnings = [f"{'A microphone with a long name ' * 6}: zeros", "second"]
    qtbot.waitUntil(lambda: "long name" in line.warning.text() and "queue" in line.figures.text())
    qtbot.waitUntil(lambda: line.warning.shown().endswith("…"))
    assert line.figures.shown().endswith("…")
    assert line.figures.geometry().right() < line.warning.geometry().left()
    assert line.warning.geometry().right() <= line.width() and line.figures.width() > 200
    assert listening.source.warnings[0] in line.warning.toolTip()
    assert "second" in line.warning.toolTip()
    assert line.figures.text() in line.figures.toolTip()


def test_only_what_is_not_zero_is_said():
    for overflows, lost, said in (
        (0, 0, []), (1, 0, ["1 overflow"]), (0, 1200, ["1,200 samples lost"]),
        (3, 1, ["3 overflows, 1 sample lost"]),
    ):  # fmt: skip
        source = SimpleNamespace(
            name="mic",
            stalled=False,
            unplugged="",
            exact_zero_seconds=0.0,
            overflows=overflows,
            lost=lost,
        )
        assert MicrophoneSource.warnings.fget(source) == said
