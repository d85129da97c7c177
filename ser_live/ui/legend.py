"""The legend above the plots: line, colour and name of each emotion; click one to hide it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QToolButton, QWidget

from ser_live.labels import EMOTIONS
from ser_live.ui.emotion_bars import emotion_pen
from ser_live.ui.emotion_row import CURVES, STACKED
from ser_live.ui.theme import Theme


class Legend(QWidget):
    """One button an emotion.

    Signals:
        shown: the set of names to be drawn.
    """

    shown = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setAccessibleName("Legend of the emotion curves")
        self._style = CURVES
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self.buttons: dict[str, QToolButton] = {}
        for name in EMOTIONS:
            button = QToolButton()
            button.setObjectName("flat")
            button.setText(name)
            button.setCheckable(True)
            button.setChecked(True)
            button.setIconSize(QSize(30, 14))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setToolTip(f"Show or hide “{name}”")
            button.setAccessibleName(f"Show {name}")
            button.toggled.connect(self._on_toggled)
            self.buttons[name] = button
        # It takes the width that there is, and needs none: a name is never cut.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._columns = 0
        self.arrange()
        self.set_theme(theme)

    def arrange(self) -> None:
        """In one row, or in more where there is no room for all names."""
        buttons = list(self.buttons.values())
        columns = self._fitting(self.width())
        if columns == self._columns:
            return
        self._columns = columns
        for number, button in enumerate(buttons):
            self._grid.addWidget(button, number // columns, number % columns)
        for column in range(len(buttons) + 1):
            self._grid.setColumnStretch(column, 1 if column == columns else 0)

    def height_in(self, width: int) -> int:
        """Pixels that it needs where it gets so many."""
        rows = -(-len(self.buttons) // self._fitting(width))
        return rows * max(button.sizeHint().height() for button in self.buttons.values())

    def _fitting(self, width: int) -> int:
        widths = [button.sizeHint().width() for button in self.buttons.values()]

        def needed(columns: int) -> int:
            return sum(max(widths[i::columns]) for i in range(columns))

        return next((c for c in (7, 4, 3, 2) if needed(c) <= width), 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's."""
        super().resizeEvent(event)
        self.arrange()

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self._draw_icons()

    def set_style(self, style: str) -> None:
        """Lines for ``curves``, areas, from the lowest one on, for ``stacked``."""
        self._style = style
        self._draw_icons()

    def _draw_icons(self) -> None:
        ratio = self.devicePixelRatioF()
        for name, button in self.buttons.items():
            pixmap = QPixmap(round(30 * ratio), round(14 * ratio))
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            pen = emotion_pen(self._theme, name, 2)
            if not button.isChecked():
                pen.setColor(QColor(self._theme.grid))
            if self._style == STACKED:
                painter.fillRect(QRectF(8, 1, 18, 12), pen.color())
            else:
                if pattern := pen.dashPattern():  # from the middle of a dash: a gap is seen of all
                    pen.setDashOffset(pattern[0] / 2)
                painter.setPen(pen)
                painter.drawLine(QPointF(0, 7), QPointF(25, 7))  # the rest parts it from the name
            painter.end()
            button.setIcon(QIcon(pixmap))
            font = button.font()
            font.setStrikeOut(not button.isChecked())
            button.setFont(font)

    def _on_toggled(self) -> None:
        self._draw_icons()
        self.shown.emit({name for name, button in self.buttons.items() if button.isChecked()})
