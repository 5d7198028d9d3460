"""What the lab's variants do to its rig, simulated: RMS px at 512 by which labelled points of the rig fail to meet.

Points: the 214 finite 3D labels of the calibration file (10 frames all over the arena). Each is projected by the true
cameras into the variant's image; the variant's declared cameras triangulate it by least squares in pixels, which
favours every variant as much as any solver can; RMS over points and views. Masks of pixel-based images are the convex
hulls of the labels of their frame.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import cache

import cv2
import numpy as np

from mouseview.geometry.transforms import Array, Rigid
from mouseview.model.camera import Camera
from mouseview.model.recipe import Mode, Recipe
from mouseview.multiview.masks import MaskStats, mask_stats
from mouseview.multiview.points import triangulate_pixels
from mouseview.normalise.plan import Plan, make_plan
from tests.acceptance.reference_mouse import FORMAT, ORIGIN, axes, labels, mouse, plan


def _residuals(declared: Sequence[Camera], seen_px: Array) -> Array:
    return triangulate_pixels(declared, seen_px, leave_one_out=False).residual_px


def _rms(residual_px: Array) -> float:
    return float(np.sqrt(np.mean(residual_px**2)))


def _seen(of: Plan, points: Array) -> Array:
    """(V, N, 2): where the points lie in the plan's images."""
    return np.array([view.pixel_map.to_canonical(view.source.project(points)[0]) for view in of.views])


def _declared(of: Plan) -> list[Camera]:
    return [view.declared for view in of.views]


def _with_K(camera: Camera, **entries: float) -> Camera:
    place = {"fx": (0, 0), "fy": (1, 1), "cx": (0, 2), "cy": (1, 2)}
    K = np.array(camera.K)
    for key, value in entries.items():
        K[place[key]] = value
    return camera.replace(K=K)


def _mode(mode: Mode) -> float:
    of = plan(mode, axes())
    return _rms(_residuals(_declared(of), _seen(of, labels().finite_points)))


def _aimed() -> tuple[list[Camera], Array]:
    of = plan(Mode.EXACT_AIMED, axes())
    return _declared(of), _seen(of, labels().finite_points)


def exact() -> float:
    return _mode(Mode.EXACT_AIMED)


def one_focal_longer() -> float:
    """The focal length of one view declared 2 % too long; mean of the six choices."""
    cameras, seen = _aimed()
    changed = [
        [
            _with_K(camera, fx=1.02 * camera.fx, fy=1.02 * camera.fy) if camera is longer else camera
            for camera in cameras
        ]
        for longer in cameras
    ]
    return float(np.mean([_rms(_residuals(declared, seen)) for declared in changed]))


def distance_about(point: Array) -> float:
    """Each camera's distance from ``point`` (lab mm) declared 2.7, in exact images."""
    cameras, seen = _aimed()
    about = plan(Mode.EXACT_AIMED, axes()).similarity.apply(point)
    moved = []
    for camera in cameras:
        t = camera.pose.apply(about)
        moved.append(camera.replace(T_cam_world=Rigid(camera.pose.R, t * FORMAT.distance / np.linalg.norm(t)).matrix))
    return _rms(_residuals(moved, seen))


def _squashed(**entries: float) -> float:
    """The undistorted frame squashed to 512², as in the original note, with entries of K declared otherwise."""
    true = [camera.replace(distortion=np.zeros(0)).resized(512, 512) for camera in mouse().rig]
    seen = np.array([camera.project(labels().finite_points)[0] for camera in true])
    return _rms(_residuals([_with_K(camera, **entries) for camera in true], seen))


def pixel_based() -> float:
    """Frame by frame, since each has its own crop."""
    residuals = []
    for points in labels().points_world:
        known = points[np.all(np.isfinite(points), axis=-1)]
        of = make_plan(mouse().rig, _hulls(known), ORIGIN, Recipe(mode=Mode.PIXEL_BASED), FORMAT)
        residuals.append(_residuals(_declared(of), _seen(of, known)))
    return _rms(np.concatenate(residuals, axis=1))


def _hulls(points: Array) -> list[MaskStats]:
    found = []
    for camera in mouse().rig:
        image = np.zeros((camera.height, camera.width, 4), np.uint8)
        corners = cv2.convexHull(np.rint(camera.project(points)[0]).astype(np.int32))
        found.append(mask_stats(cv2.fillConvexPoly(image, corners, (255, 255, 255, 255))))  # type: ignore[arg-type]
    return found


@cache
def swaps() -> tuple[float, float]:
    """The least and the worst of the fifteen exchanges of two views' images."""
    cameras, seen = _aimed()
    found = []
    for first, second in itertools.combinations(range(len(cameras)), 2):
        order = list(range(len(cameras)))
        order[first], order[second] = second, first
        found.append(_rms(_residuals(cameras, seen[order])))
    return min(found), max(found)


VARIANTS: dict[str, Callable[[], float]] = {
    "exact": exact,
    "one focal length +2 %": one_focal_longer,
    "per-view distance about the axes": lambda: distance_about(axes().point),
    "fx := 549": lambda: _squashed(fx=549.0, fy=549.0),
    "per-view distance about the origin": lambda: distance_about(np.zeros(3)),
    "forced K": lambda: _mode(Mode.FORCED_K),
    "principal point := 256": lambda: _squashed(cx=256.0, cy=256.0),
    "distance-only (lens left in)": lambda: _mode(Mode.DISTANCE_ONLY),
    "pixel-based": pixel_based,
    "two views swapped, least": lambda: swaps()[0],
    "two views swapped, worst": lambda: swaps()[1],
}


@cache
def variant(name: str) -> float:
    return VARIANTS[name]()
