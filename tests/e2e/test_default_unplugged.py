"""The real window when the default microphone is unplugged while it is listened to."""

from __future__ import annotations

from ser_live.ui.engine import State
from ser_live.ui.main_window import MainWindow
from tests.e2e.test_window import Script, act, save_picture
from tests.test_default_watch import VMIC, microphone_unplugged


def test_the_window_says_so_and_goes_on(display, qapp, virtual_microphone, demo_clip, tmp_path):
    def script(window: MainWindow) -> Script:
        engine = window.engine
        yield lambda: engine.state is State.RUNNING and engine.session is not None
        session = engine.session
        yield lambda: session.stats().time > 0.5

        def said() -> str:
            return " ".join(b.text.text() for b in window.banners.banners)

        with microphone_unplugged(virtual_microphone):
            yield lambda: "was unplugged" in said()
            yield lambda: window.panel.headline.text() == "Unplugged"
            yield lambda: "unplugged" in window.status.warning.text()
            save_picture(window, "unplugged", tmp_path)
            virtual_microphone.pactl("load-module", *VMIC)
            virtual_microphone.pactl("set-default-source", "vmic")
            yield lambda: "was unplugged" not in said()
        virtual_microphone.start(demo_clip)
        yield lambda: window.toolbar.speech.text() == "◉ speech"
        assert engine.session is session and session.running

    act(script, None)
