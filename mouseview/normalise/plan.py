"""From a rig and a recipe to cameras: what every view declares, what is true, and where its pixels come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mouseview.geometry.rays import angle_between_deg
from mouseview.geometry.transforms import Array, Rigid, Similarity, rotation_between
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.model_format import ModelFormat
from mouseview.model.prepared import SubjectCentre
from mouseview.model.recipe import CentreSource, Mode, Recipe
from mouseview.multiview.masks import MaskStats
from mouseview.normalise.conformance import is_normalised, rig_conforms
from mouseview.normalise.framing import framed_crop, framed_turn, ignored
from mouseview.normalise.orientation import Orientation, orientation
from mouseview.normalise.pixel_map import CropMap, PixelMap, RayMap

OCCUPANCY = 0.3  # of pixel-based images: √(subject area / image area)
ZOOM_MARGIN = 0.92  # share of the half window that the subject may reach in exact-zoom

_Z = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True, eq=False)
class ViewPlan:
    """One view: declared is what the model is told, true is what the pixels show (both of the canonical image).

    copied: the source image is used as it is.  tilt_deg: of the virtual rotation.  zoom: true focal length over the
    format's.
    """

    source: Camera
    declared: Camera
    true: Camera
    pixel_map: PixelMap
    copied: bool
    tilt_deg: float
    zoom: float


@dataclass(frozen=True, eq=False)
class Plan:
    """similarity: the file's frame to the frame of ``true`` cameras. is_similarity: the declared poses are that too.

    conforms: nothing had to be done.  fed: names of the views that the model sees; they decided centre and scale.
    scale_note: where the scale comes from.  orientation: what turned the file's axes; None where they stay as they are
    because nothing is done to the poses.
    """

    mode: Mode
    model_format: ModelFormat
    centre: SubjectCentre
    similarity: Similarity
    is_similarity: bool
    conforms: bool
    views: tuple[ViewPlan, ...]
    fed: tuple[str, ...]
    notes: tuple[str, ...]
    scale_note: str = ""
    orientation: Orientation | None = None


def _mean_distance(rig: Rig, point: Array, centre: SubjectCentre) -> float:
    mean = float(np.mean(rig.distances(point)))
    if not np.isfinite(mean) or mean <= 0:
        raise MouseViewError(
            f"the cameras' mean distance from the {centre.source} is {mean}",
            place=str(rig.source or ""),
            remedy="correct the poses that the findings name, leave those views out, or choose another centre",
        )
    return mean


def _similarity(
    rig: Rig, centre: SubjectCentre, recipe: Recipe, fmt: ModelFormat, R_model_file: Array | None = None
) -> tuple[Similarity, str]:
    """One scale about one point, turned as one; and where the scale comes from. Without R the file's axes are kept."""
    if recipe.scale is None and recipe.session_scale:
        raise MouseViewError(
            "the scale is to be the session's, and the session has not been measured",
            remedy="measure the session in the Subject panel, or leave the scale to each sample",
        )
    if recipe.scale is None:
        mean = _mean_distance(rig, centre.point, centre)
        note = f"{fmt.distance:g} over the fed cameras' mean distance of {mean:.5g} {rig.unit_words} in this sample"
        return Similarity.about(centre.point, fmt.distance / mean, R_model_file), note
    if not (np.isfinite(recipe.scale) and recipe.scale > 0):
        raise MouseViewError(f"a scale of {recipe.scale} is no scale", remedy="give a positive number or none")
    note = dict(recipe.measured).get("scale", "given by the user")
    return Similarity.about(centre.point, recipe.scale, R_model_file), note


def _aim(camera: Camera, point: Array) -> Array:
    """R_canonical_source: the smallest turn that brings ``point`` onto the optical axis."""
    towards = camera.pose.apply(point)
    if not np.all(np.isfinite(towards)) or np.linalg.norm(towards) == 0:
        raise MouseViewError(
            "cannot be aimed at the subject: its pose is not finite, or it stands at the subject's centre",
            place=camera.name,
            remedy="leave this view out, or choose another centre",
        )
    return rotation_between(towards, _Z)


def _canonical_camera(source: Camera, R: Array, K: Array, size: int, similarity: Similarity) -> Camera:
    """The source camera turned about its own centre, with K, in the model's frame."""
    pose = Rigid(R, np.zeros(3)) @ similarity.move_camera(source.pose)
    return Camera(source.name, size, size, K, np.zeros(0), pose.matrix)


def _zoomed(K: Array, zoom: float) -> Array:
    return np.array(K) * np.array([[zoom, zoom, 1.0], [zoom, zoom, 1.0], [1.0, 1.0, 1.0]])


