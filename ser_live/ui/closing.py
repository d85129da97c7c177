"""One question before the window closes on a live session that is in no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QMessageBox, QWidget

from ser_live.ui.live_sessions import LiveSession
from ser_live.ui.messages import Message

if TYPE_CHECKING:
    from ser_live.ui.main_window import MainWindow


class UnsavedQuestion(QMessageBox):
    """Save, discard or cancel.

    Args:
        parent: the window.
        live: what would be lost.
        goes_on: it is still running.
    """

    def __init__(self, parent: QWidget | None, live: LiveSession, goes_on: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle("Close SER Live")
        self.setText(f"{live.title} {'is' if goes_on else 'was'} not saved.")
        stop = "Listening stops. " if goes_on else ""
        self.setInformativeText(f"{stop}Save its results and waveform?")
        role = QMessageBox.ButtonRole
        self.save: QAbstractButton = self.addButton("Save…", role.AcceptRole)
        self.save.setToolTip("Choose a file; the window closes when it is written")
        self.discard: QAbstractButton = self.addButton("Discard", role.DestructiveRole)
        self.discard.setToolTip("Close the window; the session is lost")
        self.leave: QAbstractButton = self.addButton("Cancel", role.RejectRole)
        self.leave.setToolTip("Leave the window open")
        self.setDefaultButton(self.save)
        self.setEscapeButton(self.leave)
        self.silence = QCheckBox("Do not ask again: from now on unsaved sessions are discarded")
        self.silence.setToolTip("The settings (Ctrl+,) bring the question back")
        self.setCheckBox(self.silence)


class Closing(QObject):
    """Holds the window open until nothing would be lost, or the user says so.

    Args:
        window: whose closing is watched.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._engine = window, window.engine
        self._saving = window.session_saving
        self.question: UnsavedQuestion | None = None
        self._wanted = False  # the window is to close when the file is written
        self._given_up = False  # and also when it is not
        self._saving.over.connect(self._on_saved)
        window.installEventFilter(self)

    def end(self) -> None:
        """Ask nothing any more: the program ends."""
        self._window.removeEventFilter(self)
        self._saving.cancel()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's."""
        if event.type() == QEvent.Type.Close and watched is self._window and self._hold():
            event.ignore()
            return True
        return False

    def _hold(self) -> bool:
        """Whether the window has to stay open, having said or asked why."""
        if self._saving.busy:
            if self._wanted:  # told already, and closed once more
                self._given_up = True
                self._saving.cancel()
            self._wanted = True
            title = "The window closes when the session is saved."
            advice = "Close it once more to give that up."
            self._engine.message.emit(Message("closing", "info", title, advice, stays=True))
            return True
        live = self._engine.live.unsaved
        if live is None or not self._window.settings.ask_unsaved:
            return False
        if self.question is None:
            self._ask(live)
        return True

    def _ask(self, live: LiveSession) -> None:
        goes_on = live is self._engine.live.shown and self._engine.capturing
        question = self.question = UnsavedQuestion(self._window, live, goes_on)
        question.finished.connect(lambda _: self._answered(question, live))
        question.open()

    def _answered(self, question: UnsavedQuestion, live: LiveSession) -> None:
        if question is not self.question:  # answered already
            return
        self.question = None
        button = question.clickedButton()
        question.deleteLater()
        if button not in (question.save, question.discard):
            return
        if question.silence.isChecked():
            self._window.settings.ask_unsaved = False
        if button is question.discard:
            live.given_up = True
            self._window.close()  # asks about another one, if there is
            return
        self._saving.ask_for(live, first=lambda: self._prepare(live))

    def _prepare(self, live: LiveSession) -> None:
        """The user has chosen a file: end the session, so that all of it is saved."""
        self._wanted = True
        if live is self._engine.live.shown and self._engine.capturing:
            self._engine.stop()

    def _on_saved(self, there: bool) -> None:
        close = self._wanted and (there or self._given_up)
        self._wanted = self._given_up = False
        self._engine.settled.emit("closing")
        if close:
            self._window.close()
