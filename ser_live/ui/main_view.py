"""The widgets of the main window and where they stand."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QToolButton, QVBoxLayout, QWidget

from ser_live.ui.banner import BannerArea
from ser_live.ui.file_list import FileList
from ser_live.ui.icons import icon
from ser_live.ui.legend import Legend
from ser_live.ui.overview import Overview
from ser_live.ui.plots import Plots
from ser_live.ui.present_panel import PresentPanel
from ser_live.ui.status_line import StatusLine
from ser_live.ui.text_fit import fit, fit_room, give_way
from ser_live.ui.theme import Theme
from ser_live.ui.toolbar import Toolbar, make_button
from ser_live.ui.transport import Transport
from ser_live.ui.utterance_table import UtteranceTable


class MainView(QWidget):
    """Everything inside the window's frame.

    Args:
        theme: colours.
        choice: the theme as it stands in the menu: ``light``, ``dark`` or ``system``.
    """

    def __init__(self, theme: Theme, choice: str) -> None:
        super().__init__()
        self.toolbar = Toolbar(theme, choice)
        self.banners = BannerArea()
        self.panel = PresentPanel(theme)
        self.plots = Plots(theme)
        self.overview = Overview(theme)
        self.transport = Transport(theme)
        self.legend = Legend(theme)
        self.legend_height = 0  # that it needs, pixels
        self.follow = make_button("Follow", "Keep up with the present moment (F)")
        self.follow.setCheckable(True)
        self.follow.setChecked(True)
        self.table = UtteranceTable(theme)
        self.side: FileList | None = None  # put in by others
        self.status = StatusLine()
        body = self.body = QHBoxLayout()  # others put a side panel into it
        body.setContentsMargins(12, 0, 12, 10)
        body.setSpacing(12)
        body.addWidget(self.panel, 26)
        body.addWidget(self._right_side(), 74)
        notices = self.notices = QVBoxLayout()  # others put a line into it
        notices.setContentsMargins(12, 0, 12, 0)
        notices.setSpacing(4)
        notices.addWidget(self.banners)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.toolbar)
        layout.addLayout(notices)
        layout.addLayout(body, 1)
        layout.addWidget(self.status)
        self._draw_icons(theme)
        fit(self)

    def event(self, event: QEvent) -> bool:
        """Qt's: a message or the player that comes or goes changes the room of all else."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and hasattr(self, "status"):
            give_way(self)
        return done

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's."""
        super().resizeEvent(event)
        fit_room(self)

    def _right_side(self) -> QSplitter:
        """Legend, plots and strip above the table."""
        over = self._over = QHBoxLayout()
        over.setContentsMargins(0, 0, 0, 0)
        over.addWidget(self.legend, 1)
        over.addWidget(self.follow, 0, Qt.AlignmentFlag.AlignRight)
        card = QFrame()
        card.setObjectName("card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(4, 4, 4, 4)
        inside.addWidget(self.plots)
        inside.addWidget(self.overview)
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(over)
        column.addWidget(card, 1)
        column.addWidget(self.transport)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(upper)
        splitter.addWidget(self.table)
        splitter.setStretchFactor(0, 4)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([560, 190])
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(10)
        return splitter

    def place_follow(self, beside_now: bool) -> None:
        """Beside the legend, or, where that has no room, small beside “NOW”."""
        follow, style = self.follow, Qt.ToolButtonStyle
        if beside_now == self.panel.isAncestorOf(follow):
            return
        if beside_now:
            self.panel.take_corner(follow)
        else:
            self._over.addWidget(follow, 0, Qt.AlignmentFlag.AlignRight)
            self.panel.take_corner(None)
        follow.setToolButtonStyle(
            style.ToolButtonIconOnly if beside_now else style.ToolButtonTextBesideIcon
        )

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        for part in (
            self.toolbar, self.panel, self.plots, self.overview, self.transport, self.legend,
            self.table,
        ):  # fmt: skip
            part.set_theme(theme)
        self._draw_icons(theme)
        fit(self)

    def _draw_icons(self, theme: Theme) -> None:
        button: QToolButton = self.follow
        button.setIcon(icon("follow", theme.text))
