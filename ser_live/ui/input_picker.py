"""The input picker: what can be listened to, in groups, and which channel of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import QSizePolicy

from ser_live.audio.channels import channel_choices
from ser_live.audio.devices import PLAYBACK, Device
from ser_live.ui.elided_combo import ElidedComboBox

REFRESH, OPEN, FILE, DEVICE, CHANNEL = "refresh", "open", "file", "device", "channel"
_SHOWN = 22  # entries before the list scrolls


class InputPicker(ElidedComboBox):
    """Inputs by name and group, the open file, channels, “Look for devices”, “Open file…”.

    Signals:
        device: a device was chosen, by a name that only it has.
        channel: a device's name and which of its channels, from 1; ``None``: the mix of all.
        refresh, open_file: the other two entries.
    """

    device = Signal(str)
    channel = Signal(str, object)
    refresh = Signal()
    open_file = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Input")
        self.setToolTip(
            "What to listen to: a microphone, system playback, or a file; Return opens it"
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(120)
        self.setMaximumWidth(300)
        self.setMinimumHeight(32)
        self.setMaxVisibleItems(_SHOWN)
        self._devices: list[Device] = []
        self._file: str | None = None
        self._microphone: str | None = None
        self._channel: int | None = None
        self._open = False
        self._outdated = False
        self._choosing = False  # by keys, with the list closed
        self.activated.connect(self._on_activated)
        self._fill()

    def set_devices(self, devices: list[Device]) -> None:
        """Offer these devices."""
        self._devices = devices
        self._fill_when_closed()

    def show_current(
        self,
        file: str | None,
        microphone: str | None,
        channel: int | None = None,
        opened: bool = False,
    ) -> None:
        """Show which file, or which microphone and which channel of it, is in use.

        An ``opened`` one that is not in the list (any more) is shown as not connected.
        """
        shown = (self._file, self._microphone, self._channel, self._open)
        if (file, microphone, channel, opened) != shown:
            self._file, self._microphone, self._channel = file, microphone, channel
            self._open = opened
            self._fill_when_closed()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Qt's: a wheel that passes by must not open another microphone."""
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's: keys choose in the closed list, Return opens what is chosen."""
        chosen = self.currentIndex()
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choosing = True  # whatever Qt says meanwhile
            try:
                super().keyPressEvent(event)
            finally:
                self._choosing = False
        elif chosen == self._index(self._current()):
            self.showPopup()  # nothing else is chosen
        else:
            self._on_activated(chosen)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Qt's: what was chosen but not opened is forgotten."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.setCurrentIndex(self._index(self._current()))

    def hidePopup(self) -> None:
        """Qt's."""
        super().hidePopup()
        if self._outdated:  # afterwards: Qt asks the list only now what was clicked
            QTimer.singleShot(0, self, self._fill_when_closed)

    def showPopup(self) -> None:
        """Qt's: the list is as wide as its longest entry, within reason."""
        self.view().setMinimumWidth(min(460, self.view().sizeHintForColumn(0) + 32))
        super().showPopup()

    def _fill_when_closed(self) -> None:
        # Entries that move under the pointer would be chosen by mistake.
        self._outdated = self.view().isVisible()
        if not self._outdated:
            self._fill()

    def _fill(self) -> None:
        self.clear()
        if self._file is not None:
            self.addItem(f"File: {self._file}", (FILE, ""))
        own = [d for d in self._devices if not d.source]
        served = [d for d in self._devices if d.source and not d.monitor]
        playback = [d for d in self._devices if d.monitor]
        self._add_group("Devices" if served or playback else "", own)
        if not self._devices:
            self.addItem("No microphone found", ("none", ""))
        self._add_group("Microphones of the sound server", served)
        self._add_group("System playback", playback)
        current = self._current()
        if self._away:
            self.addItem(f"{self._microphone} · not connected", (DEVICE, self._microphone))
        else:
            self._add_channels(current)
        self.insertSeparator(self.count())
        self.addItem("Look for devices", (REFRESH, ""))
        self.addItem("Open file…", (OPEN, ""))
        self.setCurrentIndex(self._index(current))

    def _add_group(self, heading: str, devices: list[Device]) -> None:
        if devices and heading:
            self._add_heading(heading)
        names = [d.name for d in self._devices]
        for device in devices:
            name = device.full_name if names.count(device.name) > 1 else device.name
            label = name + (" · system default" if device.default_input else "")
            if device is self._current() and (side := self._side(device)):
                label += f" · {side}"
            self.addItem(label, (DEVICE, name))
            self._set_tip(f"{label}\n{device.source}" if device.source else label)

    def _add_heading(self, text: str) -> None:
        self.addItem(text, ("none", ""))
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        item = model.item(self.count() - 1)
        item.setFlags(Qt.ItemFlag.NoItemFlags)  # neither chosen nor reached by keys
        font = self.font()
        font.setBold(True)
        font.setPixelSize(11)
        item.setFont(font)

    def _add_channels(self, device: Device | None) -> None:
        choices = channel_choices(device.channels) if device is not None else []
        if not choices or device is None:
            return
        self._add_heading(f"Channel of {device.name.removeprefix(PLAYBACK)}")
        chosen = self._channel if self._side(device) else None
        for number, name in choices:
            mark = "●" if number == chosen else "○"
            what = "mix of all" if number is None else name
            self.addItem(f"{mark} {what}", (CHANNEL, (device.name, number)))
            self._set_tip("Listen to this channel alone" if number else "Listen to their mean")

    def _set_tip(self, text: str) -> None:
        self.setItemData(self.count() - 1, text, Qt.ItemDataRole.ToolTipRole)

    def _side(self, device: Device) -> str:
        """The name of the channel that is listened to; empty for the mix of all."""
        return (
            dict(channel_choices(device.channels)).get(self._channel, "") if self._channel else ""
        )

    def _current(self) -> Device | None:
        """The device in use, or that a start would use."""
        if self._file is not None or not self._devices or self._away:
            return None
        return self._wanted() or self._default()

    @property
    def _away(self) -> bool:
        """Whether the microphone that is open was unplugged: no other one is in use then."""
        known = self._file is None and self._open and bool(self._devices)
        return known and self._microphone is not None and self._wanted() is None

    def _wanted(self) -> Device | None:
        wanted = self._microphone
        for device in self._devices:
            if wanted in (device.name, device.full_name, device.source or device.name):
                return device
            if wanted == str(device.index) and not device.source:
                return device
        return None

    def _default(self) -> Device | None:
        own = [d for d in self._devices if not d.source]
        return next((d for d in own if d.default_input), own[0] if own else None)

    def _index(self, device: Device | None) -> int:
        """Of the entry that stands for it, the first one that can be chosen for ``None``."""
        if device is None and not self._away:
            kinds = [(self.itemData(i) or ("", ""))[0] for i in range(self.count())]
            return kinds.index(FILE) if FILE in kinds else 0
        names = (self._microphone,) if device is None else (device.name, device.full_name)
        for i in range(self.count()):
            if self.itemData(i) in [(DEVICE, name) for name in names]:
                return i
        return 0

    def _on_activated(self, index: int) -> None:
        if self._choosing:
            return
        kind, value = self.itemData(index) or ("none", "")
        if kind != DEVICE:
            self.setCurrentIndex(self._index(self._current()))
        if kind == REFRESH:
            self.refresh.emit()
        elif kind == OPEN:
            self.open_file.emit()
        elif kind == CHANNEL:
            self.channel.emit(*value)
        elif kind == DEVICE:
            self.device.emit(value)
