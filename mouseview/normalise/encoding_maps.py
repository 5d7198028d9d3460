"""What a network is told about the pixels of one camera, as maps: ray channels, way through the box, depth window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mouseview.geometry.ray_intervals import ball_interval, box_interval, window_share
from mouseview.geometry.rays import moment, nearest_point
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera
from mouseview.normalise.plan import ViewPlan
from mouseview.normalise.subject import Subject


@dataclass(frozen=True, eq=False)
class RayMaps:
    """Maps (h, w) over pixels of an image, NaN where no ray reaches them.

    d, p, moment (h, w, 3): unit direction, the ray's point nearest the origin, o × d.  box (h, w): how long the ray
    runs inside the box, 0 where it misses.  window (h, w): which share of its way through the subject lies within the
    depth window about ``p``; NaN where it misses the subject.
    """

    d: Array
    p: Array
    moment: Array
    box: Array
    window: Array


def ray_maps(camera: Camera, pixels: Array, subject: Subject, box: float, depth_window: float) -> RayMaps:
    """Maps of ``camera`` at pixels (h, w, 2); ``subject``, ``box`` and ``depth_window`` in the camera's own world."""
    origin, directions = camera.rays(pixels)
    near, far = box_interval(origin, directions, box)
    reached = np.all(np.isfinite(directions), axis=-1)
    inside = ball_interval(origin, directions, subject.centre, subject.radius)
    return RayMaps(
        d=directions,
        p=nearest_point(origin, directions),
        moment=moment(origin, directions),
        box=np.where(reached, np.nan_to_num(far - near), np.nan),
        window=window_share(origin, directions, depth_window, *inside),
    )


def spread_pixels(width: int, height: int, longest: int) -> Array:
    """(h, w, 2): pixels over the whole image, ``longest`` along its longer side, each amid its own cell."""
    cell = max(width, height) / longest
    columns, rows = max(1, round(width / cell)), max(1, round(height / cell))
    x, y = (np.arange(columns) + 0.5) * width / columns, (np.arange(rows) + 0.5) * height / rows
    return np.stack(np.meshgrid(x, y), axis=-1)


@dataclass(frozen=True, eq=False)
class ViewMaps:
    """before: of the source image, by the file's camera in the file's own frame and units.  after, true: of the
    canonical image, by the declared and by the true camera.  before_there: the file's camera at the very source pixels
    that the canonical ones show; NaN in the padding.  window_px (N, 2): the canonical image's border on the source."""

    before: RayMaps
    after: RayMaps
    true: RayMaps
    before_there: RayMaps
    window_px: Array


def _border(size: int, per_side: int = 16) -> Array:
    """(4 · per_side, 2): the outline of a square image, clockwise from its top left corner."""
    t = np.linspace(0.0, size, per_side, endpoint=False)
    zero, full = np.zeros_like(t), np.full_like(t, size)
    sides = ((t, zero), (full, t), (size - t, full), (zero, size - t))
    return np.concatenate([np.stack(side, axis=-1) for side in sides])


def view_maps(
    view: ViewPlan, subject: Subject, subject_file: Subject, box: float, depth_window: float, longest: int = 96
) -> ViewMaps:
    """``subject`` in the plan's frame, ``subject_file`` in the file's: the same box and window there in its units,
    because numbers are all that a network gets."""
    source, size = view.source, view.true.width
    canonical = spread_pixels(size, size, longest)
    there = view.pixel_map.to_source(canonical)
    with np.errstate(invalid="ignore"):
        inside = np.all((there >= 0) & (there <= np.array(source.size)), axis=-1, keepdims=True)
    after = ray_maps(view.declared, canonical, subject, box, depth_window)
    return ViewMaps(
        before=ray_maps(source, spread_pixels(*source.size, longest), subject_file, box, depth_window),
        after=after,
        true=after if view.true is view.declared else ray_maps(view.true, canonical, subject, box, depth_window),
        before_there=ray_maps(source, np.where(inside, there, np.nan), subject_file, box, depth_window),
        window_px=view.pixel_map.to_source(_border(size)),
    )
