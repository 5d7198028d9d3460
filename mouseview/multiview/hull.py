"""Do silhouettes belong to one rig? A mask pixel whose ray meets no point inside all other masks is a contradiction.

One-sided, in px beyond the other views' outlines. A perfect rig leaves only the masks' own noise, unlike the masks'
centroids, which do not triangulate for an extended animal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array
from mouseview.geometry.triangulation import triangulate_rays
from mouseview.model.camera import Camera
from mouseview.multiview.compiled_projection import Projection, rays
from mouseview.multiview.hull_march import least_gaps
from mouseview.multiview.silhouette import F32, BoolImage, Silhouette, silhouette

MAXIMUM_VIEWS = 16  # the cost grows with the square; of more views some are taken evenly
WORST_SHARE = 0.1  # of an outline: a camera's errors show at few places
_POINTS, _KNOTS = 192, 40
_SOME, _FEW = 3, 8  # one of so many outline points serves to compare explanations …
_EXACT, _ROUGHLY = 0.06, 0.25  # … to such a part of a gap
_REACH = 1.5  # times the subject's radius: how far from its middle a ray is followed
_LEAST_PX, _SLOPE, _CLEAN_PX = 0.5, 5.0, 0.25  # what masks of a true rig leave: see ``tolerance_px``


@dataclass(frozen=True, eq=False)
class ViewContradiction:
    """Of one view: outline_px (P, 2), and for each the px by which its ray misses the hull of the others, gap_px (P,).

    blamed (P,): index of the view whose outline is missed most where the ray comes nearest, −1 where none judges it.
    """

    outline_px: Array
    gap_px: Array
    blamed: npt.NDArray[np.int64]

    @property
    def mean_px(self) -> float:
        return float(self.gap_px.mean()) if len(self.gap_px) else 0.0

    @property
    def worst_px(self) -> float:
        """Mean of the worst tenth of the outline."""
        count = int(np.ceil(WORST_SHARE * len(self.gap_px)))
        return float(np.sort(self.gap_px)[-count:].mean()) if count else 0.0


@dataclass(frozen=True, eq=False)
class SilhouetteHull:
    """Cameras and silhouettes of one frame, (V,) each, and what every view's outline says against the others."""

    cameras: tuple[Camera, ...]
    silhouettes: tuple[Silhouette, ...]
    points: int = _POINTS
    knots: int = _KNOTS

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(camera.name for camera in self.cameras)

    @cached_property
    def views(self) -> tuple[ViewContradiction, ...]:
        order = range(len(self.cameras))
        return tuple(self._judged(view, order, order) for view in order)

    @cached_property
    def per_view_px(self) -> Array:
        """(V,) mean px by which a view's outline misses the hull of all others."""
        return np.array([view.mean_px for view in self.views])

    @property
    def mean_px(self) -> float:
        return float(self.per_view_px.mean())

    @cached_property
    def worst_px(self) -> float:
        """The worst tenth of the outline of the worst view, mean px: what ``tolerance_px`` is held against."""
        return max(view.worst_px for view in self.views)

    @property
    def noise_px(self) -> float:
        """Roughness of the masks' own outlines, mean of the views."""
        return float(np.mean([view.noise_px for view in self.silhouettes]))

    @property
    def tolerance_px(self) -> float:
        """What masks as rough as these leave in ``worst_px`` at most when the cameras are true.

        Rough outlines come with masks that are fat or thin as a whole and lose thin parts, so it grows faster than
        the roughness itself. Measured on random phantoms, see ``checks.bench``.
        """
        return max(_LEAST_PX, _SLOPE * (self.noise_px - _CLEAN_PX))

    @property
    def agrees(self) -> bool:
        return self.worst_px <= self.tolerance_px

    @property
    def level_px(self) -> float:
        """Mean of all views' worst tenths: what explanations are held against."""
        return float(np.mean([view.worst_px for view in self.views]))

    def without_px(self, left_out: int) -> float:
        """``level_px`` of the other views, were one view not there."""
        rest = [view for view in range(len(self.cameras)) if view != left_out]
        order = range(len(self.cameras))
        return float(np.mean([self._judged(view, rest, order, _SOME).worst_px for view in rest]))

    def exchanged_px(self, first: int, second: int) -> float:
        """``level_px`` of the other views, were the images of two exchanged."""
        order = list(range(len(self.cameras)))
        rest = [view for view in order if view not in (first, second)]
        swapped = list(order)
        swapped[first], swapped[second] = second, first
        return float(np.mean([self._judged(view, order, swapped, _FEW).worst_px for view in rest]))

    def exchanged(self, first: int, second: int) -> SilhouetteHull:
        """The hull were the images of two views exchanged."""
        order = list(range(len(self.cameras)))
        order[first], order[second] = second, first
        return self._with(self.cameras, [self.silhouettes[i] for i in order])

    def seen_by(self, cameras: Sequence[Camera]) -> SilhouetteHull:
        """The same silhouettes through other cameras."""
        return self._with(cameras, self.silhouettes)

    def _with(self, cameras: Sequence[Camera], silhouettes: Sequence[Silhouette]) -> SilhouetteHull:
        return SilhouetteHull(tuple(cameras), tuple(silhouettes), self.points, self.knots)

    @cached_property
    def _fields(self) -> _Fields:
        return _Fields.of(self.silhouettes)

    @cached_property
    def _curves(self) -> tuple[_Curves, ...]:
        middle, reach = self._subject
        projection = Projection.of(self.cameras)
        return tuple(
            _Curves.of(camera, seen.points(self.points), projection, view, _Followed(middle, reach, self.knots))
            for view, (camera, seen) in enumerate(zip(self.cameras, self.silhouettes, strict=True))
        )

    @cached_property
    def _subject(self) -> tuple[Array, float]:
        return _subject(self.cameras, self.silhouettes)

    def _judged(self, view: int, judges: Sequence[int], masks: Sequence[int], every: int = 1) -> ViewContradiction:
        """View's outline (one of ``every`` so many points) against silhouette masks[j] of every other judge j."""
        curves, fields = self._curves[view], self._fields
        others = np.array([judge for judge in judges if judge != view], dtype=np.int64)
        silhouettes = np.array([masks[judge] for judge in others], dtype=np.int64)
        outline = curves.outline_px[::every]
        count = len(outline)
        exact = _EXACT if every == 1 else _ROUGHLY
        gaps, places, blamed = np.zeros(count), np.zeros(count), np.full(count, -1, np.int64)
        least_gaps(
            curves.pixels, curves.depth, curves.seen, others, silhouettes,
            fields.away_px, fields.sizes, fields.corners, fields.reach, every, exact, gaps, places, blamed,
        )  # fmt: skip
        return ViewContradiction(outline, gaps, blamed)

    @cached_property
    def spread_deg(self) -> float:
        """The largest angle between two views' directions to the subject; 180° where they look from opposite sides."""
        middle, _ = self._subject
        towards = middle - np.array([camera.centre for camera in self.cameras])
        towards /= np.maximum(np.linalg.norm(towards, axis=-1, keepdims=True), 1e-12)
        return float(np.degrees(np.arccos(np.clip((towards @ towards.T).min(), -1.0, 1.0))))


