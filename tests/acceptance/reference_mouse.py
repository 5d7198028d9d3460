"""What is measured on the lab's mouse rig, its labels, its other calibrations and the camera of the original note."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import cv2
import numpy as np

from mouseview.checks import inspect
from mouseview.formats import read_labels, read_rig
from mouseview.geometry.rays import angle_between_deg, pixel_centres
from mouseview.geometry.transforms import Array
from mouseview.geometry.triangulation import triangulate_rays
from mouseview.model.camera import Camera, Labels, Rig
from mouseview.model.prepared import SubjectCentre
from mouseview.model.recipe import CentreSource, Mode, Recipe
from mouseview.model.sample import Sample
from mouseview.normalise.centres import subject_centres
from mouseview.normalise.conformance import rig_conforms
from mouseview.normalise.plan import Plan, make_plan
from mouseview.normalise.ray_error import RayError, ray_error
from mouseview.resources import model_format
from tests.rigs import note_camera
from tests.shared_data import shared_path

FORMAT = model_format("facelift")
MOUSE = "data/dannce_markerless_mouse_1/label3d_demo.mat"
ORIGIN = SubjectCentre(CentreSource.ORIGIN, np.zeros(3), None, "")


@cache
def mouse() -> Sample:
    path = shared_path(MOUSE)
    return Sample("mouse", read_rig(path), labels=read_labels(path))


def labels() -> Labels:
    found = mouse().labels
    assert found is not None
    return found


def centre(source: CentreSource) -> SubjectCentre:
    return next(found for found in subject_centres(mouse()) if found.source is source)


def axes() -> SubjectCentre:
    return centre(CentreSource.AXES)


def plan(mode: Mode, about: SubjectCentre) -> Plan:
    return make_plan(mouse().rig, (None,) * 6, about, Recipe(mode=mode), FORMAT)


def cv_percent(point: Array) -> float:
    distances = mouse().rig.distances(point)
    return float(100 * distances.std() / distances.mean())


def declared_distances(about: SubjectCentre) -> Array:
    return np.array([np.linalg.norm(view.declared.centre) for view in plan(Mode.EXACT_AIMED, about).views])


def origin_distances() -> tuple[float, float]:
    distances = mouse().rig.distances(np.zeros(3))
    in_format = distances * FORMAT.distance / distances.mean()
    return float(in_format.min()), float(in_format.max())


def scale(about: SubjectCentre) -> float:
    return float(plan(Mode.EXACT_AIMED, about).similarity.scale)


def tilts() -> list[float]:
    return [view.tilt_deg for view in plan(Mode.EXACT_AIMED, axes()).views]


def axes_misses() -> tuple[float, float]:
    """RMS and largest distance of the optical axes from their meeting point, mm."""
    rig, point = mouse().rig, axes().point
    offset = point - rig.centres
    across = np.linalg.norm(np.cross(offset, rig.forwards), axis=-1)
    return float(np.sqrt(np.mean(across**2))), float(across.max())


# ---- the camera of the original note -------------------------------------------------------------------------------


def note_ray() -> Array:
    return note_camera().unproject([256.0, 256.0])[0]


def note_error() -> RayError:
    note = note_camera()
    return ray_error(note.replace(K=FORMAT.K), note)


def note_angle(pixel: float) -> float:
    note = note_camera()
    declared = note.replace(K=FORMAT.K)
    return float(angle_between_deg(declared.unproject([pixel, pixel])[0], note.unproject([pixel, pixel])[0]))


def note_window() -> Array:
    """Left, right, top and bottom of the canonical image in px of the note's."""
    note = note_camera()
    rig = Rig((note, note.replace(name="other")))
    whole = make_plan(rig, (None, None), ORIGIN, Recipe(mode=Mode.EXACT_CENTRED), FORMAT)
    (left, top), (right, bottom) = whole.views[0].pixel_map.to_source([[0.0, 0.0], [512.0, 512.0]])
    return np.array([left, right, top, bottom])


def note_unsquashed() -> tuple[float, float]:
    note = note_camera()
    return note.fx * 1152 / 512, note.fy * 1024 / 512


def note_is_named() -> int:
    return sum(finding.code == "squashed-frame" for finding in inspect(Rig((note_camera(),))))


# ---- the rig as a lens and a window --------------------------------------------------------------------------------


def fold_radii() -> tuple[float, float]:
    """Least and greatest normalised radius at which a lens folds over; three of the six never do."""
    radii = [camera.optics.monotone_radius for camera in mouse().rig]
    folding = [radius for radius in radii if np.isfinite(radius)]
    return min(folding), max(folding)


def ghost_percent() -> float:
    """The largest share of an aimed window's pixels, in percent, that would show a ghost: beyond the monotone radius,
    where the bare polynomial leads back into the frame. Over the frames with labels, each aimed at their mean."""
    grid = pixel_centres(FORMAT.size, FORMAT.size)[::4, ::4]
    plane = np.dstack([(grid - FORMAT.centre) / FORMAT.focal, np.ones(grid.shape[:2])])
    shares = []
    for points in labels().points_world:
        point = SubjectCentre(CentreSource.POINT, np.nanmean(points, axis=0), None, "")
        for view in plan(Mode.EXACT_AIMED, point).views:
            towards = (plane @ view.declared.pose.R @ view.source.pose.R.T).reshape(-1, 3)
            bare = cv2.projectPoints(towards, np.zeros(3), np.zeros(3), view.source.K, view.source.distortion)[0]
            inside = np.all((bare >= 0) & (bare < view.source.size), axis=-1).reshape(grid.shape[:2])
            beyond = np.isnan(view.pixel_map.to_source(grid)[..., 0])
            shares.append(100 * float(np.mean(inside & beyond)))
    return max(shares)


