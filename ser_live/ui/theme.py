"""The window's colours, light and dark."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from ser_live.ui.emotion_marks import EMOTION_COLOURS
from ser_live.ui.text_scale import px

LIGHT, DARK, SYSTEM = "light", "dark", "system"


@dataclass(frozen=True)
class Theme:
    """The colours of one theme, as ``#RRGGBB``."""

    name: str
    window: str
    panel: str
    text: str
    muted: str
    border: str
    accent: str
    on_accent: str
    wave: str
    shade: str  # utterances in the plots
    selected: str
    grid: str
    neutral: str
    gender: str
    recording: str
    warning: str
    error: str
    good: str

    def emotion(self, name: str) -> str:
        """Colour of an emotion."""
        return EMOTION_COLOURS.get(name, self.neutral)


THEMES = {
    LIGHT: Theme(
        LIGHT, "#F1F3F6", "#FFFFFF", "#1B1E23", "#5A616C", "#D5D9E0", "#0B62C4", "#FFFFFF",
        "#5B7FA6", "#E3ECF8", "#BFD6F5", "#E2E5EA", "#6E6E6E", "#6A3FA0", "#C4161C", "#8A5A00",
        "#B3141A", "#1E7B34",
    ),
    DARK: Theme(
        DARK, "#14161A", "#1D2026", "#ECEEF1", "#A3AAB5", "#343942", "#5AA2F5", "#0C1116",
        "#7FA6D0", "#29323F", "#3B5273", "#2B3038", "#B4B4B4", "#B99AE8", "#FF5A5F", "#F2B84B",
        "#FF7B7F", "#62C97B",
    ),
}  # fmt: skip


def system_scheme() -> str:
    """``light`` or ``dark``, as the system says; light where it says nothing."""
    dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return DARK if dark else LIGHT


def apply(app: QApplication, choice: str) -> Theme:
    """Set the application's colours.

    Args:
        app: the application.
        choice: ``light``, ``dark`` or ``system``.

    Returns:
        The theme now in force.
    """
    hints = QGuiApplication.styleHints()
    # Tells the platform too, so that title bars and native dialogs agree.
    if choice == SYSTEM:
        hints.unsetColorScheme()
    else:
        scheme = Qt.ColorScheme.Dark if choice == DARK else Qt.ColorScheme.Light
        hints.setColorScheme(scheme)
    theme = THEMES[system_scheme() if choice == SYSTEM else choice]
    app.setPalette(_palette(theme))
    app.setStyleSheet(_stylesheet(theme))
    return theme


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for where, colour in (
        (role.Window, theme.window),
        (role.WindowText, theme.text),
        (role.Base, theme.panel),
        (role.AlternateBase, theme.window),
        (role.Text, theme.text),
        (role.PlaceholderText, theme.muted),
        (role.Button, theme.panel),
        (role.ButtonText, theme.text),
        (role.BrightText, theme.error),
        (role.ToolTipBase, theme.panel),
        (role.ToolTipText, theme.text),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.on_accent),
        (role.Link, theme.accent),
        (role.Mid, theme.border),
        (role.Dark, theme.border),
        (role.Accent, theme.accent),
    ):
        palette.setColor(where, QColor(colour))
    for where in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, QColor(theme.muted))
    return palette


def _stylesheet(theme: Theme) -> str:
    return f"""
    QFrame#card {{ background: {theme.panel}; border: 1px solid {theme.border};
        border-radius: 8px; }}
    QFrame#toolbar {{ background: {theme.panel}; border-bottom: 1px solid {theme.border}; }}
    QFrame#status {{ background: {theme.panel}; border-top: 1px solid {theme.border}; }}
    QLabel#muted {{ color: {theme.muted}; }}
    QLabel[small="true"] {{ font-size: {px(12)}px; }}
    QLabel#section {{ color: {theme.muted}; font-weight: 600; }}
    QLabel#key {{ background: {theme.panel}; border: 1px solid {theme.border};
        border-bottom-width: 2px; border-radius: 5px; padding: 2px 9px; font-weight: 600; }}
    QLabel#recording {{ color: {theme.recording}; font-weight: 600; }}
    QLabel#warning {{ color: {theme.warning}; font-weight: 600; }}
    QToolButton, QPushButton {{ background: {theme.panel}; color: {theme.text};
        border: 1px solid {theme.border}; border-radius: 6px; padding: 5px 12px; }}
    QToolButton:hover, QPushButton:hover {{ border-color: {theme.accent}; }}
    QToolButton:pressed, QPushButton:pressed, QToolButton:checked {{
        background: {theme.shade}; }}
    QToolButton:focus, QPushButton:focus {{ border: 1px solid {theme.accent}; }}
    QToolButton:disabled, QPushButton:disabled {{ color: {theme.muted};
        background: {theme.window}; }}
    QToolButton#primary {{ background: {theme.accent}; color: {theme.on_accent};
        border-color: {theme.accent}; font-weight: 600; }}
    QToolButton#primary:disabled {{ background: {theme.window}; color: {theme.muted};
        border-color: {theme.border}; }}
    QToolButton#flat {{ border-color: transparent; padding: 3px 5px; }}
    QToolButton#flat:checked, QToolButton#flat:disabled {{ background: transparent; }}
    QToolButton#flat:hover {{ border-color: {theme.border}; }}
    QToolButton::menu-indicator {{ image: none; }}
    QTableView {{ background: {theme.panel}; border: 1px solid {theme.border};
        border-radius: 8px; gridline-color: {theme.border};
        selection-background-color: {theme.selected}; selection-color: {theme.text}; }}
    QHeaderView::section {{ background: {theme.panel}; color: {theme.muted}; border: none;
        border-bottom: 1px solid {theme.border}; padding: 4px 8px; font-weight: 600; }}
    QTableCornerButton::section {{ background: {theme.panel}; border: none; }}
    QFrame#banner {{ border-radius: 8px; border: 1px solid {theme.border};
        border-left: 5px solid {theme.accent}; background: {theme.panel}; }}
    QFrame#banner[level="warning"] {{ border-left-color: {theme.warning}; }}
    QFrame#banner[level="error"] {{ border-left-color: {theme.error}; }}
    QToolTip {{ background: {theme.panel}; color: {theme.text};
        border: 1px solid {theme.border}; padding: 4px; }}
    QSplitter::handle {{ background: transparent; }}
    QProgressBar {{ border: 1px solid {theme.border}; border-radius: 5px;
        background: {theme.window}; color: {theme.text}; text-align: center; }}
    QProgressBar::chunk {{ background: {theme.selected}; border-radius: 4px; }}
    """
