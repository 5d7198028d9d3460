"""Subject: where the centre, the scale, up and the azimuth come from, what they are, and what else they could be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mouseview import resources
from mouseview.app import theme
from mouseview.app.jobs import JobStatus
from mouseview.app.panels.forms import WheelGuard, panel_form, side_by_side
from mouseview.app.panels.subject_text import (
    azimuth_choices,
    centre_choices,
    numbers_in,
    point_text,
    scale_choices,
    survey_text,
    up_choices,
    walking_text,
)
from mouseview.app.panels.widgets import ElidedLabel, label, scrolling
from mouseview.app.state import AppState, Changed
from mouseview.app.subject_facts import SubjectFacts
from mouseview.model.recipe import UpSource

if TYPE_CHECKING:
    from mouseview.workflow.session_survey import SessionSurvey

_NO_MARKS = "Probe one spot in two views (M): it can become the centre."


class Choice:
    """One quantity: a combo of its sources, the number in use, and where that comes from."""

    def __init__(self, name: str, chosen: Callable[[Any], None], edited: Callable[[str], None] | None = None) -> None:
        self.combo = QComboBox()
        self.combo.setAccessibleName(name)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumWidth(60)
        self.combo.activated.connect(lambda row: chosen(self._values[row]))
        self.number, self.source = ElidedLabel(), ElidedLabel()
        self.number.setFont(theme.mono_font(theme.FONT_PX - 1))
        self.source.setProperty("role", "muted")
        self.own = QLineEdit()
        self.own.setAccessibleName(f"{name} of one's own")
        self.own.hide()
        if edited is not None:
            self.own.editingFinished.connect(lambda: edited(self.own.text()))
        self._values: list[Any] = []

    def show_choices(self, choices: Sequence[tuple[str, Any, str]], chosen: Any) -> None:
        """(text, value, tool tip) each."""
        self.combo.clear()
        self._values = [value for _, value, _ in choices]
        for text, _, tip in choices:
            self.combo.addItem(text)
            self.combo.setItemData(self.combo.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.combo.setCurrentIndex(self._values.index(chosen) if chosen in self._values else -1)

    def show_number(self, number: str, source: str, own: str | None = None) -> None:
        """own: what the field for a number of one's own holds; None hides it."""
        self.number.setText(number)
        self.source.setText(source)
        self.source.detail = source  # the tool tip has it whole, over several lines
        self.own.setVisible(own is not None)
        self.number.setVisible(own is None)
        if own is not None and not self.own.hasFocus():
            self.own.setText(own)

    def add_to(self, form: QFormLayout, title: str) -> None:
        form.addRow(label(title, "muted"), self.combo)
        for widget in (self.number, self.own, self.source):
            form.addRow("", widget)


