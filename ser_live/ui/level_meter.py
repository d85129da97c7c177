"""Input level: peak, RMS and noise floor in dBFS, with a mark that stays after clipping."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ser_live.ui.text_scale import px
from ser_live.ui.theme import Theme

FLOOR_DB = -60.0
CLIP_DB = -0.1
CLIP_SECONDS = 3.0
_WHAT = "bar = RMS, tick = peak, triangle = noise floor; CLIP = too loud"


class LevelMeter(QWidget):
    """A bar for RMS, ticks for peak and noise floor, on a scale from −60 to 0 dBFS."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._peak = self._rms = FLOOR_DB
        self._exact = (FLOOR_DB, FLOOR_DB)  # peak and RMS as measured
        self._noise: float | None = None
        self._clip: float | None = None
        self._clipped_at = -1e9
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(120)
        self.setMaximumWidth(260)
        self.setFixedHeight(32)
        self.setAccessibleName("Input level")
        self.setToolTip(self.tip)

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

    @property
    def tip(self) -> str:
        """The levels in words."""
        peak, rms = self._exact
        if max(peak, rms) <= FLOOR_DB and self._noise is None:
            return f"Input level in dBFS: {_WHAT}"
        noise = "not known yet" if self._noise is None else _db(self._noise)
        lines = [f"Peak {_db(peak)}", f"RMS {_db(rms)}", f"Noise floor {noise}"]
        if self.clipping:
            lines.append("The input clips: turn its gain down in the system's sound settings")
        return "\n".join([*lines, f"({_WHAT})"])

    def set_level(
        self,
        peak_db: float,
        rms_db: float,
        noise_db: float | None = None,
        clipped_at: float | None = None,
    ) -> None:
        """Show levels in dBFS; the peak's tick falls slowly.

        Args:
            peak_db: greatest magnitude.
            rms_db: root mean square.
            noise_db: noise floor, ``None`` while it is not known.
            clipped_at: when it clipped last, on any clock; another value is another clipping.
        """
        if peak_db >= CLIP_DB or clipped_at not in (None, self._clip):
            self._clipped_at = time.monotonic()
        self._clip = clipped_at
        self._exact = (peak_db, rms_db)
        peak = max(FLOOR_DB, peak_db, self._peak - 1.0)
        rms = max(FLOOR_DB, min(0.0, rms_db))
        if (peak, rms, noise_db) != (self._peak, self._rms, self._noise) or self.clipping:
            self._peak, self._rms, self._noise = peak, rms, noise_db
            noise = "" if noise_db is None else f", noise floor {noise_db:.0f} dBFS"
            self.setAccessibleDescription(f"peak {peak:.0f} dBFS, RMS {rms:.0f} dBFS{noise}")
            self.update()

    def event(self, event: QEvent) -> bool:
        """Qt's: the tip says what is measured when it is asked for."""
        if event.type() == QEvent.Type.ToolTip:
            self.setToolTip(self.tip)
        return super().event(event)

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
        if self._noise is not None and self._noise > FLOOR_DB:
            at, half = x(self._noise), px(4)
            painter.setBrush(QColor(theme.text))
            painter.drawPolygon(
                QPolygonF([QPointF(at - half, 0), QPointF(at + half, 0), QPointF(at, px(6))])
            )
            painter.drawRect(QRectF(at - 0.5, px(5), 1, px(9)))
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


def _db(level: float) -> str:
    return f"{level:.0f} dBFS".replace("-", "−")