def silhouette_hull(
    cameras: Sequence[Camera], masks: Sequence[BoolImage], points: int = _POINTS, knots: int = _KNOTS
) -> SilhouetteHull | None:
    """Evidence from masks (H, W) through cameras of one frame; None below two views that have anything masked.

    A point that projects where a view's lens shows nothing, or beyond a border that the subject is cut by, contradicts
    nothing there.
    """
    pairs = [(camera, silhouette(mask)) for camera, mask in zip(cameras, masks, strict=True)]
    usable = [(camera, seen) for camera, seen in pairs if seen is not None]
    if len(usable) > MAXIMUM_VIEWS:
        usable = [usable[i] for i in np.linspace(0, len(usable) - 1, MAXIMUM_VIEWS).astype(int)]
    if len(usable) < 2:
        return None
    hull = SilhouetteHull(tuple(camera for camera, _ in usable), tuple(seen for _, seen in usable), points, knots)
    middle, radius = hull._subject
    return hull if np.all(np.isfinite(middle)) and np.isfinite(radius) and radius > 0 else None


def _subject(cameras: Sequence[Camera], silhouettes: Sequence[Silhouette]) -> tuple[Array, float]:
    """Where the silhouettes' rays roughly meet, and how far from there a ray has to be followed."""
    origins = np.array([camera.centre for camera in cameras])
    pairs = list(zip(cameras, silhouettes, strict=True))
    directions = np.array([rays(camera, seen.centroid_px[None])[1][0] for camera, seen in pairs])
    middle = triangulate_rays(origins, directions)
    distances = np.linalg.norm(origins - middle, axis=-1)
    radius = max(
        seen.radius_px / min(camera.fx, camera.fy) * distance
        for (camera, seen), distance in zip(pairs, distances, strict=True)
    )
    usable = directions[np.all(np.isfinite(directions), axis=-1)]
    spread = np.mean(np.eye(3) - usable[:, :, None] * usable[:, None, :], axis=0) if len(usable) else np.zeros((3, 3))
    weakest = 1 / np.sqrt(max(float(np.linalg.eigvalsh(spread)[0]), 1e-4))  # nearly parallel views: depth is open
    return middle, float(_REACH * radius * (1 + 0.2 * (weakest - 1)))


