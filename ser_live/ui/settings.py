"""What is remembered between runs: theme, input by name, geometry."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings

from ser_live.ui import theme as themes


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
