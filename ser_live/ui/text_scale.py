"""The size of all text, in steps that the user chooses.

Sizes in the window's code are pixels at 100 %; :func:`px` gives them at the size in force.  The
window's widgets whose size depends on text are fitted by :mod:`ser_live.ui.text_fit`.
"""

from __future__ import annotations

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QWidget

#: As the menu calls them.
SCALES = {1.0: "100 %", 1.25: "125 %", 1.5: "150 %", 2.0: "200 %"}

_BASE = "ser_live_base_font"  # property of the application: its font at 100 %
_scale = 1.0


def scale() -> float:
    """The factor in force, a key of ``SCALES``."""
    return _scale


def px(pixels: float) -> int:
    """A size that is meant for 100 %."""
    return round(pixels * _scale)


def neighbour(steps: int) -> float:
    """The factor that is so many steps larger (or, negative, smaller); it ends at the ends."""
    known = list(SCALES)
    return known[min(len(known) - 1, max(0, known.index(_scale) + steps))]


def apply(app: QApplication, factor: float) -> None:
    """Set the application's font.  Styles and fitted widgets have to be set anew afterwards.

    Raises:
        ValueError: not a key of ``SCALES``.
    """
    global _scale
    if factor not in SCALES:
        raise ValueError(f"no text scale {factor}")
    base = app.property(_BASE)
    if base is None:
        base = QFont(app.font())
        app.setProperty(_BASE, base)
    _scale = factor
    app.setFont(font(base))


def fit_dialog(dialog: QWidget, width: int, height: int) -> None:
    """Give a dialog a size that is meant for 100 %, within its screen."""
    room = (dialog.screen() or QApplication.primaryScreen()).availableSize()
    dialog.resize(min(px(width), room.width() - 40), min(px(height), room.height() - 60))


def font(base: QFont) -> QFont:
    """A font of 100 % at the size in force."""
    made = QFont(base)
    if base.pixelSize() > 0:
        made.setPixelSize(px(base.pixelSize()))
    else:
        made.setPointSizeF(base.pointSizeF() * _scale)
    return made
