"""A field for one number of the settings."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QLabel

from ser_live.tunables import Tunable
from ser_live.ui.text_scale import px


class ValueBox(QDoubleSpinBox):
    """A spin box with unit, range and a tooltip; its label is bold where it is not the default.

    Args:
        tunable: what is set.
        default: the model's own value.
    """

    def __init__(self, tunable: Tunable, default: float) -> None:
        super().__init__()
        self._whole, self._default = tunable.whole, default
        self.label = QLabel(tunable.title)
        self.label.setBuddy(self)
        bold = self.label.font()
        bold.setBold(True)
        # Room for the bold letters: a form does not look again when they come.
        self.label.setMinimumWidth(QFontMetrics(bold).horizontalAdvance(tunable.title) + 4)
        self.setDecimals(0 if tunable.whole or tunable.step >= 1 else 2)
        self.setRange(tunable.low, tunable.high)
        self.setSingleStep(tunable.step)
        if tunable.unit:
            self.setSuffix(f" {tunable.unit}")
        self.setMinimumWidth(96)
        self.setMinimumHeight(px(24))  # as high as the lists beside it
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tunable.title)
        unit = f" {tunable.unit}" if tunable.unit else ""
        tip = (
            f"<p>{tunable.help}</p><p>{tunable.low:g} to {tunable.high:g}{unit}; "
            f"the model's own: {default:g}{unit}<br><code>--set {tunable.name}=…</code></p>"
        )
        for widget in (self, self.label):
            widget.setToolTip(tip)
        self.valueChanged.connect(self._mark)

    @property
    def is_changed(self) -> bool:
        """Whether it is another than the default."""
        return not math.isclose(self.value(), self._default, abs_tol=0.5 * 10 ** -self.decimals())

    @property
    def plain(self) -> int | float:
        """The value as the configuration takes it."""
        return round(self.value()) if self._whole else self.value()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Qt's: who scrolls past does not mean to change a value."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _mark(self) -> None:
        font = self.label.font()
        font.setBold(self.is_changed)
        self.label.setFont(font)
