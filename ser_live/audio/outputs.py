"""Output devices by name."""

from __future__ import annotations

from ser_live.audio.devices import Device, list_devices
from ser_live.errors import AudioDeviceError


def output_devices() -> list[Device]:
    """Devices that can play, each name once.

    On systems that report a device through several interfaces, the default one's is taken.

    Raises:
        AudioDeviceError: no PortAudio.
    """
    devices = [d for d in list_devices() if d.outputs > 0]
    preferred = next((d.api for d in devices if d.default_output), "")
    by_name: dict[str, Device] = {}
    for device in devices:
        if device.name not in by_name or device.api == preferred:
            by_name[device.name] = device
    return list(by_name.values())


def find_output(name: str) -> int:
    """The number of the output device with exactly this name.

    Raises:
        AudioDeviceError: there is none.
    """
    for device in output_devices():
        if device.name == name:
            return device.index
    raise AudioDeviceError(f"no output device is called {name!r}")
