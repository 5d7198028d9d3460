"""Where the subject is asked for: the points that wrong declarations are measured on, body by body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera, Labels, Rig
from mouseview.multiview.masks import MaskStats, mask_stats
from mouseview.multiview.working_volume import working_volume

MOST_BODIES, MOST_POINTS = 24, 600
_LEAST_POINTS = 4  # of one body: fewer have no outline worth the name
_COARSE, _FINE = 32, 24  # cells along a side of what is carved
_STAND_IN = 1 / 3  # radius of the stand-in ball over that of the volume; it reaches the volume's edge, never beyond


@dataclass(frozen=True, eq=False)
class Places:
    """bodies: one array (N, 3) for every moment, in the rig's frame and units.  told: what they are, in words.

    masks: those of the one moment that there is, parallel to the rig; None where bodies have no images, and their
    silhouettes are the convex outlines of their points.
    """

    bodies: tuple[Array, ...]
    told: str
    masks: tuple[MaskStats | None, ...] | None = None

    @property
    def points(self) -> Array:
        """(N, 3), of all bodies, in their order."""
        return np.concatenate(self.bodies)

    def silhouettes(self, rig: Rig, body: int) -> tuple[MaskStats | None, ...]:
        """Of one body in every view of ``rig``."""
        return tuple(_outline(camera, self.bodies[body]) for camera in rig) if self.masks is None else self.masks


def _outline(camera: Camera, points: Array) -> MaskStats | None:
    pixels = camera.project(points)[0]
    # far outside the image an outline needs no exact place, but its integer coordinates must fit
    seen = np.clip(pixels[np.all(np.isfinite(pixels), axis=-1)], -1e5, 1e5)
    if len(seen) < 3:
        return None
    image = np.zeros((camera.height, camera.width, 4), np.uint8)
    corners = cv2.convexHull(np.rint(seen - 0.5).astype(np.int32))
    cv2.fillConvexPoly(image, corners, (255.0, 255.0, 255.0, 255.0))
    return mask_stats(image)


def _evenly(count: int, most: int) -> np.ndarray:
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.intp))


def labelled_places(labels: Labels | None) -> Places | None:
    """The labelled points, one body a frame; None without frames that have four or more of them."""
    if labels is None:
        return None
    known = [frame[np.all(np.isfinite(frame), axis=-1)] for frame in labels.points_world]
    known = [points for points in known if len(points) >= _LEAST_POINTS]
    if not known:
        return None
    chosen = [known[index] for index in _evenly(len(known), MOST_BODIES)]
    bodies = tuple(points[_evenly(len(points), MOST_POINTS // len(chosen))] for points in chosen)
    count = sum(len(body) for body in bodies)
    return Places(bodies, f"{count} labelled points of {len(bodies)} {'frame' if len(bodies) == 1 else 'frames'}")


def masked_places(rig: Rig, masks: Sequence[MaskStats | None], about: Array) -> Places | None:
    """Points inside the silhouettes of all views, near ``about`` (3,); None where fewer than two views have a mask, or
    their silhouettes have nothing in common."""
    told = [(camera, stats) for camera, stats in zip(rig, masks, strict=True) if stats is not None and stats.usable]
    if len(told) < 2:
        return None
    radius = working_volume(rig, about).radius
    coarse = _carved(told, about - radius, about + radius, _COARSE)
    if not len(coarse):
        return None
    cell = 2 * radius / _COARSE
    fine = _carved(told, coarse.min(axis=0) - cell, coarse.max(axis=0) + cell, _FINE)
    inside = fine if len(fine) >= _LEAST_POINTS else coarse
    body = inside[_evenly(len(inside), MOST_POINTS)]
    words = f"{len(body)} points inside the silhouettes of all {len(told)} views that have one"
    return Places((body,), words, tuple(masks))


def _carved(told: Sequence[tuple[Camera, MaskStats]], low: Array, high: Array, cells: int) -> Array:
    """The cell centres (N, 3) of a box that all silhouettes cover."""
    share = (np.arange(cells) + 0.5) / cells
    points = low + np.stack(np.meshgrid(share, share, share, indexing="ij"), axis=-1).reshape(-1, 3) * (high - low)
    for camera, stats in told:
        pixels, _ = camera.project(points)
        inside = np.all((pixels >= 0) & (pixels < camera.size), axis=-1)
        column, row = np.floor(pixels[inside]).astype(np.intp).T
        # beyond the border of an image that cuts the subject off, nobody knows
        kept = np.isfinite(pixels[:, 0]) & ~inside if stats.border_share > 0 else np.zeros(len(points), bool)
        kept[inside] = stats.mask[row, column]
        points = points[kept]
    return points


def volume_places(rig: Rig) -> Places:
    """A stand-in for a subject that nothing tells of: a ball at fifteen places of the rig's working volume."""
    volume = working_volume(rig)
    corners = np.stack(np.meshgrid([-1, 1], [-1, 1], [-1, 1], indexing="ij"), axis=-1).reshape(-1, 3) / np.sqrt(3)
    directions = np.concatenate([np.zeros((1, 3)), np.eye(3), -np.eye(3), corners])
    steps = np.linspace(-1.0, 1.0, 5)
    ball = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    ball = _STAND_IN * volume.radius * ball[np.linalg.norm(ball, axis=-1) <= 1.0 + 1e-9]
    middles = volume.centre + (1 - _STAND_IN) * volume.radius * directions
    words = (
        f"a ball of radius {_STAND_IN * volume.radius:.4g} {rig.unit_words} at {len(middles)} places of the working "
        f"volume, which has a radius of {volume.radius:.4g} {rig.unit_words} about {volume.told}"
    )
    return Places(tuple(middle + ball for middle in middles), words)