def _zoomed_about(K: Array, zoom: float, subject_cam: Array) -> Array:
    """K zoomed so that the subject (3,) of the camera's frame keeps its pixel where a hand has moved it off-centre."""
    out = _zoomed(K, zoom)
    out[:2, 2] += (1.0 - zoom) * K[0, 0] * subject_cam[:2] / subject_cam[2]
    return out


def fitting_zoom(
    rig: Rig, masks: Sequence[MaskStats | None], aims: Sequence[Array], fmt: ModelFormat
) -> tuple[float, str]:
    """The zoom at which the subject just fits every fed view, and what it was taken from. 1 without any mask."""
    reach = 0.0
    for camera, stats, R in zip(rig, masks, aims, strict=True):
        if stats is None or not stats.usable:
            continue
        turned = camera.unproject(stats.outline_px)[0] @ R.T
        with np.errstate(invalid="ignore"):
            plane = np.abs(turned[:, :2] / turned[:, 2:])
        reach = max(reach, float(np.nanmax(plane, initial=0.0)))
    if reach == 0.0:
        return 1.0, "no mask to fit the zoom to: zoom 1"
    return ZOOM_MARGIN * (fmt.size / 2) / (fmt.focal * reach), "zoom fitted to the masks of the fed views"


def _ray_views(
    rig: Rig,
    fed: Rig,
    fed_masks: Sequence[MaskStats | None],
    similarity: Similarity,
    point: Array,
    recipe: Recipe,
    fmt: ModelFormat,
) -> tuple[list[ViewPlan], list[str]]:
    """The modes that follow rays: aimed, centred, zoomed, distance-matched."""
    mode, notes = recipe.mode, []
    aimed = mode is not Mode.EXACT_CENTRED
    aims = {
        camera.name: framed_turn(_aim(camera, point) if aimed else np.eye(3), recipe.framing(camera.name))
        for camera in rig
    }
    zoom = 1.0
    if mode is Mode.EXACT_ZOOM:
        if recipe.zoom is None:
            zoom, note = fitting_zoom(fed, fed_masks, [aims[camera.name] for camera in fed], fmt)
            notes.append(note)
        elif recipe.zoom > 0 and np.isfinite(recipe.zoom):
            zoom = recipe.zoom
        else:
            raise MouseViewError(f"a zoom of {recipe.zoom} shows nothing", remedy="give a positive number or none")
    views = []
    for camera in rig:
        R = aims[camera.name]
        view_zoom = zoom
        if mode is Mode.DISTANCE_MATCHED:
            view_zoom = float(np.linalg.norm(similarity.apply(camera.centre))) / fmt.distance
        if mode.zooms:
            view_zoom *= recipe.framing(camera.name).zoom
        K_true = _zoomed(fmt.K, view_zoom)
        true = _canonical_camera(camera, R, K_true, fmt.size, similarity)
        declared = true
        if mode is Mode.DISTANCE_MATCHED:
            K_true = _zoomed_about(fmt.K, view_zoom, true.pose.t)
            pose = Rigid(true.pose.R, true.pose.t * fmt.distance / np.linalg.norm(true.pose.t))
            true = true.replace(K=K_true)
            declared = true.replace(K=fmt.K, T_cam_world=pose.matrix)
        pixel_map = RayMap(K_true, R.T, camera)
        tilt = float(angle_between_deg(R @ _Z, _Z))
        views.append(ViewPlan(camera, declared, true, pixel_map, pixel_map.is_identity, tilt, view_zoom))
    return views, notes


def _padded(camera: Camera, size: int) -> CropMap:
    """Longer side to ``size``, padded to a square on both sides alike."""
    scale = size / max(camera.size)
    return CropMap(scale, (size - scale * np.array(camera.size, dtype=np.float64)) / 2)


def _cropped(camera: Camera, size: int) -> CropMap:
    """The central square, resized."""
    side = min(camera.size)
    corner = (np.array(camera.size, dtype=np.float64) - side) / 2
    return CropMap(size / side, -corner * size / side)


def _by_mask(crop: CropMap, camera: Camera, stats: MaskStats | None, size: int) -> CropMap:
    """After a crop: the mask's centre of mass to the middle and its occupancy to 0.3."""
    if stats is None or not stats.usable:
        raise MouseViewError(
            "pixel-based normalisation shifts and scales by the mask, and this view has none that can be used",
            place=camera.name,
            remedy="add masks (alpha or mask images), or choose another mode",
        )
    zoom = OCCUPANCY / (np.sqrt(stats.area_px) * crop.scale / size)
    middle = crop.scale * stats.centroid_px + crop.offset
    return CropMap(zoom * crop.scale, zoom * (crop.offset - middle) + size / 2)


