"""Messages across the top of the window, each with a button to put it away."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from ser_live.ui.messages import Action, Message
from ser_live.ui.text_scale import px

_MOST = 3
_MARKS = {"info": "ℹ", "warning": "⚠", "error": "✖"}


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
        mark = QLabel(_MARKS[message.level])
        font = mark.font()
        font.setPixelSize(px(18))
        mark.setFont(font)
        text = QLabel(self)
        text.setTextFormat(Qt.TextFormat.PlainText)
        title = message.title if message.title[-1:] in ".!?…" else f"{message.title}."
        text.setText(f"{title} {message.advice}".strip())
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
    """The messages that stand, newest last."""

    def __init__(self) -> None:
        super().__init__()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self._banners: list[Banner] = []
        self.hide()

    @property
    def messages(self) -> list[Message]:
        """What is shown."""
        return [banner.message for banner in self._banners]

    @property
    def banners(self) -> list[Banner]:
        """The widgets of the messages."""
        return list(self._banners)

    def show_message(self, message: Message) -> None:
        """Add a message; one of the same key is replaced, the oldest one too many goes."""
        self.remove(message.key)
        banner = Banner(message)
        banner.dismiss.clicked.connect(lambda: self._put_away(message))
        self._banners.append(banner)
        self._layout.addWidget(banner)
        while len(self._banners) > _MOST:
            # What offers a way back stays longest.
            self._drop(next((b for b in self._banners if not b.message.actions), self._banners[0]))
        self.show()

    def _put_away(self, message: Message) -> None:
        self.remove(message.key)
        if message.put_away is not None:
            message.put_away()

    def remove(self, key: str) -> None:
        """Take the message with a key away, if there is one."""
        for banner in [b for b in self._banners if b.message.key == key]:
            self._drop(banner)

    def _drop(self, banner: Banner) -> None:
        self._banners.remove(banner)
        self._layout.removeWidget(banner)
        banner.hide()
        banner.deleteLater()
        self.setVisible(bool(self._banners))
