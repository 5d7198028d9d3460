"""The subject desk: centre, scale, up and azimuth chosen, measured over the session, or picked with the probe."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mouseview.app.controller import Controller
from mouseview.app.jobs import Failure, Ticket
from mouseview.app.state import AppState, Changed
from mouseview.app.subject_facts import SubjectFacts, subject_facts
from mouseview.model.errors import MouseViewError
from mouseview.model.recipe import AzimuthSource, CentreSource, Point, Recipe, UpSource
from mouseview.model.recipe_book import RecipeBook, SampleChange
from mouseview.model.sample import Dataset

if TYPE_CHECKING:
    from mouseview.workflow.session_survey import SessionSurvey

FACTS_SLOT, SURVEY_SLOT = "subject-facts", "subject-survey"
FRAMES = 24


class SubjectDesk(QObject):
    """Intents in; each is one undoable step. What needs the session's numbers measures them first.

    ``facts_changed(SubjectFacts | None)``: of the sample in view.  ``surveyed(SessionSurvey | None)``: kept for this
    dataset and these fed views; None once that is over.
    """

    facts_changed = Signal(object)
    surveyed = Signal(object)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._survey: SessionSurvey | None = None
        self._surveyed: tuple[Dataset, tuple[str, ...], str] | None = None
        self._pending: Callable[[SessionSurvey], None] | None = None  # what waits for the survey that is under way
        self._changed = Changed()
        controller.changed.connect(self._follow)

    # ---- choosing ------------------------------------------------------------------------------------------------

    def choose_centre(self, source: CentreSource | None) -> None:
        """For all samples; the one in view gives up a centre of its own. None: the most trusted of each sample."""
        if source is CentreSource.SESSION:
            self._with_survey("the session's centre", _session_centre, keep_own_centre=False)
            return
        if source is CentreSource.POINT and self._recipe().point is None:
            return
        recipe = self._recipe()
        point = recipe.point if source is not None and source.is_given else None
        self._edit(f"centre {source or 'most trusted'}", _unmeasured(recipe, "point", point is None).replace(
            centre=source, point=point), keep_own_centre=False)  # fmt: skip

    def choose_session_scale(self, session: bool) -> None:
        """The session's one scale, or that of each sample's own distances."""
        if session:
            self._with_survey("the session's scale", _session_scale)
        else:
            self._edit(
                "scale of each sample", _unmeasured(self._recipe(), "scale").replace(scale=None, session_scale=False)
            )

    def give_scale(self, scale: float) -> None:
        self._edit(f"scale {scale:.5g}", _unmeasured(self._recipe(), "scale").replace(scale=scale, session_scale=False))

    def choose_up(self, source: UpSource) -> None:
        if source is UpSource.GROUND:
            self._with_survey("up from the ground", _ground_up)
        elif source is not UpSource.GIVEN:
            self._edit(
                f"up from the {source}", _unmeasured(self._recipe(), "up_vector").replace(up=source, up_vector=None)
            )

    def give_up(self, direction: Point) -> None:
        """A direction of the file's frame."""
        recipe = _unmeasured(self._recipe(), "up_vector").replace(up=UpSource.GIVEN, up_vector=direction)
        self._edit("up as given", recipe)

    def choose_azimuth(self, source: AzimuthSource, camera: str) -> None:
        recipe = self._recipe().replace(azimuth=source, azimuth_camera=camera)
        self._edit(f"azimuth from {camera or f'the {source}'}", recipe)

    def pick(self, everywhere: bool) -> None:
        """The probe's point becomes the centre: of the sample in view, or of all."""
        state = self._controller.state
        solution = state.shown_solution
        if state.project is None or state.sample is None or solution is None:
            return
        active = solution.probe.active
        if not solution.known(active):
            return
        x, y, z = (float(value) for value in solution.found.points_world[active])
        views = len(solution.views(active))
        words = f"picked in {views} views of {state.sample.name}"
        if everywhere:
            measured = {**dict(self._recipe().measured), "point": words}
            recipe = self._recipe().replace(
                centre=CentreSource.POINT, point=(x, y, z), measured=tuple(sorted(measured.items()))
            )
            self._edit("picked centre for all samples", recipe, keep_own_centre=False)
            return
        change = dataclasses.replace(
            state.project.book.change(state.sample.name), centre=CentreSource.POINT, point=(x, y, z)
        )
        self._put(f"picked centre of {state.sample.name}", state.project.book.with_changes({state.sample.name: change}))

    def follow_others(self) -> None:
        """The sample in view without a centre of its own."""
        state = self._controller.state
        if state.project is not None and state.sample is not None:
            self._put(
                f"centre of {state.sample.name} as the others", _without_own(state.project.book, state.sample.name)
            )

    # ---- measuring -----------------------------------------------------------------------------------------------

    def measure(self, then: Callable[[SessionSurvey], None] | None = None) -> None:
        """Look at some frames of the session; the result is kept until other data or other views are fed."""
        self._pending = then
        state = self._controller.state
        dataset, project = state.dataset, state.project
        if dataset is None or project is None:
            return
        key = self._survey_key(state)

        def work(ticket: Ticket) -> SessionSurvey:
            from mouseview.inference.declared import declared_format
            from mouseview.workflow.session_survey import survey_session

            recipe = project.recipe.replace(model=declared_format(project.checkpoint), views=())
            held_out = project.held_out
            return survey_session(dataset, recipe, FRAMES, ticket.progress, ticket.cancelled, held_out)

        def done(survey: SessionSurvey) -> None:
            if self._survey_key(self._controller.state) == key:
                self._survey, self._surveyed = survey, key
                self.surveyed.emit(survey)
                pending, self._pending = self._pending, None
                if pending is not None:
                    pending(survey)
                elif _wants_survey(self._recipe()):  # as a recipe that was carried over from another session does
                    self._use("the session's numbers", _filled, survey)

        self._controller.jobs.submit(SURVEY_SLOT, "Measuring the session", work, done, self._controller.failed.emit)

    def stop(self) -> None:
        self._controller.jobs.cancel(SURVEY_SLOT)

    def _with_survey(
        self, text: str, fill: Callable[[Recipe, SessionSurvey], Recipe], keep_own_centre: bool = True
    ) -> None:
        """Choose what the survey says, which is measured first where nobody has."""
        if self._survey is not None:
            self._use(text, fill, self._survey, keep_own_centre)
        else:
            self.measure(lambda survey: self._use(text, fill, survey, keep_own_centre))

    def _use(
        self,
        text: str,
        fill: Callable[[Recipe, SessionSurvey], Recipe],
        survey: SessionSurvey,
        keep_own_centre: bool = True,
    ) -> None:
        try:
            recipe = fill(self._recipe(), survey)
        except MouseViewError as error:
            self._controller.failed.emit(Failure.of(f"{text[:1].upper()}{text[1:]} cannot be told", error))
            self.surveyed.emit(survey)  # the panel shows again what is in use
            return
        self._edit(text, recipe, keep_own_centre)

    # ---- state ---------------------------------------------------------------------------------------------------

    def _recipe(self) -> Recipe:
        project = self._controller.state.project
        return project.recipe if project is not None else Recipe()

    def _edit(self, text: str, recipe: Recipe, keep_own_centre: bool = True) -> None:
        state = self._controller.state
        self._pending = None  # whoever chooses something else meanwhile no longer waits for the session
        if state.project is None or state.sample is None:
            return
        book = state.project.book.replace(recipe=recipe)
        self._put(text, book if keep_own_centre else _without_own(book, state.sample.name))

    def _put(self, text: str, book: RecipeBook) -> None:
        self._controller.edit(text, recipe=book.recipe, samples=book.samples)

    @staticmethod
    def _survey_key(state: AppState) -> tuple[Dataset, tuple[str, ...], str] | None:
        if state.dataset is None or state.project is None:
            return None
        return state.dataset, state.project.held_out, state.project.checkpoint

    def _follow(self, state: AppState) -> None:
        if self._surveyed is not None and self._survey_key(state) != self._surveyed:
            self._survey = self._surveyed = None
            self.surveyed.emit(None)
        project, sample = state.project, state.sample
        if not self._changed(project, sample, state.centres):
            return
        if project is None or sample is None:
            self.facts_changed.emit(None)
            return
        centres, checkpoint = state.centres, project.checkpoint
        recipe = project.recipe_for(sample.name).replace(views=state.fed)

        def work(_ticket: Ticket) -> SubjectFacts:
            from mouseview.inference.declared import declared_format

            return subject_facts(sample, recipe, centres, declared_format(checkpoint))

        self._controller.jobs.submit(FACTS_SLOT, "Looking at the subject", work, self.facts_changed.emit,
                                     self._controller.failed.emit)  # fmt: skip


