"""Input level: peak and RMS in dBFS, with a mark that stays a while after clipping."""

from __future__ import annotations

import time

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ser_live.ui.text_scale import px
from ser_live.ui.theme import Theme

FLOOR_DB = -60.0
CLIP_DB = -0.1
CLIP_SECONDS = 2.0


class LevelMeter(QWidget):
    """A bar for RMS, a tick for the peak, both on a scale from −60 to 0 dBFS."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._peak = self._rms = FLOOR_DB
        self._clipped_at = -1e9
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(120)
        self.setMaximumWidth(260)
        self.setFixedHeight(32)
        self.setAccessibleName("Input level")
        self.setToolTip("Input level in dBFS: bar = RMS, tick = peak; CLIP = too loud")

    def sizeHint(self) -> QSize:
        """Qt's."""
        return QSize(180, 32)

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self.update()

    @property
    def clipping(self) -> bool:
        """Whether the clip mark is on."""
        return time.monotonic() - self._clipped_at < CLIP_SECONDS

    def set_level(self, peak_db: float, rms_db: float) -> None:
        """Show levels in dBFS; the tick falls slowly."""
        if peak_db >= CLIP_DB:
            self._clipped_at = time.monotonic()
        peak = max(FLOOR_DB, peak_db, self._peak - 1.0)
        rms = max(FLOOR_DB, min(0.0, rms_db))
        if (peak, rms) != (self._peak, self._rms) or self.clipping:
            self._peak, self._rms = peak, rms
            self.setAccessibleDescription(f"peak {peak:.0f} dBFS, RMS {rms:.0f} dBFS")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's."""
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = self.font()
        font.setPixelSize(px(10))
        painter.setFont(font)
        bar = QRectF(1, px(5), self.width() - 2, px(9))

        def x(db: float) -> float:
            return bar.left() + bar.width() * (min(0.0, db) - FLOOR_DB) / -FLOOR_DB

        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.grid))
        painter.drawRoundedRect(bar, 3, 3)
        painter.setBrush(QColor(theme.error if self.clipping else theme.good))
        if self._rms > FLOOR_DB:
            fill = QRectF(bar.left(), bar.top(), x(self._rms) - bar.left(), bar.height())
            painter.drawRoundedRect(fill, 3, 3)
        if self._peak > FLOOR_DB:
            painter.setBrush(QColor(theme.text))
            painter.drawRect(QRectF(min(x(self._peak), bar.right() - 2), px(3), 2, px(13)))
        painter.setPen(QColor(theme.error if self.clipping else theme.muted))
        centre = Qt.AlignmentFlag.AlignCenter
        if self.clipping:
            clip = "CLIP – too loud" if self.width() >= px(110) else "CLIP"
            painter.drawText(QRectF(0, px(16), self.width(), px(15)), centre, clip)
        else:
            shown = (-48, -36, -24, -12) if self.width() >= px(230) else (-48, -24)
            for db in shown if self.width() >= px(115) else (-48,):
                at = QRectF(x(db) - px(20), px(16), px(40), px(15))
                painter.drawText(at, centre, str(db).replace("-", "−"))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, px(16), self.width(), px(15)), right, "dBFS")
        painter.end()
