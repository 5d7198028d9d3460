"""Findings: what the checks have to say, worst first, each with its place and what to do."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QResizeEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from mouseview.app import theme
from mouseview.app.panels import wrapped_text
from mouseview.app.panels.row_columns import paint_rows
from mouseview.app.panels.widgets import label, sentence, severity_colour, severity_icon
from mouseview.app.state import SEVERITY_ORDER, AppState, Changed
from mouseview.model.finding import Finding, Severity

_Index = QModelIndex | QPersistentModelIndex
FINDING_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_PAD = 9
_ICON_PX = 17


def as_text(findings: tuple[Finding, ...]) -> str:
    return "\n\n".join(
        f"[{finding.severity}] {finding.code} · {finding.place}\n{finding.message}\n→ {finding.remedy}"
        for finding in findings
    )


class _Delegate(QStyledItemDelegate):
    @staticmethod
    def _inner_width(width: int) -> int:
        return max(width - 2 * _PAD - _ICON_PX - 12, 60)

    def _layout(self, finding: Finding, width: int) -> list[tuple[str, QFont, str, int]]:
        """(text, font, colour role, height) of each block."""
        inner = self._inner_width(width)
        place = finding.camera or finding.place.replace("\\", "/").rsplit("/", 1)[-1]
        blocks = [
            (sentence(finding.message), theme.ui_font(), "text"),
            (f"{place} · {finding.code}", theme.ui_font(theme.FONT_PX - 1), "faint"),
            (f"→ {finding.remedy}" if finding.remedy else "", theme.ui_font(theme.FONT_PX - 1), "muted"),
        ]
        return [(text, font, role, wrapped_text.height_of(text, font, inner)) for text, font, role in blocks if text]

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        view = self.parent()
        width = view.viewport().width() if isinstance(view, QListView) else 280
        blocks = self._layout(index.data(FINDING_ROLE), width)
        return QSize(120, sum(height + 3 for *_, height in blocks) + 2 * _PAD + 2)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        t = theme.current()
        finding: Finding = index.data(FINDING_ROLE)
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card = QRectF(rect).adjusted(2, 2, -4, -3)
        colour = severity_colour(finding.severity, t)
        state = option.state
        painter.setPen(QColor(t.accent if state & QStyle.StateFlag.State_Selected else t.border))
        painter.setBrush(QColor(t.hover if state & QStyle.StateFlag.State_MouseOver else t.raised))
        painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        top = rect.top() + _PAD
        ratio = painter.device().devicePixelRatio()
        pixmap = theme.icon_pixmap(severity_icon(finding.severity), colour, _ICON_PX, ratio)
        painter.drawPixmap(rect.left() + _PAD, top, pixmap)
        left = rect.left() + _PAD + _ICON_PX + 6
        inner = self._inner_width(rect.width())
        for text, font, role, height in self._layout(finding, rect.width()):
            painter.setPen(QColor(getattr(t, role)))
            wrapped_text.draw(painter, QRectF(left, top, inner, height), text, font)
            top += height + 3
        painter.restore()


class _List(QListView):
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()  # heights follow the width


class FindingsPanel(QWidget):
    """Intents: ``camera_chosen(name)``."""

    camera_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.summary = label("", "heading")
        self.empty = label("", "muted", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.model = QStandardItemModel()
        self.list = _List()
        self.list.setModel(self.model)
        paint_rows(self.list, _Delegate(self.list))
        self.list.clicked.connect(self._clicked)
        head = QHBoxLayout()
        head.addWidget(self.summary, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 4, 4)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.empty)
        column.addWidget(self.list, 1)
        self._changed = Changed()

    def show_state(self, state: AppState) -> None:
        problems = state.dataset.problems if state.dataset is not None else ()
        if not self._changed(state.findings, problems, state.sample is None, state.dark):
            return
        findings = tuple(
            sorted((*problems, *(state.findings or ())), key=lambda found: SEVERITY_ORDER.index(found.severity))
        )
        self.model.clear()
        for finding in findings:
            item = QStandardItem(finding.message)
            item.setData(finding, FINDING_ROLE)
            item.setToolTip(finding.place)
            self.model.appendRow(item)
        self.summary.setText(_summary(findings))
        self.summary.setVisible(bool(findings))
        self.list.setVisible(bool(findings))
        self.empty.setVisible(not findings)
        if state.sample is None:
            self.empty.setText("Open a sample to have its cameras and images checked.")
        else:
            self.empty.setText("checking …" if state.findings is None else "Nothing to report: every check passed.")

    def _clicked(self, index: QModelIndex) -> None:
        finding: Finding = index.data(FINDING_ROLE)
        if finding.camera:
            self.camera_chosen.emit(finding.camera)


def _summary(findings: tuple[Finding, ...]) -> str:
    names = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    parts = []
    for severity, name in names.items():
        count = sum(finding.severity is severity for finding in findings)
        if count:
            parts.append(f"{count} {name}{'s' if count != 1 else ''}")
    return " · ".join(parts)
