"""What was opened to be listened to, opening it, letting go of it; all of this may block."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ser_live.audio.playback import Player
from ser_live.audio.sources import Source
from ser_live.errors import AudioDeviceError
from ser_live.ready import Ready

if TYPE_CHECKING:
    from ser_live.pipeline import Session
    from ser_live.ui.backends import Backends
    from ser_live.ui.model_loader import ModelLoader

#: What somebody else analyses, or is over, takes the place of a source.
Opened = tuple[Source | Ready, Player | None]


class NotWanted(Exception):
    """The request is outdated, or there is no model to use the sound."""


def is_live(source: Source | Ready) -> bool:
    """Whether it is a microphone."""
    return not isinstance(source, Ready) and source.live


def open_live(
    backends: Backends,
    loader: ModelLoader,
    wanted: Callable[[], bool],
    spec: str | None,
    preferred: str | None,
    channels: Mapping[str, int],
) -> Opened:
    """Open a microphone as soon as the model is there.

    Args:
        backends: find and open it.
        loader: of the model.
        wanted: whether the request still counts.
        spec: number or name; the default one for ``None``.
        preferred: name of a microphone to try before ``spec``.
        channels: the channel to listen to, by the device's name.

    Raises:
        AudioDeviceError: there is none, or it cannot be opened.
        NotWanted: nobody waits for it any more.
    """
    # A missing microphone is told at once; the device is opened when the model is there, or
    # sound would pile up meanwhile.
    if preferred is None or not _is_there(backends, preferred):
        backends.find_microphone(spec)
    wait_for_model(loader, wanted)
    if preferred is not None:
        with contextlib.suppress(AudioDeviceError):
            return backends.open_microphone(preferred, channels), None
    return backends.open_microphone(spec, channels), None


def wait_for_model(loader: ModelLoader, wanted: Callable[[], bool]) -> None:
    """Block until the model is there.

    Raises:
        NotWanted: the request is outdated, or there is no model.
    """
    while not loader.done.wait(0.05):
        if not wanted():
            raise NotWanted
    if loader.error is not None:
        raise NotWanted


def _is_there(backends: Backends, name: str) -> bool:
    try:
        backends.find_microphone(name)
    except AudioDeviceError:
        return False
    return True


def end_session(session: Session | Ready | None, player: Player | None, discard: bool) -> None:
    """Stop what runs; with ``discard`` windows that wait are thrown away."""
    if player is not None:
        player.close()
    if session is not None:
        session.stop(discard=discard)


def discard_source(source: Source | Ready, player: Player | None) -> None:
    """Close what no session has taken."""
    if not isinstance(source, Ready):
        source.close()
        # A microphone gives its device back at the end of its blocks.
        for _ in source.blocks() if source.live else ():
            pass
    if player is not None:
        player.close()
