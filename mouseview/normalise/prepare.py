"""A sample and a recipe → images and cameras for a model, with the ledger and the chain that leads back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mouseview.geometry.rays import to_pixels
from mouseview.geometry.transforms import Array, Similarity
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.prepared import Prepared, SubjectCentre
from mouseview.model.recipe import Mode, Recipe
from mouseview.model.sample import Image, Sample
from mouseview.multiview.masks import MaskStats, all_mask_stats
from mouseview.normalise import warp
from mouseview.normalise.centres import centre_candidates, pick_centre
from mouseview.normalise.ledger import write_ledger
from mouseview.normalise.plan import Plan, make_plan
from mouseview.normalise.possible import possible
from mouseview.resources import model_format

F32 = npt.NDArray[np.float32]


def plan_sample(sample: Sample, recipe: Recipe, masks: Sequence[MaskStats | None]) -> tuple[Plan, SubjectCentre]:
    """The cameras and pixel maps of every view, without touching a pixel, and the best guess of the subject's place.

    ``masks`` runs parallel to the rig. The plan's own centre differs from the guess where the recipe says so.
    """
    unknown = [name for name in recipe.views if name not in sample.rig.names]
    if unknown:
        raise MouseViewError(
            f"the recipe feeds views that {sample.name} does not have: {', '.join(unknown)}",
            place=sample.name,
            remedy=f"choose from: {', '.join(sample.rig.names)}",
        )
    fed, fed_masks = sample, list(masks)
    if recipe.views:
        fed = sample.subset(recipe.views)
        fed_masks = [masks[sample.rig.names.index(name)] for name in recipe.views]
    candidates = centre_candidates(fed, fed_masks)
    plan = make_plan(sample.rig, masks, pick_centre(candidates, recipe), recipe, model_format(recipe.model))
    return plan, candidates[0]


def _refuse_impossible(sample: Sample) -> None:
    for camera in sample.rig:
        if not possible(camera):
            raise MouseViewError(
                "its pose or intrinsics cannot be a camera's (not finite, no rotation, mirrored, or no focal length)",
                place=f"{sample.name}, camera {camera.name}",
                remedy="correct it as the findings say, or leave this view out",
            )


def _check_sizes(sample: Sample, images: Sequence[Image]) -> None:
    for camera, source, image in zip(sample.rig, sample.sources, images, strict=True):
        if image.shape[:2] != (camera.height, camera.width):
            raise MouseViewError(
                f"the image has {image.shape[1]}×{image.shape[0]} px, its camera {camera.width}×{camera.height}",
                place=str(source.path if source is not None and source.path else camera.name),
                remedy="open the images that the calibration was made for; K of another size says nothing about these",
            )


def sources_of(plan: Plan) -> dict[str, str]:
    """Where centre, scale, up and azimuth come from, each in words."""
    turned = plan.orientation
    kept = "the file's own axes"
    return {
        "centre": f"{plan.centre.source}: {plan.centre.note}",
        "scale": plan.scale_note,
        "up": kept if turned is None else turned.up_note,
        "azimuth": kept if turned is None else turned.azimuth_note,
    }


def _chain(plan: Plan, sample: Sample, images: Sequence[Image]) -> tuple[dict[str, object], ...]:
    """Everything that was done, in order, as JSON: first the world, then each view's pixels. bits: of the source."""
    world: dict[str, object] = {
        "step": "similarity",
        "from": sample.rig.units,
        "to": "model",
        "scale": float(plan.similarity.scale),
        "rotation": plan.similarity.R.tolist(),
        "translation": plan.similarity.t.tolist(),
        "declared_poses_follow": plan.is_similarity,
        "centre": plan.centre.point.tolist(),
        "centre_source": str(plan.centre.source),
        "sources": sources_of(plan),
    }
    views: list[dict[str, object]] = [
        {
            "step": "view",
            "camera": view.source.name,
            "image": str(source.path) if source is not None and source.path else None,
            "mask": str(source.mask_path) if source is not None and source.mask_path else None,
            "size": list(view.source.size),
            "bits": 8 * image.dtype.itemsize,
            "copied": view.copied,
            **view.pixel_map.chain,
        }
        for view, source, image in zip(plan.views, sample.sources, images, strict=True)
    ]
    return (world, *views)


