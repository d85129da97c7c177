"""What is remembered between runs: theme, view, input by name, files, geometry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from PySide6.QtCore import QByteArray, QSettings, QStandardPaths

from ser_live.ui import theme as themes
from ser_live.ui.emotion_row import CURVES, STYLES
from ser_live.ui.smoothing import HALF_LIVES
from ser_live.ui.spectrum_row import AUTO, STRIPS
from ser_live.ui.text_scale import SCALES

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
    def style(self) -> str:
        """How the emotions are drawn, a key of ``STYLES``."""
        value = str(self._store.value("style", CURVES))
        return value if value in STYLES else CURVES

    @style.setter
    def style(self, choice: str) -> None:
        self._store.setValue("style", choice)

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
    def text_scale(self) -> float:
        """Size of all text, a key of ``SCALES``."""
        try:
            value = float(str(self._store.value("text_scale", 1.0)))
        except ValueError:
            value = 1.0
        return value if value in SCALES else 1.0

    @text_scale.setter
    def text_scale(self, factor: float) -> None:
        self._store.setValue("text_scale", factor)

    @property
    def notice(self) -> int:
        """Edition of the notice on consent and use that was accepted; 0 for none."""
        try:
            return int(str(self._store.value("notice", 0)))
        except ValueError:
            return 0

    @notice.setter
    def notice(self, edition: int) -> None:
        self._store.setValue("notice", edition)
        self._store.sync()  # kept even if the program is killed

    @property
    def ask_unsaved(self) -> bool:
        """Whether to ask before the window closes on a session that is in no file."""
        return str(self._store.value("ask_unsaved", True)).lower() != "false"

    @ask_unsaved.setter
    def ask_unsaved(self, on: bool) -> None:
        self._store.setValue("ask_unsaved", on)
        self._store.sync()  # the program is about to end

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
        """Files opened last, newest first; also those that another window has opened."""
        self._store.sync()
        value = self._store.value("recent")
        if isinstance(value, str):  # a list of one comes back as a text
            value = [value]
        if not isinstance(value, list):
            return []
        return [str(name) for name in value][:MOST_RECENT]

    def add_recent(self, path: str) -> None:
        """Put a file at the head of those opened last."""
        with self._alone():  # else two windows that add at once would lose one of the two
            rest = [name for name in self.recent if name != path]
            self._store.setValue("recent", [path, *rest][:MOST_RECENT])
            self._store.sync()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While it lasts no other program of this user changes a list that it has read."""
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.TempLocation)
        user = hashlib.sha256(self._store.fileName().encode()).hexdigest()[:16]
        lock = FileLock(Path(folder) / f"ser-live-{user}.lock", timeout=2)
        try:
            lock.acquire()
        except (Timeout, OSError):  # a hanging program, a full disk: rather unlocked than not kept
            yield
            return
        try:
            yield
        finally:
            lock.release()

    @property
    def input_name(self) -> str | None:
        """The microphone used last."""
        value = self._store.value("input")
        return str(value) if value else None

    @input_name.setter
    def input_name(self, name: str) -> None:
        self._store.setValue("input", name)

    @property
    def channels(self) -> dict[str, int]:
        """The channel listened to, from 1, by the microphone's name; others: the mix of all."""
        try:  # as a text: a name may hold what a key may not
            found = json.loads(str(self._store.value("channels", "{}")))
            return {str(name): int(n) for name, n in found.items() if int(n) > 0}
        except (ValueError, TypeError, AttributeError):
            return {}

    @channels.setter
    def channels(self, chosen: dict[str, int]) -> None:
        self._store.setValue("channels", json.dumps(chosen))

    @property
    def output_name(self) -> str:
        """The output chosen last; empty for the system's."""
        return str(self._store.value("output") or "")

    @output_name.setter
    def output_name(self, name: str) -> None:
        self._store.setValue("output", name)

    @property
    def volume(self) -> int:
        """Of what is played, 0 … 100."""
        try:
            return min(100, max(0, int(str(self._store.value("volume", 100)))))
        except ValueError:
            return 100

    @volume.setter
    def volume(self, percent: int) -> None:
        self._store.setValue("volume", percent)

    @property
    def muted(self) -> bool:
        """Whether nothing is heard of what is played."""
        return str(self._store.value("muted", False)).lower() == "true"

    @muted.setter
    def muted(self, on: bool) -> None:
        self._store.setValue("muted", on)

    @property
    def geometry(self) -> QByteArray | None:
        """Of the window."""
        value = self._store.value("geometry")
        return value if isinstance(value, QByteArray) else None

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("geometry", value)