class SubjectPanel(QWidget):
    """Intents: what to take for centre, scale, up and azimuth; ``measure_wanted``, ``stop_wanted``;
    ``pick_wanted(everywhere)`` the probe's point; ``follow_wanted``: no centre of this sample's own."""

    centre_chosen = Signal(object)  # CentreSource, or None for the most trusted
    session_scale_chosen = Signal(bool)
    scale_given = Signal(float)
    up_chosen = Signal(object)  # UpSource
    up_given = Signal(object)  # (x, y, z)
    azimuth_chosen = Signal(object, str)  # AzimuthSource, camera
    measure_wanted = Signal()
    stop_wanted = Signal()
    pick_wanted = Signal(bool)
    follow_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._changed = Changed()
        self._facts: SubjectFacts | None = None
        self._survey: SessionSurvey | None = None
        self._state = AppState()
        self.centre = Choice("Centre", self.centre_chosen.emit)
        self.scale = Choice("Scale", self._scale_chosen, self._scale_edited)
        self.up = Choice("Up", self._up_chosen, self._up_edited)
        self.azimuth = Choice("Azimuth", lambda value: self.azimuth_chosen.emit(*value))
        self.own_centre = QPushButton("As the others")
        self.own_centre.setToolTip("This sample has a centre of its own: take the one that all samples have")
        self.own_centre.clicked.connect(self.follow_wanted)
        self.walking = label("", "muted", wrap=True)
        self.problem = label("", "warning", wrap=True)
        self.measure = QPushButton("Measure the session")
        self.measure.setToolTip("Centre, scale, walk and ground from evenly spread frames")
        self.measure.clicked.connect(self.measure_wanted)
        self.stop = QPushButton("Stop")
        self.stop.clicked.connect(self.stop_wanted)
        self.stop.hide()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.hide()
        self.found = label("", "muted", wrap=True)
        self.pick_here = QPushButton("Centre here")
        self.pick_here.setToolTip("The probe's point becomes the centre of this sample alone")
        self.pick_here.clicked.connect(lambda: self.pick_wanted.emit(False))
        self.pick_all = QPushButton("For all samples")
        self.pick_all.setToolTip(
            "The probe's point becomes the centre of every sample: the animal may walk away from it"
        )
        self.pick_all.clicked.connect(lambda: self.pick_wanted.emit(True))
        self.picked = label(_NO_MARKS, "muted", wrap=True)
        self._build()
        self._guard = WheelGuard(self)
        for choice in (self.centre, self.scale, self.up, self.azimuth):
            self._guard.watch(choice.combo)

    def _build(self) -> None:
        form = panel_form(3)
        self.centre.add_to(form, "Centre")
        form.addRow("", self.walking)
        form.addRow("", side_by_side(self.own_centre, None))
        self.scale.add_to(form, "Scale")
        self.up.add_to(form, "Up")
        self.azimuth.add_to(form, "Azimuth")
        inner = QWidget()
        inner.setObjectName("panel")
        body = QVBoxLayout(inner)
        body.setContentsMargins(10, 9, 10, 8)
        body.setSpacing(6)
        body.addWidget(self.problem)
        body.addLayout(form)
        body.addSpacing(4)
        body.addLayout(side_by_side(self.measure, self.stop, None))
        body.addWidget(self.bar)
        body.addWidget(self.found)
        body.addSpacing(4)
        body.addLayout(side_by_side(self.pick_here, self.pick_all, None))
        body.addWidget(self.picked)
        body.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scrolling(inner))

    # ---- showing -------------------------------------------------------------------------------------------------

    def show_state(self, state: AppState) -> None:
        self._state = state
        if self._changed(state.project, state.sample, state.centres, state.shown_solution, state.dark):
            self._show()

    def show_facts(self, facts: SubjectFacts | None) -> None:
        self._facts = facts
        self._show()

    def show_survey(self, survey: SessionSurvey | None) -> None:
        self._survey = survey
        self._show()

    def show_progress(self, status: JobStatus) -> None:
        """Of the session being measured."""
        for widget in (self.stop, self.bar):
            widget.setVisible(status.running)
        self.measure.setEnabled(not status.running and self._state.sample is not None)
        self.bar.setValue(round(1000 * (status.fraction or 0.0)))
        if status.running:
            self.found.setText(status.note or "Measuring …")
        else:
            self._show()

    def _show(self) -> None:
        state, facts = self._state, self._facts
        usable = state.project is not None and state.sample is not None
        for choice in (self.centre, self.scale, self.up, self.azimuth):
            choice.combo.setEnabled(usable)
        self.measure.setEnabled(usable and not self.bar.isVisible())
        if state.project is None or state.sample is None:
            return
        recipe = state.project.recipe_for(state.sample.name)
        own = state.project.book.change(state.sample.name).centre is not None
        unit = state.sample.rig.unit_words
        current = facts if facts is not None and facts.sample is state.sample else None
        used = current.centre if current is not None else None
        texts = centre_choices(state.centres, used, recipe, self._survey, unit)
        self.centre.show_choices(texts, recipe.centre)
        self.centre.show_number("" if used is None else f"{point_text(used)} {unit}", "" if used is None else used.note)
        self.own_centre.setVisible(own)
        said, grave = walking_text(recipe, used, own, self._survey)
        _say(self.walking, said, grave)
        scale = None if current is None else current.scale
        self.scale.show_choices(scale_choices(scale, self._survey), _scale_value(recipe.scale, recipe.session_scale))
        given = recipe.scale is not None and not recipe.session_scale
        number = "" if scale is None else f"{scale:.6g} model units per {unit.removesuffix('s')}"
        self.scale.show_number(number, "" if current is None else current.scale_note, f"{scale:.8g}" if given else None)
        self._show_turn(current)
        problem = "" if current is None else "\n".join(part for part in (current.problem, current.note) if part)
        warnings = "" if current is None or current.orientation is None else "\n".join(
            f"{text[:1].upper()}{text[1:]}." for text in current.orientation.warnings
        )  # fmt: skip
        self.problem.setText("\n".join(part for part in (problem, warnings) if part))
        self.problem.setVisible(bool(self.problem.text()))
        if not self.bar.isVisible():
            self.found.setText(survey_text(self._survey, unit))
        solution = state.shown_solution
        known = solution is not None and solution.known(solution.probe.active)
        for button in (self.pick_here, self.pick_all):
            button.setEnabled(known)
        self.picked.setText("" if known else _NO_MARKS)
        self.picked.setVisible(not known)

    def _show_turn(self, facts: SubjectFacts | None) -> None:
        assert self._state.sample is not None
        assert self._state.project is not None
        recipe = self._state.project.recipe_for(self._state.sample.name)
        reference = resources.model_format(recipe.model).reference_rigs[0]
        turned = None if facts is None else facts.orientation
        ups = () if facts is None else facts.ups
        self.up.show_choices(up_choices(ups, turned, self._survey), recipe.up)
        self.azimuth.show_choices(
            azimuth_choices(self._state.sample.rig.names, reference.azimuths_deg[0]),
            (recipe.azimuth, recipe.azimuth_camera),
        )
        if turned is None:
            self.up.show_number("", "", None)
            self.azimuth.show_number("", "")
            return
        direction = turned.up.direction + 0.0
        own = ", ".join(f"{value:.6g}" for value in recipe.up_vector or ()) if recipe.up is UpSource.GIVEN else None
        self.up.show_number("({:.4f}, {:.4f}, {:.4f})".format(*direction), turned.up.note, own)
        turn = f"{turned.azimuth_deg:+.2f}" if turned.azimuth_deg else "0"
        self.azimuth.show_number(f"{turn}° about up", turned.azimuth_note)

    # ---- intents -------------------------------------------------------------------------------------------------

    def _scale_chosen(self, value: str) -> None:
        if value == "given":
            if self._facts is not None and self._facts.scale is not None:
                self.scale_given.emit(self._facts.scale)
        else:
            self.session_scale_chosen.emit(value == "session")

    def _scale_edited(self, text: str) -> None:
        values = numbers_in(text)
        if len(values) == 1 and values[0] > 0:
            self.scale_given.emit(values[0])
        else:
            self._show()

    def _up_chosen(self, source: UpSource) -> None:
        turned = None if self._facts is None else self._facts.orientation
        if source is not UpSource.GIVEN:
            self.up_chosen.emit(source)
        elif turned is not None:
            self.up_given.emit(tuple(float(round(value, 6)) for value in turned.up.direction))

    def _up_edited(self, text: str) -> None:
        values = numbers_in(text)
        if len(values) == 3 and np.linalg.norm(values) > 0:
            self.up_given.emit(values)
        else:
            self._show()


def _scale_value(scale: float | None, session: bool) -> str:
    return "session" if session else "sample" if scale is None else "given"


def _say(shown: Any, text: str, grave: bool) -> None:
    shown.setText(text)
    shown.setVisible(bool(text))
    role = "warning" if grave else "muted"
    if shown.property("role") != role:
        shown.setProperty("role", role)
        shown.style().polish(shown)
