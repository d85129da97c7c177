"""A list of files that one worker analyses one after the other.

The file that is watched goes first, from wherever the worker is: an analysis can wait between two
blocks for as long as it has to.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ser_live.audio.decode import Decoder
from ser_live.batch_entry import Entry, Pace, Progress, State, progress_of
from ser_live.batch_item import Item, Make, Removed, Work, open_saved
from ser_live.errors import SerLiveError
from ser_live.summary import summarize

log = logging.getLogger(__name__)


class Batch:
    """Files in a list, and the one thread that analyses them.

    Everything but :meth:`watch` and :meth:`wait` returns at once and may be called from any
    thread.  Nothing is analysed before :meth:`use` has said how; saved sessions are opened at once.

    Args:
        open_saved: opens a session; may block.
    """

    def __init__(self, open_saved: Make = open_saved) -> None:
        self._open_saved = open_saved
        self._items: list[Item] = []
        self._watched: Item | None = None
        self._make: Make | None = None
        self._round = 0
        self._count = 0
        self._pace = Pace()
        self._condition = threading.Condition()
        self._opening = threading.Lock()  # one file at a time is opened
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ser-batch", daemon=True)
        self.considerate = False  # rest as long as it works: a microphone is open

    # -- what is there

    def entries(self) -> list[Entry]:
        """The list as it stands."""
        with self._condition:
            return [self._entry(item) for item in self._items]

    def _entry(self, item: Item) -> Entry:
        reached = item.work.duration if item.work and item.round == self._round else 0.0
        return Entry(
            item.number, item.path, item.state, item.duration, reached, item.reason, item.summary
        )

    def progress(self) -> Progress:
        """Of all files together."""
        return progress_of(self.entries(), self._pace)

    def results(self) -> list[tuple[Path, Work]]:
        """The files that are done, with their results."""
        with self._condition:
            return [(i.path, i.work) for i in self._items if i.work and i.state is State.DONE]

    # -- what shall be done

    def use(self, make: Make) -> None:
        """Open files in this way from now on; what is there already is analysed again.

        Old results stay until the new ones begin.  What failed is tried again when it is watched.
        """
        with self._condition:
            self._make = make
            self._round += 1
            for item in self._items:
                if item.saved and item.state is State.DONE:
                    item.round = self._round
                elif item.state not in (State.CANCELLED, State.FAILED):
                    item.state = State.WAITING
            self._condition.notify_all()

    def add(self, paths: Iterable[Path]) -> list[int]:
        """Put files at the end; return their numbers, also of those that are there already."""
        numbers = []
        with self._condition:
            known = {item.path.absolute(): item for item in self._items}
            for path in paths:
                item = known.get(path.absolute())
                if item is None:
                    self._count += 1
                    item = known[path.absolute()] = Item(self._count, path)
                    self._items.append(item)
                numbers.append(item.number)
            if self._thread.ident is None and not self._closed.is_set():
                self._thread.start()
            self._condition.notify_all()
        return numbers

    def remove(self, numbers: Iterable[int]) -> Removed:
        """Take files off the list; what is returned puts them back, see :meth:`restore`."""
        gone = set(numbers)
        with self._condition:
            removed = [(at, i) for at, i in enumerate(self._items) if i.number in gone]
            self._items = [i for i in self._items if i.number not in gone]
            self._condition.notify_all()
        return removed

    def restore(self, removed: Removed) -> None:
        """Put back what was removed, where it was."""
        with self._condition:
            for at, item in removed:
                if item.round != self._round and item.state in (State.DONE, State.ANALYSING):
                    item.state = State.WAITING
                self._items.insert(min(at, len(self._items)), item)
            self._condition.notify_all()

    def cancel(self) -> None:
        """Leave undone what is not done; :meth:`resume` goes on with it."""
        self._swap((State.WAITING, State.ANALYSING), State.CANCELLED)

    def resume(self) -> None:
        """Go on with what was cancelled."""
        self._swap((State.CANCELLED,), State.WAITING)

    def _swap(self, old: tuple[State, ...], new: State) -> None:
        with self._condition:
            for item in self._items:
                if item.state in old:
                    item.state = new
                    if item.work is not None:
                        item.work.hold(new is State.CANCELLED)
            self._condition.notify_all()

    def watch(self, number: int | None) -> Work | None:
        """Go on with this file first; return its analysis, begun or over.

        May block, also until :meth:`use` or :meth:`close` is called where that needs a model.

        Raises:
            SerLiveError: the file cannot be opened, or is not in the list.
        """
        with self._condition:
            item = next((i for i in self._items if i.number == number), None)
            self._watched = item
            if item is None:
                if number is not None:
                    raise SerLiveError("the file is not in the list any more")
                return None
            if item.state is State.CANCELLED:
                item.state = State.WAITING
                if item.work is not None:
                    item.work.hold(False)
            self._condition.notify_all()
            self._condition.wait_for(lambda: self._maker(item) or self._closed.is_set())
        return self._open(item)

    def close(self) -> None:
        """End the worker; returns at once."""
        self._closed.set()
        with self._condition:
            self._condition.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the worker's end; tell whether it has ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    # -- the worker

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._closed.is_set() or self._next())
                if self._closed.is_set():
                    return
                step = self._next()
            assert step is not None
            began = time.perf_counter()
            step[0](step[1])
            if self.considerate:
                self._closed.wait(time.perf_counter() - began)

    def _maker(self, item: Item) -> Make | None:
        return self._open_saved if item.saved else self._make

    def _next(self) -> tuple[Callable[[Item], None], Item] | None:
        """What to do next: the watched file, lengths, then what was begun, then the next."""
        open_ = (State.WAITING, State.ANALYSING)
        todo = [i for i in self._items if i.state in open_ and self._maker(i) is not None]
        if self._watched in todo:
            return self._step, self._watched  # type: ignore[return-value]
        for item in self._items:
            if not item.probed:
                return self._probe, item
        if not todo:
            return None
        begun = [i for i in todo if i.state is State.ANALYSING]
        return self._step, (begun or todo)[0]

    def _probe(self, item: Item) -> None:
        """Find the length; a file that is none is told at once, not when its turn comes."""
        item.probed = True
        if item.saved or item.duration is not None:
            return
        try:
            item.duration = Decoder(item.path).duration
        except Exception as error:  # shown in the list
            self._fail(item, error)

    def _step(self, item: Item) -> None:
        began = time.perf_counter()
        try:
            work = self._open(item)
        except Exception:  # noted there
            return
        before = work.duration
        try:
            more = work.advance()
        except Exception as error:  # shown in the list
            self._fail(item, error)
            return
        self._pace.add(work.duration - before, time.perf_counter() - began)
        if not more:
            self._finish(item, work)

    def _open(self, item: Item) -> Work:
        """The item's work of this round."""
        with self._opening:
            with self._condition:
                make, number = self._maker(item), self._round
                if item.work is not None and item.round == number:
                    if item.state is State.WAITING:
                        item.state = State.ANALYSING
                    return item.work
            if make is None:
                raise SerLiveError("there is no model yet")
            try:
                work = make(item.path)
            except Exception as error:
                self._fail(item, error)
                raise
            with self._condition:
                item.work, item.round, item.reason = work, number, ""
                item.probed = True
                if item.duration is None:
                    item.duration = getattr(getattr(work, "source", None), "duration", None)
                if item.state in (State.WAITING, State.FAILED):
                    item.state = State.ANALYSING
                    self._condition.notify_all()
        if work.over:
            self._finish(item, work)
        return work

    def _finish(self, item: Item, work: Work) -> None:
        summary = summarize(work.timeline, work.duration)
        with self._condition:
            if item.work is work and item.round == self._round:
                item.state, item.summary, item.duration = State.DONE, summary, work.duration

    def _fail(self, item: Item, error: Exception) -> None:
        if not isinstance(error, SerLiveError):
            log.error("%s: %s", item.path, error, exc_info=error)
        reason = str(error).removeprefix(f"{item.path}: ") or type(error).__name__
        with self._condition:
            if item.work is not None and item.summary is not None and item.round != self._round:
                # It could not be opened again: better the results of before than none.
                item.state, item.round = State.DONE, self._round
                item.reason = f"still the earlier result: {reason}"
            else:
                item.state, item.reason, item.work = State.FAILED, reason, None
