"""What the toolbar and, without a session, the panel show of the engine's state."""

from __future__ import annotations

from ser_live.ui.engine import Engine, State
from ser_live.ui.toolbar import Toolbar
from ser_live.ui.view_model import Kind, Present


def show_engine(toolbar: Toolbar, engine: Engine) -> None:
    """Bring the toolbar's texts and buttons up to date."""
    file = engine.path.name if engine.path is not None else None
    toolbar.picker.show_current(file, engine.microphone)
    recorded = engine.recorder.path
    toolbar.show_recording(
        engine.capturing, None if recorded is None else str(recorded), engine.can_record
    )
    usable = engine.model_error is None
    if engine.player is not None:
        playing = engine.player.playing
        toolbar.show_action("Pause" if playing else "Play", "pause" if playing else "play", True)
    elif engine.capturing:
        toolbar.show_action("Stop", "stop", True)
    elif engine.state is State.OPENING:
        toolbar.show_action("Opening…", "play", False)
    else:
        toolbar.show_action("Start", "play", usable)
    if engine.predictor is not None:
        toolbar.model.setText(engine.predictor.checkpoint.name)
        toolbar.backend.setText(engine.predictor.backend)
    else:
        toolbar.model.setText("loading model…" if usable else "no model")
        toolbar.backend.setText("")
    toolbar.backend.setVisible(bool(toolbar.backend.text()))


def idle_state(engine: Engine) -> Present:
    """What to say while there is no session."""
    if engine.model_error is not None:
        return Present(Kind.MESSAGE, "No model", "see the message above")
    if engine.predictor is None:
        return Present(Kind.MESSAGE, "Loading…", "the model, a few seconds")
    if engine.state is State.OPENING:
        return Present(Kind.MESSAGE, "Opening…", "")
    return Present(Kind.MESSAGE, "Ready", "press Start, or open a file")
