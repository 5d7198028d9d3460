"""Calibration diff: what changed between this rig and another calibration of it, per camera and as a vector field."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QStandardItem, QStandardItemModel
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
from mouseview.app.panels.widgets import Badge, ElidedLabel, Segments, label
from mouseview.app.state import AppState, Changed
from mouseview.app.tokens import Tokens, tokens
from mouseview.multiview.rig_difference import INTRINSICS, CameraDifference, RigDifference, magnification

_Index = QModelIndex | QPersistentModelIndex
CAMERA_ROLE = int(Qt.ItemDataRole.UserRole) + 1
LARGEST_ROLE = int(Qt.ItemDataRole.UserRole) + 2
PARTS = ("total", "pose", "intrinsics", "lens")
_EQUAL_PX = 0.1
_ROW_PX = 30
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
        f"moved {brief(camera.moved)} {unit}: right {right:+.3f}, down {down:+.3f}, forward {forward:+.3f}\n"
        f"turned {brief(camera.turned_deg)}°: tilt {tilt:+.4f}, pan {pan:+.4f}, roll {roll:+.4f}\n"
        f"{changes}  lens ({brief(camera.effect_px['lens'])} px)"
    )


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
        area = rect.adjusted(8, 0, -8, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        name = QRect(area.left(), area.top(), round(_NAME_SHARE * area.width()), area.height())
        painter.setFont(theme.ui_font(bold=not camera.fits))
        painter.setPen(QColor(t.text if camera.fits else t.bad))
        painter.drawText(
            name, middle, painter.fontMetrics().elidedText(camera.name, Qt.TextElideMode.ElideRight, name.width())
        )
        painter.setFont(theme.mono_font())
        painter.setPen(QColor(t.text))
        value = QRect(name.right() + 4, area.top(), _NUMBER_PX, area.height())
        text = brief(camera.total.rms) if camera.total.count else "unseen"
        painter.drawText(value, middle | Qt.AlignmentFlag.AlignRight, text)
        told = QRect(area.right() - _TEXT_PX, area.top(), _TEXT_PX, area.height())
        painter.setPen(QColor(t.muted))
        painter.drawText(told, middle | Qt.AlignmentFlag.AlignRight, str(index.data()))
        room = QRectF(value.right() + 10, area.top(), told.left() - value.right() - 20, area.height())
        painter.setPen(Qt.PenStyle.NoPen)
        largest = float(index.data(LARGEST_ROLE))
        for row, part in enumerate(PARTS[1:]):
            rms = getattr(camera, part).rms
            share = rms / largest if largest > 0 and np.isfinite(rms) else 0.0
            bar = QRectF(room.left(), room.top() + 5 + 7 * row, room.width(), 5)
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
        self.notes = label("", "muted", wrap=True)
        self.model = QStandardItemModel()
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Rows(self.list))
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setMinimumHeight(3 * _ROW_PX)
        self.list.clicked.connect(lambda index: self.camera_chosen.emit(index.data(CAMERA_ROLE).name))
        self.details = label("", "muted", wrap=True)
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
        self.legend = label("", "muted")
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.field = DisplacementField()
        head = QHBoxLayout()
        head.setSpacing(8)
        for widget in (self.title, self.verdict, self.other, self.stop):
            head.addWidget(widget, 1 if widget is self.title else 0)
        left = QVBoxLayout()
        left.setSpacing(6)
        left.addWidget(self.notes)
        left.addWidget(self.list, 1)
        left.addWidget(self.details)
        parts = QHBoxLayout()
        parts.addWidget(self.part)
        parts.addWidget(self.legend, 1)
        right = QVBoxLayout()
        right.setSpacing(6)
        right.addLayout(parts)
        right.addWidget(self.field, 1)
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addLayout(left, 5)
        body.addLayout(right, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 6)
        column.setSpacing(6)
        column.addLayout(head)
        column.addLayout(body, 1)
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
        self.notes.setText("\n".join(f"· {note}" for note in (*difference.notes, *difference.left_out)))
        unit = _unit(difference)
        volume = difference.volume
        self.legend.setText("   ".join(
            f'<span style="color:{part_colour(part, t)}">■</span> {word}'
            for part, word in (("pose", "pose"), ("intrinsics", "K"), ("lens", "lens"))
        ))  # fmt: skip
        self.legend.setToolTip(
            f"RMS px over a ball of {volume.radius:.4g} {unit} about {np.round(volume.centre, 2).tolist()}: "
            f"{volume.told}"
        )
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
        self.details.setText(details(camera, _unit(difference)))
        rig = state.sample.rig.names if state.sample is not None else ()
        at = rig.index(camera.name) if camera.name in rig else -1
        view = state.images[at] if 0 <= at < len(state.images) else None
        image = view.image if view is not None else None
        colour = part_colour(part, tokens(state.dark))
        self.field.show_field(camera, image, part, magnification(difference, part), colour)


def _unit(difference: RigDifference) -> str:
    return {"unknown": "units", "model": "model units"}.get(difference.units, difference.units)
