"""What the engine asks of the rest of the program, in one place so that tests can replace it.

Every function here may block; none is called on the UI thread.  torch is imported inside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ser_live.audio.devices import Device, find_input, input_devices
from ser_live.audio.file_peaks import FilePeaks
from ser_live.audio.list_inputs import InputLister
from ser_live.audio.microphone import MicrophoneSource
from ser_live.audio.playable import FileSound
from ser_live.audio.playback import Player
from ser_live.audio.sources import FileSource, Source
from ser_live.audio.streams import rescan
from ser_live.errors import AudioDeviceError
from ser_live.ui.recorder import MakeRecording

if TYPE_CHECKING:
    from ser_live.errors import SerLiveError
    from ser_live.pipeline import Session
    from ser_live.predictor import Predictor
    from ser_live.ready import Ready
    from ser_live.sessions.reader import SavedSession
    from ser_live.sessions.recording import Recording
    from ser_live.sessions.replay import Replay

NO_CHANNELS: Mapping[str, int] = MappingProxyType({})


def load_predictor(model: str | None, device: str, on_fallback: Callable[[str], None]) -> Predictor:
    """The model, ready.

    Raises:
        CheckpointError, BackendError: as the predictor.
    """
    from ser_live.models.checkpoint import load_checkpoint
    from ser_live.predictor import Predictor
    from ser_live.torch_threads import use_one_thread

    use_one_thread()
    return Predictor(load_checkpoint(model), device, on_fallback)


def make_session(source: Source, predictor: Predictor) -> Session:
    """A session that is not yet running."""
    from ser_live.pipeline import Session

    return Session(source, predictor)


def find_microphone(spec: str | None) -> None:
    """See whether a microphone is there, without opening it.

    Raises:
        AudioDeviceError: no PortAudio, no input device, or none that is called so.
    """
    choose_input(spec)


def choose_input(spec: str | None) -> Device:
    """The input device for a number, a name or part of one; the default for ``None``.

    A name that several sound systems report alike means the one that the system prefers.  What
    PortAudio does not know may have come meanwhile: it then looks again, if nothing is open.

    Raises:
        AudioDeviceError: as :func:`find_microphone`.
    """
    for last in (False, True):
        try:
            same = [d for d in input_devices() if spec == d.name]
            if len(same) > 1:
                return next((d for d in same if d.default_input), same[0])
            return find_input(spec)
        except AudioDeviceError:
            if last or not rescan():
                raise
    raise AssertionError


def open_microphone(spec: str | None, channels: Mapping[str, int] = NO_CHANNELS) -> Source:
    """Open what :func:`choose_input` finds.

    Args:
        spec: as there.
        channels: the channel to listen to by the device's name, where it is not the mix of all.

    Raises:
        AudioDeviceError: as :class:`MicrophoneSource`.
    """
    device = choose_input(spec)
    channel = channels.get(device.name)
    if channel is not None and channel > device.channels:
        channel = None  # it has fewer than when that was chosen
    source = MicrophoneSource(device, channel=channel)
    source.follow_default = not spec
    return source


def list_inputs(look_again: bool) -> list[Device]:
    """Input devices; ``look_again`` has an effect only while no stream is open.

    Raises:
        AudioDeviceError: no PortAudio.
    """
    if look_again:
        rescan()
    return input_devices()


def open_file(path: Path) -> FileSource:
    """A file to analyse.

    Raises:
        AudioFileError: as :class:`FileSource`.
    """
    return FileSource(path)


def open_player(path: Path) -> Player:
    """A file to listen to, whose waveform is computed from now on.

    Raises:
        AudioFileError: as :class:`Player`.
    """
    sound = FileSound(path)
    waveform = FilePeaks(sound, sound.duration or 0.0)
    waveform.start()
    return Player(sound, waveform=waveform)


def open_session(path: Path) -> tuple[Replay, Player | None]:
    """A saved session, and its sound where it was kept.

    Raises:
        SessionFileError: it cannot be read.
    """
    from ser_live.sessions.reader import read_session
    from ser_live.sessions.replay import Replay

    replay = Replay(read_session(path))
    return replay, player_of(replay, path, open_player)


def player_of(ready: Ready, path: Path, opener: Callable[[Path], Player]) -> Player | None:
    """What plays a file that is ready: of a saved session only what was kept.

    Raises:
        AudioFileError: as :class:`Player`.
    """
    saved: SavedSession | None = getattr(ready, "saved", None)
    if saved is None:
        return opener(path)
    return None if saved.audio is None else Player(saved.audio)


def make_recording(
    session: Session,
    path: Path,
    audio: bool,
    overwrite: bool,
    on_failure: Callable[[SerLiveError], None],
) -> Recording:
    """A recording that is not yet running.

    Raises:
        SessionFileError: the file cannot be made.
    """
    from ser_live.sessions.recording import Recording

    return Recording(session, path, audio, overwrite, on_failure)


@dataclass(frozen=True)
class Backends:
    """The functions above, replaceable."""

    load_predictor: Callable[[str | None, str, Callable[[str], None]], Predictor] = load_predictor
    make_session: Callable[[Source, Predictor], Session] = make_session
    find_microphone: Callable[[str | None], None] = find_microphone
    open_microphone: Callable[[str | None, Mapping[str, int]], Source] = open_microphone
    open_file: Callable[[Path], Source] = open_file
    open_player: Callable[[Path], Player] = open_player
    list_inputs: Callable[[bool], list[Device]] = list_inputs
    open_session: Callable[[Path], tuple[Replay, Player | None]] = open_session
    make_recording: MakeRecording = make_recording
    make_lister: Callable[[], InputLister] = InputLister
