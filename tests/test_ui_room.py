"""With large text, the list of files and a small window nothing overlaps or is cut."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import soundfile as sf

from ser_live.ui.app import begin

pytestmark = pytest.mark.usefixtures("usual_size")


def in_order(widgets: list) -> None:
    """Side by side, inside of what holds them, as wide as they need."""
    shown = [w for w in widgets if w.isVisible()]
    for left, right in itertools.pairwise(shown):
        assert left.geometry().right() < right.geometry().left(), (left, right)
    assert shown[-1].geometry().right() <= shown[-1].parentWidget().width()


def one_below_the_other(widgets: list) -> None:
    shown = [w for w in widgets if w.isVisible()]
    for upper, lower in itertools.pairwise(shown):
        assert upper.geometry().bottom() < lower.geometry().top(), (upper, lower)
    assert shown[-1].geometry().bottom() <= shown[-1].parentWidget().height()


@pytest.mark.parametrize(
    ("factor", "size"),
    [(2.0, (1100, 700)), (2.0, (900, 600)), (1.5, (1100, 700)), (1.0, (1280, 800)),
     (1.0, (900, 600))],
)  # fmt: skip
def test_a_list_of_files_in_a_small_window(qtbot, window, world, opened, tmp_path, factor, size):
    for name in ("a happy.wav", "b sad.wav"):
        sf.write(tmp_path / name, np.zeros(8000 * 20, np.float32), 8000)
    world.loading.set()
    begin(window.engine, window, [str(p) for p in sorted(tmp_path.glob("*.wav"))], None)
    qtbot.waitUntil(lambda: window.files.batch.progress().done == 2)
    window.choose_text_scale(factor)
    window.resize(*size)
    bar, panel, files = window.view.transport, window.panel, window.files.panel
    qtbot.waitUntil(lambda: bar.isVisible() and bar.time.text().endswith("0:20.0"))
    for banner in list(window.banners.messages):
        window.banners.remove(banner.key)
    qtbot.wait(200)
    assert window.size().toTuple() == size
    least = window.view.minimumSizeHint()
    assert least.width() <= size[0] and least.height() <= size[1]
    in_order([bar.previous, bar.play, bar.next, bar.time, bar.loop, bar.span, bar.speeds,
              bar.mute, bar.slider, bar.outputs])  # fmt: skip
    assert bar.play.isVisible()
    assert bar.time.fontMetrics().horizontalAdvance(bar.time.text()) <= bar.time.width()
    assert bar.outputs.isVisible() == (factor == 1.0 and size[0] == 1280)
    one_below_the_other([panel.section, panel.headline, panel.swatch, panel.detail, panel.bars,
                         panel.gender, panel.gender_bar, panel.footer])  # fmt: skip
    button = files.export_button
    assert button.width() >= button.sizeHint().width()
    assert button.geometry().right() < files.width()
    assert files.width() == max(272, min(round(272 * factor), round(0.3 * size[0])))
    tools = window.toolbar
    in_order([tools.picker, tools.toggle, tools.open, tools.record, tools.meter, tools.speech,
              tools.menu_button])  # fmt: skip


@pytest.mark.parametrize("size", [(1100, 700), (900, 600)])
def test_an_open_microphone_and_large_text(qtbot, window, listening, size):
    window.choose_text_scale(2.0)
    window.resize(*size)
    qtbot.wait(200)
    bar = window.toolbar
    assert bar.recording.isVisible()  # whatever else has no room
    in_order([bar.picker, bar.toggle, bar.open, bar.record, bar.recording, bar.meter, bar.speech,
              bar.menu_button])  # fmt: skip
    window.choose_text_scale(1.0)
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: bar.meter.isVisible() and bar.speech.isVisible())
