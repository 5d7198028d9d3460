"""Drafts: what a hand is doing to the window of one view, before it becomes an edit of the project."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mouseview.model.prepared import SubjectCentre
from mouseview.model.recipe import Recipe
from mouseview.model.sample import Sample

if TYPE_CHECKING:  # OpenCV and numba come with them: imported by the work that calls them
    from mouseview.multiview.masks import MaskStats
    from mouseview.normalise.plan import Plan
    from mouseview.normalise.subject import Subject
    from mouseview.workflow.project import Project


@dataclass(frozen=True, eq=False)
class DraftPlan:
    """A sample as it would be normalised by a recipe that is still in a hand."""

    sample: Sample
    plan: Plan
    recipe: Recipe


@dataclass(frozen=True, eq=False)
class Ground:
    """What stays while one view's window is moved: the sample with what its masks say, and the plan of the project.

    recipe: with the views that are fed and the model's name in it.  guess: the best guess of the subject's place.
    """

    sample: Sample
    masks: tuple[MaskStats | None, ...]
    recipe: Recipe
    plan: Plan
    guess: SubjectCentre
    subject: Subject

    @property
    def draft(self) -> DraftPlan:
        return DraftPlan(self.sample, self.plan, self.recipe)

    def reframed(self, index: int, recipe: Recipe) -> Plan:
        """The plan with view ``index`` as ``recipe`` frames it; the other views stay as they are."""
        from mouseview.normalise.plan import reframed

        return reframed(self.plan, index, self.masks[index], recipe)


def recipe_of(project: Project, sample: Sample) -> Recipe:
    """What decides this sample's result in the window: the project's recipe, the views it feeds, its weights' format.

    The same as for the images that are prepared after an edit.
    """
    from mouseview.inference.declared import declared_format

    fed = tuple(name for name in sample.rig.names if name not in project.held_out)
    recipe = project.recipe_for(sample.name)
    return dataclasses.replace(recipe, views=fed, model=declared_format(project.checkpoint))


def survey(sample: Sample) -> tuple[MaskStats | None, ...]:
    """What the masks of a sample say; reads all its images. For a thread."""
    from mouseview.normalise.centres import sample_masks

    return sample_masks(sample)


def ground_of(sample: Sample, masks: Sequence[MaskStats | None], recipe: Recipe) -> Ground:
    """Raises ``MouseViewError`` where the recipe cannot be done to this sample."""
    from mouseview.normalise.prepare import plan_sample
    from mouseview.normalise.subject import locate_subject

    plan, guess = plan_sample(sample, recipe, masks)
    subject = locate_subject(plan, sample.rig, masks, guess)
    return Ground(sample, tuple(masks), recipe, plan, guess, subject)
