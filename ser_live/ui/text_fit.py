"""Fits what does not follow the font by itself to the size of the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication, QHeaderView

from ser_live.ui.giving_way import LEGEND, OVERVIEW, PARTS, STRIPS, TABLE, kept_parts
from ser_live.ui.text_scale import px, scale

if TYPE_CHECKING:
    from ser_live.ui.main_view import MainView
    from ser_live.ui.plots import Plots

_COLUMNS = (48, 80, 72, 104, 100, 100, 116)  # of the table, without the bar at its end
_PANEL = (270, 430)
_LEGEND_SHARE = 0.18  # of the height, at most
# Pixels at 100 %: in a lower window no figures of the session; in a lower one no table.
_FIGURES_HEIGHT, _TABLE_HEIGHT = 390, 330
_TABLE_SHARE = 0.25  # of the height, about, unless the user moves the handle
# Pixels of frames around the plots, and, as measured, of axes and gaps: some, and some at 100 %.
_FRAMES, _GAPS, _AXES = 20, 75, 20
_CORNER = 24  # pixels at 100 %, a button beside “NOW”


def fit(view: MainView) -> None:
    """Set the sizes that depend on text; to be called after a change of size or theme."""
    bar, large, crowded = view.toolbar, scale() > 1, scale() > 1.25
    for button in (bar.picker, bar.toggle, bar.open, bar.record, bar.menu_button, view.follow):
        button.setMinimumHeight(px(32))
        button.setIconSize(QSize(px(16), px(16)))
    bar.toggle.setMinimumWidth(px(104))
    bar.menu_button.setFixedWidth(px(40))
    bar.speech.setFixedWidth(px(88))
    bar.meter.setFixedHeight(px(32))
    bar.fit_width()
    view.panel.setMaximumWidth(min(px(_PANEL[1]), 520))
    view.panel.fit_text()
    view.legend.arrange()
    view.overview.setFixedHeight(px(40))
    table = view.table
    table.verticalHeader().setDefaultSectionSize(px(26))
    for column, width in enumerate(_COLUMNS):
        table.setColumnWidth(column, round(width * (0.2 + 0.8 * scale())))
    policy = Qt.ScrollBarPolicy
    table.setHorizontalScrollBarPolicy(
        policy.ScrollBarAsNeeded if crowded else policy.ScrollBarAlwaysOff
    )
    last = len(_COLUMNS)
    mode = QHeaderView.ResizeMode
    table.horizontalHeader().setSectionResizeMode(last, mode.Fixed if crowded else mode.Stretch)
    if crowded:
        table.setColumnWidth(last, px(160))
    table.setMinimumHeight(px(84))
    view.status.progress.setFixedSize(px(270), px(18))
    view.transport.fit_text()
    view.status.figures.setWordWrap(large)
    fit_plots(view.plots)
    fit_room(view)


def fit_room(view: MainView) -> None:
    """Leave out what is said elsewhere too where there is no room for it."""
    # A window of 1280 pixels has no room for twice the width: the panel's texts shrink to it.
    share = max(_PANEL[0], view.width() // 3)
    view.panel.setMinimumWidth(min(px(_PANEL[0]), 330, share))
    if view.side is not None:
        view.side.fit_width(view.width())
    beside = view.panel.minimumWidth() + view.follow.sizeHint().width() + 60
    if view.side is not None and view.side.isVisibleTo(view):
        beside += view.side.width()
    view.status.figures.setVisible(view.height() >= px(_FIGURES_HEIGHT))
    view.legend_height = view.legend.height_in(view.width() - beside)
    give_way(view)


def give_way(view: MainView) -> None:
    """Leave out what matters less than the plot of the emotions."""
    body = view.body.geometry().height()
    kept = frozenset(PARTS)
    if scale() > 1 and body > 0:
        room = body - _FRAMES
        if not view.transport.isHidden():
            room -= view.transport.minimumSizeHint().height() + 6
        needs = {
            LEGEND: max(view.legend_height, px(32)) + 6,
            TABLE: max(view.table.minimumHeight(), _TABLE_SHARE * body) + 10,
            OVERVIEW: view.overview.minimumHeight() + 6,
        }
        chosen = view.plots.strips_chosen
        giving = tuple(part for part in PARTS if part != STRIPS or not chosen)
        kept = kept_parts(room, _GAPS + px(_AXES), scale(), needs, chosen or 1, giving)
    # The bars of the present state show the same names and lines.
    fits = view.legend_height <= _LEGEND_SHARE * view.height()
    view.place_follow(LEGEND not in kept)
    view.follow.setMinimumHeight(px(32 if LEGEND in kept else _CORNER))
    view.legend.setVisible(fits and LEGEND in kept)
    view.table.setVisible(view.height() >= px(_TABLE_HEIGHT) and TABLE in kept)
    view.overview.set_room(OVERVIEW in kept)
    view.plots.set_room_for_strips(STRIPS in kept)


def fit_plots(plots: Plots) -> None:
    """Fonts of axes and labels."""
    font = QApplication.font()
    crowded = scale() >= 1.5  # low plots have no room for titles beside large figures
    for plot, left in zip(plots.plots, plots.value_axes, strict=True):
        plot.getAxis("bottom").fit()
        left.fit(titled=not crowded)
    for labels in plots.labels:
        labels.set_font(font)