@dataclass(frozen=True, eq=False)
class _Fields:
    """All silhouettes' signed distances in one array (V, H, W), and where their windows lie; see ``Silhouette``."""

    away_px: F32
    sizes: npt.NDArray[np.int64]
    corners: Array
    reach: Array

    @classmethod
    def of(cls, silhouettes: Sequence[Silhouette]) -> _Fields:
        height = max(seen.away_px.shape[0] for seen in silhouettes)
        width = max(seen.away_px.shape[1] for seen in silhouettes)
        away = np.zeros((len(silhouettes), height, width), np.float32)
        for field, seen in zip(away, silhouettes, strict=True):
            field[: seen.away_px.shape[0], : seen.away_px.shape[1]] = seen.away_px
        sizes = np.array([seen.away_px.shape[::-1] for seen in silhouettes], dtype=np.int64)
        corners = np.array([seen.corner_px for seen in silhouettes])
        return cls(away, sizes, corners, np.array([seen.reach_px for seen in silhouettes]))


@dataclass(frozen=True, eq=False)
class _Followed:
    """The part of a ray that is followed: so far to both sides of the subject's middle (3,), at so many knots."""

    middle: Array
    reach: float
    knots: int


@dataclass(frozen=True, eq=False)
class _Curves:
    """Rays of one view's outline points (P, 2), as every camera sees their knots: pixels (V, P, K, 2), depth (V, P, K)
    and whether it sees them, seen (V, P, K)."""

    outline_px: Array
    pixels: F32
    depth: F32
    seen: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, camera: Camera, outline: Array, projection: Projection, view: int, followed: _Followed) -> _Curves:
        """outline (P, 2) of ``camera``, which is number ``view`` of those that ``projection`` is of."""
        origin, directions = rays(camera, outline)
        reached = np.all(np.isfinite(directions), axis=-1)
        world = _knots(origin, directions[reached], followed)
        return cls(outline[reached], *projection.project(world, skipped=view))


def _knots(origin: Array, directions: Array, followed: _Followed) -> Array:
    """(P, K, 3): points of rays from ``origin``, evenly from before to behind the subject, none behind the eye."""
    middle, reach = followed.middle, followed.reach
    along = directions @ (middle - origin)
    nearest = np.maximum(along - reach, 0.02 * np.linalg.norm(middle - origin))
    farthest = np.maximum(along + reach, nearest + reach)
    depth = nearest[:, None] + (farthest - nearest)[:, None] * np.linspace(0.0, 1.0, followed.knots)
    return np.asarray(origin + directions[:, None, :] * depth[..., None])
