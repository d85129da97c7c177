"""Sound devices by name, and PortAudio's errors in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ser_live.errors import AudioDeviceError


@dataclass(frozen=True)
class Device:
    """A sound device that can record or play.

    Attributes:
        index: PortAudio's number; changes when devices come and go.
        name: as the system calls it.
        api: the sound system it belongs to (ALSA, Core Audio, WASAPI …).
        inputs, outputs: channels.
        sample_rate: its own rate, Hz.
        default_input, default_output: the system's choice.
    """

    index: int
    name: str
    api: str
    inputs: int
    outputs: int
    sample_rate: int
    default_input: bool
    default_output: bool


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


def rescan() -> None:
    """Make PortAudio look for devices again; only while no stream is open.

    Raises:
        AudioDeviceError: as :func:`portaudio`.
    """
    sd: Any = portaudio()
    try:
        sd._terminate()
        sd._initialize()
    except sd.PortAudioError as error:
        raise AudioDeviceError(f"the sound system does not start ({error})") from error


def list_devices() -> list[Device]:
    """All devices.

    Raises:
        AudioDeviceError: no PortAudio.
    """
    sd = portaudio()
    try:
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


def input_devices() -> list[Device]:
    """Devices that can record."""
    return [d for d in list_devices() if d.inputs > 0]


def find_input(spec: str | int | None) -> Device:
    """The input device for a number, a name or part of one; the default for ``None``.

    Raises:
        AudioDeviceError: none there, no match, or more than one.
    """
    devices = input_devices()
    if not devices:
        raise AudioDeviceError(
            "no input device found: connect a microphone and check the system's sound settings"
        )
    if spec is None or spec == "":
        return next((d for d in devices if d.default_input), devices[0])
    if isinstance(spec, int) or spec.isdigit():
        for device in devices:
            if device.index == int(spec):
                return device
        raise AudioDeviceError(f"no input device has the number {spec} (see: ser-live devices)")
    exact = [d for d in devices if d.name == spec]
    partial = [d for d in devices if spec.lower() in d.name.lower()]
    for matches in (exact, partial):
        if len(matches) == 1:
            return matches[0]
        if len(matches) > 1:
            names = ", ".join(f"{d.index}: {d.name}" for d in matches)
            raise AudioDeviceError(f"{spec!r} fits several input devices ({names}); give a number")
    raise AudioDeviceError(f"no input device is called {spec!r} (see: ser-live devices)")
