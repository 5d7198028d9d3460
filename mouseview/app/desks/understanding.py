"""The understanding desk: keeps what the panel shows up with sample, project, selection and a hand that drags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from mouseview.app.controller import Controller
from mouseview.app.jobs import Failure
from mouseview.app.panels.scene import is_untrue
from mouseview.app.scene3d.state import RayColour
from mouseview.app.state import AppState, Changed
from mouseview.app.understanding.values import Study, Wish
from mouseview.model.errors import MouseViewError
from mouseview.model.recipe import Recipe
from mouseview.model.sample import Sample

if TYPE_CHECKING:  # numba comes with them
    from mouseview.app.crop.draft import DraftPlan
    from mouseview.app.understanding.study import Basis
    from mouseview.multiview.masks import MaskStats

SLOT = "understanding"
_GATHER_MS = 25  # what changes together is looked at once


class UnderstandingDesk(QObject):
    """``shown(Study | None)``. Nothing is computed while nobody looks: neither at the panel nor at the ball in 3D."""

    shown = Signal(object)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._wish = Wish()
        self._visible = False
        self._again = False  # something changed while the work for an earlier state was on
        self._draft: DraftPlan | None = None
        self._masks: tuple[Sample, tuple[MaskStats | None, ...]] | None = None
        self._basis: tuple[Recipe, Basis] | None = None
        self._changed = Changed()
        self._timer = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._timer.timeout.connect(self._begin)
        controller.changed.connect(self._follow)

    def wish(self, wish: Wish) -> None:
        self._wish = wish
        self._timer.start()

    def look(self, visible: bool) -> None:
        """Whether the panel is in sight."""
        self._visible = visible
        if visible:
            self._timer.start()

    def preview(self, draft: DraftPlan | None) -> None:
        """What a hand is making of the sample; None: the project counts again."""
        self._draft = draft
        if self._visible and not self._timer.isActive():  # not put off by every move
            self._timer.start()

    def _follow(self, state: AppState) -> None:
        if state.sample is None:
            self._draft = self._masks = self._basis = None
        project = state.project
        recipes = () if project is None else (project.book, project.held_out, project.checkpoint)
        wants_ball = self._scene_wants_ball(state)
        if self._changed(state.sample, recipes, state.camera, state.images, state.prepared, wants_ball):
            self._timer.start()

    @staticmethod
    def _scene_wants_ball(state: AppState) -> bool:
        window_rays = state.scene.rays and state.scene.ray_colour is RayColour.WINDOW
        return state.prepared is not None and state.scene.layers.ball and (window_rays or is_untrue(state.prepared))

    def _begin(self) -> None:
        state = self._controller.state
        sample, project = state.sample, state.project
        wanted = self._visible or self._scene_wants_ball(state)
        if sample is None or project is None or not wanted:
            return
        # numba must not hold up a first frame: what is prepared, or has nothing to prepare, is past that
        if state.prepared is None and not state.prepare_problem:
            return
        if self._controller.jobs.busy(SLOT):
            self._again = True
            return
        self._again = False
        wish, camera, visible = self._wish, state.camera, self._visible
        draft = self._draft if self._draft is not None and self._draft.sample is sample else None
        textures = tuple(view.texture if view is not None else None for view in state.images)
        masks = self._masks[1] if self._masks is not None and self._masks[0] is sample else None
        known = self._basis

        def work(_ticket: object) -> tuple[Any, Basis | None, Study | None]:
            from mouseview.app.crop.draft import recipe_of, survey
            from mouseview.app.understanding.study import basis_of, study

            recipe = recipe_of(project, sample)
            fits = known is not None and known[0] == recipe and known[1].sample is sample
            try:
                seen = survey(sample) if masks is None else masks
                basis = known[1] if fits and known is not None else basis_of(sample, seen, recipe)
            except MouseViewError as error:  # what is prepared fails by it too, and says so to everybody
                return masks, None, Study(wish.page, f"{error.message}. {error.remedy}")
            if not visible:
                return seen, basis, None
            return seen, basis, study(basis, draft, wish, camera, textures)

        def done(got: tuple[Any, Basis | None, Study | None]) -> None:
            seen, basis, made = got
            self._masks = None if seen is None else (sample, seen)
            self._basis = None if basis is None else (basis.recipe, basis)
            if self._controller.state.sample is sample:
                if basis is not None:
                    self._controller.set_ball(basis.ball)
                if made is not None and visible:
                    self.shown.emit(made)
            self._repeat()

        def failed(failure: Failure) -> None:
            self.shown.emit(Study(wish.page, "This cannot be shown: see the message."))
            self._controller.failed.emit(failure)
            self._repeat()

        self._controller.jobs.submit(SLOT, "Looking at what the model sees", work, done, failed)

    def _repeat(self) -> None:
        if self._again:
            self._timer.start()
