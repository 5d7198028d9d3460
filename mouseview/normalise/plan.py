"""From a rig and a recipe to cameras: what every view declares, what is true, and where its pixels come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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

    conforms: the rig is in the format as it is; only what a hand has framed is done to it.  fed: names of the views
    that the model sees; they decided centre and scale.  zoom: of the whole rig, in ``exact-zoom``.
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
    zoom: float = 1.0


def _mean_distance(rig: Rig, point: Array, centre: SubjectCentre) -> float:
    mean = float(np.mean(rig.distances(point)))
    if not np.isfinite(mean) or mean <= 0:
        raise MouseViewError(
            f"the cameras' mean distance from the {centre.source} is {mean}",
            place=str(rig.source or ""),
            remedy="correct the poses that the findings name, leave those views out, or choose another centre",
        )
    return mean


def scale_of(rig: Rig, centre: SubjectCentre, recipe: Recipe, fmt: ModelFormat) -> tuple[float, str]:
    """Model units per unit of ``rig`` (of the fed cameras), and where that number comes from."""
    if recipe.scale is None and recipe.session_scale:
        raise MouseViewError(
            "the scale is to be the session's, and the session has not been measured",
            remedy="measure the session in the Subject panel, or leave the scale to each sample",
        )
    if recipe.scale is None:
        mean = _mean_distance(rig, centre.point, centre)
        note = f"{fmt.distance:g} over the fed cameras' mean distance of {mean:.5g} {rig.unit_words} in this sample"
        return fmt.distance / mean, note
    if not (np.isfinite(recipe.scale) and recipe.scale > 0):
        raise MouseViewError(f"a scale of {recipe.scale} is no scale", remedy="give a positive number or none")
    return recipe.scale, dict(recipe.measured).get("scale", "given by the user")


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


def _ray_view(
    camera: Camera, R_aimed: Array, zoom: float, similarity: Similarity, recipe: Recipe, fmt: ModelFormat
) -> ViewPlan:
    """One view of a mode that follows rays. R_aimed: the mode's own turn; zoom: of the whole rig."""
    framing = recipe.framing(camera.name)
    R = framed_turn(R_aimed, framing)
    if recipe.mode is Mode.DISTANCE_MATCHED:
        zoom = float(np.linalg.norm(similarity.apply(camera.centre))) / fmt.distance
    if recipe.mode.zooms:
        zoom *= framing.zoom
    K_true = _zoomed(fmt.K, zoom)
    true = _canonical_camera(camera, R, K_true, fmt.size, similarity)
    declared = true
    if recipe.mode is Mode.DISTANCE_MATCHED:
        K_true = _zoomed_about(fmt.K, zoom, true.pose.t)
        pose = Rigid(true.pose.R, true.pose.t * fmt.distance / np.linalg.norm(true.pose.t))
        true = true.replace(K=K_true)
        declared = true.replace(K=fmt.K, T_cam_world=pose.matrix)
    pixel_map = RayMap(K_true, R.T, camera)
    tilt = float(angle_between_deg(R @ _Z, _Z))
    return ViewPlan(camera, declared, true, pixel_map, pixel_map.is_identity, tilt, zoom)


def _own_turn(camera: Camera, point: Array, mode: Mode) -> Array:
    """R_canonical_source that a mode which follows rays gives a view before a hand changes it."""
    return np.eye(3) if mode is Mode.EXACT_CENTRED else _aim(camera, point)


def _rig_zoom(
    fed: Rig, fed_masks: Sequence[MaskStats | None], point: Array, recipe: Recipe, fmt: ModelFormat
) -> tuple[float, list[str]]:
    """The zoom of the whole rig, and what it was taken from.

    It is fitted to the mode's own windows: a hand that moves one view's window changes no other view.
    """
    if recipe.mode is not Mode.EXACT_ZOOM:
        return 1.0, []
    if recipe.zoom is None:
        zoom, note = fitting_zoom(fed, fed_masks, [_own_turn(camera, point, recipe.mode) for camera in fed], fmt)
        return zoom, [note]
    if recipe.zoom > 0 and np.isfinite(recipe.zoom):
        return recipe.zoom, []
    raise MouseViewError(f"a zoom of {recipe.zoom} shows nothing", remedy="give a positive number or none")


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


def _at_distance(camera: Camera, fmt: ModelFormat) -> Rigid:
    """The camera moved along its line to the file's origin, to the format's distance from it."""
    distance = float(np.linalg.norm(camera.pose.t))
    if not (np.isfinite(distance) and distance > 0):
        raise MouseViewError(
            f"has no distance to change to {fmt.distance:g}: its pose is not finite, or it stands at the file's origin",
            place=camera.name,
            remedy="leave this view out, or choose a mode that measures the subject's centre, as exact-aimed does",
        )
    return Rigid(camera.pose.R, camera.pose.t * fmt.distance / distance)


def _crop_view(
    camera: Camera, stats: MaskStats | None, similarity: Similarity, recipe: Recipe, fmt: ModelFormat
) -> ViewPlan:
    """One view of a mode that crops and resizes: the lens stays in the image, the declared camera knows none."""
    square = recipe.mode in (Mode.FORCED_K, Mode.PIXEL_BASED)
    crop = _cropped(camera, fmt.size) if square else _padded(camera, fmt.size)
    if recipe.mode is Mode.PIXEL_BASED:
        crop = _by_mask(crop, camera, stats, fmt.size)
    crop = framed_crop(crop, camera, recipe.framing(camera.name), fmt.size)
    K = crop.matrix @ camera.K
    true = camera.moved(similarity).replace(width=fmt.size, height=fmt.size, K=K)
    K_without_skew = np.array(K)
    K_without_skew[0, 1] = 0.0
    declared = true.replace(K=fmt.K if square else K_without_skew, distortion=np.zeros(0), lens="radtan")
    if recipe.mode is Mode.DISTANCE_ONLY:
        declared = declared.replace(T_cam_world=_at_distance(camera, fmt).matrix)
    return ViewPlan(camera, declared, true, crop, crop.is_identity, 0.0, float(K[0, 0]) / fmt.focal)


