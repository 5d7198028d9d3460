"""Crop: the window that the model sees through, on the photograph, beside what comes of it and what it costs."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from mouseview.app.crop.numbers import sections
from mouseview.app.crop.ready import Photograph
from mouseview.app.crop.shown import Hint, Shown
from mouseview.app.panels.apply_menu import ApplyMenu
from mouseview.app.panels.crop_canvas import CropCanvas
from mouseview.app.panels.crop_numbers import CropNumbers
from mouseview.app.panels.crop_result import CropResult
from mouseview.app.panels.ledger import worst_verdict
from mouseview.app.panels.widgets import Badge, ElidedLabel, format_text, label, scrolling, sentence, truth_colour
from mouseview.app.state import AppState, Changed
from mouseview.app.tokens import tokens
from mouseview.model.recipe import Mode

_HINT_MS = 8000
_WIDEST_HINT_PX = 460
_HOW = (
    "Drag aims · the handle rolls · the wheel zooms · arrows nudge · double-click centres\n"
    "Shift: fine · Alt: without snapping · Ctrl and wheel magnify, right drag moves the photograph · Esc takes back\n"
    "Hatched: nothing was photographed there, and the model gets white"
)


class CropPanel(QWidget):
    """Intents of its canvas (``canvas``), ``camera_chosen``, ``mode_chosen``, ``lock_wanted(view, locked)``,
    ``reset_wanted``; those of ``apply`` are the scope desk's."""

    camera_chosen = Signal(str)
    mode_chosen = Signal(object)
    lock_wanted = Signal(str, bool)
    reset_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.canvas, self.result, self.numbers = CropCanvas(), CropResult(), CropNumbers()
        self.canvas.setToolTip("")
        self.camera, self.mode = QComboBox(), QComboBox()
        self.camera.setToolTip("The view that is cropped: the one selected everywhere")
        self.camera.activated.connect(lambda row: self.camera_chosen.emit(self.camera.itemText(row)))
        for mode in Mode:
            self.mode.addItem(str(mode), mode)
            self.mode.setItemData(self.mode.count() - 1, mode.summary, Qt.ItemDataRole.ToolTipRole)
        self.mode.activated.connect(lambda row: self.mode_chosen.emit(Mode(self.mode.itemData(row))))
        for combo in (self.camera, self.mode):
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            combo.installEventFilter(self)
        self.snap, self.grid = QCheckBox("Snap"), QCheckBox("Lens grid")
        self.snap.setChecked(True)
        self.snap.setToolTip("The middle jumps to the principal point, the subject and probed points; Alt switches off")
        self.grid.setToolTip("Straight lines as this lens bends them; dashed: as a pinhole would show them")
        self.snap.toggled.connect(self.canvas.set_snapping)
        self.grid.toggled.connect(self.canvas.set_grid_shown)
        self.lock, self.reset = QPushButton("Lock"), QPushButton("Reset view")
        self.lock.setCheckable(True)
        self.lock.clicked.connect(lambda locked: self.lock_wanted.emit(self.camera.currentText(), locked))
        self.reset.setToolTip("Back to the mode's own window")
        self.reset.clicked.connect(self.reset_wanted)
        self.apply = ApplyMenu()
        self.truth, self.format = Badge(), Badge()
        self.caption = ElidedLabel()
        self.caption.setProperty("role", "muted")
        self.how = ElidedLabel(_HOW.partition("\n")[0])
        self.how.detail = _HOW
        self.how.setProperty("role", "faint")
        self._hint_timer = QTimer(self, singleShot=True, interval=_HINT_MS)
        self._hint_timer.timeout.connect(lambda: self.hint_card.hide())
        self._switch: Mode | None = None
        self._shown: Shown | None = None
        self._dark = False
        self._changed = Changed()
        self._build()

    def _build(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(7)
        for widget in (self.camera, self.mode, self.snap, self.grid):
            bar.addWidget(widget)
        bar.addWidget(self.how, 1)
        for button in (self.lock, self.reset, self.apply):
            bar.addWidget(button)
        verdict = QHBoxLayout()
        verdict.setSpacing(5)
        verdict.addWidget(self.truth)
        verdict.addWidget(self.format)
        verdict.addWidget(self.caption, 1)
        side = QVBoxLayout()
        side.setSpacing(5)
        side.addLayout(verdict)
        side.addWidget(self.result, 1)
        numbers = scrolling(self.numbers)
        numbers.setFixedWidth(264)
        numbers.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        body = QHBoxLayout()
        body.setSpacing(8)
        body.addWidget(self.canvas, 5)
        body.addLayout(side, 4)
        body.addWidget(numbers)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 7, 8, 6)
        column.setSpacing(6)
        column.addLayout(bar)
        column.addLayout(body, 1)
        self.hint_card = QFrame(self.canvas)  # over the canvas, so that nothing moves when it comes
        self.hint_card.setObjectName("card")
        self.hint_text = label("", "", wrap=True)
        self.switch = QPushButton()
        self.switch.clicked.connect(self._switch_mode)
        column = QVBoxLayout(self.hint_card)
        column.setContentsMargins(10, 6, 8, 7)
        column.setSpacing(5)
        column.addWidget(self.hint_text)
        column.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignRight)
        self.hint_card.hide()
        self.canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.canvas and event.type() == QEvent.Type.Resize:
            self._place_hint()
        # scrolling over a choice that nobody has entered must not change it
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QComboBox) and not watched.hasFocus():
            event.ignore()
            return True
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place_hint()

    # ---- showing -------------------------------------------------------------------------------------------------

    def show_state(self, state: AppState) -> None:
        self.apply.show_state(state)
        if not self._changed(state.project, state.sample, state.camera, state.dark):
            return
        self._dark = state.dark
        names = list(state.sample.rig.names) if state.sample is not None else []
        if names != [self.camera.itemText(row) for row in range(self.camera.count())]:
            self.camera.clear()
            self.camera.addItems(names)
        self.camera.setCurrentIndex(state.camera_index)
        project = state.project
        for widget in (self.camera, self.mode, self.lock, self.reset):
            widget.setEnabled(bool(names) and project is not None)
        if project is not None:
            self.mode.setCurrentIndex(self.mode.findData(project.recipe.mode))
            locked = state.camera in project.locked
            self.lock.setChecked(locked)
            self.lock.setText("Locked" if locked else "Lock")
            said = "stays as it is until you unlock it" if locked else "locked, nothing that is applied changes it"
            self.lock.setToolTip(f"{state.camera}: {said}")
            self.reset.setEnabled(bool(names) and not locked)
        self.hint_card.hide()
        self._show_verdict()

    def show_photograph(self, photograph: Photograph | None) -> None:
        self.canvas.show_photograph(photograph)

    def show_shown(self, shown: Shown | None) -> None:
        self._shown = shown
        self.canvas.show_shown(shown)
        self.result.show_result(None if shown is None else shown.result)
        self.numbers.show_sections(() if shown is None else sections(shown))
        self._show_verdict()

    def show_problem(self, text: str) -> None:
        """Why this view cannot be cropped now."""
        self.canvas.show_shown(None, text)

    def _show_verdict(self) -> None:
        shown, t = self._shown, tokens(self._dark)
        if shown is None:
            self.truth.show_text("", t.text)
            self.format.show_text("", t.text)
            self.caption.setText("")
            return
        verdict = worst_verdict(shown.rows)
        self.truth.show_text(str(verdict.truth), truth_colour(verdict.truth, t))
        self.format.show_text(format_text(verdict), t.inside if verdict.in_format else t.outside, filled=False)
        result = shown.result
        if result is None:
            self.caption.setText("")
            return
        self.caption.setText(f"{result.ratio:.2f} px to 1 · {'full quality' if result.full else 'preview'}")
        self.caption.detail = f"{result.ratio:.3f} px of the photograph become one px of the image"

    def show_hint(self, hint: Hint) -> None:
        """A word in place, for some seconds."""
        self._switch = hint.switch
        self.hint_text.setText(f"{sentence(hint.text)}.")
        self.switch.setVisible(hint.switch is not None)
        self.switch.setText(f"Switch to {hint.switch}" if hint.switch is not None else "")
        self.hint_card.show()
        self._place_hint()
        self._hint_timer.start()

    def _place_hint(self) -> None:
        layout = self.hint_card.layout()
        assert layout is not None
        width = min(self.canvas.width() - 16, _WIDEST_HINT_PX)
        height = layout.heightForWidth(width)
        left = (self.canvas.width() - width) // 2
        self.hint_card.setGeometry(left, self.canvas.height() - height - 8, width, height)

    def _switch_mode(self) -> None:
        self.hint_card.hide()
        if self._switch is not None:
            self.mode_chosen.emit(self._switch)