def prepare(sample: Sample, recipe: Recipe) -> Prepared:
    """Bring all views of a sample to the recipe's model; those outside ``recipe.views`` too, as held-out truth.

    Raises ``MouseViewError`` naming the view whose camera is impossible, or whose image is missing, unreadable or
    not of its camera's size.
    """
    _refuse_impossible(sample)
    images = sample.images()
    _check_sizes(sample, images)
    masks = all_mask_stats(sample, images)
    plan, subject = plan_sample(sample, recipe, masks)
    size = plan.model_format.size
    canonical = np.empty((len(images), size, size, 4), np.float32)
    for out, image, view in zip(canonical, images, plan.views, strict=True):
        if view.copied:
            out[:] = warp.copy(image)
        else:
            warp.warp(image, view.pixel_map, size, out)
    units = "model" if plan.mode is not Mode.RAW else sample.rig.units
    declared = Rig(tuple(view.declared for view in plan.views), units, source=sample.rig.source)
    true = Rig(tuple(view.true for view in plan.views), units, source=sample.rig.source)
    return Prepared(
        name=sample.name,
        mode=plan.mode,
        model=recipe.model,
        images=canonical,
        rig=declared,
        true_rig=true,
        centre=plan.centre,
        ledger=write_ledger(plan, sample.rig, masks, subject, canonical),
        similarity=plan.similarity if plan.is_similarity else None,
        resampled=not all(view.copied for view in plan.views),
        chain=_chain(plan, sample, images),
    )


def _file_to_model(prepared: Prepared) -> Similarity:
    """File frame → frame of ``true_rig``; in modes whose declared poses are no similarity, that of the true cameras."""
    if prepared.similarity is not None:
        return prepared.similarity
    world = prepared.chain[0]
    return Similarity(np.array(world["scale"]), np.array(world["rotation"]), np.array(world["translation"]))


def source_to_canonical(prepared: Prepared, index: int, source_camera: Camera, pixels: npt.ArrayLike) -> Array:
    """Source pixels (..., 2) of ``source_camera`` → pixels (..., 2) of canonical image ``index``.

    Along rays, so the source camera may speak of the image at another size. NaN where no ray leads there.
    """
    true = prepared.true_rig[index]
    directions, _ = source_camera.unproject(pixels)
    R_canonical_source = true.pose.R @ _file_to_model(prepared).R @ source_camera.pose.R.T
    plane, _ = true.optics.project(directions @ R_canonical_source.T)
    return to_pixels(true.K, plane)


def canonical_to_source(prepared: Prepared, index: int, source_camera: Camera, pixels: npt.ArrayLike) -> Array:
    """Pixels (..., 2) of canonical image ``index`` → source pixels (..., 2); the inverse of ``source_to_canonical``.

    NaN where no ray leads there, also beyond the radius at which the lens folds over.
    """
    true = prepared.true_rig[index]
    directions, _ = true.unproject(pixels)
    R_source_canonical = source_camera.pose.R @ _file_to_model(prepared).R.T @ true.pose.R.T
    plane, _ = source_camera.optics.project(directions @ R_source_canonical.T)
    return to_pixels(source_camera.K, plane)


def to_world_mm(prepared: Prepared, points_model: npt.ArrayLike) -> Array:
    """Points (..., 3) in the model's frame → the file's frame and units (mm for the animal rigs).

    Where the mode is no similarity this is the true cameras' frame, not what the declared cameras led the model to.
    """
    return _file_to_model(prepared).inverse().apply(points_model)
