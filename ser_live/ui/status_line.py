"""Figures about the running session, and the note on use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QToolButton,
)

from ser_live.audio.sources import Source
from ser_live.ui.elided_label import ElidedLabel
from ser_live.ui.view_model import clock

if TYPE_CHECKING:
    from ser_live.pipeline import Stats

_WARNINGS = "What is wrong with the sound that comes in"
_MOST_WARNING = 0.6  # of the width

NOTE = (
    "Estimates perceived, acted emotion from sound alone. Tell people who are recorded. "
    "Not for use at work or in education in the EU (AI Act, Art. 5(1)(f))."
)


def figures(source: Source, stats: Stats, paint_ms: float, backend: str = "") -> str:
    """The figures of a session in one line.

    Args:
        source: of the sound.
        stats: of the session.
        paint_ms: what a picture costs.
        backend: what computes; empty for a saved session.
    """
    if not backend and not source.live:
        return f"saved session · {clock(stats.time)} · paint {paint_ms:.0f} ms"
    parts = []
    if source.live:
        parts.append(f"heard {clock(stats.time)}")
        parts.append(f"latency {stats.latency_ms:.0f} ms")
        if capture := getattr(source, "capture_ms", 0.0):
            parts.append(f"capture {capture:.0f} ms")
    parts += [
        f"vad {stats.vad_ms:.0f} ms/s",
        f"features {stats.features_ms:.1f}",
        f"model {stats.model_ms:.1f}",
        f"paint {paint_ms:.0f} ms",
        f"queue {stats.queued}",
        f"dropped {stats.dropped}",
    ]
    if source.live:
        lost, overflows = getattr(source, "lost", 0), getattr(source, "overflows", 0)
        parts.append(f"lost {lost} · overflows {overflows}")
        parts.append(f"{source.name}{_rate(source)}")
    if backend:
        parts.append(backend)
    return " · ".join(parts)


def _rate(source: Source) -> str:
    rate = getattr(source, "sample_rate", 0)
    return f" {rate / 1000:g} kHz" if rate else ""


class StatusLine(QFrame):
    """Two lines: figures with warnings and progress, and the note."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status")
        self.setAccessibleName("Status")
        self.figures = ElidedLabel(
            "latency: from a window's last sample to its result\n"
            "capture: from the microphone to the program, as the sound system tells\n"
            "vad: ms a second of sound\n"
            "features, model: ms of the last window\n"
            "paint: ms a picture\n"
            "queue: waiting windows\n"
            "dropped: provisional windows given up to keep pace\n"
            "lost: samples that came too fast; overflows: times that the sound system lost some\n"
            "then the input and its sampling rate, and what computes"
        )
        self.figures.setAccessibleName("Figures of the running session")
        self.warning = ElidedLabel(_WARNINGS)
        self.warning.setObjectName("warning")
        self.warning.setAccessibleName("Warnings about the source")
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Progress of the analysis")
        self.progress.setToolTip("How much of the file has been analysed; it plays meanwhile")
        self.progress.setFixedSize(270, 18)
        self.progress.setRange(0, 100)
        self.cancel = QToolButton()
        self.cancel.setText("Stop analysis")
        self.cancel.setObjectName("flat")
        self.cancel.setToolTip("End the analysis of the file; what was found stays")
        self.cancel.setAccessibleName("Stop the analysis of the file")
        for part in (self.warning, self.progress, self.cancel):
            part.hide()
        self.note = QLabel(NOTE)
        self.note.setObjectName("muted")
        self.note.setAccessibleName("Note on use")
        for label in (self.figures, self.warning, self.note):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setProperty("small", True)
        self.note.setWordWrap(True)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.figures.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        first = QHBoxLayout()
        first.setSpacing(12)
        first.addWidget(self.figures, 1)
        first.addWidget(self.warning)
        first.addWidget(self.progress)
        first.addWidget(self.cancel)
        first.addStretch()  # the row is as wide as the window, whatever of it is hidden
        layout = QGridLayout(self)
        layout.setContentsMargins(12, 4, 12, 5)
        layout.setVerticalSpacing(2)
        layout.setColumnStretch(0, 1)
        layout.addLayout(first, 0, 0)
        layout.addWidget(self.note, 1, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's: a long warning leaves room for some figures."""
        super().resizeEvent(event)
        self.warning.setMaximumWidth(round(_MOST_WARNING * self.width()))

    def show_warnings(self, warnings: list[str]) -> None:
        """The first one; all of them in the tooltip."""
        self.warning.explain("\n".join([*warnings[1:], _WARNINGS]))
        self.warning.setText(f"⚠ {warnings[0]}" if warnings else "")
        self.warning.setVisible(bool(warnings))

    def show_waiting(self, paint_ms: float) -> None:
        """A file plays, but nothing analyses it yet."""
        self.figures.setText(f"not analysed: no model yet · paint {paint_ms:.0f} ms")
        self.show_warnings([])
        self.show_progress(None)

    def show_progress(self, share: float | None, left: str = "") -> None:
        """The share of a file that is analysed and how long the rest takes, or nothing."""
        self.progress.setVisible(share is not None)
        self.cancel.setVisible(share is not None)
        if share is not None:
            self.progress.setValue(round(100 * min(1.0, share)))
            self.progress.setFormat(f"analysing %p %{left and f' · {left}'}")
