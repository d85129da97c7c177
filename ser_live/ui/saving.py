"""Recording, exports and pictures: what the menu's entries of that kind do."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from ser_live.export.formats import FORMATS, Format, format_of
from ser_live.export.output import open_binary_output
from ser_live.export.results import Results, saved_results
from ser_live.sessions.replay import Replay
from ser_live.ui.early import Early
from ser_live.ui.engine import Engine
from ser_live.ui.messages import Message, explain
from ser_live.ui.pictures import save_picture
from ser_live.ui.plots import Plots
from ser_live.ui.record_dialog import RecordDialog, documents

_PICTURES = {".png": "PNG picture (*.png)", ".svg": "SVG drawing (*.svg)"}
_NOTHING = "nothing to record"  # a message that a microphone settles


class Saving:
    """Asks where, then saves.

    Args:
        window: the dialogs' parent.
        engine: whose session is saved.
        plots: for pictures.
    """

    def __init__(self, window: QWidget, engine: Engine, plots: Plots) -> None:
        self._window, self._engine, self._plots = window, engine, plots
        self.dialog: RecordDialog | None = None
        engine.changed.connect(self._on_change)

    # -- recording

    def toggle_recording(self) -> None:
        """Stop recording, or ask where to record to."""
        engine = self._engine
        if engine.recorder.path is not None:
            engine.recorder.stop()
        elif not engine.can_record:
            advice = "Start the microphone first."
            engine.message.emit(Message(_NOTHING, "info", "Nothing to record.", advice))
        else:
            dialog = self.dialog = RecordDialog(self._window)
            dialog.accepted.connect(
                lambda: engine.record(dialog.path, dialog.audio.isChecked(), dialog.overwrite)
            )
            # Whatever the answer, the button has to show what is the case.
            dialog.finished.connect(lambda _: engine.recorder.changed.emit())
            dialog.open()
        engine.recorder.changed.emit()

    def _on_change(self) -> None:
        if self._engine.can_record:
            self._engine.settled.emit(_NOTHING)

    # -- exports

    def ask_to_export(self) -> None:
        """Let the user choose a file; its type is the format."""
        results = self._results()
        if results is None:
            self._tell("info", "Nothing to export.", "Listen to something or open a file first.")
            return
        kinds = {f"{form.title} (*{form.suffix})": form for form in FORMATS.values()}
        start = str(documents() / results.stem)
        name, kind = QFileDialog.getSaveFileName(
            self._window, "Export results", start, ";;".join(kinds)
        )
        if not name:
            return
        form = format_of(name) or kinds.get(kind, FORMATS["csv"])
        path = Path(name if format_of(name) else name + form.suffix)
        if str(path) != name and path.exists():  # the dialog has asked about another name
            self._tell("error", f"{path.name} exists already.", "Choose another name.")
            return
        self._export(results, form, path)

    def _results(self) -> Results | None:
        session = self._engine.session
        if session is None or isinstance(session, Early):
            return None
        path = self._engine.path
        source = str(path) if path is not None else session.source.name
        if isinstance(session, Replay):
            return saved_results(source, session.saved)
        model, config = self._engine.model_name, session.predictor.config.to_json()
        return Results(source, session.stats().time, model, session.timeline, config=config)

    def _export(self, results: Results, form: Format, path: Path) -> None:
        def work() -> None:
            with open_binary_output(str(path)) as stream:
                form.write_one(results, stream)

        self._engine.run_job(work, lambda: self._saved(path), self._failed)

    # -- pictures

    def ask_for_picture(self) -> None:
        """Let the user choose a file for the plots as they stand."""
        kinds = ";;".join(_PICTURES.values())
        name, kind = QFileDialog.getSaveFileName(
            self._window,
            "Save the plots",
            str(documents() / "plots"),
            kinds,
        )
        if not name:
            return
        suffix = Path(name).suffix.lower()
        if suffix not in _PICTURES:
            suffix = next((s for s, text in _PICTURES.items() if text == kind), ".png")
            name += suffix
            if Path(name).exists():
                self._tell("error", f"{Path(name).name} exists already.", "Choose another name.")
                return
        try:
            save_picture(self._plots, Path(name))
        except OSError as error:
            self._failed(error)
        else:
            self._saved(Path(name))

    # -- messages

    def _saved(self, path: Path) -> None:
        self._tell("info", f"Saved {path.name}.", f"Folder: {path.parent}")

    def _failed(self, error: Exception) -> None:
        if isinstance(error, OSError):
            text = f"{error.filename or 'The file'}: {error.strerror or error}"
            self._tell("error", text, "Choose another folder.")
        else:
            self._engine.message.emit(explain(error, "save"))

    def _tell(self, level: str, title: str, advice: str) -> None:
        self._engine.message.emit(Message("save", level, title, advice))
