"""What each key of the table does in the main window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QAbstractButton

from ser_live.ui.keys import add_shortcuts
from ser_live.ui.moving import ArrowsKept, Moving
from ser_live.ui.text_scale import neighbour

if TYPE_CHECKING:
    from ser_live.ui.main_window import MainWindow


def add_keys(window: MainWindow) -> ArrowsKept:
    """Make the shortcuts; what is returned is to be kept as long as the window."""
    moving = Moving(window.engine, window.plots)

    def follow() -> None:
        window.presenter.set_paused(False)
        window.plots.set_follow(True)

    def last() -> None:
        moving.to_end()
        follow()

    def leave() -> None:
        if window.presenting:
            window.toggle_presentation()
        else:
            window.playing.clear()

    actions: dict[str, Callable[[], object]] = {
        "toggle": lambda: _toggle(window),
        "open": window.ask_for_file,
        "record": window.saving.toggle_recording,
        "export": window.saving.ask_to_export,
        "export_all": window.files.ask_to_export,
        "save": window.session_saving.ask,
        "list": window.files.toggle,
        "remove": window.files.remove_selected,
        "undo": window.files.take_back,
        "messages": window.banners.show_past,
        "settings": window.setup.open,
        "follow": follow,
        "pause": window.toggle_pause,
        "back": lambda: moving.step(-1),
        "on": lambda: moving.step(1),
        "previous": lambda: window.playing.jump(-1),
        "next": lambda: window.playing.jump(1),
        "loop": window.playing.toggle_loop,
        "mute": window.playing.toggle_mute,
        "first": moving.to_start,
        "last": last,
        "zoom_in": lambda: moving.zoom(True),
        "zoom_out": lambda: moving.zoom(False),
        "fit": window.plots.fit,
        "style": window.toggle_style,
        "present": window.toggle_presentation,
        "leave": leave,
        "picture": window.saving.ask_for_picture,
        "larger": lambda: window.choose_text_scale(neighbour(+1)),
        "smaller": lambda: window.choose_text_scale(neighbour(-1)),
        "usual": lambda: window.choose_text_scale(1.0),
        "menu": window.toolbar.menu_button.showMenu,
        "about": window.show_about,
        "help": window.show_keys,
        "quit": window.close,
    }
    add_shortcuts(window, actions)
    slider = window.view.transport.slider
    return ArrowsKept(window.table, window.toolbar.picker, window.files.panel.list, slider)


def _toggle(window: MainWindow) -> None:
    """Start, stop, play, pause; but a button reached by Tab is pressed, as everywhere."""
    focused = window.focusWidget()
    other = isinstance(focused, QAbstractButton) and focused is not window.toolbar.toggle
    if other and focused.isVisible():
        focused.click()
    else:
        window.engine.toggle()
