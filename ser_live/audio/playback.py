"""Playing a sound file while it is read, with the time of what is heard now; no Qt."""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

from ser_live.audio.devices import LOCK, portaudio
from ser_live.audio.playable import FileSound, Playable
from ser_live.audio.playback_ring import PlaybackRing
from ser_live.audio.resample import StreamingResampler
from ser_live.audio.streams import close_stream, start_stream
from ser_live.errors import AudioDeviceError, SerLiveError

log = logging.getLogger(__name__)

_BUFFER_SECONDS = 2.0
_POLL = 0.02  # s between looks at the ring while playing
_STALL = 1.5  # no callback for so long: the output device is gone


class Player:
    """A sound file through the speakers, mono as the analysis hears it.

    Every method returns at once; a thread of its own reads the file and opens and closes the
    device.  Where there is no output device a silent clock runs instead.

    Args:
        sound: a file's path, or something else that can be played.
        device: output device number or name; the default one for ``None``.

    Raises:
        AudioFileError: as :class:`ser_live.audio.decode.Decoder`.

    Attributes:
        duration: seconds; ``None`` while unknown (some streams do not state it), may be set later.
        silent: nothing is heard, the clock runs alone.
        message: why, or empty.
        underruns: blocks that the reader was late for.
    """

    def __init__(self, sound: str | Path | Playable, device: str | int | None = None) -> None:
        self._sound = FileSound(sound) if isinstance(sound, str | Path) else sound
        self.path = self._sound.path
        self.sample_rate = self._sound.sample_rate
        self.duration = self._sound.duration
        self.silent = False
        self.message = ""
        self.underruns = 0
        self._device = device
        self._wake = threading.Condition()
        self._target: float | None = None
        self._playing = False
        self._closed = False
        self._finished = False
        self._anchor = 0.0  # file time at which the running stretch began
        self._running = False
        self._stream: Any = None
        self._thread = threading.Thread(target=self._run, name="ser-play", daemon=True)
        self._thread.start()

    # -- what callers use

    @property
    def playing(self) -> bool:
        """Whether it plays, or will as soon as the device is open."""
        return self._playing

    @property
    def finished(self) -> bool:
        """Whether the end was reached; playing again begins at the start."""
        return self._finished

    @property
    def position(self) -> float:
        """Time in the file of what is heard now, s."""
        with self._wake:
            if self._target is not None:
                return self._target
            return self._now() if self._running else self._anchor

    def play(self) -> None:
        """Go on, or begin again after the end."""
        with self._wake:
            if self._finished:
                self._target = 0.0
            self._finished = False
            self._playing = True
            self._wake.notify()

    def pause(self) -> None:
        """Stop at the present position; the device is given back."""
        with self._wake:
            self._playing = False
            self._wake.notify()

    def stop(self) -> None:
        """Pause and go back to the start."""
        with self._wake:
            self._playing = False
            self._finished = False
            self._target = 0.0
            self._wake.notify()

    def seek(self, seconds: float) -> None:
        """Go to a time, playing or not."""
        with self._wake:
            self._target = max(0.0, min(seconds, self.duration or seconds))
            self._finished = False
            self._wake.notify()

    def close(self, timeout: float | None = 5.0) -> None:
        """End the thread and give the device back; may block shortly."""
        with self._wake:
            self._closed = True
            self._playing = False
            self._wake.notify()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)

    # -- the thread

    def _run(self) -> None:
        try:
            while not self._closed:
                with self._wake:
                    if self._target is None and self._playing == self._running:
                        self._wake.wait(_POLL if self._running else None)
                    target, wanted = self._target, self._playing
                if self._closed:
                    break
                if target is not None:
                    self._halt()
                    with self._wake:
                        self._anchor = target
                        if self._target == target:
                            self._target = None
                if self._running and not wanted:
                    self._halt()
                elif wanted and not self._running:
                    self._begin()
                if self._running:
                    self._advance()
        finally:
            self._halt()

    def _begin(self) -> None:
        """Start a stretch of playing at the anchor."""
        self._rewind()
        self._last: tuple[float, int] | None = None  # DAC time of a block, its first sample
        self._after_end = 0
        self._reached = self._anchor
        if not self.silent:
            try:
                with LOCK:
                    self._open_stream()
            except AudioDeviceError as error:
                log.warning("no output device: %s", error)
                self._go_silent("no output device: playing silently")
        self._clock = time.monotonic()
        with self._wake:
            self._running = True

    def _rewind(self) -> None:
        self._source = self._sound.blocks(self._anchor)
        self._source_ended = False
        self._pending = np.empty(0, np.float32)

    def _open_stream(self) -> None:
        sd = portaudio()
        try:
            info = sd.query_devices(self._device, "output")
        except (sd.PortAudioError, ValueError) as error:
            raise AudioDeviceError("none found") from error
        failed: Exception | None = None
        for rate in dict.fromkeys((self.sample_rate, int(info["default_samplerate"]), 48_000)):
            for channels in (1, 2):
                try:
                    self._rate = rate
                    self._ring = PlaybackRing(round(rate * _BUFFER_SECONDS))
                    self._resampler = StreamingResampler(self.sample_rate, rate)
                    self._fill()
                    opener = partial(sd.OutputStream, device=self._device, dtype="float32")
                    stream = start_stream(
                        partial(opener, samplerate=rate, channels=channels, callback=self._callback)
                    )
                except (sd.PortAudioError, ValueError) as error:
                    failed = failed or error
                    self._rewind()
                    continue
                self._callback_at = time.monotonic()
                self._stream = stream
                return
        raise AudioDeviceError(f"{info['name']} cannot be opened: {failed}")

    def _callback(self, outdata: np.ndarray, frames: int, when: Any, status: Any) -> None:
        # Real-time thread: copy, count, nothing else.
        first = self._ring.taken + self._after_end
        missing = frames - self._ring.read_into(outdata)
        if missing and self._source_ended:
            self._after_end += missing  # the clock runs on until the last sample was heard
        elif missing:
            self.underruns += 1
        self._last = (when.outputBufferDacTime, first)
        self._callback_at = time.monotonic()

    def _fill(self) -> None:
        """Move samples from the file into the ring until it is full or the file ends."""
        ring = self._ring
        while ring.room:
            if not len(self._pending):
                if self._source_ended:
                    return
                block = self._next_block()
                if block is None:
                    self._pending = self._resampler.flush()
                    self._source_ended = True
                else:
                    self._pending = self._resampler.push(block)
                continue
            count = min(ring.room, len(self._pending))
            ring.write(self._pending[:count])
            self._pending = self._pending[count:]

    def _next_block(self) -> np.ndarray | None:
        try:
            return next(self._source, None)
        except (sf.LibsndfileError, SerLiveError, OSError) as error:
            log.warning("%s: playing ends early: %s", self.path, error)
            return None

    def _advance(self) -> None:
        """Keep the ring full; notice the end, and a device that stopped."""
        if self._stream is None:
            ended = self.duration is not None and self.position >= self.duration
        else:
            self._fill()
            heard = self.position - self._anchor
            ended = (
                self._source_ended
                and not len(self._pending)
                and self._ring.taken == self._ring.written
                and heard >= self._ring.written / self._rate - 0.01
            )
            if not ended and time.monotonic() - self._callback_at > _STALL:
                at = self.position
                self._close_stream()
                with self._wake:
                    self._anchor, self._clock = at, time.monotonic()
                self._go_silent("the output device stopped: playing silently")
        if ended:
            self._halt()
            with self._wake:
                if self._target is None:
                    self._playing = False
                    self._finished = True

    def _now(self) -> float:
        """Position while running; never goes back within a stretch."""
        if self._stream is None:
            at = self._anchor + time.monotonic() - self._clock
            return min(at, self.duration) if self.duration else at
        if self._last is None:
            return self._reached
        dac, first = self._last
        try:
            # Some host interfaces give no DAC time: the stream's latency then has to do.
            late = self._stream.time - dac if dac else -float(self._stream.latency)
        except Exception:  # the stream was closed this very moment
            return self._reached
        # A time source that jumps must not carry the cursor past what was handed out.
        heard = min(max(0.0, first / self._rate + late), self._ring.taken / self._rate)
        self._reached = max(self._reached, self._anchor + heard)
        return self._reached

    def _go_silent(self, message: str) -> None:
        self.silent, self.message = True, message

    def _halt(self) -> None:
        with self._wake:
            if self._running:
                self._anchor = self._now()
                self._running = False
        self._close_stream()

    def _close_stream(self) -> None:
        with self._wake:
            stream, self._stream = self._stream, None
        if stream is not None:
            close_stream(stream)
