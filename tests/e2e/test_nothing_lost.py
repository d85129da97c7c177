"""The whole program listens, is stopped and started again: what was heard first can be saved."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, os.path.dirname(__file__))
from test_window import Script, act

from ser_live.sessions.reader import read_session
from ser_live.sessions.saving import Snapshot
from ser_live.timeline import SpeechStarted
from ser_live.ui.closing import Closing
from ser_live.ui.main_window import MainWindow


def test_a_replaced_session_is_saved_and_the_end_is_asked_about(
    display, qapp, virtual_microphone, demo_clip, tmp_path
):
    target = tmp_path / "first.serlive"

    def save(window: MainWindow, path: Path) -> None:
        dialog = window.session_saving.dialog
        assert dialog is not None
        dialog.name.setText(str(path))
        dialog.record.click()

    def script(window: MainWindow) -> Script:
        engine = window.engine
        yield lambda: engine.capturing and engine.session is not None
        first = engine.session
        virtual_microphone.start(demo_clip)
        yield lambda: len(first.timeline.utterances()) >= 2
        # While it runs, nothing in a snapshot lies after its end.
        for _ in range(20):
            taken = Snapshot.of(first)
            for entry in taken.timeline.since(0):
                last = entry.start if isinstance(entry, SpeechStarted) else entry.end
                assert last <= taken.duration + 1e-6
            assert len(taken.waveform) / taken.waveform.bins_per_second <= taken.duration + 1e-6
            heard = taken.duration
            yield lambda heard=heard: first.stats().time > heard
        window.toolbar.toggle.click()
        window.toolbar.toggle.click()  # at once: its last results are still to come
        yield lambda: bool(engine.live.kept) and engine.session not in (None, first)
        count = len(first.timeline.utterances())
        (banner,) = [b for b in window.banners.banners if b.message.key == "unsaved"]
        assert f"({count} utterances) was not saved." in banner.text.text()
        banner.actions_shown[0].click()
        yield lambda: window.session_saving.dialog is not None
        save(window, target)
        yield lambda: any(m.key == "save" for m in window.banners.messages)
        assert "first.serlive" in next(m.title for m in window.banners.messages if m.key == "save")
        saved = read_session(target)
        assert len(saved.timeline.utterances()) == count and saved.audio is None
        assert saved.duration == first.stats().time
        second = engine.session
        virtual_microphone.start(demo_clip)
        yield lambda: second.timeline.utterances()
        window.close()
        question = window.findChild(Closing).question
        assert window.isVisible() and question.isVisible()
        question.leave.click()
        assert window.isVisible() and engine.capturing

    act(script, None)
