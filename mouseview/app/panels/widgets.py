"""Small pieces that several panels are built from: labels by role, rules, badges, segmented switches."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from mouseview.app import theme
from mouseview.app.tokens import Tokens
from mouseview.model.finding import Severity, Truth, Verdict

BADGE_HEIGHT_PX = 17
_BADGE_PADDING_PX = 7
_SHORT_WORDS = frozenset({"a", "an", "in", "it", "no", "of", "on", "or", "to"})  # and not fx or cy


def label(text: str = "", role: str = "", wrap: bool = False) -> QLabel:
    """role: ``muted``, ``faint``, ``heading``, ``section`` or ``title``; see the style sheet."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        made.setProperty("role", role)
    made.setWordWrap(wrap)
    if wrap:
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        made.setSizePolicy(policy)
    return made


def rule() -> QFrame:
    line = QFrame()
    line.setObjectName("rule")
    line.setFixedHeight(1)
    return line


def narrow(combo: QComboBox, characters: int) -> QComboBox:
    """A box no wider than so many characters: bars have to fit a small window."""
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(characters)
    return combo


def scrolling(inner: QWidget) -> QScrollArea:
    """An area that shows as much of ``inner`` as there is height for, and all of its width."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inner)
    return area


class ElidedLabel(QLabel):
    """One line that shortens itself in the middle or at the end; then its tool tip has the whole text.

    detail: a tool tip that says more than the text and is always there.
    """

    detail = ""

    def __init__(self, text: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__(text)
        self._mode = mode
        self.setMinimumWidth(20)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), self._mode, rect.width())
        self.setToolTip(self.detail or (self.text() if shown != self.text() else ""))
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(rect, self.alignment() | Qt.AlignmentFlag.AlignVCenter, shown)


def sentence(text: str) -> str:
    """With a capital where it begins with an ordinary word; names such as ``fx`` or ``cam_0`` stay as they are."""
    word = text.partition(" ")[0]
    ordinary = word in _SHORT_WORDS or len(word) > 2
    return text[:1].upper() + text[1:] if ordinary and word.isalpha() and word.islower() else text


def truth_colour(truth: Truth, t: Tokens) -> str:
    return {Truth.TRUE: t.good, Truth.APPROXIMATE: t.warn, Truth.FALSE: t.bad}[truth]


def severity_colour(severity: Severity, t: Tokens) -> str:
    return {Severity.ERROR: t.bad, Severity.WARNING: t.warn, Severity.INFO: t.inside}[severity]


def severity_icon(severity: Severity) -> str:
    return {Severity.ERROR: "error", Severity.WARNING: "findings", Severity.INFO: "info"}[severity]


def format_text(verdict: Verdict) -> str:
    return "in format" if verdict.in_format else "outside"


def badge_width(text: str, metrics: QFontMetricsF) -> float:
    return metrics.horizontalAdvance(text) + 2 * _BADGE_PADDING_PX


def paint_badge(painter: QPainter, right: float, middle: float, text: str, colour: str, filled: bool = True) -> float:
    """A rounded badge that ends at ``right``; returns its left edge. Filled: truth. Outlined: format."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = theme.ui_font(theme.FONT_PX - 1, bold=filled)
    painter.setFont(font)
    width = badge_width(text, QFontMetricsF(font))
    rect = QRectF(right - width, middle - BADGE_HEIGHT_PX / 2, width, BADGE_HEIGHT_PX)
    painter.setPen(Qt.PenStyle.NoPen if filled else theme.tinted(colour, 0.65))
    painter.setBrush(theme.tinted(colour, 0.17) if filled else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setPen(QColor(colour))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()
    return rect.left()


def paint_verdict(painter: QPainter, right: float, middle: float, verdict: Verdict, t: Tokens) -> float:
    """Both verdicts side by side; returns the left edge."""
    colour = t.inside if verdict.in_format else t.outside
    left = paint_badge(painter, right, middle, format_text(verdict), colour, filled=False)
    return paint_badge(painter, left - 4, middle, str(verdict.truth), truth_colour(verdict.truth, t))


def verdict_width(verdict: Verdict) -> float:
    """Of ``paint_verdict``, in px."""
    truth = badge_width(str(verdict.truth), QFontMetricsF(theme.ui_font(theme.FONT_PX - 1, bold=True)))
    return truth + 4 + badge_width(format_text(verdict), QFontMetricsF(theme.ui_font(theme.FONT_PX - 1)))


class Badge(QWidget):
    """A badge as a widget of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._text, self._colour, self._filled = "", "#000000", True
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        return self._text

    def show_text(self, text: str, colour: str, filled: bool = True) -> None:
        if (text, colour, filled) == (self._text, self._colour, self._filled):
            return  # a badge that says the same moves nothing beside it
        self._text, self._colour, self._filled = text, colour, filled
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(theme.ui_font(theme.FONT_PX - 1, bold=self._filled))
        return QSize(round(badge_width(self._text, metrics)) + 1 if self._text else 0, BADGE_HEIGHT_PX + 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._text:
            painter = QPainter(self)
            paint_badge(painter, self.width(), self.height() / 2, self._text, self._colour, self._filled)


class Segments(QWidget):
    """A row of joined buttons of which one is chosen. ``chosen(index)`` is emitted for clicks only."""

    chosen = Signal(int)

    def __init__(self, texts: tuple[str, ...], tips: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        for index, text in enumerate(texts):
            button = QToolButton()
            button.setText(text)
            button.setCheckable(True)
            button.setChecked(index == 0)
            button.setProperty("segment", True)
            if index in (0, len(texts) - 1):
                button.setProperty("segmentEdge", "left" if index == 0 else "right")
            if tips:
                button.setToolTip(tips[index])
            self._group.addButton(button, index)
            row.addWidget(button)
        self._group.idClicked.connect(self.chosen.emit)

    def choose(self, index: int) -> None:
        self._group.button(index).setChecked(True)

    @property
    def index(self) -> int:
        return self._group.checkedId()

    def button(self, index: int) -> QToolButton:
        found = self._group.button(index)
        assert isinstance(found, QToolButton)
        return found
