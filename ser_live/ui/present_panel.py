"""The present state in large type, to be read from three metres."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ser_live.ui.emotion_bars import EmotionBars
from ser_live.ui.text_scale import px, scale
from ser_live.ui.theme import Theme
from ser_live.ui.view_model import Kind, Present, percent

_LEAST_HEIGHT = 260  # pixels
_SURENESS_DOTS = {"sure": 3, "fairly sure": 2, "not sure": 1}


class SurenessDots(QWidget):
    """One to three dots: not sure, fairly sure, sure."""

    def __init__(self) -> None:
        super().__init__()
        self._filled = 0
        self._colour = QColor("grey")
        self.setFixedSize(QSize(54, 16))
        self.setAccessibleName("How sure")
        self.setToolTip("no estimate")

    def show_dots(self, filled: int, colour: str) -> None:
        """Fill some of the three dots; none at all hides them."""
        self._filled, self._colour = filled, QColor(colour)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's."""
        if not self._filled:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._colour)
        for i in range(3):
            painter.setBrush(self._colour if i < self._filled else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QRectF(2 + 18 * i, 2, 12, 12))
        painter.end()


class GenderBar(QWidget):
    """One bar from male to female, filled from the middle."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._female: float | None = None
        self.setFixedHeight(14)
        self.setAccessibleName("Perceived vocal gender")
        self.setToolTip("How female or male the voice sounds; from the middle to the likelier side")

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self.update()

    def set_female(self, p: float | None) -> None:
        """Probability of a female voice, or nothing."""
        if p != self._female:
            self._female = p
            text = "no estimate" if p is None else f"female {percent(p)}, male {percent(1 - p)}"
            self.setAccessibleDescription(text)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(0, 2, self.width(), 10)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.grid))
        painter.drawRoundedRect(track, 5, 5)
        middle = self.width() / 2
        if self._female is not None:
            at = self.width() * self._female
            painter.setBrush(QColor(self._theme.gender))
            painter.drawRect(QRectF(min(at, middle), 2, abs(at - middle), 10))
        painter.setBrush(QColor(self._theme.muted))
        painter.drawRect(QRectF(middle - 0.5, 0, 1, 14))
        painter.end()


class PresentPanel(QFrame):
    """Top emotion, probability, how sure; seven bars; gender."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self._theme = theme
        self._present: Present | None = None
        self._paused = False
        self._corner: QWidget | None = None
        self._headline_colour = theme.muted
        self.setAccessibleName("Present state")
        self.setMinimumWidth(270)
        self.setMaximumWidth(430)
        self.section = QLabel("NOW")
        self.headline = QLabel("")
        self.headline.setAccessibleName("Likeliest emotion")
        self.swatch = QFrame()
        self.swatch.setFixedHeight(6)
        self.detail = QLabel("")
        self.detail.setAccessibleName("Probability and how sure")
        self.dots = SurenessDots()
        self.bars = EmotionBars(theme)
        self.gender_title = QLabel("VOICE")
        self.gender = QLabel("—")
        self.gender_bar = GenderBar(theme)
        self.footer = QLabel("")
        self.footer.setAccessibleName("Which utterance")
        for label in (self.section, self.gender_title):
            label.setObjectName("section")
        self.footer.setObjectName("muted")
        self._ends: list[QLabel] = []
        ends = QHBoxLayout()
        for text, align in (
            ("male", Qt.AlignmentFlag.AlignLeft),
            ("female", Qt.AlignmentFlag.AlignRight),
        ):
            end = QLabel(text)
            end.setObjectName("muted")
            ends.addWidget(end, 0, align)
            self._ends.append(end)
        how = QHBoxLayout()
        how.addWidget(self.detail, 1)
        how.addWidget(self.dots, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        voice = QHBoxLayout()
        voice.addWidget(self.gender_title)
        voice.addStretch(1)
        voice.addWidget(self.gender)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 12, 18, 12)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        layout.setSpacing(4)
        self._top = QHBoxLayout()
        self._top.addWidget(self.section, 1)
        layout.addLayout(self._top)
        layout.addWidget(self.headline)
        layout.addWidget(self.swatch)
        layout.addSpacing(2)
        layout.addLayout(how)
        layout.addSpacing(6)
        layout.addWidget(self.bars, 1)
        layout.addSpacing(6)
        layout.addLayout(voice)
        layout.addWidget(self.gender_bar)
        layout.addLayout(ends)
        layout.addWidget(self.footer)
        for label in (self.headline, self.detail, self.footer):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def take_corner(self, widget: QWidget | None) -> None:
        """Put a small widget at the top right; ``None``: it went elsewhere."""
        if widget is not None:
            self._top.addWidget(widget, 0, Qt.AlignmentFlag.AlignRight)
        elif self._corner is not None:
            self._corner.show()
        self._corner = widget
        self.show_paused(self._paused)
        self.fit_text()

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self.show_paused(self._paused)
        self.bars.set_theme(theme)
        self.gender_bar.set_theme(theme)
        present, self._present = self._present, None
        if present is not None:
            self.show_present(present)

    def show_paused(self, paused: bool) -> None:
        """Say that this is not the present moment any more."""
        self._paused = paused
        text = "VIEW PAUSED · P goes on" if self._corner is None else "VIEW PAUSED"
        self.section.setText(text if paused else "NOW")
        self.section.setToolTip("P goes on" if paused else "")
        self.section.setStyleSheet(f"color: {self._theme.warning};" if paused else "")

    def show_present(self, present: Present) -> None:
        """Show a state; nothing happens when it is the one shown."""
        if present == self._present:
            return
        self._present = present
        theme, reading = self._theme, present.reading
        self.headline.setText(present.headline)
        self.detail.setText(present.detail)
        sure = reading is not None and not reading.low_evidence
        colour = theme.emotion(reading.emotion) if reading is not None and sure else theme.grid
        self.swatch.setStyleSheet(f"background: {colour}; border-radius: 3px;")
        text = theme.text if present.kind is Kind.ESTIMATE else theme.muted
        self._headline_colour = text
        self._fit_headline()
        self.dots.show_dots(_SURENESS_DOTS[reading.sureness] if reading else 0, theme.text)
        self.dots.setVisible(reading is not None)
        self.dots.setToolTip(reading.sureness if reading else "no estimate")
        self.bars.set_reading(reading)
        self.gender_bar.set_female(None if reading is None else reading.female)
        if reading is None:
            self.gender.setText("—")
        else:
            self.gender.setText(f"{reading.gender} {percent(reading.gender_confidence)}")
        self.footer.setText(_footer(present))

    def _fit_headline(self) -> None:
        """As large as the width allows."""
        font = QFont(self.font())
        font.setBold(True)
        room = max(100, self.width() - 40)
        highest = min(px(54), round(self.headline.maximumHeight() / 1.2))
        for size in range(highest, 17, -2):
            font.setPixelSize(size)
            if QFontMetrics(font).horizontalAdvance(self.headline.text()) <= room:
                break
        # By style sheet: the application's would override a font set on the widget.
        self.headline.setStyleSheet(
            f"font-size: {font.pixelSize()}px; font-weight: bold; color: {self._headline_colour};"
        )

    def minimumSizeHint(self) -> QSize:
        """Qt's: what can be left out needs no room."""
        return QSize(super().minimumSizeHint().width(), _LEAST_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's."""
        super().resizeEvent(event)
        self.fit_text()

    def _fit_height(self) -> None:
        """Leave out what is said elsewhere too, rather than let anything overlap."""
        corner = () if self._corner is None else (self._corner,)
        for part in (self.footer, self.section, *self._ends, *corner):
            part.show()
        self.footer.setVisible(scale() < 1.5)  # its room is needed
        for height in (min(px(66), 90), 54, 36):
            self.headline.setFixedHeight(height)
            for parts in ((), (self.footer,), tuple(self._ends), (self.section, *corner)):
                for part in parts:
                    part.setVisible(part is self.section and self._paused)
                if self.layout().totalMinimumSize().height() <= self.height():
                    return

    def fit_text(self) -> None:
        """Choose the sizes of the texts by the room that there is."""
        self._fit_height()
        self._fit_headline()
        room = self.width() - 40 - self.dots.width()
        font = QFont(self.font())
        for size in range(px(20 if self.width() > px(310) else 17), 11, -1):
            font.setPixelSize(size)
            if QFontMetrics(font).horizontalAdvance("perhaps surprise, 99 %") <= room:
                break
        self.detail.setStyleSheet(f"font-size: {size}px;")
        self.gender.setStyleSheet(f"font-size: {size}px; font-weight: bold;")


def _footer(present: Present) -> str:
    if present.kind is Kind.ESTIMATE:
        what = "result of" if present.final else "so far in"
        return f"{what} utterance {present.utterance}"
    return ""
