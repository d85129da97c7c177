"""What the toolbar and, without a session, the panel show of the engine's state."""

from __future__ import annotations

from ser_live.audio.devices import PLAYBACK
from ser_live.ui.engine import Engine, State
from ser_live.ui.settings import Settings
from ser_live.ui.toolbar import Toolbar
from ser_live.ui.view_model import Kind, Present


def show_engine(toolbar: Toolbar, engine: Engine) -> None:
    """Bring the toolbar's texts and buttons up to date."""
    file = engine.path.name if engine.path is not None else None
    chosen = engine.channels.get(engine.microphone or "")
    toolbar.picker.show_current(file, engine.microphone, chosen, engine.capturing)
    recorded = engine.recorder.path
    playback = (engine.microphone or "").startswith(PLAYBACK)
    into = None if recorded is None else str(recorded)
    toolbar.show_recording(engine.capturing, into, engine.can_record, playback)
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


def remember_input(settings: Settings, engine: Engine) -> None:
    """Keep the microphone in use by its name, and the channels that were chosen.

    What stands in for a microphone that is not there does not take its place.
    """
    if settings.channels != engine.channels:
        settings.channels = engine.channels
    name = engine.microphone
    chosen = engine.preferred in (None, name)
    if engine.capturing and engine.session is not None and name and chosen:
        settings.input_name = name


def idle_state(engine: Engine) -> Present:
    """What to say while there is no session."""
    if engine.model_error is not None:
        return Present(Kind.MESSAGE, "No model", "see the message above")
    if engine.predictor is None:
        return Present(Kind.MESSAGE, "Loading…", "the model, a few seconds")
    if engine.state is State.OPENING:
        return Present(Kind.MESSAGE, "Opening…", "")
    return Present(Kind.MESSAGE, "Ready", "press Start, or open a file")


def without_model(engine: Engine) -> Present:
    """What to say of a file that plays while there is no model."""
    if engine.model_error is not None:
        return Present(Kind.MESSAGE, "No model", "see the message above")
    return Present(Kind.MESSAGE, "Loading…", "the model, a few seconds")
