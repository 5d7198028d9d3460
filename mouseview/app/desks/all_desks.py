"""All desks beside their panels and actions: which intent of which panel goes to which desk."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from mouseview.app.controller import Controller
from mouseview.app.desks.conventions_dialog import ConventionsWiring
from mouseview.app.desks.crop_wiring import CropWiring
from mouseview.app.desks.damage import DamageDesk
from mouseview.app.desks.difference import DifferenceDesk
from mouseview.app.desks.jobs import JobDesk
from mouseview.app.desks.masks import MaskDesk
from mouseview.app.desks.probe import ProbeDesk
from mouseview.app.desks.scope_wiring import ScopeWiring
from mouseview.app.desks.session import SessionDesk
from mouseview.app.desks.subject import SubjectDesk
from mouseview.app.desks.understanding import UnderstandingDesk
from mouseview.app.desks.views import ViewsDesk
from mouseview.app.player import Player
from mouseview.app.state import AppState
from mouseview.app.window import MainWindow

PROBE_KEYS = ("probe-other", "probe-back", "probe-clear")  # they mean other things while nothing is probed


class Desks(QObject):
    """Owns the desks; ``near()`` tells where file dialogs begin."""

    def __init__(self, window: MainWindow, controller: Controller, near: Callable[[], str]) -> None:
        super().__init__(window)
        self._window, self._controller, self._near = window, controller, near
        self.session = SessionDesk(controller)
        self.difference = DifferenceDesk(controller)
        self.masks = MaskDesk(controller)
        self.conventions = ConventionsWiring(window, controller)
        self.damage = DamageDesk(window, controller)
        self.probe = ProbeDesk(controller)
        self.understanding = UnderstandingDesk(controller)
        self.long_jobs = JobDesk(window, controller)
        self.player = Player(controller)
        self.views = ViewsDesk(controller, window.model.views)
        self.scope = ScopeWiring(window, controller, near)
        self.crop = CropWiring(window, controller)
        self.crop.desk.planned.connect(self.understanding.preview)
        for before in (self.scope.scope.begins, self.player.begins, window.closing):
            before.connect(self.crop.desk.flush)
        self.subject = SubjectDesk(controller)
        self._connect_session()
        self._connect_probe()
        self._connect_masks()
        self._connect_difference()
        self._connect_understanding()
        self._connect_subject()
        on = window.actions_.on
        on("check-conventions", self.conventions.open)
        on("damage", self.damage.open)
        on("check-order", self.views.check_order)
        on("extract", self.long_jobs.ask_extract)
        on("normalise-all", self.long_jobs.ask_normalise)
        on("play", lambda _checked: self.player.toggle())
        self.player.playing_changed.connect(window.actions_["play"].setChecked)

    def show_state(self, state: AppState) -> None:
        """Which panels have something to say, and which keys are the probe's."""
        window = self._window
        window.set_idle("difference", state.difference is None)
        window.set_idle("masks", not self.masks.wanted or state.sample is None or not state.sample.has_images)
        window.set_idle("session", state.dataset is None or state.dataset.session is None)
        window.actions_["probe"].setChecked(state.probing)
        window.give_room(state.probing)
        self.crop.show_state(state)
        self.scope.show_state(state)
        for id in PROBE_KEYS:
            window.actions_[id].setEnabled(state.probing)

    def _connect_session(self) -> None:
        panel, desk = self._window.session, self.session
        panel.video_chosen.connect(desk.assign_video)
        panel.masks_chosen.connect(desk.assign_masks)
        panel.offset_chosen.connect(desk.set_offset)
        panel.range_chosen.connect(desk.set_range)
        panel.lens_chosen.connect(desk.set_undistorted)
        panel.forget_wanted.connect(desk.forget)
        panel.weigh_wanted.connect(desk.weigh)
        panel.evidence_wanted.connect(desk.use_evidence)
        desk.judged.connect(panel.show_evidence)

    def _connect_probe(self) -> None:
        window, desk = self._window, self.probe
        views, panel = window.views, window.probe
        views.hovered.connect(desk.hover)
        views.marked.connect(desk.mark)
        views.mark_done.connect(desk.mark_done)
        views.detail_wanted.connect(desk.want_detail)
        desk.curves_changed.connect(views.show_curves)
        desk.detail_read.connect(views.show_detail)
        panel.probing_chosen.connect(self._set_probing)
        panel.point_chosen.connect(desk.choose_point)
        panel.noise_chosen.connect(desk.set_noise)
        panel.clear_wanted.connect(desk.clear)
        panel.camera_chosen.connect(self._controller.choose_camera)
        panel.scale_wanted.connect(desk.save_scale)
        on = window.actions_.on
        on("probe", self._set_probing)
        on("probe-other", desk.other_point)
        on("probe-back", desk.take_back)
        on("probe-clear", desk.clear)

    def _set_probing(self, probing: bool) -> None:
        self.probe.set_probing(probing)
        if probing:
            self._window.views.show_photographs()
            self._window.raise_panel("views")
            self._window.raise_panel("probe")

    def _connect_masks(self) -> None:
        panel, desk = self._window.masks, self.masks
        panel.mask_drawn.connect(desk.draw)
        panel.box_drawn.connect(desk.cut_from_box)
        panel.background_wanted.connect(desk.draft_all)
        panel.forget_wanted.connect(desk.forget)
        panel.seen.connect(desk.activate)
        self._window.actions_.on("edit-masks", self._edit_masks)

    def _edit_masks(self) -> None:
        sample = self._controller.state.sample
        if sample is None or not sample.has_images:
            self._controller.told.emit("There are no images to draw masks on, only cameras.")
            return
        self.masks.wanted = True
        self._window.set_idle("masks", False)
        self._window.raise_panel("masks")

    def _connect_understanding(self) -> None:
        panel, desk = self._window.understanding, self.understanding
        panel.wished.connect(desk.wish)
        seen = self._window.docks["understanding"].visibilityChanged  # a panel behind another tab is not told so
        seen.connect(desk.look)
        seen.connect(lambda visible: self._window.give_room(visible, "understanding"))
        panel.camera_chosen.connect(self._controller.choose_camera)
        desk.shown.connect(panel.show_study)
        self._window.actions_.on("why-false", self._explain)

    def _explain(self) -> None:
        window = self._window
        window.raise_panel("understanding")
        window.understanding.explain()

    def _connect_subject(self) -> None:
        panel, desk = self._window.subject, self.subject
        panel.centre_chosen.connect(desk.choose_centre)
        panel.session_scale_chosen.connect(desk.choose_session_scale)
        panel.scale_given.connect(desk.give_scale)
        panel.up_chosen.connect(desk.choose_up)
        panel.up_given.connect(desk.give_up)
        panel.azimuth_chosen.connect(desk.choose_azimuth)
        panel.measure_wanted.connect(lambda: desk.measure())
        panel.stop_wanted.connect(desk.stop)
        panel.pick_wanted.connect(desk.pick)
        panel.follow_wanted.connect(desk.follow_others)
        desk.facts_changed.connect(panel.show_facts)
        desk.surveyed.connect(panel.show_survey)

    def _connect_difference(self) -> None:
        window, desk = self._window, self.difference
        window.difference.compare_wanted.connect(self._ask_other_calibration)
        window.difference.stop_wanted.connect(desk.stop)
        desk.compared.connect(lambda: window.raise_panel("difference"))
        window.actions_.on("compare-calibration", self._ask_other_calibration)

    def _ask_other_calibration(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self._window, "Another calibration of these cameras", self._near(), "All files (*)"
        )
        if path:
            self.difference.compare(path)
