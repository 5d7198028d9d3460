"""One scale for all samples of a session, and which views of a sample decide it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mouseview.geometry.transforms import Array
from mouseview.model.camera import Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.recipe import Recipe
from mouseview.model.sample import Dataset
from mouseview.normalise.centres import sample_masks
from mouseview.normalise.prepare import plan_sample
from mouseview.workflow.open import fed_and_held_out, held_out_by_name

_SAME_RIG = 1e-9  # of its camera centres, relative


@dataclass(frozen=True, eq=False)
class SessionScale:
    """The one scale of a session, for all samples that were taken by the rig with these camera centres (V, 3).

    note: where it comes from.
    """

    scale: float
    centres: Array
    note: str

    def recipe(self, recipe: Recipe, rig: Rig) -> Recipe:
        """``recipe`` with the session's scale, or as it is for a sample of another rig."""
        if self.centres.shape != (len(rig), 3) or not np.allclose(self.centres, rig.centres, rtol=_SAME_RIG, atol=0):
            return recipe
        measured = {**dict(recipe.measured), "scale": self.note}
        return recipe.replace(scale=self.scale, measured=tuple(sorted(measured.items())))


def session_scale(dataset: Dataset, recipe: Recipe, held_out: tuple[str, ...] | None = None) -> SessionScale | None:
    """Model distance over the mean camera distance, measured on the first sample that can be used.

    recipe: of the whole dataset, so that a sample's own changes touch no other sample.  held_out: as for ``feeding``.
    None where no sample can be used, where the recipe has its scale already, and where that sample conforms to the
    format: then nothing is scaled.
    """
    if recipe.scale is not None:
        return None
    for index in range(len(dataset)):
        try:
            sample = dataset[index]
            plan, _ = plan_sample(sample, feeding(recipe, sample.rig, held_out), sample_masks(sample))
        except MouseViewError:
            continue  # told when its turn comes: it must not stop the others
        if plan.conforms:
            return None
        note = f"{plan.scale_note.removesuffix(' in this sample')} in {sample.name}, kept for all samples of its rig"
        return SessionScale(float(plan.similarity.scale), sample.rig.centres, note)
    return None


def feeding(recipe: Recipe, rig: Rig, held_out: tuple[str, ...] | None = None) -> Recipe:
    """Views that are held out decide neither centre nor scale; views that the recipe names itself count before that.

    held_out: those that a person holds out, where the rig has them; None: those that the rig itself marks.
    """
    if recipe.views:
        return recipe
    names = held_out_by_name(rig) if held_out is None else tuple(name for name in held_out if name in rig.names)
    return recipe.replace(views=fed_and_held_out(rig, names)) if names else recipe
