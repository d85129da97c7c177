"""The menu behind the button at the right of the toolbar."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from ser_live.ui import theme as themes
from ser_live.ui.emotion_row import CURVES, STYLES
from ser_live.ui.smoothing import HALF_LIVES
from ser_live.ui.spectrum_row import AUTO, STRIPS
from ser_live.ui.text_scale import SCALES


class MainMenu(QMenu):
    """Entries; what they do is decided by the window.

    Signals:
        theme_chosen: ``light``, ``dark`` or ``system``.
        smoothing_chosen: a key of ``HALF_LIVES``.
        strips_chosen: a key of ``STRIPS``.
        style_chosen: a key of ``STYLES``.
        text_scale_chosen: a key of ``SCALES``.
    """

    theme_chosen = Signal(str)
    strips_chosen = Signal(str)
    style_chosen = Signal(str)
    smoothing_chosen = Signal(float)
    text_scale_chosen = Signal(float)

    def __init__(self, parent: QWidget, theme: str) -> None:
        super().__init__(parent)
        # The keys are made by the table of keys: here they are only shown.
        self.open = self.addAction("Open…\tO")
        self.recent = self.addMenu("Recent files")
        self.record = self.addAction("Record…\tR")
        self.record.setCheckable(True)
        self.export = self.addAction("Export results…\tE")
        self.export_all = self.addAction("Export all results…\tCtrl+E")
        self.save_session = self.addAction("Save session…\tCtrl+S")
        self.picture = self.addAction("Save plots as picture…\tShift+E")
        self.addSeparator()
        self.pause = self.addAction("Pause the view\tP")
        self.file_list = self.addAction("List of files\tCtrl+L")
        self.file_list.setCheckable(True)
        self.present = self.addAction("Presentation\tF11")
        self.present.setCheckable(True)
        self.strips = self._choices("View", STRIPS.items(), AUTO, self.strips_chosen)
        self.styles = self._choices("Emotions as", STYLES.items(), CURVES, self.style_chosen)
        self.fit = self.addAction("Show the whole session\t0")
        self.smoothing = self._choices(
            "Smooth the bars", HALF_LIVES.items(), 0.0, self.smoothing_chosen
        )
        names = (themes.SYSTEM, themes.LIGHT, themes.DARK)
        self.themes = self._choices(
            "Theme", ((n, n.capitalize()) for n in names), theme, self.theme_chosen
        )
        self.text_scales = self._choices("Text size", SCALES.items(), 1.0, self.text_scale_chosen)
        self.addSeparator()
        self.settings = self.addAction("Settings…\tCtrl+,")
        self.messages = self.addAction("Messages…\tCtrl+M")
        self.keys = self.addAction("Keys…\t?")
        self.about = self.addAction("About SER Live…\tCtrl+I")
        self.quit = self.addAction("Quit\tCtrl+Q")

    def _choices(
        self, title: str, entries: Iterable[tuple[Any, str]], chosen: object, signal: Any
    ) -> dict[Any, QAction]:
        """A submenu of which one entry is checked; choosing one emits its value."""
        menu = self.addMenu(title)
        group = QActionGroup(menu)
        actions: dict[Any, QAction] = {}
        for value, text in entries:
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(value == chosen)
            action.triggered.connect(lambda _=False, value=value: signal.emit(value))
            group.addAction(action)
            actions[value] = action
        return actions
