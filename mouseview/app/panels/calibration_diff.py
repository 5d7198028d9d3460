"""Calibration diff: what changed between this rig and another calibration of it, per camera and as a vector field."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from mouseview.app import theme
from mouseview.app.panels.displacement_field import DisplacementField
from mouseview.app.panels.ledger import number
from mouseview.app.panels.widgets import Badge, ElidedLabel, Segments
from mouseview.app.state import AppState, Changed
from mouseview.app.tokens import Tokens, tokens
from mouseview.multiview.rig_difference import INTRINSICS, CameraDifference, RigDifference, magnification

_Index = QModelIndex | QPersistentModelIndex
CAMERA_ROLE = int(Qt.ItemDataRole.UserRole) + 1
LARGEST_ROLE = int(Qt.ItemDataRole.UserRole) + 2
PART_WORDS = (("total", "all"), ("pose", "pose"), ("intrinsics", "K"), ("lens", "lens"))
PARTS = tuple(part for part, _ in PART_WORDS)
_EQUAL_PX = 0.1
_ROW_PX = 28
_NAME_SHARE, _NUMBER_PX, _TEXT_PX = 0.2, 62, 142
_ROUNDING = 1e-6


def part_colour(part: str, t: Tokens) -> str:
    return {"total": t.accent, "pose": t.good, "intrinsics": t.warn, "lens": t.outside}[part]


def brief(value: float) -> str:
    """As the ledger writes numbers; what is rounding is nothing."""
    return "0" if abs(value) < _ROUNDING else number(value)


def details(camera: CameraDifference, unit: str) -> str:
    """All of one camera's numbers, for its tool tip and for reading."""
    right, down, forward = camera.move
    tilt, pan, roll = camera.turn_deg
    changes = "  ".join(
        f"{name} {camera.change[name]:+.3f} ({brief(camera.effect_px[name])} px)" for name in INTRINSICS
    )
    return (
        f"moved {brief(camera.moved)} {unit}: right {right:+z.3f}, down {down:+z.3f}, forward {forward:+z.3f}\n"
        f"turned {brief(camera.turned_deg)}°: tilt {tilt:+z.4f}, pan {pan:+z.4f}, roll {roll:+z.4f}\n"
        f"{changes}  lens ({brief(camera.effect_px['lens'])} px)"
    )


def columns(rect: QRect) -> tuple[QRect, QRect, QRect, QRect]:
    """Where a row has its name, its displacement, its bars, and how far the camera moved and turned."""
    area = rect.adjusted(8, 0, -8, 0)
    name = QRect(area.left(), area.top(), round(_NAME_SHARE * area.width()), area.height())
    value = QRect(name.right() + 4, area.top(), _NUMBER_PX, area.height())
    told = QRect(area.right() - _TEXT_PX, area.top(), _TEXT_PX, area.height())
    bars = QRect(value.right() + 10, area.top(), told.left() - value.right() - 20, area.height())
    return name, value, bars, told


class _Header(QWidget):
    """Names the columns of the rows below it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(18)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setFont(theme.ui_font(theme.FONT_PX - 1))
        painter.setPen(QColor(t.faint))
        name, value, bars, told = columns(self.rect())
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        painter.drawText(name, middle, "camera")
        painter.drawText(value, middle | right, "RMS px")
        painter.drawText(told, middle | right, "moved, turned")
        left = bars.left()
        for part, word in PART_WORDS[1:]:
            painter.fillRect(QRect(left, bars.center().y() - 3, 8, 8), QColor(part_colour(part, t)))
            width = painter.fontMetrics().horizontalAdvance(word)
            painter.drawText(QRect(left + 12, bars.top(), width + 2, bars.height()), middle, word)
            left += width + 24


class _Rows(QStyledItemDelegate):
    """Name, displacement, three bars (pose, K, lens) on one scale for all cameras, and how far it moved and turned."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(260, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        t = theme.current()
        camera: CameraDifference = index.data(CAMERA_ROLE)
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(t.selected))
        name, value, room, told = columns(rect)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.ui_font(bold=not camera.fits))
        painter.setPen(QColor(t.text if camera.fits else t.bad))
        shown = painter.fontMetrics().elidedText(camera.name, Qt.TextElideMode.ElideRight, name.width())
        painter.drawText(name, middle, shown)
        painter.setFont(theme.mono_font())
        painter.setPen(QColor(t.text))
        text = brief(camera.total.rms) if camera.total.count else "unseen"
        painter.drawText(value, middle | Qt.AlignmentFlag.AlignRight, text)
        painter.setPen(QColor(t.muted))
        painter.drawText(told, middle | Qt.AlignmentFlag.AlignRight, str(index.data()))
        painter.setPen(Qt.PenStyle.NoPen)
        largest = float(index.data(LARGEST_ROLE))
        for row, part in enumerate(PARTS[1:]):
            rms = getattr(camera, part).rms
            share = rms / largest if largest > 0 and np.isfinite(rms) else 0.0
            bar = QRectF(room.left(), room.top() + 4 + 7 * row, room.width(), 5)
            painter.setBrush(QColor(t.hover))
            painter.drawRoundedRect(bar, 2, 2)
            if share * bar.width() >= 0.5:
                painter.setBrush(QColor(part_colour(part, t)))
                painter.drawRoundedRect(QRectF(bar.left(), bar.top(), share * bar.width(), bar.height()), 2, 2)
        painter.restore()


