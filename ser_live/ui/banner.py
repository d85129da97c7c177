"""A message across the top of the window, with a button to put it away and a way to the others."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QWidget,
)

from ser_live.ui.banner_pager import Pager
from ser_live.ui.message_list import MessageList
from ser_live.ui.messages import Action, Message
from ser_live.ui.messages_dialog import MessagesDialog
from ser_live.ui.text_scale import px

_LOOK_MS = 500  # between looks whether a message may go


class Banner(QFrame):
    """One message."""

    def __init__(self, message: Message) -> None:
        super().__init__()
        self.message = message
        self.setObjectName("banner")
        self.setProperty("level", message.level)
        self.setAccessibleName(f"{message.level}: {message.title} {message.advice}")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.setSpacing(10)
        mark = QLabel(message.mark)
        font = mark.font()
        font.setPixelSize(px(18))
        mark.setFont(font)
        text = QLabel(self)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setText(message.text)
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text = text
        self.dismiss = QToolButton()
        self.dismiss.setObjectName("flat")
        self.dismiss.setText("✕")
        self.dismiss.setToolTip("Put this message away")
        self.dismiss.setAccessibleName("Dismiss message")
        layout.addWidget(mark)
        layout.addWidget(text, 1)
        self.actions_shown = [self._button(action) for action in message.actions]
        for button in self.actions_shown:
            layout.addWidget(button)
        layout.addWidget(self.dismiss)

    @staticmethod
    def _button(action: Action) -> QToolButton:
        button = QToolButton()
        button.setText(action.label)
        button.setToolTip(action.tip)
        button.setAccessibleName(action.label.rstrip("…"))
        # Later: what it does may take the banner away, with the button that is being pressed.
        button.clicked.connect(action.do, Qt.ConnectionType.QueuedConnection)
        return button


class BannerArea(QWidget):
    """One message at a time; which one is decided by :class:`MessageList`."""

    def __init__(self) -> None:
        super().__init__()
        self._list = MessageList()
        self._banners: dict[str, Banner] = {}
        self._dialog: MessagesDialog | None = None
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        self._pager = Pager()
        self._layout.addWidget(self._pager)
        self._pager.step.connect(self._step)
        self._pager.close_all.connect(self._put_all_away)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self.hide()

    @property
    def messages(self) -> list[Message]:
        """All that stand, the most important first."""
        return list(self._list.standing)

    @property
    def banners(self) -> list[Banner]:
        """The widgets of the messages that stand, in this order; one of them is visible."""
        return [self._banners[message.key] for message in self._list.standing]

    @property
    def pager(self) -> Pager:
        """Tells how many there are, and leads to the others."""
        return self._pager

    @property
    def shown(self) -> Message | None:
        """The one that is visible."""
        return self._list.shown

    def show_message(self, message: Message) -> None:
        """Add a message; one of the same key is replaced."""
        had_focus = self._has_focus()
        self._drop(message.key)
        self._list.add(message)
        banner = Banner(message)
        banner.dismiss.clicked.connect(lambda: self._put_away(message))
        self._banners[message.key] = banner
        self._layout.insertWidget(0, banner, 1)
        self._arrange(had_focus)
        # Who cannot see it hears it, wherever the focus is.
        if self.isVisible():
            announcement = QAccessibleAnnouncementEvent(self, banner.accessibleName())
            QAccessible.updateAccessibility(announcement)

    def show_past(self) -> None:
        """Open the list of everything that was told."""
        self._dialog = MessagesDialog(self.window(), list(self._list.past))
        self._dialog.open()

    def _put_away(self, message: Message) -> None:
        self.remove(message.key)
        if message.put_away is not None:
            message.put_away()

    def _put_all_away(self) -> None:
        """All but what asks for a decision: that is taken one by one."""
        for message in self.messages:
            if not message.decides:
                self._put_away(message)

    def remove(self, key: str) -> None:
        """Take the message with a key away, if there is one."""
        if key in self._banners:
            had_focus = self._has_focus()
            self._list.remove(key)
            self._drop(key)
            self._arrange(had_focus)

    def _drop(self, key: str) -> None:
        banner = self._banners.pop(key, None)
        if banner is not None:
            self._layout.removeWidget(banner)
            banner.hide()
            banner.deleteLater()

    def _step(self, by: int) -> None:
        self._list.step(by)
        self._arrange(False)

    def _arrange(self, focus: bool) -> None:
        """Show the one to be shown; ``focus``: the keyboard was in here, and stays here."""
        shown = self._list.shown
        for key, banner in self._banners.items():
            banner.setVisible(shown is not None and key == shown.key)
        self._pager.show_number(self._list.number, len(self._list.standing))
        self.setVisible(shown is not None)
        if focus and shown is not None and not self._has_focus():
            self._banners[shown.key].dismiss.setFocus()
        if not self._list.passing:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def _look(self) -> None:
        self._hold()
        for message in self._list.expired():
            self.remove(message.key)

    def _has_focus(self) -> bool:
        focus = QApplication.focusWidget()
        return focus is not None and self.isAncestorOf(focus) and focus.isVisible()

    def _hold(self, *_: object) -> None:
        self._list.hold(self._has_focus() or self.underMouse())