def minified_width() -> float:
    """Px of the canonical image that the 1152 px of a frame become, mean of the cameras."""
    return float(np.mean([1152 * FORMAT.focal / camera.fx for camera in mouse().rig]))


# ---- labels --------------------------------------------------------------------------------------------------------


def label_misses() -> Array:
    """Px between each finite 3D label's projection and its 2D label."""
    found = labels()
    assert found.points_px is not None
    finite = np.all(np.isfinite(found.points_world), axis=-1)
    points = found.points_world[finite]
    views = zip(mouse().rig, found.points_px, strict=True)
    return np.concatenate([np.linalg.norm(camera.project(points)[0] - px[finite], axis=-1) for camera, px in views])


def dropped(change: str) -> tuple[float, float]:
    """Median and largest px that the labels move when ``skew`` or ``lens`` is dropped."""
    points = labels().finite_points
    gaps = []
    for camera in mouse().rig:
        K = np.array(camera.K)
        if change == "skew":
            K[0, 1] = 0.0
        altered = camera.replace(K=K, distortion=np.zeros(0) if change == "lens" else camera.distortion)
        gaps.append(np.linalg.norm(camera.project(points)[0] - altered.project(points)[0], axis=-1))
    return float(np.median(gaps)), float(np.max(gaps))


# ---- the same cameras as others left them --------------------------------------------------------------------------


def _ratios(other: Array) -> Array:
    first, second = np.triu_indices(6, 1)
    mine = mouse().rig.centres
    return np.linalg.norm(other[first] - other[second], axis=-1) / np.linalg.norm(mine[first] - mine[second], axis=-1)


@cache
def m5() -> Rig:
    return read_rig(shared_path("data/markerless_mouse_cameras/m5_cameras.json"))


def m5_conforms() -> bool:
    return rig_conforms(m5(), FORMAT)


def m5_ratios() -> Array:
    return _ratios(m5().centres)


def m5_scale_of_ours() -> float:
    return float(plan(Mode.EXACT_CENTRED, centre(CentreSource.CENTROID)).similarity.scale)


def m5_pose_gap() -> float:
    """Largest entry by which our poses about the camera centroid differ from those of the file."""
    views = plan(Mode.EXACT_CENTRED, centre(CentreSource.CENTROID)).views
    return max(
        float(np.abs(view.declared.T_cam_world - theirs.T_cam_world).max())
        for view, theirs in zip(views, m5(), strict=True)
    )


def v3_positions() -> Array:
    path = shared_path("data/markerless_mouse_cameras/bad_per_camera_normalisation_v3.json")
    return np.array(json.loads(path.read_text(encoding="utf-8"))["positions"])


def v3_ratio_spread() -> float:
    ratios = _ratios(v3_positions())
    return float(ratios.max() / ratios.min())


def v3_gap_of_distance_only() -> float:
    views = plan(Mode.DISTANCE_ONLY, ORIGIN).views
    return float(np.abs([view.declared.centre for view in views] - v3_positions()).max())


# ---- seven frames of the session's masks ---------------------------------------------------------------------------


@cache
def _centroids() -> dict[str, Any]:
    path = shared_path("data/markerless_mouse_cameras/newcam_K_and_mask_centroids.json")
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def undistorted_rig() -> Rig:
    """The lab's K of the undistorted video with the rig's poses."""
    cameras: list[Camera] = []
    for camera, k in zip(mouse().rig, _centroids()["K_new"], strict=True):
        K = np.array([[k["fx"], 0, k["cx"] + 0.5], [0, k["fy"], k["cy"] + 0.5], [0, 0, 1]])
        cameras.append(camera.replace(K=K, distortion=np.zeros(0)))
    return Rig(tuple(cameras), units="mm")


def anisotropy_percent() -> float:
    """fy over fx of the first camera of the undistorted video, in percent above 1."""
    first = undistorted_rig()[0]
    return 100 * (first.fy / first.fx - 1)


def centroid_points() -> Array:
    """(7, 3) mm: the mask centroids' rays met by least squares, as the session's frames have them."""
    rig = undistorted_rig()
    points = []
    for frame in _centroids()["frames"]:
        pixels = np.array(frame["mask_centroids"]) + 0.5
        rays = np.array([camera.rays(px)[1] for camera, px in zip(rig, pixels, strict=True)])
        points.append(triangulate_rays(rig.centres, rays))
    return np.array(points)


def centroid_gap_mm() -> float:
    """Largest distance of those points from the ones that the file states."""
    stated = [frame["center_3d_tri"] for frame in _centroids()["frames"]]
    return float(np.linalg.norm(centroid_points() - stated, axis=-1).max())


def centroid_residuals_px() -> Array:
    """(7,) RMS over the six views of each frame's centroids from their common point, in px of a 512 px image."""
    rig = undistorted_rig()
    out = []
    for frame, point in zip(_centroids()["frames"], centroid_points(), strict=True):
        gaps = np.array([camera.project(point)[0] for camera in rig]) - np.array(frame["mask_centroids"]) - 0.5
        out.append(np.sqrt(np.mean(np.sum(gaps**2, axis=-1))) * FORMAT.size / 1152)
    return np.array(out)


def walked() -> float:
    """Median distance of those points from the axes' meeting point, in model units."""
    return float(np.median(np.linalg.norm(centroid_points() - axes().point, axis=-1)) * scale(axes()))


def walked_distances() -> tuple[float, float]:
    """Nearest and farthest that any camera is from them, in model units."""
    distances = np.array([mouse().rig.distances(point) for point in centroid_points()]) * scale(axes())
    return float(distances.min()), float(distances.max())
