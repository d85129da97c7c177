"""Sound devices by name, and PortAudio's errors in plain words."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from types import ModuleType

from ser_live.audio.pulse import RATE, pulse_sources
from ser_live.errors import AudioDeviceError

#: PortAudio is not made for several threads: held to list, to open a stream, to start anew.
LOCK = threading.RLock()
PLAYBACK = "System playback: "
_PLUGIN = "pulse"  # PortAudio's name of ALSA's pulse plug-in
_PLAUSIBLE = 8  # channels; a sound server's own device claims 32 and more


@dataclass(frozen=True)
class Device:
    """A sound device that can record or play.

    Attributes:
        index: PortAudio's number; changes when devices come and go; -1: a sound server's source,
            which PortAudio does not know.
        name: as the system calls it.
        api: the sound system it belongs to (ALSA, Core Audio, WASAPI …).
        inputs, outputs: channels.
        sample_rate: its own rate, Hz.
        default_input, default_output: the system's choice.
        source: the sound server's name for it, where it is one of its sources.
        monitor: it is what loudspeakers or headphones play.
    """

    index: int
    name: str
    api: str
    inputs: int
    outputs: int
    sample_rate: int
    default_input: bool
    default_output: bool
    source: str = ""
    monitor: bool = False

    @property
    def is_virtual(self) -> bool:
        """A sound server's one device for everything, which takes any number of channels."""
        return self.inputs > _PLAUSIBLE and self.api == "ALSA" and "hw:" not in self.name

    @property
    def channels(self) -> int:
        """Input channels worth choosing among."""
        return 2 if self.is_virtual else self.inputs

    @property
    def full_name(self) -> str:
        """Its name with the sound system: on Windows several report the same device."""
        return f"{self.name} ({self.api})"


def portaudio() -> ModuleType:
    """The sounddevice module.

    Raises:
        AudioDeviceError: the PortAudio library is not installed or does not start.
    """
    try:
        import sounddevice
    except OSError as error:
        raise AudioDeviceError(
            "the PortAudio library was not found: install it (Debian: apt install libportaudio2)"
        ) from error
    except Exception as error:  # PortAudioError at initialisation has no importable type yet
        raise AudioDeviceError(f"the sound system does not start ({error})") from error
    return sounddevice


def list_devices() -> list[Device]:
    """All devices that PortAudio knows.

    Raises:
        AudioDeviceError: no PortAudio.
    """
    sd = portaudio()
    try:
        with LOCK:
            infos = sd.query_devices()
            apis = sd.query_hostapis()
            default_in, default_out = sd.default.device
    except sd.PortAudioError as error:
        raise AudioDeviceError(f"the sound devices cannot be listed ({error})") from error
    if default_in < 0 and apis:
        default_in = apis[0]["default_input_device"]
    if default_out < 0 and apis:
        default_out = apis[0]["default_output_device"]
    return [
        Device(
            index,
            str(info["name"]),
            str(apis[info["hostapi"]]["name"]),
            int(info["max_input_channels"]),
            int(info["max_output_channels"]),
            int(info["default_samplerate"]),
            index == default_in,
            index == default_out,
        )
        for index, info in enumerate(infos)
    ]


def server_inputs() -> list[Device]:
    """What the sound server offers besides: its microphones, then system playback."""
    sources = pulse_sources()
    names = [(s.monitor, s.description) for s in sources]
    out = []
    for s in sources:
        name = (PLAYBACK if s.monitor else "") + s.description
        if names.count((s.monitor, s.description)) > 1:
            name += f" [{s.name}]"
        out.append(Device(-1, name, s.server, s.channels, 0, RATE, False, False, s.name, s.monitor))
    return out


def input_devices() -> list[Device]:
    """Everything that can be listened to: PortAudio's devices, then the sound server's sources.

    Raises:
        AudioDeviceError: no PortAudio.
    """
    devices = [d for d in list_devices() if d.inputs > 0]
    # Newer versions of PortAudio list the server's sources themselves.
    if any("pulse" in d.api.lower() for d in devices):
        return devices
    return devices + server_inputs()


def plugin_index(name: str) -> int:
    """PortAudio's number of ALSA's pulse plug-in, through which the server's sources are opened.

    Args:
        name: of the source, for the message.

    Raises:
        AudioDeviceError: it is not there.
    """
    for device in list_devices():
        if device.name == _PLUGIN and device.inputs:
            return device.index
    raise AudioDeviceError(
        f"{name}: ALSA's pulse plug-in is missing, without which it cannot be recorded: "
        "install it and start again (Debian: apt install libasound2-plugins)"
    )


def find_input(spec: str | int | None) -> Device:
    """The input device for a number, a name or part of one; the default for ``None``.

    Raises:
        AudioDeviceError: none there, no match, or more than one.
    """
    devices = input_devices()
    own = [d for d in devices if not d.source]
    if not devices or (not own and (spec is None or spec == "")):
        raise AudioDeviceError(
            "no input device found: connect a microphone and check the system's sound settings"
        )
    if spec is None or spec == "":
        return next((d for d in own if d.default_input), own[0])
    if isinstance(spec, int) or spec.isdigit():
        for device in own:
            if device.index == int(spec):
                return device
        raise AudioDeviceError(f"no input device has the number {spec} (see: ser-live devices)")
    exact = [d for d in devices if spec in (d.name, d.source, d.full_name)]
    part = spec.lower()
    partial = [d for d in own if part in d.name.lower()]
    served = [d for d in devices if d.source and part in f"{d.name}\n{d.source}".lower()]
    for matches in (exact, partial, served):
        if len(matches) == 1:
            return matches[0]
        if len(matches) > 1:
            names = ", ".join(f"{d.source or d.index}: {d.name}" for d in matches)
            raise AudioDeviceError(f"{spec!r} fits several input devices ({names}); give a number")
    raise AudioDeviceError(f"no input device is called {spec!r} (see: ser-live devices)")