def _crop_views(
    rig: Rig, masks: Sequence[MaskStats | None], similarity: Similarity, recipe: Recipe, fmt: ModelFormat
) -> list[ViewPlan]:
    """The modes that crop and resize: the lens stays in the image, the declared camera knows none."""
    views = []
    for camera, stats in zip(rig, masks, strict=True):
        square = recipe.mode in (Mode.FORCED_K, Mode.PIXEL_BASED)
        crop = _cropped(camera, fmt.size) if square else _padded(camera, fmt.size)
        if recipe.mode is Mode.PIXEL_BASED:
            crop = _by_mask(crop, camera, stats, fmt.size)
        crop = framed_crop(crop, camera, recipe.framing(camera.name), fmt.size)
        K = crop.matrix @ camera.K
        moved = camera.moved(similarity)
        true = moved.replace(width=fmt.size, height=fmt.size, K=K)
        K_without_skew = np.array(K)
        K_without_skew[0, 1] = 0.0
        declared = true.replace(K=fmt.K if square else K_without_skew, distortion=np.zeros(0), lens="radtan")
        if recipe.mode is Mode.DISTANCE_ONLY:
            pose = camera.pose
            scaled = Rigid(pose.R, pose.t * fmt.distance / np.linalg.norm(pose.t))
            declared = declared.replace(T_cam_world=scaled.matrix)
        views.append(ViewPlan(camera, declared, true, crop, crop.is_identity, 0.0, float(K[0, 0]) / fmt.focal))
    return views


def _origin(note: str) -> SubjectCentre:
    return SubjectCentre(CentreSource.ORIGIN, np.zeros(3), None, note)


def _copies(rig: Rig, fmt: ModelFormat) -> list[ViewPlan]:
    """A conforming or normalised rig: declared as the file declares it."""
    keep = CropMap(1.0, np.zeros(2))
    return [ViewPlan(camera, camera, camera, keep, True, 0.0, camera.fx / fmt.focal) for camera in rig]


def make_plan(
    rig: Rig, masks: Sequence[MaskStats | None], centre: SubjectCentre, recipe: Recipe, fmt: ModelFormat
) -> Plan:
    """Cameras and pixel maps of every view. ``masks`` runs parallel to ``rig``; ``recipe.views`` decide the scale."""
    mode = recipe.mode
    fed = rig.subset(recipe.views) if recipe.views else rig
    by_name = dict(zip(rig.names, masks, strict=True))
    fed_masks = [by_name[name] for name in fed.names]
    free = recipe.centre in (None, CentreSource.ORIGIN, CentreSource.AXES) and recipe.scale is None
    free = free and not recipe.framings and recipe.keeps_orientation
    left_out = ignored(mode, recipe.framings)
    exact = mode in (Mode.EXACT_AIMED, Mode.EXACT_CENTRED, Mode.DISTANCE_MATCHED)
    done = mode is not Mode.DISTANCE_MATCHED and is_normalised(rig, fmt)
    if exact and free and (done or rig_conforms(rig, fmt)):
        what = "was normalised to the format before" if done else "conforms to the format"
        note = f"the rig {what}: images copied, cameras as the file declares them"
        centre = _origin("the file's origin, where the axes of this conforming rig meet")
        views, kept = _copies(rig, fmt), "kept: the rig is in the format's units already"
        return Plan(mode, fmt, centre, Similarity.identity(), True, True, tuple(views), fed.names, (note,), kept)
    if not mode.follows_rays:
        centre = _origin("the file's origin, which this mode takes for the subject")
        similarity, scale_note = Similarity.identity(), f"{mode} keeps the file's units"
        if mode is not Mode.RAW:
            similarity, scale_note = _similarity(fed, centre, recipe, fmt)
        views = _crop_views(rig, masks, similarity, recipe, fmt)
        is_similarity = mode is not Mode.DISTANCE_ONLY
        if not recipe.keeps_orientation:
            left_out = (*left_out, f"{mode} takes the file's poses: up and azimuth stay the file's")
        return Plan(mode, fmt, centre, similarity, is_similarity, False, tuple(views), fed.names, left_out, scale_note)
    turned = orientation(rig, recipe, fmt)
    similarity, scale_note = _similarity(fed, centre, recipe, fmt, turned.R_model_file)
    views, notes = _ray_views(rig, fed, fed_masks, similarity, centre.point, recipe, fmt)
    is_similarity = mode is not Mode.DISTANCE_MATCHED
    notes = [*notes, *left_out, *turned.warnings]
    return Plan(
        mode, fmt, centre, similarity, is_similarity, False, tuple(views), fed.names, tuple(notes), scale_note, turned
    )