class CalibrationDiffPanel(QWidget):
    """Intents: ``camera_chosen(name)``, ``compare_wanted``, ``stop_wanted``."""

    camera_chosen = Signal(str)
    compare_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title, self.verdict = ElidedLabel(), Badge()
        self.title.setProperty("role", "heading")
        self.other, self.stop = QPushButton("Compare with…"), QPushButton("Stop comparing")
        self.other.clicked.connect(self.compare_wanted)
        self.stop.clicked.connect(self.stop_wanted)
        self.notes = ElidedLabel()
        self.notes.setProperty("role", "muted")
        self.model = QStandardItemModel()
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Rows(self.list))
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setMinimumHeight(5 * _ROW_PX)
        self.list.clicked.connect(lambda index: self.camera_chosen.emit(index.data(CAMERA_ROLE).name))
        self.details = ElidedLabel()
        self.details.setProperty("role", "muted")
        self.part = Segments(
            ("All", "Pose", "K", "Lens"),
            (
                "Everything that changed",
                "The pose alone",
                "Focal lengths, principal point and skew alone",
                "The lens alone",
            ),
        )
        self.part.chosen.connect(lambda _index: self._show_field())
        self.field = DisplacementField()
        head = QHBoxLayout()
        head.setSpacing(8)
        for widget in (self.title, self.verdict, self.part, self.other, self.stop):
            head.addWidget(widget, 1 if widget is self.title else 0)
        left = QVBoxLayout()
        left.setSpacing(2)
        left.addWidget(_Header())
        left.addWidget(self.list, 1)
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addLayout(left, 5)
        body.addWidget(self.field, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 6)
        column.setSpacing(5)
        column.addLayout(head)
        column.addWidget(self.notes)
        column.addLayout(body, 1)
        column.addWidget(self.details)
        self._state = AppState()
        self._changed, self._changed_difference = Changed(), Changed()

    def show_state(self, state: AppState) -> None:
        if not self._changed(state.difference, state.images, state.camera, state.dark):
            return
        self._state = state
        difference = state.difference
        if self._changed_difference(difference, state.dark):
            self._show_difference(difference, tokens(state.dark))
        self._show_field()

    def _show_difference(self, difference: RigDifference | None, t: Tokens) -> None:
        self.model.clear()
        if difference is None:
            self.verdict.show_text("", t.text)
            return
        self.title.setText(f"Compared with {Path(self._state.compared_with).name}")
        self.title.detail = self._state.compared_with
        equal = difference.equal_within(_EQUAL_PX)
        text = "equal" if equal else f"up to {brief(difference.largest_px)} px"
        self.verdict.show_text(text, t.good if equal else t.bad)
        unit, volume = _unit(difference), difference.volume
        told = [*difference.notes, *(f"left out: {reason}" for reason in difference.left_out)]
        self.notes.setText("  ·  ".join(sorted(told, key=lambda note: note.startswith("cameras are matched"))))
        self.notes.detail = "\n".join(
            (*told, f"px over a ball of {volume.radius:.4g} {unit} about "
             f"{np.round(volume.centre, 2).tolist()}: {volume.told}")
        )  # fmt: skip
        finite = [getattr(camera, part).rms for camera in difference.cameras for part in PARTS[1:]]
        largest = max((value for value in finite if np.isfinite(value)), default=0.0)
        for camera in difference.cameras:
            item = QStandardItem(f"{brief(camera.moved)} {unit}  {brief(camera.turned_deg)}°")
            item.setData(camera, CAMERA_ROLE)
            item.setData(largest if largest > _ROUNDING else 0.0, LARGEST_ROLE)
            pair = camera.name if camera.name == camera.other_name else f"{camera.name} ↔ {camera.other_name}"
            item.setToolTip(f"{pair}\n{details(camera, unit)}")
            self.model.appendRow(item)

    def _show_field(self) -> None:
        state, difference = self._state, self._state.difference
        if difference is None:
            self.field.show_field(None, None, "total", 0.0, "#000000")
            return
        names = [camera.name for camera in difference.cameras]
        chosen = names.index(state.camera) if state.camera in names else 0
        self.list.setCurrentIndex(self.model.index(chosen, 0))
        camera, part = difference.cameras[chosen], PARTS[self.part.index]
        text = details(camera, _unit(difference))
        self.details.setText(f"{camera.name}  " + text.replace("\n", "  ·  "))
        self.details.detail = text
        rig = state.sample.rig.names if state.sample is not None else ()
        at = rig.index(camera.name) if camera.name in rig else -1
        view = state.images[at] if 0 <= at < len(state.images) else None
        image = view.image if view is not None else None
        colour = part_colour(part, tokens(state.dark))
        self.field.show_field(camera, image, part, magnification(difference, part), colour)


def _unit(difference: RigDifference) -> str:
    return {"unknown": "units", "model": "model units"}.get(difference.units, difference.units)
