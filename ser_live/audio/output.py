"""Where sound goes: an output device fed through a ring, or a silent clock in its place.

Both know how many of the samples that they were given have been heard by now.
"""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import Any, Protocol

import numpy as np

from ser_live.audio.devices import portaudio
from ser_live.audio.outputs import find_output
from ser_live.audio.playback_ring import PlaybackRing
from ser_live.audio.streams import close_stream, open_stream
from ser_live.errors import AudioDeviceError

log = logging.getLogger(__name__)

BUFFER_SECONDS = 2.0
#: Asked of PortAudio, s.  More than its "high": a busy machine interrupts that, and the cursor
#: does not mind, because it goes by the time at which PortAudio says that a block is heard.
LATENCY = 0.12


class Output(Protocol):
    """Takes samples and tells how many were heard.

    Attributes:
        rate: Hz.
        gain: factor on every sample, at once.
        ended: no more samples come; running dry is then no fault.
        underruns: blocks for which there were too few samples.
    """

    rate: int
    gain: float
    ended: bool
    underruns: int

    @property
    def room(self) -> int:
        """Samples that can be written now."""

    @property
    def written(self) -> int:
        """Samples taken so far."""

    @property
    def stalled_for(self) -> float:
        """Seconds since the device last asked for samples."""

    def write(self, samples: np.ndarray) -> None:
        """Take (n,) float32, n ≤ room."""

    def start(self) -> None:
        """Begin to play."""

    def heard(self) -> float:
        """Samples that were heard by now; never goes back."""

    def close(self) -> None:
        """Stop at once."""


class DeviceOutput:
    """An output device; see :class:`Output`.

    Args:
        device: number; the system's default for ``None``.
        rate: Hz; the device's own where it refuses this one.

    Raises:
        AudioDeviceError: there is none, or it cannot be opened.
    """

    def __init__(self, device: int | None, rate: int) -> None:
        sd = portaudio()
        self._errors = (sd.PortAudioError, ValueError)
        self.gain, self.ended, self.underruns = 1.0, False, 0
        self._after_end = 0
        self._last: tuple[float, int] | None = None  # DAC time of a block, its first sample
        self._reached = 0.0
        self._called_at = time.monotonic()
        try:
            info = sd.query_devices(device, "output")
        except self._errors as error:
            raise AudioDeviceError("no output device") from error
        self._name = info["name"]
        failed: Exception | None = None
        for self.rate in dict.fromkeys((rate, int(info["default_samplerate"]), 48_000)):
            self._ring = PlaybackRing(round(self.rate * BUFFER_SECONDS))
            for channels in (1, 2):
                try:
                    self._stream: Any = open_stream(
                        partial(
                            sd.OutputStream,
                            samplerate=self.rate,
                            channels=channels,
                            device=device,
                            dtype="float32",
                            latency=LATENCY,
                            callback=self._callback,
                        )
                    )
                    return
                except self._errors as error:
                    failed = failed or error
        raise AudioDeviceError(f"{self._name} cannot be opened: {failed}")

    def _callback(self, outdata: np.ndarray, frames: int, when: Any, status: Any) -> None:
        # Real-time thread: copy, count, nothing else.
        first = self._ring.taken + self._after_end
        missing = frames - self._ring.read_into(outdata)
        if self.gain != 1.0:
            np.multiply(outdata, self.gain, out=outdata)
        if missing and self.ended:
            self._after_end += missing  # the clock runs on until the last sample was heard
        elif missing:
            self.underruns += 1
        self._last = (when.outputBufferDacTime, first)
        self._called_at = time.monotonic()

    @property
    def room(self) -> int:
        """See :class:`Output`."""
        return self._ring.room

    @property
    def written(self) -> int:
        """See :class:`Output`."""
        return self._ring.written

    @property
    def stalled_for(self) -> float:
        """See :class:`Output`."""
        return time.monotonic() - self._called_at

    def write(self, samples: np.ndarray) -> None:
        """See :class:`Output`."""
        self._ring.write(samples)

    def start(self) -> None:
        """See :class:`Output`.

        Raises:
            AudioDeviceError: the device does not start.
        """
        try:
            self._stream.start()
        except self._errors as error:
            raise AudioDeviceError(f"{self._name} does not start: {error}") from error
        self._called_at = time.monotonic()

    def heard(self) -> float:
        """See :class:`Output`."""
        if self._last is None:
            return self._reached
        dac, first = self._last
        try:
            # Some host interfaces give no DAC time: the stream's latency then has to do.
            late = self._stream.time - dac if dac else -float(self._stream.latency)
        except Exception:  # the stream was closed this very moment
            return self._reached
        # A time source that jumps must not carry the cursor past what was handed out.
        heard = min(max(0.0, first + late * self.rate), float(self._ring.taken))
        self._reached = max(self._reached, heard)
        return self._reached

    def close(self) -> None:
        """See :class:`Output`."""
        close_stream(self._stream)


class SilentOutput:
    """A clock in the place of a device; see :class:`Output`.

    Args:
        rate: Hz.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.gain, self.ended, self.underruns = 1.0, False, 0
        self.written = 0
        self._began: float | None = None

    @property
    def room(self) -> int:
        """See :class:`Output`."""
        return max(0, round(self.heard() + BUFFER_SECONDS * self.rate) - self.written)

    @property
    def stalled_for(self) -> float:
        """See :class:`Output`: never."""
        return 0.0

    def write(self, samples: np.ndarray) -> None:
        """See :class:`Output`."""
        self.written += len(samples)

    def start(self) -> None:
        """See :class:`Output`."""
        self._began = time.monotonic()

    def heard(self) -> float:
        """See :class:`Output`."""
        if self._began is None:
            return 0.0
        return min((time.monotonic() - self._began) * self.rate, float(self.written))

    def close(self) -> None:
        """See :class:`Output`."""


def open_output(device: str | int | None, rate: int) -> tuple[Output, str]:
    """An output, and what is wrong with it (empty: nothing).

    Args:
        device: number or name; the system's default for ``None``, and where this one fails.
        rate: Hz; a device may take another.
    """
    message = ""
    for wanted in dict.fromkeys((device, None)):
        try:
            index = find_output(wanted) if isinstance(wanted, str) else wanted
            return DeviceOutput(index, rate), message
        except AudioDeviceError as error:
            # No warning: what is wrong is returned, and shown by whoever plays.
            log.info("output %s: %s", "by default" if wanted is None else wanted, error)
            message = f"the output “{wanted}” cannot be used: playing through the system default"
    return SilentOutput(rate), "no output device: playing silently"
