"""Probe: the point that marks in several views make, how sure it is, which view misses it, the length to another."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mouseview.app import theme
from mouseview.app.panels.number_table import Cell, NumberTable
from mouseview.app.panels.ruler import RulerCard, digits_for, rounded
from mouseview.app.panels.widgets import Segments, label
from mouseview.app.probing.keypoints import KeypointJudgement, judgement_text
from mouseview.app.probing.probe import POINTS
from mouseview.app.probing.scene import magnification
from mouseview.app.probing.solution import ProbeSolution
from mouseview.app.state import AppState, Changed
from mouseview.app.tokens import Tokens, tokens

_STEPS = (
    "1.  Point at a spot in one view: the curves show where the others can see it.\n"
    "2.  Click it there, and again in one or more other views. The wheel magnifies.\n"
    "3.  Read where it is, how sure that is, and which view does not fit.\n"
    "4.  For a length, press B (or hold Shift) and mark its other end."
)
_OFF = "Press M, or the button, and click the same spot in two or more views."
_WORST_SHARE = 5.0  # a keypoint's left-out residual beyond this many times the overall misfit is marked


class ProbePanel(QWidget):
    """Intents: ``probing_chosen(on)``, ``point_chosen(0 or 1)``, ``noise_chosen(px)``, ``clear_wanted``,
    ``camera_chosen(name)``, ``scale_wanted(factor)``: lengths of this calibration times it are millimetres."""

    probing_chosen = Signal(bool)
    point_chosen = Signal(int)
    noise_chosen = Signal(float)
    clear_wanted = Signal()
    camera_chosen = Signal(str)
    scale_wanted = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.tool = QToolButton()
        self.tool.setText("Probe")
        self.tool.setCheckable(True)
        self.tool.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.tool.setToolTip("Clicks in the views mark spots  (M)")
        self.tool.clicked.connect(self.probing_chosen)
        self.point = Segments(POINTS, ("The point that clicks mark", "The other end of a length  (Shift+M)"))
        self.point.chosen.connect(self.point_chosen)
        self.noise = QDoubleSpinBox()
        self.noise.setRange(0.05, 50.0)
        self.noise.setSingleStep(0.25)
        self.noise.setDecimals(2)
        self.noise.setPrefix("± ")
        self.noise.setSuffix(" px")
        self.noise.setToolTip("How exactly a spot is clicked: an assumption, from which the uncertainty follows")
        self.noise.setKeyboardTracking(False)
        self.noise.valueChanged.connect(self.noise_chosen)
        self.clear = QPushButton("Clear")
        self.clear.setToolTip("Forget all marks  (Esc);  Backspace takes the last one back")
        self.clear.clicked.connect(self.clear_wanted)
        self.hint = label("", "muted", wrap=True)
        self.position, self.sure, self.misfit = label(), label("", "muted", wrap=True), label("", "muted", wrap=True)
        self.position.setFont(theme.mono_font(theme.FONT_PX))
        self.position.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.views = NumberTable(("view", "off", "left out", "moves"), (
            "", "px from the mark to the point of all marks", "px from the mark to the point of the other marks",
            "How far the point moves without this mark",
        ), (0.34, 0.2, 0.24, 0.22))  # fmt: skip
        self.views.row_chosen.connect(self.camera_chosen)
        self.ruler = RulerCard()
        self.ruler.scale_wanted.connect(self.scale_wanted)
        self.keypoints_title = label("", "section")
        self.keypoints_said = label("", "muted", wrap=True)
        self.keypoints = NumberTable(("keypoint", "views", "noise", "worst view", "left out"), (
            "", "How many views see it", "px that its residuals tell", "The view that misses the others' point most",
            "By how many px",
        ), (0.27, 0.12, 0.17, 0.25, 0.19))  # fmt: skip
        self.keypoints.row_chosen.connect(self._choose_worst)
        self._judged: KeypointJudgement | None = None
        self._build()
        self._changed, self._changed_solution, self._changed_keypoints = Changed(), Changed(), Changed()

    def _build(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.tool)
        bar.addWidget(self.point)
        bar.addWidget(self.noise)
        bar.addStretch(1)
        bar.addWidget(self.clear)
        inner = QWidget()
        inner.setObjectName("panel")
        column = QVBoxLayout(inner)
        column.setContentsMargins(10, 2, 8, 8)
        column.setSpacing(5)
        for widget in (self.hint, self.position, self.sure, self.misfit, self.ruler, self.views):
            column.addWidget(widget)
        column.addSpacing(4)
        for widget in (self.keypoints_title, self.keypoints_said, self.keypoints):
            column.addWidget(widget)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        top = QVBoxLayout()
        top.setContentsMargins(10, 8, 8, 0)
        top.addLayout(bar)
        whole.addLayout(top)
        whole.addWidget(area, 1)

    # ---- showing -------------------------------------------------------------------------------------------------

    def show_state(self, state: AppState) -> None:
        probe, solution = state.shown_probe, state.shown_solution
        if self._changed(state.sample, state.probe, state.probing, state.dark):
            self.tool.setIcon(theme.icon("probe", state.dark))
            self.tool.setEnabled(state.sample is not None)
            self.tool.setChecked(state.probing)
            self.point.choose(probe.active)
            self.noise.blockSignals(True)
            self.noise.setValue(probe.noise_px)
            self.noise.blockSignals(False)
            self.clear.setEnabled(not probe.is_empty)
            self.point.setEnabled(state.probing)
        if self._changed_solution(solution, state.sample, state.probe, state.probing, state.dark, state.camera):
            self._show_solution(state, solution, tokens(state.dark))
        if self._changed_keypoints(state.shown_keypoints, state.dark):
            self._show_keypoints(state.shown_keypoints, tokens(state.dark))

    def _show_solution(self, state: AppState, solution: ProbeSolution | None, t: Tokens) -> None:
        probe = state.shown_probe
        point, marks = probe.active, len(probe.marks)
        known = solution is not None and solution.known(point)
        hint = ""
        if not marks:
            hint = _STEPS if state.probing else _OFF
            if point == 1 and state.probing:
                hint = "Mark the other end of the length, B, in two or more views."
        elif marks == 1:
            hint = f"Marked in {probe.marks[0].camera}. Click the same spot in another view, where its curve passes."
        elif solution is not None and not known:
            hint = "These rays meet nowhere: they are parallel, or a view cannot have seen what it marks."
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        for widget in (self.position, self.sure, self.misfit, self.views):
            widget.setVisible(known)
        if solution is not None and known:
            unit = solution.rig.unit_words
            self.position.setText(position_text(solution, point))
            self.sure.setText(uncertainty_text(solution, point))
            said, grave = misfit_text(solution, point)
            self.misfit.setText(said)
            self.misfit.setProperty("role", "warning" if grave else "muted")
            self.misfit.style().polish(self.misfit)
            self.views.show_rows(
                _view_rows(solution, point, t), chosen=state.camera or "", units=("", "px", "px", unit)
            )
        self.ruler.show_solution(solution, state.dark)

    def _show_keypoints(self, judged: KeypointJudgement | None, t: Tokens) -> None:
        self._judged = judged
        for widget in (self.keypoints_title, self.keypoints_said, self.keypoints):
            widget.setVisible(judged is not None)
        if judged is None:
            return
        frame = "" if judged.frame is None else f" of frame {judged.frame}"
        self.keypoints_title.setText(
            f"Keypoints{frame}" + (f", {judged.frames} frames labelled" if judged.frames > 1 else "")
        )
        self.keypoints_said.setText(judgement_text(judged))
        overall, names = judged.overall, judged.sample.rig.names
        guilty = "" if overall.guilty is None else names[overall.guilty]
        rows = []
        for row in judged.rows:
            off = row.left_out_px > _WORST_SHARE * max(overall.misfit_px, 0.5)
            colour = t.bad if row.worst_view and (row.worst_view == guilty or off) else ""
            rows.append(
                (row.name, Cell(row.name), Cell(str(row.views)), Cell(_px(row.misfit_px)), Cell(row.worst_view, colour),
                 Cell(_px(row.left_out_px), colour))
            )  # fmt: skip
        self.keypoints.show_rows(rows, units=("", "", "px", "", "px"))

    def _choose_worst(self, name: str) -> None:
        if self._judged is not None:
            worst = next((row.worst_view for row in self._judged.rows if row.name == name), "")
            if worst:
                self.camera_chosen.emit(worst)


def position_text(solution: ProbeSolution, point: int) -> str:
    """x, y and z with their unit, to the digits that the uncertainty leaves."""
    x, y, z = solution.found.points_world[point]
    largest = float(np.sqrt(np.max(np.diagonal(solution.found.covariance[point]))))
    digits = digits_for(largest)
    return f"{POINTS[point]}  {x:.{digits}f}  {y:.{digits}f}  {z:.{digits}f} {solution.rig.unit_words}"


def uncertainty_text(solution: ProbeSolution, point: int) -> str:
    radii = solution.found.ellipsoid[0][point]
    along = " · ".join(rounded(float(radius)) for radius in radii)
    noise = solution.found.assumed_noise_px
    text = f"± {along} {solution.rig.unit_words} along its axes, assuming {noise:g} px noise"
    factor = magnification(solution)
    return f"{text}; ellipsoid in the scene ×{factor:g}" if factor > 1 else text


def misfit_text(solution: ProbeSolution, point: int) -> tuple[str, bool]:
    """What the residuals say against the assumption, and whether it is a warning."""
    found, suspect = solution.found, solution.suspects[point]
    misfit, views = float(found.misfit_px[point]), len(solution.views(point))
    if not np.isfinite(misfit):
        return "A view that marks this point cannot see it: it lies behind that camera or beyond its lens.", True
    if not found.reliable[point]:
        return "These rays are nearly parallel: the distance to the cameras is hardly known.", True
    if suspect is not None:
        assert found.without is not None
        left = float(found.without.misfit_px[suspect, point])
        name = solution.rig.names[suspect]
        return f"Marks disagree by {_px(misfit)} px; without {name} by {_px(left)} px: it does not fit.", True
    if views == 2:
        return f"The two rays tell {_px(misfit)} px of noise; which view is off, two cannot tell.", False
    grain = max(mark.grain_px for mark in solution.probe.points[point])
    coarse = f" One px of the screen was {grain:.2g} px when marking: magnify with the wheel." if grain > 2 else ""
    grave = misfit > 3 * found.assumed_noise_px
    return f"The residuals tell {_px(misfit)} px of noise.{coarse}", grave


def _view_rows(solution: ProbeSolution, point: int, t: Tokens) -> list[tuple[str | Cell, ...]]:
    found, without = solution.found, solution.found.without
    assert without is not None
    rows: list[tuple[str | Cell, ...]] = []
    for mark in solution.probe.points[point]:
        if mark.camera not in solution.rig.names:
            continue
        view = solution.rig.names.index(mark.camera)
        colour = t.bad if solution.suspects[point] == view else ""
        moved = float(without.moved[view, point])
        rows.append(
            (
                mark.camera,
                Cell(mark.camera, colour),
                Cell(_px(float(found.residual_px[view, point])), colour),
                Cell(_px(float(without.residual_px[view, point])), colour),
                Cell("–" if np.isnan(moved) else rounded(moved), colour),
            )
        )
    return rows


def _px(value: float) -> str:
    if np.isnan(value):
        return "–"
    return f"{value:.2f}" if np.isfinite(value) else "∞"
