"""Compare: truth, prediction and difference of every view, with held-out views apart from those that were fed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from mouseview.app import theme
from mouseview.app.jobs import JobStatus
from mouseview.app.panels.widgets import ElidedLabel, Segments, label
from mouseview.app.state import AppState, Changed, ComparedView, DifferenceImage
from mouseview.app.tokens import Tokens

if TYPE_CHECKING:
    from mouseview.workflow.reconstruct import Reconstruction

HELD_OUT = "held-out"
_TEXT_PX = 58
_HEAD_PX = 22
_LEAST_IMAGE_PX = 76
_GAP_PX = 3
KINDS = ("absolute", "signed", "ssim")
_COLUMNS = (0.0, 0.2, 0.48, 0.8)  # of the table of scores, as parts of its width
_INVITATION = "Truth, prediction and difference of every view appear here after a reconstruction."
_TITLES = {"absolute": "difference", "signed": "signed difference", "ssim": "1 − SSIM"}


def decibel(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "–"
    return "∞" if math.isinf(value) else f"{value:.1f}"


class CompareCard(QWidget):
    """One view: three images and the scores. Intent: ``chosen(name)``."""

    chosen = Signal(str)

    def __init__(self, view: ComparedView, kind: str, close: bool) -> None:
        super().__init__()
        self.view = view
        self._kind = kind
        self._part = view.subject if close else QRectF(view.truth.rect())
        self.selected = False
        self._side = _LEAST_IMAGE_PX
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        scores = view.scores
        self.setAccessibleName(
            f"{view.name}, {view.role}: PSNR {decibel(scores.psnr)} dB, subject {decibel(scores.psnr_subject)} dB"
        )

    def fit(self, height: int) -> None:
        aspect = self._part.width() / max(self._part.height(), 1)
        self._side = max(height - _TEXT_PX - _HEAD_PX - 8, _LEAST_IMAGE_PX)
        width = max(int(3 * self._side * aspect) + 2 * _GAP_PX + 16, 268)
        self.setFixedSize(QSize(width, self._side + _TEXT_PX + _HEAD_PX + 8))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self.view.name)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        card = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(QColor(t.accent if self.selected else t.border), 2 if self.selected else 1))
        painter.setBrush(QColor(t.raised))
        painter.drawRoundedRect(card, 7, 7)
        inner = card.adjusted(7, 2, -7, -4)
        painter.setFont(theme.ui_font(bold=True))
        painter.setPen(QColor(t.text))
        head = QRectF(inner.left() + 2, inner.top(), inner.width(), _HEAD_PX)
        painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, self.view.name)
        difference = self.view.differences[self._kind].image
        images = (("truth", self.view.truth), ("prediction", self.view.prediction), (_TITLES[self._kind], difference))
        width = (inner.width() - 2 * _GAP_PX) / 3
        small = theme.ui_font(theme.FONT_PX - 2)
        for position, (title, image) in enumerate(images):
            place = QRectF(inner.left() + position * (width + _GAP_PX), head.bottom(), width, self._side)
            painter.fillRect(place, QColor(t.canvas))
            painter.drawImage(_fitted(self._part, place), image, self._part)
            painter.setFont(small)
            _caption(painter, place, title, small)
        self._paint_scores(
            painter, QRectF(inner.left() + 2, head.bottom() + self._side + 3, inner.width() - 4, _TEXT_PX), t
        )

    def _paint_scores(self, painter: QPainter, area: QRectF, t: Tokens) -> None:
        scores = self.view.scores
        gain = scores.gain_over_white_subject
        verdict = t.text if gain is None else t.good if gain > 0 else t.bad
        rows = (
            (("", t.muted), ("PSNR", t.muted), ("blank white", t.muted), ("SSIM", t.muted)),
            (("whole", t.muted), (_with_unit(scores.psnr), t.text), (_with_unit(scores.white_baseline), t.faint),
             (_ratio(scores.ssim), t.text)),
            (("subject", t.muted), (_with_unit(scores.psnr_subject), verdict),
             (_with_unit(scores.white_baseline_subject), t.faint), (_ratio(scores.ssim_subject), t.text)),
        )  # fmt: skip
        for line, row in enumerate(rows):
            for column, (text, colour) in enumerate(row):
                painter.setFont(theme.mono_font() if line and column else theme.ui_font(theme.FONT_PX - 1))
                painter.setPen(QColor(colour))
                place = QRectF(area.left() + _COLUMNS[column] * area.width(), area.top() + 1 + line * 17, 110, 17)
                painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


def _with_unit(value: float | None) -> str:
    text = decibel(value)
    return text if text == "–" else f"{text} dB"


def _ratio(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.3f}"


def _fitted(part: QRectF, place: QRectF) -> QRectF:
    scale = min(place.width() / max(part.width(), 1), place.height() / max(part.height(), 1))
    width, height = part.width() * scale, part.height() * scale
    return QRectF(place.center().x() - width / 2, place.center().y() - height / 2, width, height)


def _caption(painter: QPainter, place: QRectF, text: str, font: QFont) -> None:
    width = QFontMetricsF(font).horizontalAdvance(text) + 8
    box = QRectF(place.left() + 3, place.bottom() - 17, width, 14)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.tinted("#000000", 0.5))
    painter.drawRoundedRect(box, 3, 3)
    painter.setPen(QColor("#ffffff"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


class DifferenceLegend(QWidget):
    """The fixed scale of the difference images."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: DifferenceImage | None = None
        self.setFixedSize(156, 20)

    def show_scale(self, shown: DifferenceImage | None) -> None:
        self._shown = shown
        self.setToolTip("" if shown is None else shown.meaning)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._shown is None:
            return
        t = theme.current()
        painter = QPainter(self)
        painter.drawImage(QRectF(40, 6, 76, 8), self._shown.legend)
        painter.setFont(theme.ui_font(theme.FONT_PX - 1))
        painter.setPen(QColor(t.muted))
        vertical = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, 0, 35, 20), vertical | Qt.AlignmentFlag.AlignRight, f"{self._shown.low:g}")
        painter.drawText(QRectF(121, 0, 35, 20), vertical | Qt.AlignmentFlag.AlignLeft, f"{self._shown.high:g}")


