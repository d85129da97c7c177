"""The microphone: a PortAudio stream into a ring, read as a source."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from ser_live.audio.channels import Downmix, counts_to_open
from ser_live.audio.default_watch import DefaultWatch, default_is_back
from ser_live.audio.devices import LOCK, Device, find_input, plugin_index, portaudio
from ser_live.audio.pulse import SourceWatch, selected
from ser_live.audio.resample import StreamingResampler
from ser_live.audio.ring_buffer import RingBuffer
from ser_live.audio.sources import Source
from ser_live.audio.streams import close_stream, is_active, rescan, start_stream
from ser_live.config import StreamConfig
from ser_live.errors import AudioDeviceError

_FALLBACK_RATES = (48_000, 44_100, 32_000, 22_050, 16_000, 8_000)
_POLL = 0.01  # s between looks into the ring
_RETRY = 1.0  # s between attempts to take a lost device up again
_WATCH = 0.2  # s between looks whether the sound server still has the source


class MicrophoneSource(Source):
    """Live samples of an input device, or of what the loudspeakers play, at its native rate.

    Time goes on when samples are lost: what the ring could not hold, and the time that a
    vanished device was away, are filled with silence, so that the number of samples stays the
    sample-exact time.

    Args:
        device: number, name or part of one, or a device; the default device for ``None``.
        config: buffer sizes.
        channel: the one to listen to, from 1; the mean of all for ``None``.

    Raises:
        AudioDeviceError: no such device or channel, busy, refused by the system, or no rate
            accepted.

    Attributes:
        overflows: blocks before which PortAudio reported lost samples.
        lost: samples lost because this program was late.
        stalled: the device has stopped delivering; attempts to reopen it go on.
        unplugged: while stalled: what the sound server says is gone; empty where it says nothing.
        follow_default: when it vanishes, take up what is the default device then.
    """

    live = True

    def __init__(
        self,
        device: str | int | Device | None = None,
        config: StreamConfig | None = None,
        channel: int | None = None,
    ) -> None:
        self._config = config or StreamConfig()
        self.follow_default = device is None
        self.device = device if isinstance(device, Device) else find_input(device)
        self.channel = channel
        self.name = self.device.name
        if channel is not None and not 1 <= channel <= self.device.channels:
            count = self.device.channels
            some = f"{count} channels" if count > 1 else "one channel"
            raise AudioDeviceError(f"{self.name} has {some}, so there is no channel {channel}")
        self.overflows = 0
        self.lost = 0
        self.stalled = False
        self.unplugged = ""
        self._zeros = 0
        self._reading = False
        self._closed = threading.Event()
        self._stream: Any = None
        self._watch: SourceWatch | DefaultWatch | None = None
        self._looked = 0.0
        self.sample_rate = self._open((self.device.sample_rate, *_FALLBACK_RATES))
        self._resampler = StreamingResampler(self.sample_rate, self.sample_rate)

    def _open(self, rates: tuple[int, ...]) -> int:
        """Open at the first rate that the device takes; return it."""
        sd = portaudio()
        error: Exception | None = None
        source = self.device.source
        watch = SourceWatch(source, self.name) if source else None
        try:
            with LOCK, selected(source):
                index = plugin_index(self.name) if source else self.device.index
                for rate in dict.fromkeys(rates):
                    for channels in counts_to_open(self.device, self.channel):
                        seconds = self._config.capture_buffer_seconds
                        self._ring = RingBuffer(round(rate * seconds))
                        self._downmix = Downmix(channels, self.channel, rate)
                        make = partial(sd.InputStream, device=index, dtype="float32")
                        make = partial(make, samplerate=rate, channels=channels)
                        try:
                            self._stream = start_stream(partial(make, callback=self._callback))
                        except (sd.PortAudioError, ValueError) as failed:
                            error = error or failed
                            continue
                        if watch is None and self.device.is_virtual:
                            self._watch = DefaultWatch()
                        else:
                            self._watch, watch = watch, None
                        return rate
        finally:
            if watch is not None:
                watch.close()
        raise AudioDeviceError(explain_refusal(self.name, str(error)))

    def _callback(self, indata: np.ndarray, frames: int, when: Any, status: Any) -> None:
        # Real-time thread: copy, count, nothing else.
        if status and status.input_overflow:
            self.overflows += 1
        self._ring.write(self._downmix(indata))

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield (n,) float32 of what has come in, about every 10 ms, until :meth:`close`."""
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
            moved = self._is_moved(now)
            if lost and not moved:
                self.lost += lost
                resampler = self._resampler
                lost = round(lost * resampler.target_rate / resampler.source_rate)
                yield np.zeros(lost, np.float32)
            if len(samples) and not moved:
                last = now
                self.stalled = False
                self._count_zeros(samples)
                yield self._resampler.push(samples)
            elif moved or self._is_silent(now - last):
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

    def _is_silent(self, seconds: float) -> bool:
        """Whether the device is gone, having delivered nothing for so long."""
        return seconds > self._config.device_silent_after or not is_active(self._stream)

    def _is_moved(self, now: float) -> bool:
        """Whether the sound server has, without a word, put another source in this one's place."""
        if self._watch is None or now - self._looked < _WATCH:
            return False
        self._looked = now
        return not self._watch.present

    def _recover(self) -> bool:
        """Try to open the device again, by name, until it works; false when closed meanwhile."""
        watch, device = self._watch, self.device
        before = watch.name if isinstance(watch, DefaultWatch) and watch.unplugged else ""
        self.unplugged = watch.unplugged if watch is not None else ""
        self._zeros = 0  # of what was put in its place
        self._close_stream()
        while not self._closed.is_set():
            if before and not default_is_back(before):
                self._closed.wait(_WATCH)
                continue
            try:
                rescan()
                name = device.source or device.full_name
                self.device = find_input(None if self.follow_default else name)
                # Its rate may be another now; the stream's stays what it was.
                rate = self._open((self.sample_rate, self.device.sample_rate, *_FALLBACK_RATES))
                self._resampler = StreamingResampler(rate, self.sample_rate)
                self.stalled, self.unplugged = False, ""
                return True
            except AudioDeviceError:
                self._closed.wait(_RETRY)
        return False

    def _count_zeros(self, samples: np.ndarray) -> None:
        # Loudspeakers that play nothing give zeros, and nothing is wrong.
        silent = not samples.any() and not self.device.monitor
        self._zeros = self._zeros + len(samples) if silent else 0

    @property
    def exact_zero_seconds(self) -> float:
        """For how long nothing but exact zeros came in, s: muted, or permission denied."""
        return self._zeros / self._resampler.source_rate

    @property
    def capture_ms(self) -> float:
        """From the microphone to the program, as PortAudio tells, ms; 0 while it is not open."""
        stream = self._stream
        return 0.0 if stream is None else 1e3 * float(stream.latency)

    def _close_stream(self) -> None:
        stream, self._stream = self._stream, None
        watch, self._watch = self._watch, None
        if stream is not None:
            close_stream(stream)
        if watch is not None:
            watch.close()

    def close(self) -> None:
        """Stop capturing."""
        self._closed.set()
        if not self._reading:  # else the reader closes the stream, in its own thread
            self._close_stream()

    @property
    def warnings(self) -> list[str]:
        """Lost samples, a muted or vanished device."""
        out = []
        if self.unplugged:
            out.append(f"{self.unplugged}: unplugged; listening goes on when it is back")
        elif self.stalled:
            out.append(f"{self.name}: the device stopped delivering; trying to take it up again")
        gaps = [(self.overflows, "overflow", ""), (self.lost, "sample", " lost")]
        said = [f"{n:,} {what}{'s' * (n != 1)}{rest}" for n, what, rest in gaps if n]
        if said:
            out.append(", ".join(said))
        if self.exact_zero_seconds >= 2.0:
            watch = self._watch
            playback = isinstance(watch, DefaultWatch) and watch.monitor
            why = "no microphone is connected?" if playback else "muted, or permission denied?"
            out.append(f"{self.name}: nothing but zeros: {why}")
        return out


def explain_refusal(name: str, text: str) -> str:
    """PortAudio's reason for not opening a device, in plain words."""
    low = text.lower()
    if "unavailable" in low or "busy" in low:
        return f"{name}: the device is busy: another program may be using it"
    if "sample rate" in low:
        return f"{name}: the device refuses every sampling rate that was tried"
    if "permission" in low or "denied" in low:
        return f"{name}: the system does not permit the microphone: allow it in its settings"
    return f"{name}: cannot be opened ({text})"
