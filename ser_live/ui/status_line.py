"""Figures about the running session, and the note on use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QProgressBar, QSizePolicy

from ser_live.audio.sources import Source
from ser_live.ui.view_model import clock

if TYPE_CHECKING:
    from ser_live.pipeline import Stats

NOTE = (
    "Estimates perceived, acted emotion from sound alone. Tell people who are recorded. "
    "Not for use at work or in education in the EU (AI Act, Art. 5(1)(f))."
)


def figures(source: Source, stats: Stats, paint_ms: float) -> str:
    """The figures of a session in one line."""
    parts = []
    if source.live:
        parts.append(f"heard {clock(stats.time)}")
        parts.append(f"latency {stats.latency_ms:.0f} ms")
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
    return " · ".join(parts)


class StatusLine(QFrame):
    """Two lines: figures with warnings and progress, and the note."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status")
        self.setAccessibleName("Status")
        self.figures = QLabel("")
        self.figures.setAccessibleName("Figures of the running session")
        self.figures.setToolTip(
            "latency: from a window's last sample to its result · vad: ms a second of sound · "
            "features, model: ms of the last window · queue: waiting windows · "
            "dropped: provisional windows given up to keep pace · lost: samples, overflows"
        )
        self.warning = QLabel("")
        self.warning.setObjectName("warning")
        self.warning.setAccessibleName("Warnings about the source")
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Progress of the analysis")
        self.progress.setToolTip("How much of the file has been analysed; it plays meanwhile")
        self.progress.setFixedSize(190, 18)
        self.progress.setRange(0, 100)
        self.progress.hide()
        self.note = QLabel(NOTE)
        self.note.setObjectName("muted")
        self.note.setAccessibleName("Note on use")
        for label in (self.figures, self.warning, self.note):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setProperty("small", True)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.figures.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        first = QHBoxLayout()
        first.setSpacing(12)
        first.addWidget(self.figures, 1)
        first.addWidget(self.warning)
        first.addWidget(self.progress)
        layout = QGridLayout(self)
        layout.setContentsMargins(12, 4, 12, 5)
        layout.setVerticalSpacing(2)
        layout.addLayout(first, 0, 0)
        layout.addWidget(self.note, 1, 0)

    def show_progress(self, share: float | None, name: str = "") -> None:
        """The share of a file that is analysed, or nothing."""
        self.progress.setVisible(share is not None)
        if share is not None:
            self.progress.setValue(round(100 * min(1.0, share)))
            self.progress.setFormat(f"analysing {name} %p %".replace("  ", " "))
