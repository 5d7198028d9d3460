"""Bring a sample into a model's format, and draw what that means on the source images."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from mouseview.model.camera import Camera
from mouseview.model.prepared import Prepared, SubjectCentre
from mouseview.model.recipe import Recipe
from mouseview.model.sample import Sample
from mouseview.normalise.centres import subject_centres
from mouseview.normalise.prepare import canonical_to_source, prepare


def prepare_sample(sample: Sample, recipe: Recipe, model_format_name: str | None = None) -> Prepared:
    """Normalise one sample by a recipe; ``model_format_name`` overrides the recipe's."""
    if model_format_name is not None and model_format_name != recipe.model:
        recipe = dataclasses.replace(recipe, model=model_format_name)
    return prepare(sample, recipe)


def centre_candidates(sample: Sample) -> tuple[SubjectCentre, ...]:
    """Where the subject may be, most trusted first."""
    return subject_centres(sample)


def target_window(prepared: Prepared, index: int, source_camera: Camera, per_side: int = 24) -> npt.NDArray[np.float64]:
    """The border of the canonical image, (4 · per_side, 2), as a curve in source pixels; NaN where the lens folds over.

    Curved where the lens is: each border point goes through its own ray.
    """
    t = np.linspace(0.0, 1.0, per_side, endpoint=False)
    w, h = map(float, prepared.true_rig[index].size)
    border = np.concatenate(
        [
            np.stack([t * w, np.zeros_like(t)], axis=-1),
            np.stack([np.full_like(t, w), t * h], axis=-1),
            np.stack([(1 - t) * w, np.full_like(t, h)], axis=-1),
            np.stack([np.zeros_like(t), (1 - t) * h], axis=-1),
        ]
    )
    return canonical_to_source(prepared, index, source_camera, border)
