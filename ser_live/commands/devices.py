"""``ser-live devices``: what can be listened to."""

from __future__ import annotations

from collections.abc import Callable

from ser_live.audio.devices import Device, input_devices
from ser_live.errors import SerLiveError

#: A heading of the list, and which devices stand under it.
GROUPS: dict[str, Callable[[Device], bool]] = {
    "Devices (--input NUMBER or NAME):": lambda d: not d.source,
    "Microphones of the sound server (--input NAME):": lambda d: bool(d.source) and not d.monitor,
    "System playback (--input NAME):": lambda d: d.monitor,
}


def run_devices() -> int:
    """Print input devices in groups; ``*`` marks the default one.

    Raises:
        AudioDeviceError: no PortAudio.
        SerLiveError: nothing there.
    """
    devices = input_devices()
    if not devices:
        raise SerLiveError("no input device found: connect a microphone")
    for heading, belongs in GROUPS.items():
        if members := [d for d in devices if belongs(d)]:
            print(heading)
            for device in members:
                print(line(device))
    return 0


def line(device: Device) -> str:
    """A device as it is listed."""
    mark = "*" if device.default_input else " "
    facts = f"{device.api}, {device.inputs} in, {device.sample_rate} Hz"
    if device.source:
        return f"{mark} {device.name}  [{device.source}, {facts}]"
    return f"{mark} {device.index:3}  {device.name}  [{facts}]"
