"""What is remembered between runs: theme, view, input by name, files, geometry."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

from ser_live.ui import theme as themes
from ser_live.ui.smoothing import HALF_LIVES
from ser_live.ui.spectrum_row import AUTO, STRIPS

#: As the predictor has them, whose import costs time.
DEVICES = ("auto", "cpu", "cuda", "mps")
#: So many files are remembered.
MOST_RECENT = 8


class Settings:
    """Typed access to a QSettings store.

    Args:
        store: the user's own for ``None``; tests pass one in a temporary file.
    """

    def __init__(self, store: QSettings | None = None) -> None:
        self._store = store or QSettings("ser-live", "ser-live")

    @property
    def theme(self) -> str:
        """``light``, ``dark`` or ``system``."""
        value = str(self._store.value("theme", themes.SYSTEM))
        return value if value in (themes.LIGHT, themes.DARK) else themes.SYSTEM

    @theme.setter
    def theme(self, choice: str) -> None:
        self._store.setValue("theme", choice)

    @property
    def strips(self) -> str:
        """What stands above the emotions, a key of ``STRIPS``."""
        value = str(self._store.value("strips", AUTO))
        return value if value in STRIPS else AUTO

    @strips.setter
    def strips(self, choice: str) -> None:
        self._store.setValue("strips", choice)

    @property
    def smoothing(self) -> float:
        """Half-life of the present state's bars, s; a key of ``HALF_LIVES``."""
        try:
            value = float(str(self._store.value("smoothing", 0.0)))
        except ValueError:
            value = 0.0
        return value if value in HALF_LIVES else 0.0

    @smoothing.setter
    def smoothing(self, seconds: float) -> None:
        self._store.setValue("smoothing", seconds)

    @property
    def readable(self) -> bool:
        """Whether the store could be read; where it could not, all is as at the first start."""
        return self._store.status() == QSettings.Status.NoError

    @property
    def tuning(self) -> object:
        """Changed values of the analysis by name, as they were found: to be checked."""
        text = self._store.value("tuning")
        if text is None:
            return {}
        try:
            return json.loads(str(text))
        except ValueError:
            return text

    @tuning.setter
    def tuning(self, values: dict[str, Any]) -> None:
        self._store.setValue("tuning", json.dumps(values))

    @property
    def model(self) -> str | None:
        """Checkpoint file; ``None`` is the shipped one."""
        value = self._store.value("model")
        return value if isinstance(value, str) and value else None

    @model.setter
    def model(self, path: str | None) -> None:
        self._store.setValue("model", path or "")

    @property
    def device(self) -> str:
        """``auto``, ``cpu``, ``cuda`` or ``mps``."""
        value = str(self._store.value("device", "auto"))
        return value if value in DEVICES else "auto"

    @device.setter
    def device(self, name: str) -> None:
        self._store.setValue("device", name)

    @property
    def recent(self) -> list[str]:
        """Files opened last, newest first."""
        value = self._store.value("recent")
        if isinstance(value, str):  # a list of one comes back as a text
            value = [value]
        if not isinstance(value, list):
            return []
        return [str(name) for name in value][:MOST_RECENT]

    def add_recent(self, path: str) -> None:
        """Put a file at the head of those opened last."""
        rest = [name for name in self.recent if name != path]
        self._store.setValue("recent", [path, *rest][:MOST_RECENT])

    @property
    def input_name(self) -> str | None:
        """The microphone used last."""
        value = self._store.value("input")
        return str(value) if value else None

    @input_name.setter
    def input_name(self, name: str) -> None:
        self._store.setValue("input", name)

    @property
    def geometry(self) -> QByteArray | None:
        """Of the window."""
        value = self._store.value("geometry")
        return value if isinstance(value, QByteArray) else None

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("geometry", value)
