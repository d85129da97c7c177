"""Playing a sound while it is read, with the time of what is heard now; no Qt."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import numpy as np
import soundfile as sf

from ser_live.audio.feed import SHORTEST_LOOP, Feed, Span
from ser_live.audio.file_peaks import FilePeaks
from ser_live.audio.output import Output, SilentOutput, open_output
from ser_live.audio.playable import FileSound, Playable
from ser_live.audio.tempo import FASTEST, SLOWEST
from ser_live.errors import AudioDeviceError, SerLiveError

log = logging.getLogger(__name__)

_POLL = 0.02  # s between looks at the ring while playing
_STALL = 1.5  # no callback for so long: the output device is gone


class Player:
    """A sound through the speakers, mono as the analysis hears it.

    Every method but :meth:`close` returns at once; a thread of its own reads the file and opens
    and closes the device.  Where there is no output device a silent clock runs instead.

    Args:
        sound: a file's path, or something else that can be played.
        device: output device number or name; the system's default for ``None``.
        waveform: of all of the sound, computed in the background; closed with the player.

    Raises:
        AudioFileError: as :class:`ser_live.audio.decode.Decoder`.

    Attributes:
        duration: seconds; ``None`` while unknown (some streams do not state it), may be set later.
        silent: nothing is heard, the clock runs alone.
        message: what is wrong with the output, or empty.
        error: why the sound cannot be read on; playing pauses there and may be tried again.
        underruns: blocks that the reader was late for.
    """

    def __init__(
        self,
        sound: str | Path | Playable,
        device: str | int | None = None,
        waveform: FilePeaks | None = None,
    ) -> None:
        self._sound = FileSound(sound) if isinstance(sound, str | Path) else sound
        self.path = self._sound.path
        self.sample_rate = self._sound.sample_rate
        self.duration = self._sound.duration
        self.waveform = waveform
        self.silent = False
        self.message = ""
        self.error: Exception | None = None
        self.underruns = 0
        self._device = device
        self._speed, self._gain = 1.0, 1.0
        self._loop: Span | None = None
        self._wake = threading.Condition()
        self._target: float | None = None
        self._playing = self._finished = self._closed = False
        self._anchor = 0.0  # where it stands while nothing is played, s
        self._output: Output | None = None  # set while a stretch is played, and so is the feed
        self._feed: Feed | None = None
        self._pending = np.empty(0, np.float32)
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
            return self._target if self._target is not None else self._now()

    @property
    def speed(self) -> float:
        """Seconds of the file a second, at the same pitch."""
        return self._speed

    @property
    def loop(self) -> Span | None:
        """Start and end (s) of the stretch that is repeated."""
        return self._loop

    def play(self) -> None:
        """Go on, or begin again after the end."""
        with self._wake:
            if self._finished:
                self._target = 0.0 if self._loop is None else self._loop[0]
            if not self._playing:  # an output may have come back
                self.silent = False
            self._finished = False
            self._playing = True
            self.error = None
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
            self._move(0.0)

    def seek(self, seconds: float) -> None:
        """Go to a time, playing or not."""
        with self._wake:
            self._move(max(0.0, min(seconds, self.duration or seconds)))

    def set_speed(self, speed: float) -> None:
        """Play slower or faster, 0.5 … 2, from here on; other values are brought into that."""
        with self._wake:
            self._speed = min(FASTEST, max(SLOWEST, speed))
            self._again()

    def set_loop(self, span: Span | None) -> None:
        """Repeat a stretch (start and end, s) from now on; ``None`` goes on after its end.

        Raises:
            ValueError: shorter than 50 ms.
        """
        if span is not None and span[1] - span[0] < SHORTEST_LOOP:
            raise ValueError(f"a loop of {span[1] - span[0]:.3f} s is too short")
        with self._wake:
            self._loop = span
            here = self._target if self._target is not None else self._now()
            if span is not None and not span[0] <= here < span[1]:
                self._move(span[0])
            else:
                self._again()

    def set_gain(self, gain: float) -> None:
        """A factor on the samples, 0 … 1; takes effect at once."""
        with self._wake:
            self._gain = min(1.0, max(0.0, gain))
            if self._output is not None:
                self._output.gain = self._gain

    def set_device(self, device: str | int | None) -> None:
        """Play through another output device: number or name, the system's for ``None``."""
        with self._wake:
            self._device = device
            self.silent, self.message = False, ""
            self._again()

    def close(self, timeout: float | None = 5.0) -> None:
        """End the threads and give the device back; may block shortly."""
        with self._wake:
            self._closed = True
            self._playing = False
            self._wake.notify()
        if self.waveform is not None:
            self.waveform.close(timeout)
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)

    # -- under the lock

    def _move(self, target: float) -> None:
        self._target = target
        self._finished = False
        self._wake.notify()

    def _again(self) -> None:
        """What plays begins anew where it is."""
        if self._output is not None and self._target is None:
            self._target = self._now()
        self._wake.notify()

    def _now(self) -> float:
        output, feed = self._output, self._feed
        if output is None or feed is None:
            return self._anchor
        return feed.times.at(output.heard())

    # -- the thread

    def _run(self) -> None:
        try:
            while not self._closed:
                with self._wake:
                    running = self._output is not None
                    if self._target is None and self._playing == running:
                        self._wake.wait(_POLL if running else None)
                    target, wanted = self._target, self._playing
                if self._closed:
                    break
                if target is not None:
                    self._halt()
                    with self._wake:
                        self._anchor = target
                        if self._target == target:
                            self._target = None
                if self._output is not None and not wanted:
                    self._halt()
                elif self._output is None and wanted:
                    self._begin()
                elif self._output is not None:
                    self._advance()
        finally:
            self._halt()

    def _begin(self) -> None:
        """Start a stretch of playing at the anchor."""
        output: Output = SilentOutput(self.sample_rate)
        if not self.silent:
            output, self.message = open_output(self._device, self.sample_rate)
            self.silent = isinstance(output, SilentOutput)
        with self._wake:
            feed = Feed(self._sound, self._anchor, output.rate, self._speed, self._loop)
            output.gain = self._gain
        self._pending = np.empty(0, np.float32)
        try:
            self._fill(output, feed)
            output.start()
        except AudioDeviceError as error:
            output.close()
            self._go_silent(f"{error}: playing silently")
            return  # the loop comes here again
        with self._wake:
            output.gain = self._gain
            self._feed, self._output = feed, output

    def _fill(self, output: Output, feed: Feed) -> None:
        """Move samples from the file to the output until it is full or the file ends."""
        while room := output.room:
            if not len(self._pending):
                block = None if output.ended else self._next_block(feed)
                if block is None:
                    output.ended = True
                    return
                self._pending = block
            output.write(self._pending[:room])
            self._pending = self._pending[room:]

    def _next_block(self, feed: Feed) -> np.ndarray | None:
        try:
            return feed.next()
        except (sf.LibsndfileError, SerLiveError, OSError) as error:
            log.warning("%s: playing stops: %s", self.path, error)
            self.error = error
            return None

    def _advance(self) -> None:
        """Keep the output full; notice the end, and a device that stopped."""
        output, feed = self._output, self._feed
        assert output is not None and feed is not None
        self._fill(output, feed)
        heard = output.heard()
        if output.ended and heard >= output.written - 0.01 * output.rate:
            self._halt()
            with self._wake:
                if self._target is None:
                    self._playing = False
                    self._finished = self.error is None
                    if self._finished:
                        self._anchor = self.duration or feed.times.at(output.written)
        elif output.stalled_for > _STALL:
            self._halt()
            self._go_silent("the output device stopped: playing silently")

    def _go_silent(self, message: str) -> None:
        log.warning("%s", message)
        self.silent, self.message = True, message

    def _halt(self) -> None:
        """End the stretch that is played, if any, and stay where it is."""
        with self._wake:
            self._anchor = self._now()
            output, feed = self._output, self._feed
            self._output = self._feed = None
        if output is not None:
            output.close()
            self.underruns += output.underruns
        if feed is not None:
            feed.close()
