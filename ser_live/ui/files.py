"""Several files: what the list of files does in the window."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from ser_live.batch import Batch, Work
from ser_live.export.formats import FORMATS
from ser_live.export.many import Written, write_each
from ser_live.export.results import Results
from ser_live.gather import KNOWN, Gathered, gather
from ser_live.ready import Ready
from ser_live.ui.export_all_dialog import ExportAllDialog
from ser_live.ui.failed_files import FailedFiles
from ser_live.ui.file_list import WIDTH, FileList
from ser_live.ui.file_list_model import Undo, progress_words, row_of
from ser_live.ui.jobs import Jobs
from ser_live.ui.messages import Message, explain
from ser_live.ui.unsaved import STEP

if TYPE_CHECKING:
    from ser_live.predictor import Predictor
    from ser_live.ui.main_window import MainWindow

_REFRESH_MS = 200


def open_work(path: Path, predictor: Predictor, values: dict[str, Any]) -> Any:
    """As :func:`ser_live.open_work.open_work`, whose import costs time."""
    from ser_live.open_work import open_work

    return open_work(path, predictor, values)


def make_room(window: QWidget, pixels: int) -> int:
    """Let a window grow to the side, as far as the screen allows, or shrink again; by how much."""
    if window.isMaximized() or window.isFullScreen() or not window.isVisible():
        return 0
    before = window.width()
    room = window.screen().availableGeometry()
    width = max(window.minimumWidth(), min(window.width() + pixels, room.width()))
    window.resize(width, window.height())
    if window.frameGeometry().right() > room.right():
        window.move(max(room.left(), room.right() - width + 1), window.y())
    return width - before


class Files(QObject):
    """Opens what the user named; more than one file makes a list that is analysed behind.

    Args:
        window: shows the list and the files.
        opener: replaces :func:`open_work` in tests.
    """

    def __init__(
        self, window: MainWindow, opener: Callable[[Path, Any, dict[str, Any]], Any] = open_work
    ) -> None:
        super().__init__(window)
        self._window, self._engine, self._opener = window, window.engine, opener
        self.batch = Batch()
        self.undo = window.session_saving.unsaved.undo = Undo()
        self.panel = FileList(window.theme)
        self.dialog: ExportAllDialog | None = None
        self._jobs: Jobs | None = None
        self._predictor: Predictor | None = None
        self._shown: int | None = None
        self._shown_path: Path | None = None
        self._grown = 0  # pixels that the window has grown for the list
        self._wanted = True  # the list is not put away
        self._failed = FailedFiles(self._engine.message.emit, self._engine.settled.emit)
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        window.view.body.insertWidget(0, self.panel)
        window.view.side = self.panel
        self.panel.chosen.connect(self.show_file)
        self.panel.cancel.connect(self.cancel_or_go_on)
        self.panel.export.connect(self.ask_to_export)
        self.panel.hidden.connect(self.toggle)
        menu = window.toolbar.menu
        menu.file_list.triggered.connect(self.toggle)
        menu.export_all.triggered.connect(self.ask_to_export)
        self._engine.changed.connect(self._on_engine)
        self.refresh()

    # -- opening

    def open_paths(self, paths: Iterable[str | Path]) -> None:
        """Open files and what is in folders: one file alone as it is, several as a list."""
        named = [Path(path) for path in paths]
        if not named:
            return
        if len(named) == 1 and named[0].suffix.lower() in KNOWN and not self.batch.entries():
            self._engine.open_file(named[0])
            return
        found: list[Gathered] = []
        # Looking through folders may take its time.
        self.run(lambda: found.append(gather(named)), lambda: self._add(found[0]))

    def _add(self, found: Gathered) -> None:
        if found.rejected:
            shown, more = found.rejected[:3], len(found.rejected) - 3
            title = "Left out: " + "; ".join(shown) + (f"; and {more} more" if more > 0 else "")
            rest = "The rest was opened." if found.files else "Choose sound or session files (O)."
            self._tell("warning", title, rest, "left-out")
        if not found.files:
            return
        if len(found.files) == 1 and not self.batch.entries():
            self._engine.open_file(found.files[0])
            return
        self._wanted = True
        numbers = self.batch.add(found.files)
        self.refresh()
        self.show_file(numbers[0])

    def show_file(self, number: int) -> None:
        """Show a file of the list; what is known of it is there at once."""
        entry = next((e for e in self.batch.entries() if e.number == number), None)
        if entry is None:
            return
        self._shown, self._shown_path = number, entry.path

        def opener() -> Work:
            work = self.batch.watch(number)
            assert work is not None
            return work

        self._engine.open_ready(entry.path, opener)
        self.refresh()

    # -- the model, and what changes with it

    def _on_engine(self) -> None:
        engine = self._engine
        if engine.predictor is not None and engine.predictor is not self._predictor:
            self.renew()
        alone = engine.session is not None and not isinstance(engine.session, Ready)
        if self._shown is not None and (engine.path != self._shown_path or alone):
            self._shown = None
            self.batch.watch(None)
        # A microphone must not wait for files.
        self.batch.considerate = engine.capturing

    def renew(self) -> bool:
        """The model or the settings are others: analyse again; tell whether a shown file is."""
        predictor = self._predictor = self._engine.predictor
        if predictor is None:
            return False
        values, opener = self._window.tuned.values, self._opener
        self.batch.use(lambda path: opener(path, predictor, values))
        return self._shown is not None

    # -- what the user does with the list

    @property
    def shown(self) -> int | None:
        """Number of the file that the window shows, if it is one of the list."""
        return self._shown

    def toggle(self) -> None:
        """Put the list away, or show it again."""
        self._wanted = not self.panel.isVisibleTo(self._window.view)
        self.refresh()

    def cancel_or_go_on(self) -> None:
        """Leave undone what is not done, or go on with it."""
        if self.batch.progress().open:
            self.batch.cancel()
        else:
            self.batch.resume()
        self.refresh()

    def remove_selected(self) -> None:
        """Take the selected files off the list, where that has the focus."""
        numbers = self.panel.selected()
        if not numbers or not self.panel.list.hasFocus():
            return
        entries = self.batch.entries()
        at = next(i for i, e in enumerate(entries) if e.number == numbers[0])
        names = [e.path.name for e in entries if e.number in numbers]
        what = names[0] if len(names) == 1 else f"{len(names)} files"
        removed = self.batch.remove(numbers)
        self.undo.add(what, lambda: self.batch.restore(removed))
        self._tell("info", f"{what} taken off the list.", "Ctrl+Z puts it back.", "undo")
        left = self.batch.entries()
        if self._shown in numbers and left:
            self.show_file(left[min(at, len(left) - 1)].number)
        self.refresh()

    def take_back(self) -> None:
        """Undo the last removal, or what took the place of a live session."""
        what = self.undo.take_back()
        if what not in (None, STEP):
            self._engine.settled.emit("undo")
            self._wanted = True
            self.refresh()

    # -- export

    def ask_to_export(self) -> None:
        """Ask for a format and a folder."""
        count = len(self.batch.results())
        if not self.batch.entries():
            self._tell("info", "There is no list of files.", "E exports what is shown.", "save")
            return
        if not count:
            self._tell("info", "No file of the list is done yet.", "Wait for the analysis.", "save")
            return
        dialog = self.dialog = ExportAllDialog(self._window, count)
        dialog.accepted.connect(
            lambda: self.export(dialog.format_name, dialog.folder, dialog.replace.isChecked())
        )
        dialog.open()

    def export(self, form: str, folder: Path, replace: bool) -> None:
        """Write the results of all files that are done."""
        results = [
            Results(str(path), work.duration, work.model_name, work.timeline)
            for path, work in self.batch.results()
        ]
        out: list[Written] = []

        def done() -> None:
            count, kept = len(out[0].files), len(out[0].kept)
            advice = f"Folder: {folder}"
            if kept:
                advice = f"{kept} were there already and are kept. {advice}"
            level = "warning" if kept else "info"
            self._tell(level, f"Results of {count} files saved.", advice, "save")

        self.run(lambda: out.append(write_each(results, FORMATS[form], folder, replace)), done)

    # -- the timer

    def refresh(self) -> None:
        """Bring the list up to date."""
        entries = self.batch.entries()
        self._failed.look(entries, self._shown)
        menu = self._window.toolbar.menu
        menu.file_list.setEnabled(bool(entries))
        menu.export_all.setEnabled(bool(entries))
        visible = bool(entries) and self._wanted
        menu.file_list.setChecked(visible)
        if visible != self.panel.isVisibleTo(self._window.view):
            focused = self._window.focusWidget()
            if focused is not None and self.panel.isAncestorOf(focused):
                self._window.toolbar.toggle.setFocus()  # Space would press what comes next
            self.panel.setVisible(visible)
            # Without it the plots would get too narrow for their legend.
            self._grown = make_room(self._window, WIDTH if visible else -self._grown)
        if bool(entries) != self._timer.isActive():
            self._timer.start() if entries else self._timer.stop()
        if not visible:
            return
        self.panel.show_rows([row_of(entry) for entry in entries], self._shown)
        progress = self.batch.progress()
        words = progress_words(progress)
        if progress.open and self._engine.model_error is not None:
            words = "no model: see the message above"
        self.panel.show_progress(
            words, progress.share, bool(progress.open), bool(progress.cancelled)
        )
        self.panel.export_button.setEnabled(progress.done > 0)

    # -- helpers

    def run(
        self,
        job: Callable[[], object],
        done: Callable[[], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Do what takes its time, so that the engine's jobs need not wait for it."""
        if self._jobs is None:
            self._jobs = Jobs(self, "ser-files")
        told = failed or (lambda error: self._engine.message.emit(explain(error, "save")))
        self._jobs.submit(job, lambda _: done(), told)

    def _tell(self, level: str, title: str, advice: str, key: str) -> None:
        self._engine.message.emit(Message(key, level, title, advice))

    def close(self) -> None:
        """Stop everything; returns at once, :meth:`wait` tells when it is done."""
        self._timer.stop()
        self.batch.close()
        if self._jobs is not None:
            self._jobs.finish()

    def wait(self, timeout: float = 10.0) -> bool:
        """Wait for the threads; tell whether all ended."""
        jobs = self._jobs is None or self._jobs.wait(timeout)
        return self.batch.wait(timeout) and jobs