def count_text(count: int) -> str:
    """393218 → "393 k"."""
    return str(count) if count < 10_000 else f"{count / 1e3:.0f} k" if count < 10**6 else f"{count / 1e6:.1f} M"


def headline(done: Reconstruction) -> str:
    """What was run, short enough for a narrow window; a render gone white is said first."""
    what = f"{done.prepared.mode} · {count_text(len(done.gaussians))} Gaussians · {done.seconds:.1f} s on {done.device}"
    return f"WHITE COLLAPSE · {what}" if done.white_collapse else what


class ComparePanel(QWidget):
    """Intents: ``camera_chosen(name)``, ``run_wanted``."""

    camera_chosen = Signal(str)
    run_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.kind = Segments(
            ("Absolute", "Signed", "SSIM"),
            ("Mean absolute difference of RGB", "Blue: too dark, red: too bright", "Structure missing or invented"),
        )
        self.kind.chosen.connect(lambda _index: self._rebuild())
        self.legend = DifferenceLegend()
        self.close_up = QCheckBox("Close up")
        self.close_up.setToolTip("Show the square round the subject instead of the whole image")
        self.close_up.setChecked(True)
        self.close_up.toggled.connect(lambda _on: self._rebuild())
        self.headline = ElidedLabel()
        self.headline.setProperty("role", "muted")
        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(10, 6, 10, 2)
        bar.setSpacing(10)
        bar.addWidget(self.headline, 1)
        bar.addWidget(self.close_up)
        bar.addWidget(self.legend)
        bar.addWidget(self.kind)
        self._strip = QWidget()
        self._strip.setObjectName("panel")
        self._strip.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._row = QHBoxLayout(self._strip)
        self._row.setContentsMargins(10, 2, 10, 4)
        self._row.setSpacing(8)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setWidget(self._strip)
        self._area.viewport().installEventFilter(self)
        self.empty = QWidget()
        self.empty_text = label(_INVITATION, "muted", wrap=True)
        self.empty_text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.run = QPushButton("Reconstruct")
        self.run.clicked.connect(self.run_wanted)
        box = QVBoxLayout(self.empty)
        box.addStretch(1)
        box.addWidget(self.empty_text)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self.run)
        middle.addStretch(1)
        box.addLayout(middle)
        box.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar)
        column.addWidget(self._area, 1)
        column.addWidget(self.empty, 1)
        self.cards: list[CompareCard] = []
        self._views: tuple[ComparedView, ...] = ()
        self._camera: str | None = None
        self._changed = Changed()

    def show_state(self, state: AppState) -> None:
        if self._changed(state.compared, state.sample, state.reconstruction, state.prepare_problem):
            self._views = state.compared
            self._bar.setVisible(bool(self._views))
            self._area.setVisible(bool(self._views))
            self.empty.setVisible(not self._views)
            usable = state.sample is not None and state.sample.has_images
            self.run.setEnabled(usable and not state.prepare_problem)
            self.run.setToolTip(state.prepare_problem)
            done = state.reconstruction
            if done is not None:
                self.headline.setText(headline(done))
                opacity = done.predicted_alpha
                self.headline.detail = (
                    f"{done.prepared.mode}: {len(done.gaussians):,} Gaussians in {done.seconds:.2f} s, {done.device}"
                    + ("" if math.isnan(opacity) else f"\nMean opacity inside the masks: {opacity:.2f}")
                )
            self._rebuild()
        if state.camera != self._camera:
            self._camera = state.camera
            self._mark()

    def show_progress(self, status: JobStatus) -> None:
        """Of the run that will fill this panel."""
        self.run.setVisible(not status.running)
        self.empty_text.setText(f"{status.note or status.title} …" if status.running else _INVITATION)

    def _rebuild(self) -> None:
        kind = KINDS[self.kind.index]
        self.legend.show_scale(self._views[0].differences[kind] if self._views else None)
        while self._row.count():
            item = self._row.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        self.cards = []
        for title, tip, held_out in (
            ("Held out", "Never fed to the model: the honest test", True),
            ("Fed", "The model has seen these: how well it repeats them", False),
        ):
            chosen = [view for view in self._views if (view.role == HELD_OUT) is held_out]
            if not chosen:
                continue
            self._row.addWidget(_GroupHead(title, tip, len(chosen)))
            for view in chosen:
                card = CompareCard(view, kind, self.close_up.isChecked())
                card.chosen.connect(self.camera_chosen)
                self.cards.append(card)
                self._row.addWidget(card)
            self._row.addSpacing(10)
        self._row.addStretch(1)
        self._mark()
        self._fit()

    def _mark(self) -> None:
        for card in self.cards:
            card.selected = card.view.name == self._camera
            card.update()
            if card.selected:
                self._area.ensureWidgetVisible(card, 20, 0)

    def _fit(self) -> None:
        height = self._area.viewport().height() - 8
        for card in self.cards:
            card.fit(height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return False


class _GroupHead(QLabel):
    """The heading of a group of cards, written upwards at its left, so that it costs no height."""

    def __init__(self, title: str, tip: str, count: int) -> None:
        super().__init__(f"{title} · {count}")
        self.setToolTip(tip)
        self.setFixedWidth(22)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setFont(theme.ui_font(bold=True))
        painter.setPen(QColor(t.outside if self.text().startswith("Held") else t.inside))
        painter.translate(0, self.height())
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, self.height(), self.width()), Qt.AlignmentFlag.AlignCenter, self.text())
