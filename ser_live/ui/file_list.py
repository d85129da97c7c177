"""The list of files at the left of the window."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
)

from ser_live.ui.file_list_model import Row
from ser_live.ui.file_row_painter import FileRowPainter
from ser_live.ui.text_scale import px
from ser_live.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole
SHOWN = Qt.ItemDataRole.UserRole + 1
WIDTH = 272  # pixels at 100 %
_SHARE = 0.3  # of the window, for larger text


class FileListModel(QAbstractListModel):
    """The rows for Qt."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self._shown: int | None = None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Qt's."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt's."""
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == ROW:
            return row
        if role == SHOWN:
            return row.number == self._shown
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.tip
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.tip.replace("\n", ", ")
        return None

    def show_rows(self, rows: list[Row], shown: int | None) -> bool:
        """Take over; tell whether files came or went."""
        same = [row.number for row in rows] == [row.number for row in self.rows]
        if not same:
            self.beginResetModel()
            self.rows, self._shown = rows, shown
            self.endResetModel()
            return True
        changed = [i for i, (a, b) in enumerate(zip(rows, self.rows, strict=True)) if a != b]
        if shown != self._shown:
            changed = list(range(len(rows)))
        self.rows, self._shown = rows, shown
        for i in changed:
            self.dataChanged.emit(self.index(i), self.index(i))
        return False


class FileList(QFrame):
    """List, progress of all files, buttons.

    Signals:
        chosen: the number of a file to be shown.
        cancel: leave undone what is not done, or go on with it.
        export: export all results.
        hidden: put the list away.
    """

    chosen = Signal(int)
    cancel = Signal()
    export = Signal()
    hidden = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAccessibleName("Files")
        self.setFixedWidth(WIDTH)
        self.content = FileListModel()
        self._painter = FileRowPainter(theme, ROW, SHOWN, self)
        self.list = QListView()
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setAccessibleName("Files")
        self.list.setAccessibleDescription("Enter shows one, Delete takes it off the list")
        self.list.setModel(self.content)
        self.list.setItemDelegate(self._painter)
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setMouseTracking(True)
        # One click shows a file; with Ctrl or Shift it only selects.
        self.list.clicked.connect(self._on_clicked)
        self.list.activated.connect(self._on_activated)
        title = QLabel("Files")
        title.setObjectName("section")
        self.hide_button = QToolButton()
        self.hide_button.setObjectName("flat")
        self.hide_button.setText("‹")
        self.hide_button.setToolTip("Put the list away (Ctrl+L); the work goes on")
        self.hide_button.setAccessibleName("Hide the list of files")
        self.hide_button.clicked.connect(self.hidden)
        self.words = QLabel("")
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.words.setWordWrap(True)
        self.words.setObjectName("muted")
        self.words.setAccessibleName("Progress of all files")
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress of all files")
        self.bar.setToolTip("How much of all files has been analysed")
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setToolTip("Leave undone what is not done; results stay")
        self.cancel_button.clicked.connect(self.cancel)
        self.export_button = QPushButton("Export all…")
        self.export_button.setToolTip("Write the results of all files that are done into a folder")
        self.export_button.clicked.connect(self.export)
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self.hide_button)
        buttons = QHBoxLayout()
        buttons.addWidget(self.cancel_button)
        buttons.addStretch(1)
        buttons.addWidget(self.export_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 8, 10)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.words)
        layout.addWidget(self.bar)
        layout.addLayout(buttons)
        self.hide()

    def sizeHint(self) -> QSize:
        """Qt's."""
        return QSize(self.width(), 400)

    def fit_width(self, window: int) -> None:
        """As wide as the text wants, but no more than a share of the window (pixels)."""
        self.setFixedWidth(max(WIDTH, min(px(WIDTH), round(_SHARE * window))))

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._painter.theme = theme
        self.list.doItemsLayout()  # the size of the text may be another
        self.list.viewport().update()

    def selected(self) -> list[int]:
        """Numbers of the selected files, from the top."""
        rows = sorted(index.row() for index in self.list.selectionModel().selectedIndexes())
        return [self.content.rows[row].number for row in rows]

    def show_rows(self, rows: list[Row], shown: int | None) -> None:
        """Show these rows; the selection stays on its files."""
        selected, current = set(self.selected()), self.list.currentIndex().row()
        if not self.content.show_rows(rows, shown):
            return
        flags = QItemSelectionModel.SelectionFlag
        for i, row in enumerate(rows):
            if row.number in selected:
                self.list.selectionModel().select(self.content.index(i), flags.Select)
        if rows and current >= 0:
            at = self.content.index(min(current, len(rows) - 1))
            self.list.selectionModel().setCurrentIndex(at, flags.NoUpdate)

    def show_progress(self, words: str, share: float, going: bool, cancelled: bool) -> None:
        """Progress of all files.

        Args:
            words: in a line.
            share: 0 … 1.
            going: there is something to cancel.
            cancelled: there is something to go on with.
        """
        self.words.setText(words)
        self.words.setToolTip(words)
        self.bar.setVisible(going)
        self.bar.setValue(round(1000 * share))
        self.cancel_button.setVisible(going or cancelled)
        self.cancel_button.setText("Cancel" if going else "Go on")
        tip = "Leave the rest undone" if going else "Analyse what was cancelled"
        self.cancel_button.setToolTip(tip)

    def _on_clicked(self, index: QModelIndex) -> None:
        if len(self.list.selectionModel().selectedIndexes()) == 1:
            self._on_activated(index)

    def _on_activated(self, index: QModelIndex) -> None:
        self.chosen.emit(self.content.rows[index.row()].number)
