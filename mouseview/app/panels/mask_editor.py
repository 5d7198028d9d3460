"""Masks: drafts from the background or a box, corrected with a brush, view by view."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from mouseview.app.desks.masks import MaskView
from mouseview.app.panels.mask_canvas import MaskCanvas, Tool
from mouseview.app.panels.widgets import Badge, ElidedLabel, Segments, label
from mouseview.app.state import AppState, Changed
from mouseview.app.tokens import Tokens, tokens
from mouseview.model.sample import MaskOrigin

_TOOLS = (Tool.ADD, Tool.ERASE, Tool.BOX)
_ORIGIN_WORDS = {
    MaskOrigin.NONE: "no mask",
    MaskOrigin.ALPHA: "mask from the image's alpha",
    MaskOrigin.FILE: "mask from a file",
    MaskOrigin.DRAFT: "draft",
    MaskOrigin.CORRECTED: "draft, corrected by hand",
}


def origin_colour(origin: MaskOrigin, t: Tokens) -> str:
    return {MaskOrigin.NONE: t.bad, MaskOrigin.DRAFT: t.warn, MaskOrigin.CORRECTED: t.outside}.get(origin, t.good)


class MaskEditorPanel(QWidget):
    """Intents: ``mask_drawn(mask)``, ``box_drawn(box)``, ``background_wanted``, ``forget_wanted``, ``seen(bool)``."""

    mask_drawn = Signal(object)
    box_drawn = Signal(object)
    background_wanted = Signal()
    forget_wanted = Signal()
    seen = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.canvas = MaskCanvas()
        self.tools = Segments(
            ("Add", "Erase", "Box"),
            (
                "Paint what belongs to the subject; the right button erases",
                "Erase what does not belong to it; the right button adds",
                "Drag a box round the subject: GrabCut drafts the mask inside",
            ),
        )
        self.tools.chosen.connect(lambda index: self.canvas.choose(_TOOLS[index]))
        self.brush_size = QSlider(Qt.Orientation.Horizontal)
        self.brush_size.setRange(1, 240)
        self.brush_size.setFixedWidth(90)
        self.brush_size.setToolTip("Size of the brush  ([ and ], or Ctrl and the wheel)")
        self.brush_size.setValue(round(2 * self.canvas.radius))
        self.brush_size.valueChanged.connect(lambda value: self.canvas.set_radius(value / 2))
        self.canvas.radius_changed.connect(self._follow_radius)
        self.size_text = label("", "muted")
        self.background = QPushButton("Draft all from background")
        self.background.setToolTip(
            "Learn what each camera sees without the subject; all frames without masks have drafts then"
        )
        self.background.clicked.connect(self.background_wanted)
        self.back = QPushButton("Take back")
        self.back.setToolTip("Forget the correction of this view: its own mask or the background's draft counts again")
        self.back.clicked.connect(self.forget_wanted)
        self.title, self.origin = ElidedLabel(), Badge()
        self.title.setProperty("role", "heading")
        self.canvas.mask_drawn.connect(self.mask_drawn)
        self.canvas.box_drawn.connect(self.box_drawn)
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.title, 1)
        for widget in (self.origin, self.tools, self.brush_size, self.size_text, self.back, self.background):
            bar.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 7, 10, 6)
        column.setSpacing(6)
        column.addLayout(bar)
        column.addWidget(self.canvas, 1)
        self._view: MaskView | None = None
        self._changed = Changed()
        self._follow_radius(self.canvas.radius)

    def showEvent(self, event: QShowEvent) -> None:
        self.seen.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        self.seen.emit(False)

    def show_state(self, state: AppState) -> None:
        view = state.mask_view
        if not self._changed(view, state.mask_problem, state.dark, state.camera, state.dataset):
            return
        t = tokens(state.dark)
        self.title.setText(view.camera if view is not None else state.camera or "")
        session = state.dataset is not None and state.dataset.session is not None
        self.background.setEnabled(session)
        self.back.setEnabled(view is not None and view.origin in (MaskOrigin.DRAFT, MaskOrigin.CORRECTED))
        self.origin.show_text(_ORIGIN_WORDS[view.origin] if view else "", origin_colour(view.origin, t) if view else "")
        self.canvas.problem = state.mask_problem
        if view is None:
            self.canvas.show_view(None, None, same_view=False)
        elif self._view is None or view is not self._view:
            same = self._view is not None and view.key == self._view.key
            self.canvas.show_view(view.image, view.mask, same)
        self._view = view

    def _follow_radius(self, radius: float) -> None:
        self.brush_size.blockSignals(True)
        self.brush_size.setValue(round(2 * radius))
        self.brush_size.blockSignals(False)
        self.size_text.setText(f"{2 * radius:.0f} px")
