"""What the Subject panel says of one sample: centre, scale, up and azimuth with their sources, and other choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mouseview.model.errors import MouseViewError
from mouseview.model.prepared import SubjectCentre
from mouseview.model.recipe import Recipe
from mouseview.model.sample import Sample
from mouseview.resources import model_format

if TYPE_CHECKING:  # normalising loads numba, which a first frame must not wait for
    from mouseview.normalise.orientation import Orientation, UpDirection


@dataclass(frozen=True, eq=False)
class SubjectFacts:
    """recipe: of the sample, with its fed views.  centre, scale, orientation: None where they cannot be told, and
    ``problem`` says why.  ups: all that could be taken for up.  note: what the mode makes of it all, or "".
    """

    sample: Sample
    recipe: Recipe
    centre: SubjectCentre | None
    scale: float | None
    scale_note: str
    ups: tuple[UpDirection, ...]
    orientation: Orientation | None
    problem: str
    note: str


def subject_facts(sample: Sample, recipe: Recipe, centres: tuple[SubjectCentre, ...], model: str) -> SubjectFacts:
    """``recipe.views`` name the fed views; ``centres``: the candidates, most trusted first."""
    from mouseview.normalise.centres import pick_centre
    from mouseview.normalise.orientation import orientation, up_candidates
    from mouseview.normalise.plan import kept_as_it_is, scale_of

    fmt, problems = model_format(model), []
    fed = sample.rig.subset(recipe.views) if recipe.views else sample.rig
    centre = scale = turned = None
    scale_note = ""
    ups: tuple[UpDirection, ...] = ()
    try:
        if (kept := kept_as_it_is(sample.rig, recipe, fmt)) is not None:
            centre, scale, scale_note = kept.centre, 1.0, kept.scale_note
        elif centres:
            centre = pick_centre(centres, recipe)
            scale, scale_note = scale_of(fed, centre, recipe, fmt)
    except MouseViewError as error:
        problems.append(error)
    try:
        ups = up_candidates(sample.rig, recipe, fmt)
        turned = orientation(sample.rig, recipe, fmt)
    except MouseViewError as error:
        problems.append(error)
    note = ""
    if not recipe.mode.follows_rays:
        note = (
            f"{recipe.mode} takes the file's origin and axes: what is chosen here waits for a mode that follows rays."
        )
    problem = "\n".join(f"{error.message}. {error.remedy}." for error in problems)
    return SubjectFacts(sample, recipe, centre, scale, scale_note, ups, turned, problem, note)
