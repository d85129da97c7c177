"""Names, descriptions, keys and tab order: what who cannot see or point needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QProgressBar,
    QScrollBar,
    QTabBar,
    QWidget,
)

from ser_live.ui.keys import KEYS
from ser_live.ui.notice import NoticeDialog
from ser_live.ui.record_dialog import RecordDialog
from tests.ui_support import press

_CONTROLS = (QAbstractButton, QComboBox, QLineEdit, QProgressBar, QAbstractScrollArea)
#: Qt's own parts, which speak through the widget that they belong to.
_PARTS = (QScrollBar, QHeaderView, QTabBar)


def matters(widget: QWidget) -> bool:
    """A control, or a widget of ours that draws something; not a frame that only holds others."""
    name = widget.objectName()
    if isinstance(widget, _PARTS) or name.startswith("qt_") or widget.metaObject() is None:
        return False
    parent = widget.parentWidget()
    if isinstance(parent, QComboBox | QLineEdit | QTabBar | QScrollBar | QHeaderView):
        return False
    if isinstance(parent, QAbstractScrollArea) and parent.viewport() is widget:
        return False
    if isinstance(parent, QAbstractScrollArea) and isinstance(widget, QAbstractButton):
        return False  # a table's corner
    if any(isinstance(p, QComboBox | QMenu) for p in parents(widget)):
        return False  # the list that drops from a picker; actions of a menu
    draws = type(widget).__module__.startswith("ser_live") and "paintEvent" in vars(type(widget))
    return isinstance(widget, _CONTROLS) or draws


def parents(widget: QWidget) -> Iterator[QWidget]:
    while (widget := widget.parentWidget()) is not None:
        yield widget


def check(root: QWidget) -> int:
    """Fail on a widget without name or description; return how many there are."""
    found = [w for w in root.findChildren(QWidget) if matters(w)]
    lacking = []
    for widget in found:
        spoken = QAccessible.queryAccessibleInterface(widget)
        for kind in (QAccessible.Text.Name, QAccessible.Text.Description):
            # Qt gives a tool tip where there is no description.
            if not spoken.text(kind).strip():
                where = " < ".join(type(p).__name__ for p in parents(widget))
                lacking.append(f"{type(widget).__name__} {widget.objectName()} < {where}: {kind}")
    assert not lacking, "\n".join(lacking)
    return len(found)


def test_every_widget_of_the_window_has_a_name_and_a_description(qtbot, window, listening):
    listening.hear(3.0)
    listening.utter(1, 0.5, "sad")
    qtbot.waitUntil(lambda: window.table.content.rowCount() == 1)
    assert check(window) >= 22


@pytest.mark.parametrize("which", ["about", "keys", "record", "notice", "notice again"])
def test_every_widget_of_the_dialogs_too(qtbot, window, which):
    dialog: QDialog
    if which == "about":
        window.show_about()
        dialog = window.about
    elif which == "keys":
        window.show_keys()
        dialog = window.keys
    elif which == "record":
        dialog = RecordDialog(window)
    else:
        dialog = NoticeDialog(window, ask=which == "notice")
    dialog.show()
    assert check(dialog) >= 2
    dialog.close()


def test_a_nameless_widget_is_noticed(window):
    from PySide6.QtWidgets import QToolButton

    QToolButton(window)
    with pytest.raises(AssertionError, match="QToolButton"):
        check(window)


def test_labels_that_change_are_named(window):
    for label in window.findChildren(QLabel):
        assert label.text() or label.accessibleName() or not label.isVisible()


# ------------------------------------------------------------------ keys


def actions(menu: QMenu, way: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], QAction]]:
    """Every action of a menu and of its submenus, with the titles that lead there."""
    for action in menu.actions():
        if action.isSeparator():
            continue
        inner = action.menu()
        if inner is not None:
            yield from actions(inner, (*way, inner.title()))
        else:
            yield way, action


def test_every_action_of_the_menu_stands_in_the_table_of_keys(window):
    told = {key for line in KEYS for key in line.keys} | {line.shown for line in KEYS}
    count = 0
    for way, action in actions(window.toolbar.menu):
        text, _, key = action.text().partition("\t")
        if way:
            continue  # in a submenu: through the menu's own key and the arrows
        count += 1
        assert key, f"“{text}” has no key"
        assert key in told, f"“{text}”: {key} is not in the table of keys"
        assert action.shortcut().isEmpty(), f"“{text}” has a shortcut beside the table"
    assert count >= 9
    assert any(line.action == "menu" for line in KEYS)


def test_the_menu_opens_by_key_and_is_walked_by_arrows(qtbot, window, monkeypatch):
    seen = []

    def look() -> None:
        menu = QApplication.activePopupWidget()
        seen.append(menu is window.toolbar.menu)
        QTest.keyClick(menu, Qt.Key.Key_Down)
        seen.append(menu.activeAction() is not None)
        menu.close()

    from PySide6.QtCore import QTimer

    QTimer.singleShot(200, look)
    press(window, Qt.Key.Key_F10)  # returns when the menu is closed
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [True, True]


def test_about_and_picture_by_key(qtbot, window, monkeypatch):
    press(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert window.about.isVisible()
    window.about.close()
    asked = []
    monkeypatch.setattr(
        "ser_live.ui.saving.QFileDialog.getSaveFileName",
        lambda *a: (asked.append(a[1]), ("", ""))[1],
    )
    press(window, Qt.Key.Key_E, Qt.KeyboardModifier.ShiftModifier)
    assert asked == ["Save the plots"]


def test_quit_by_key(qtbot, window, listening):
    press(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert not window.isVisible()


# ------------------------------------------------------------------ tab order


def test_tab_goes_through_the_window_as_it_is_read(qtbot, window, listening):
    bar = window.toolbar
    bar.picker.setFocus()
    visited: list[QWidget] = [bar.picker]
    for _ in range(60):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        now = window.focusWidget()
        if now is bar.picker:
            break
        visited.append(now)
    else:
        pytest.fail("Tab does not come back to where it began")
    for widget in (bar.toggle, bar.open, bar.record, bar.menu_button, window.follow, window.table,
                   *window.legend.buttons.values()):  # fmt: skip
        assert widget in visited, widget.accessibleName()
    # Toolbar, then legend, then the table: rows from above, each from the left.
    order = [bar.picker, bar.toggle, bar.open, bar.record, bar.menu_button,
             *window.legend.buttons.values(), window.follow, window.table]  # fmt: skip
    assert [w for w in visited if w in order] == order
    for widget in visited:
        assert widget.isVisible() and widget.mapTo(window, QPoint(0, 0)).y() >= 0
