"""The menu of the files opened last."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QMenu

from ser_live.ui.engine import Engine
from ser_live.ui.resources import asset
from ser_live.ui.settings import Settings


class RecentFiles:
    """Remembers what was opened, and offers it again; what is not there any more is grey.

    Args:
        menu: to be filled each time it is shown.
        engine: opens the files.
        settings: keep the list.
    """

    def __init__(self, menu: QMenu, engine: Engine, settings: Settings) -> None:
        self._menu, self._engine, self._settings = menu, engine, settings
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self.fill)
        engine.changed.connect(self._note)
        self._noted: Path | None = None
        menu.setEnabled(bool(settings.recent))

    def _note(self) -> None:
        """Keep the file that was opened, once it could be."""
        path = self._engine.path
        if self._engine.session is None or path is None or path == self._noted:
            return
        self._noted = path
        if path != asset("demo.wav"):
            self._settings.add_recent(str(path.absolute()))
            self._menu.setEnabled(True)

    def fill(self) -> None:
        """List the files, newest first."""
        self._menu.clear()
        entries = {}
        for name in self._settings.recent:
            # An ampersand would underline what follows.
            action = self._menu.addAction(Path(name).name.replace("&", "&&"))
            action.setToolTip(name)
            action.triggered.connect(lambda _=False, name=name: self._engine.open_file(name))
            entries[name] = action
        missing: list[str] = []

        def look() -> None:  # a network drive may take its time: not on the UI thread
            missing.extend(name for name in entries if not Path(name).exists())

        def show() -> None:
            for action in self._menu.actions():
                if action.toolTip() in missing:
                    action.setEnabled(False)
                    action.setText(f"{action.text()} (missing)")

        self._engine.run_job(look, show, lambda error: None)