def _origin(note: str) -> SubjectCentre:
    return SubjectCentre(CentreSource.ORIGIN, np.zeros(3), None, note)


@dataclass(frozen=True, eq=False)
class Kept:
    """A rig that is left as it is, in scale and pose.  why: continues "the rig …"."""

    centre: SubjectCentre
    why: str

    @property
    def scale_note(self) -> str:
        return f"kept: the rig {self.why}"


def kept_as_it_is(rig: Rig, recipe: Recipe, fmt: ModelFormat) -> Kept | None:
    """Whether ``recipe`` has nothing to do to this rig, which is in the format already; None where it has."""
    free = recipe.centre in (None, CentreSource.ORIGIN, CentreSource.AXES) and recipe.scale is None
    exact = recipe.mode in (Mode.EXACT_AIMED, Mode.EXACT_CENTRED, Mode.DISTANCE_MATCHED)
    if not (free and exact and recipe.keeps_orientation):
        return None
    done = recipe.mode is not Mode.DISTANCE_MATCHED and is_normalised(rig, fmt)
    if not (done or rig_conforms(rig, fmt)):
        return None
    centre = _origin("the file's origin, where the axes of this conforming rig meet")
    return Kept(centre, "was normalised to the format before" if done else "conforms to the format")


def _conforming_view(camera: Camera, recipe: Recipe, fmt: ModelFormat) -> ViewPlan:
    """A view of a conforming or normalised rig: declared as the file declares it, unless a hand has framed it."""
    if recipe.framing(camera.name).is_neutral:
        return ViewPlan(camera, camera, camera, CropMap(1.0, np.zeros(2)), True, 0.0, camera.fx / fmt.focal)
    return _ray_view(camera, np.eye(3), 1.0, Similarity.identity(), recipe, fmt)


def reframed(plan: Plan, index: int, stats: MaskStats | None, recipe: Recipe) -> Plan:
    """``plan`` with view ``index`` as ``recipe`` frames it, where nothing but that view's framing differs.

    The same as ``make_plan`` says of it, at the price of one view: centre, similarity and zoom are the rig's.
    stats: of the view's mask.
    """
    camera, fmt = plan.views[index].source, plan.model_format
    if plan.conforms:
        view = _conforming_view(camera, recipe, fmt)
    elif recipe.mode.follows_rays:
        turn = _own_turn(camera, plan.centre.point, recipe.mode)
        view = _ray_view(camera, turn, plan.zoom, plan.similarity, recipe, fmt)
    else:
        view = _crop_view(camera, stats, plan.similarity, recipe, fmt)
    return replace(plan, views=(*plan.views[:index], view, *plan.views[index + 1 :]))


def make_plan(
    rig: Rig, masks: Sequence[MaskStats | None], centre: SubjectCentre, recipe: Recipe, fmt: ModelFormat
) -> Plan:
    """Cameras and pixel maps of every view. ``masks`` runs parallel to ``rig``; ``recipe.views`` decide the scale."""
    mode = recipe.mode
    fed = rig.subset(recipe.views) if recipe.views else rig
    by_name = dict(zip(rig.names, masks, strict=True))
    fed_masks = [by_name[name] for name in fed.names]
    left_out = ignored(mode, recipe.framings)
    if (kept := kept_as_it_is(rig, recipe, fmt)) is not None:
        note = f"the rig {kept.why}: images copied, cameras as the file declares them"
        by_hand = [name for name, _ in recipe.framings if name in rig.names]
        note += f"; framed by hand: {', '.join(by_hand)}" if by_hand else ""
        same, notes = tuple(_conforming_view(camera, recipe, fmt) for camera in rig), (note, *left_out)
        return Plan(mode, fmt, kept.centre, Similarity.identity(), True, True, same, fed.names, notes, kept.scale_note)
    if not mode.follows_rays:
        centre = _origin("the file's origin, which this mode takes for the subject")
        similarity, scale_note = Similarity.identity(), f"{mode} keeps the file's units"
        if mode is not Mode.RAW:
            scale, scale_note = scale_of(fed, centre, recipe, fmt)
            similarity = Similarity.about(centre.point, scale)
        views = [_crop_view(camera, by_name[camera.name], similarity, recipe, fmt) for camera in rig]
        is_similarity = mode is not Mode.DISTANCE_ONLY
        if not recipe.keeps_orientation:
            left_out = (*left_out, f"{mode} takes the file's poses: up and azimuth stay the file's")
        return Plan(mode, fmt, centre, similarity, is_similarity, False, tuple(views), fed.names, left_out, scale_note)
    turned = orientation(rig, recipe, fmt)
    scale, scale_note = scale_of(fed, centre, recipe, fmt)
    similarity = Similarity.about(centre.point, scale, turned.R_model_file)
    zoom, zoom_notes = _rig_zoom(fed, fed_masks, centre.point, recipe, fmt)
    turns = [_own_turn(camera, centre.point, mode) for camera in rig]
    views = [_ray_view(camera, R, zoom, similarity, recipe, fmt) for camera, R in zip(rig, turns, strict=True)]
    return Plan(
        mode,
        fmt,
        centre,
        similarity,
        mode is not Mode.DISTANCE_MATCHED,
        False,
        tuple(views),
        fed.names,
        (*zoom_notes, *left_out, *turned.warnings),
        scale_note,
        turned,
        zoom,
    )
