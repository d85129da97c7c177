"""What a sound server does with a stream that follows its default source.

When the default microphone is unplugged, the server puts another source in its place and says
nothing.  Where no other microphone is left, that is what loudspeakers play: silence without end.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any

from ser_live.audio.pulse import connected

_NO_SINK = 0xFFFFFFFF  # PulseAudio's invalid index: the source is no monitor
_PID = "application.process.id"


def _is_monitor(source: Any) -> bool:
    return int(source.monitor_of_sink) != _NO_SINK


def _described(source: Any) -> str:
    return str(source.description or source.name)


class DefaultWatch:
    """Tells whether the newest recording stream of this process still hears a microphone.

    Another microphone in place of the first one is followed, as every program does that records
    from the default input; so is what the user chooses in the system's settings.  For use by one
    thread at a time, made when the stream runs.

    Attributes:
        name: the server's name of the source that is heard; empty where no server serves it.
        unplugged: for people, what was heard before it went away; empty while it is there.
        monitor: what is heard is what loudspeakers play.
    """

    def __init__(self) -> None:
        self.name = self.unplugged = ""
        self.monitor = False
        self._stack = contextlib.ExitStack()
        self._pulse = self._stack.enter_context(connected())
        self._output: int | None = None
        self._home: int | None = None
        self._description = ""
        if self._pulse is None:
            return
        own = str(os.getpid())
        with contextlib.suppress(Exception):  # the server went away meanwhile
            outputs = [o for o in self._pulse.source_output_list() if o.proplist.get(_PID) == own]
            if outputs:
                newest = max(outputs, key=lambda o: o.index)
                self._output = int(newest.index)
                self._settle(self._pulse.source_info(newest.source))

    def _settle(self, source: Any) -> None:
        self._home, self.name = int(source.index), str(source.name)
        self._description, self.monitor = _described(source), _is_monitor(source)

    @property
    def present(self) -> bool:
        """Whether a microphone is heard, as far as the server tells; true where there is none."""
        if self._pulse is None or self._home is None:
            return True
        try:
            outputs = {int(o.index): int(o.source) for o in self._pulse.source_output_list()}
            here = outputs.get(self._output or 0)
            if here == self._home:
                return True
            sources = {int(s.index): s for s in self._pulse.source_list()}
        except Exception:  # the server is gone: that no sound comes will tell
            return True
        now = None if here is None else sources.get(here)
        if self._home not in sources and (now is None or _is_monitor(now)):
            self.unplugged = self._description
            return False
        if now is not None:
            self._settle(now)
        return True

    def close(self) -> None:
        """Disconnect."""
        self._pulse = None
        self._stack.close()


def default_is_back(name: str) -> bool:
    """Whether the default source is a microphone, or the source that was heard before.

    True as well where no server answers: opening the device then tells what is wrong.

    Args:
        name: of the source that was heard before.
    """
    with connected() as pulse:
        if pulse is None:
            return True
        try:
            default = pulse.get_source_by_name(pulse.server_info().default_source_name)
        except Exception:  # no source at all, or the server went away
            return False
        return str(default.name) == name or not _is_monitor(default)
