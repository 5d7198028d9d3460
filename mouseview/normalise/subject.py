"""The subject as a sphere in the model's frame: enough to say what a declaration costs and what leaves the box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mouseview.geometry.transforms import Array
from mouseview.geometry.triangulation import triangulate_rays
from mouseview.model.camera import Camera, Rig
from mouseview.model.model_format import ModelFormat
from mouseview.model.prepared import SubjectCentre
from mouseview.multiview.masks import MaskStats
from mouseview.normalise.plan import Plan

_POINTS = 200  # on the sphere
_ASSUMED = "assumed: no mask tells it"
_DEFAULT_RADIUS = 0.5  # model units, where no mask says how large the subject is


def _sphere(count: int) -> Array:
    """(count, 3) unit directions spread evenly (a golden spiral)."""
    z = 1 - (2 * np.arange(count) + 1) / count
    angle = np.pi * (1 + 5**0.5) * np.arange(count)
    r = np.sqrt(1 - z * z)
    return np.stack([r * np.cos(angle), r * np.sin(angle), z], axis=-1)


def centroid_residual_px(cameras: Sequence[Camera], centroids_px: Sequence[Array]) -> float | None:
    """RMS px by which the triangulated point of the views' centroids misses them; None below two views."""
    if len(cameras) < 2:
        return None
    origins = np.array([camera.centre for camera in cameras])
    directions = np.array([camera.rays(pixel)[1] for camera, pixel in zip(cameras, centroids_px, strict=True)])
    point = triangulate_rays(origins, directions)
    gaps = np.array([camera.project(point)[0] for camera in cameras]) - np.array(centroids_px)
    return float(np.sqrt(np.mean(np.sum(gaps**2, axis=-1))))


@dataclass(frozen=True, eq=False)
class Subject:
    """centre (3,) and radius in the frame of the plan's true cameras; basis: where the radius comes from.

    seen (M, 3): mask pixels of all views, put where their rays pass nearest the centre.
    before_px: what the mask centroids leave in the source images, through the file's own cameras.
    """

    centre: Array
    radius: float
    basis: str
    before_px: float | None
    seen: Array

    @property
    def radius_is_measured(self) -> bool:
        return self.basis != _ASSUMED

    @property
    def points(self) -> Array:
        """(200, 3) on the sphere."""
        return self.centre + self.radius * _sphere(_POINTS)

    @property
    def body(self) -> Array:
        """(M, 3) points that stand for its volume: the masks' pixels at its depth, or the sphere without masks."""
        return self.seen if len(self.seen) else self.points

    def projection_error_px(self, declared: Camera, true: Camera) -> float:
        """RMS px between where the two cameras see the subject's points: what the declaration costs; NaN if unseen."""
        if declared is true:
            return 0.0
        gap = np.linalg.norm(declared.project(self.points)[0] - true.project(self.points)[0], axis=-1)
        seen = gap[np.isfinite(gap)]
        return float(np.sqrt(np.mean(seen**2))) if seen.size else float("nan")

    def outside(self, declared: Camera, model_format: ModelFormat) -> tuple[float, float]:
        """Shares of the subject's body outside the box, and outside the depth window of their declared ray."""
        points = self.body
        box = np.max(np.abs(points), axis=-1) > model_format.box
        offset = points - declared.centre
        depth = np.linalg.norm(offset, axis=-1)
        along = np.sum(-declared.centre * offset, axis=-1) / np.maximum(depth, 1e-12)
        window = np.abs(depth - along) > model_format.depth_window
        return float(box.mean()), float(window.mean())

    def consistency_px(self, declared: Rig, centroids_px: Sequence[Array | None]) -> float | None:
        """RMS px that the canonical masks' centroids (2,) leave through the declared cameras; None without masks."""
        if self.before_px is None:
            return None
        pairs = [(camera, at) for camera, at in zip(declared, centroids_px, strict=True) if at is not None]
        return centroid_residual_px([camera for camera, _ in pairs], [at for _, at in pairs])


def locate_subject(plan: Plan, rig: Rig, masks: Sequence[MaskStats | None], guess: SubjectCentre) -> Subject:
    """The subject of a plan, as the fed views show it.

    Its radius is the median over them of the masks' extent seen at its distance.
    """
    from mouseview.multiview.compiled_projection import rays  # a compiler: not before it is needed

    radii, cameras, centroids, seen = [], [], [], []
    for camera, stats in zip(rig, masks, strict=True):
        if stats is None or not stats.usable or camera.name not in plan.fed:
            continue
        cameras.append(camera)
        centroids.append(stats.centroid_px)
        across = np.linalg.norm(stats.outline_px - stats.centroid_px, axis=-1).max()
        origin, directions = rays(camera, stats.spread_px)
        directions = directions[np.all(np.isfinite(directions), axis=-1)]
        seen.append(origin + (directions @ (guess.point - origin))[:, None] * directions)
        radii.append(across / camera.fx * float(np.linalg.norm(camera.centre - guess.point)))
    scale = float(plan.similarity.scale)
    centre = plan.similarity.apply(guess.point)
    residual = centroid_residual_px(cameras, centroids)
    if radii:
        return Subject(
            centre,
            float(np.median(radii)) * scale,
            "from the masks' extent",
            residual,
            plan.similarity.apply(np.concatenate(seen)),
        )
    distance = float(np.median(np.linalg.norm(rig.centres - guess.point, axis=-1)))
    radius = _DEFAULT_RADIUS * distance * scale / plan.model_format.distance
    return Subject(centre, radius, _ASSUMED, None, np.zeros((0, 3)))
