"""The table of utterances: a model over the timeline's view, and a bar for the probabilities."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from ser_live.labels import EMOTIONS
from ser_live.ui.theme import Theme
from ser_live.ui.view_model import Utterance, clock, percent

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("#", "start", "length", "emotion", "confidence", "how sure", "voice", "probabilities")
_BAR = len(COLUMNS) - 1


class UtteranceModel(QAbstractTableModel):
    """Utterances with a result, oldest first."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._rows: list[Utterance] = []
        self._row_of: dict[int, int] = {}
        self._heard: int | None = None
        self._icons: dict[str, QIcon] = {}
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self.theme = theme
        for name in EMOTIONS:
            pixmap = QPixmap(12, 12)
            pixmap.fill(QColor(theme.emotion(name)))
            self._icons[name] = QIcon(pixmap)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Qt's."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Qt's."""
        return 0 if parent.isValid() else len(COLUMNS)

    def utterance(self, row: int) -> Utterance:
        """The utterance of a row."""
        return self._rows[row]

    def clear(self) -> None:
        """Forget all rows."""
        self.beginResetModel()
        self._rows, self._row_of, self._heard = [], {}, None
        self.endResetModel()

    def extend(self, table: list[Utterance]) -> bool:
        """Take the rows of a growing list that are new; tell whether there were any."""
        known = len(self._rows)
        if len(table) == known:
            return False
        self.beginInsertRows(QModelIndex(), known, len(table) - 1)
        self._rows += table[known:]
        self._row_of.update((u.number, row) for row, u in enumerate(table[known:], known))
        self.endInsertRows()
        return True

    def row_of(self, number: int | None) -> int | None:
        """The row of an utterance."""
        return None if number is None else self._row_of.get(number)

    def set_heard(self, number: int | None) -> int | None:
        """Mark the utterance that is heard now; its row if that is another than before."""
        if number == self._heard:
            return None
        changed = [self.row_of(self._heard), self.row_of(number)]
        self._heard = number
        for row in changed:
            if row is not None:
                self.dataChanged.emit(self.index(row, 0), self.index(row, _BAR))
        return changed[1]

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Qt's."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt's."""
        if not index.isValid():
            return None
        utterance, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _texts(utterance)[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.FontRole and utterance.number == self._heard:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.DecorationRole and column == 3 and utterance.reading:
            return self._icons[utterance.reading.emotion]
        if role == Qt.ItemDataRole.ToolTipRole and column == _BAR and utterance.reading:
            pairs = zip(EMOTIONS, utterance.reading.emotions, strict=True)
            return ", ".join(f"{name} {percent(p)}" for name, p in pairs)
        return None


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in (0, 1, 2, 4) else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _texts(utterance: Utterance) -> tuple[str, ...]:
    reading = utterance.reading
    times = (str(utterance.number), clock(utterance.start), f"{utterance.length:.1f} s")
    if reading is None:
        return (*times, "—", "—", "—", "—", "")
    return (
        *times,
        f"{reading.emotion} ?" if reading.low_evidence else reading.emotion,
        percent(reading.confidence),
        reading.sureness,
        f"{reading.gender} {percent(reading.gender_confidence)}",
        "",
    )


class ProbabilityBar(QStyledItemDelegate):
    """The seven probabilities side by side in one bar."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Qt's."""
        super().paint(painter, option, index)
        model = index.model()
        assert isinstance(model, UtteranceModel)
        reading = model.utterance(index.row()).reading
        if reading is None:
            return
        rect = QRectF(option.rect).adjusted(6, 6, -8, -6)
        x = rect.left()
        for name, p in zip(EMOTIONS, reading.emotions, strict=True):
            part = QRectF(x, rect.top(), rect.width() * p, rect.height())
            painter.fillRect(part, QColor(model.theme.emotion(name)))
            if part.width() > 60:
                painter.setPen(QColor("#000000" if name != "sad" else "#FFFFFF"))
                painter.drawText(part, Qt.AlignmentFlag.AlignCenter, name)
            x += part.width()


class UtteranceTable(QTableView):
    """The table.

    Signals:
        chosen: an :class:`Utterance` was selected by the user.
    """

    chosen = Signal(object)
    _fitting = False  # here: Qt's constructor asks for the geometry already

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setAccessibleName("Utterances")
        self.setToolTip("Click an utterance to go there")
        self.content = UtteranceModel(theme)
        self.setModel(self.content)
        self.setItemDelegateForColumn(_BAR, ProbabilityBar(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        # Its sizes are set by text_fit.py.
        self.selectionModel().currentRowChanged.connect(self._on_current)
        self._quiet = False

    def updateGeometries(self) -> None:
        """Qt's: the rows' area ends with a whole row, so that none is cut at the end of the list.

        Scrolled to its end, Qt aligns the last row with the bottom and cuts the first one.
        """
        if self._fitting:
            return
        self._fitting = True
        header, bar = self.verticalHeader(), self.verticalScrollBar()
        at_end = 0 < bar.maximum() == bar.value()
        try:
            super().updateGeometries()
            if at_end:  # stays there when the height changes
                bar.setValue(bar.maximum())
            height = self.viewport().height()
            rest = height % max(1, self.verticalHeader().defaultSectionSize())
            if rest == height:
                return
            margins = self.viewportMargins()
            margins.setBottom(rest)
            self.setViewportMargins(margins)
            header.setFixedHeight(height - rest)
            # A hidden widget does not pass its size on, and Qt scrolls by this one's.
            header.viewport().resize(header.viewport().width(), height - rest)
            if 0 < bar.maximum() == bar.value():
                header.setOffsetToLastSection()
                self.viewport().update()
        finally:
            self._fitting = False

    def sizeHint(self) -> QSize:
        """Qt's."""
        return QSize(600, 150)

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self.content.set_theme(theme)
        self.viewport().update()

    def show_rows(self, table: list[Utterance]) -> None:
        """Show a growing list; the newest stays visible unless the user scrolled up."""
        bar = self.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 1
        if self.content.extend(table) and at_end:
            self.scrollToBottom()

    def clear(self) -> None:
        """Empty the table."""
        self.content.clear()

    def select_number(self, number: int | None) -> None:
        """Mark an utterance without announcing it."""
        self._quiet = True
        try:
            self.selectionModel().clear()
            row = self.content.row_of(number)
            if row is not None:
                flags = QItemSelectionModel.SelectionFlag
                self.selectionModel().setCurrentIndex(
                    self.content.index(row, 0), flags.ClearAndSelect | flags.Rows
                )
        finally:
            self._quiet = False

    def show_heard(self, number: int | None) -> None:
        """Mark the utterance that a file's cursor is in, and keep it visible."""
        row = self.content.set_heard(number)
        if row is not None:
            self.scrollTo(self.content.index(row, 0))

    def _on_current(self, current: QModelIndex) -> None:
        if current.isValid() and not self._quiet:
            self.chosen.emit(self.content.utterance(current.row()))
