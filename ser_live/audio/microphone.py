"""The microphone: a PortAudio stream into a ring, read as a source."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from ser_live.audio.devices import Device, find_input, portaudio, rescan
from ser_live.audio.ring_buffer import RingBuffer
from ser_live.audio.sources import Source
from ser_live.config import StreamConfig
from ser_live.errors import AudioDeviceError

_FALLBACK_RATES = (48_000, 44_100, 32_000, 22_050, 16_000, 8_000)
_POLL = 0.01  # s between looks into the ring
_RETRY = 1.0  # s between attempts to take a lost device up again


class MicrophoneSource(Source):
    """Live samples of an input device, at its native rate.

    Time goes on when samples are lost: what the ring could not hold, and the time that a
    vanished device was away, are filled with silence, so that the number of samples stays the
    sample-exact time.

    Args:
        device: number, name or part of one; the default device for ``None``.
        config: buffer sizes.

    Raises:
        AudioDeviceError: no such device, busy, refused by the system, or no rate accepted.

    Attributes:
        overflows: blocks before which PortAudio reported lost samples.
        lost: samples lost because this program was late.
        stalled: the device has stopped delivering; attempts to reopen it go on.
    """

    live = True

    def __init__(self, device: str | int | None = None, config: StreamConfig | None = None) -> None:
        self._config = config or StreamConfig()
        self._spec = device
        self.device: Device = find_input(device)
        self.overflows = 0
        self.lost = 0
        self.stalled = False
        self._zeros = 0
        self._reading = False
        self._closed = threading.Event()
        self._stream: Any = None
        self._open()
        self.name = self.device.name

    def _open(self, rate: int | None = None) -> None:
        """Open at the device's own rate (or exactly ``rate``), else the first one it takes."""
        sd = portaudio()
        rates = (rate,) if rate else (self.device.sample_rate, *_FALLBACK_RATES)
        channel_counts = dict.fromkeys((1, min(2, self.device.inputs), self.device.inputs))
        error: Exception | None = None
        for trial in dict.fromkeys(rates):
            for channels in channel_counts:
                try:
                    stream = sd.InputStream(
                        samplerate=trial,
                        device=self.device.index,
                        channels=channels,
                        dtype="float32",
                        callback=self._callback,
                    )
                except (sd.PortAudioError, ValueError) as failed:
                    error = error or failed
                    continue
                self.sample_rate = trial
                if rate is None:
                    self._ring = RingBuffer(round(trial * self._config.capture_buffer_seconds))
                try:
                    stream.start()
                except sd.PortAudioError as failed:
                    stream.close()
                    error = failed
                    continue
                self._stream = stream
                return
        raise AudioDeviceError(self._explain(error))

    def _explain(self, error: Exception | None) -> str:
        text = str(error)
        name = self.device.name
        if "unavailable" in text or "busy" in text.lower():
            return f"{name}: the device is busy: another program may be using it"
        if "sample rate" in text.lower():
            return f"{name}: the device refuses every sampling rate that was tried"
        if "permission" in text.lower() or "denied" in text.lower():
            return f"{name}: the system does not permit the microphone: allow it in its settings"
        return f"{name}: cannot be opened ({text})"

    def _callback(self, indata: np.ndarray, frames: int, when: Any, status: Any) -> None:
        # Real-time thread: copy, count, nothing else.
        if status and status.input_overflow:
            self.overflows += 1
        self._ring.write(indata[:, 0])

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield what has come in, about every 10 ms, until :meth:`close`."""
        self._reading = True
        try:
            yield from self._read_until_closed()
        finally:
            self._close_stream()

    def _read_until_closed(self) -> Iterator[np.ndarray]:
        last = time.monotonic()
        while not self._closed.is_set():
            samples, lost = self._ring.read()
            now = time.monotonic()
            if lost:
                self.lost += lost
                yield np.zeros(lost, np.float32)
            if len(samples):
                last = now
                self.stalled = False
                self._count_zeros(samples)
                yield samples
            elif now - last > self._config.device_silent_after:
                self.stalled = True
                if not self._recover():
                    return
                gap = time.monotonic() - last
                last = time.monotonic()
                for _ in range(int(gap)):
                    yield np.zeros(self.sample_rate, np.float32)
                yield np.zeros(round(gap % 1 * self.sample_rate), np.float32)
            else:
                self._closed.wait(_POLL)

    def _recover(self) -> bool:
        """Try to open the device again, by name, until it works; false when closed meanwhile."""
        self._close_stream()
        while not self._closed.is_set():
            try:
                rescan()
                self.device = find_input(self._spec if self._spec is None else self.device.name)
                self._open(self.sample_rate)
                self.stalled = False
                return True
            except AudioDeviceError:
                self._closed.wait(_RETRY)
        return False

    def _count_zeros(self, samples: np.ndarray) -> None:
        self._zeros = 0 if samples.any() else self._zeros + len(samples)

    @property
    def exact_zero_seconds(self) -> float:
        """For how long nothing but exact zeros came in, s: muted, or permission denied."""
        return self._zeros / self.sample_rate

    @property
    def capture_ms(self) -> float:
        """From the microphone to the program, as PortAudio tells, ms; 0 while it is not open."""
        stream = self._stream
        return 0.0 if stream is None else 1e3 * float(stream.latency)

    def _close_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            # abort, not stop: a vanished device would keep stop waiting for its buffers.
            stream.abort(ignore_errors=True)
            stream.close(ignore_errors=True)

    def close(self) -> None:
        """Stop capturing."""
        self._closed.set()
        if not self._reading:  # else the reader closes the stream, in its own thread
            self._close_stream()

    @property
    def warnings(self) -> list[str]:
        """Lost samples, a muted or vanished device."""
        out = []
        if self.stalled:
            out.append(f"{self.name}: the device stopped delivering; trying to take it up again")
        if self.overflows or self.lost:
            out.append(f"{self.overflows} overflows, {self.lost:,} samples lost")
        if self.exact_zero_seconds >= 2.0:
            out.append(f"{self.name}: nothing but zeros: muted, or permission denied?")
        return out
