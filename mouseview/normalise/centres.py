"""Where the subject is: every source of its centre, most trusted first, each with what speaks for and against it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mouseview.geometry.triangulation import meeting_point, triangulate_rays
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.prepared import SubjectCentre
from mouseview.model.recipe import CentreSource, Recipe
from mouseview.model.sample import Sample
from mouseview.multiview.masks import MaskStats, all_mask_stats
from mouseview.normalise.label_centre import from_labels
from mouseview.normalise.possible import possible

MaskList = Sequence[MaskStats | None]

_CLIPPED_WEIGHT = 0.2  # a mask cut by the border has its centroid pulled inwards
_CLIPPED_SHARE = 0.02  # of the outline on the border
_PASSES = 3  # weights depend on the distance to the point, which depends on the weights


def usable_cameras(rig: Rig) -> tuple[Camera, ...]:
    """Cameras that can be cameras: the others can say nothing about a centre."""
    return tuple(camera for camera in rig if possible(camera))


def _from_masks(rig: Rig, masks: MaskList) -> SubjectCentre | None:
    pairs = [
        (camera, stats)
        for camera, stats in zip(rig, masks, strict=True)
        if stats is not None and stats.usable and possible(camera)
    ]
    if len(pairs) < 2:
        return None
    origins = np.array([camera.centre for camera, _ in pairs])
    directions = np.array([camera.rays(stats.centroid_px)[1] for camera, stats in pairs])
    trust = np.array([_CLIPPED_WEIGHT if stats.border_share > _CLIPPED_SHARE else 1.0 for _, stats in pairs])
    point = triangulate_rays(origins, directions, trust)
    for _ in range(_PASSES):
        # a centroid is good to some pixels, so a ray is worse the farther its camera is: weight 1 / distance²
        distance = np.linalg.norm(origins - point, axis=-1)
        point = triangulate_rays(origins, directions, trust / np.maximum(distance, 1e-12) ** 2)
    if not np.all(np.isfinite(point)):
        return None
    offset = point - origins
    across = np.linalg.norm(offset - np.sum(offset * directions, axis=-1, keepdims=True) * directions, axis=-1)
    residual = float(np.sqrt(np.mean(across**2)))
    pixels = [np.linalg.norm(camera.project(point)[0] - stats.centroid_px) for camera, stats in pairs]
    clipped = int(np.sum(trust < 1))
    note = f"mask centroids of {len(pairs)} views, which miss the point by {residual:.3g} {rig.unit_words} RMS"
    note += f" ({np.sqrt(np.mean(np.square(pixels))):.1f} px; an extended animal leaves some)"
    note += f"; {clipped} clipped view(s) count less" if clipped else ""
    return SubjectCentre(CentreSource.MASKS, point, residual, note)


def _from_axes(rig: Rig) -> tuple[SubjectCentre | None, bool]:
    """The candidate and whether it is reliable."""
    cameras = usable_cameras(rig)
    if len(cameras) < 2:
        return None, False
    meeting = meeting_point([camera.centre for camera in cameras], [camera.forward for camera in cameras])
    note = f"optical axes meet within {meeting.rms:.3g} {rig.unit_words} RMS, {meeting.maximum:.3g} at most"
    if not meeting.reliable:
        note = f"not reliable: the optical axes are nearly parallel ({meeting.spread_deg:.1f}° apart)"
    return SubjectCentre(CentreSource.AXES, meeting.point, meeting.rms, note), meeting.reliable


def centre_candidates(sample: Sample, masks: MaskList) -> tuple[SubjectCentre, ...]:
    """All candidates, most trusted first; unreliable axes come after the origin. ``masks`` runs parallel to the rig."""
    rig = sample.rig
    axes, reliable = _from_axes(rig)
    origin = SubjectCentre(CentreSource.ORIGIN, np.zeros(3), None, "origin of the calibration file")
    ordered = [from_labels(sample.labels, rig), _from_masks(rig, masks)]
    ordered += [axes, origin] if reliable else [origin, axes]
    cameras = usable_cameras(rig)
    if cameras:
        middle = np.mean([camera.centre for camera in cameras], axis=0)
        note = "mean of the camera centres: lies above an animal that cameras look down on"
        ordered.append(SubjectCentre(CentreSource.CENTROID, middle, None, note))
    return tuple(candidate for candidate in ordered if candidate is not None)


def sample_masks(sample: Sample) -> tuple[MaskStats | None, ...]:
    """Mask statistics of every view that has an image and a mask; images that cannot be read raise."""
    present = [source is not None and source.has_mask for source in sample.sources]
    images = [sample.image(i) if has else np.zeros((1, 1, 4), np.uint8) for i, has in enumerate(present)]
    return all_mask_stats(sample, images)


def subject_centres(sample: Sample) -> tuple[SubjectCentre, ...]:
    """Candidates for the subject's centre in the rig's units, most trusted first."""
    return centre_candidates(sample, sample_masks(sample))


def pick_centre(candidates: Sequence[SubjectCentre], recipe: Recipe) -> SubjectCentre:
    """The candidate that ``recipe`` names, or the most trusted one."""
    if recipe.centre is not None and recipe.centre.is_given:
        if recipe.point is None and recipe.centre is CentreSource.SESSION:
            raise MouseViewError(
                "the centre is to be the session's, and the session has not been measured",
                remedy="measure the session in the Subject panel, or choose another centre",
            )
        if recipe.point is None:
            raise MouseViewError(
                "the centre is to be a point, but none is given", remedy="give X,Y,Z in the rig's units"
            )
        point = np.asarray(recipe.point, dtype=np.float64)
        return SubjectCentre(recipe.centre, point, None, dict(recipe.measured).get("point", "given by the user"))
    if recipe.centre is None:
        return candidates[0]
    for candidate in candidates:
        if candidate.source is recipe.centre:
            return candidate
    remedy = f"choose one of: {', '.join(candidate.source for candidate in candidates)}, or give a point"
    raise MouseViewError(f"this sample has no centre from {recipe.centre}", remedy=remedy)


def choose_centre(sample: Sample, recipe: Recipe) -> SubjectCentre:
    """The centre that ``recipe`` leads to, from the views it feeds."""
    fed = sample.subset(recipe.views) if recipe.views else sample
    return pick_centre(subject_centres(fed), recipe)