def _without_own(book: RecipeBook, sample: str) -> RecipeBook:
    change = dataclasses.replace(book.change(sample), centre=None, point=None)
    return book.with_changes({sample: change if not change.is_empty else SampleChange()})


def _unmeasured(recipe: Recipe, field: str, forget: bool = True) -> Recipe:
    """Without the words about a number that is given up."""
    return recipe.replace(measured=tuple(entry for entry in recipe.measured if not forget or entry[0] != field))


def _wants_survey(recipe: Recipe) -> bool:
    from mouseview.workflow.session_survey import wants_survey

    return wants_survey(recipe)


def _filled(recipe: Recipe, survey: SessionSurvey) -> Recipe:
    from mouseview.workflow.session_survey import filled

    return filled(recipe, survey)


def _session_centre(recipe: Recipe, survey: SessionSurvey) -> Recipe:
    from mouseview.workflow.session_survey import with_session_centre

    return with_session_centre(recipe, survey)


def _session_scale(recipe: Recipe, survey: SessionSurvey) -> Recipe:
    from mouseview.workflow.session_survey import with_session_scale

    return with_session_scale(recipe, survey)


def _ground_up(recipe: Recipe, survey: SessionSurvey) -> Recipe:
    from mouseview.workflow.session_survey import with_ground_up

    return with_ground_up(recipe, survey)
