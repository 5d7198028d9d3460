"""One view's silhouette as evidence: how far pixels lie outside it, where it is cut off, how rough its outline is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array

BoolImage = npt.NDArray[np.bool_]
U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]

REFERENCE_SIDE = 1152  # px: sizes below are of an image with such a longer side
_REACH = 64.0  # a field ends that far from its mask: what misses by more says no more
_THIN = (7, 9)  # px across, at any size and at the reference size: thinner parts come and go between views
_ARC = 8.0  # px along the outline between the points that its roughness is read from
_CUT_RUN = 24.0  # a straight end of that length inside an image may be where a former border was
_CUT_DEPTH = 10.0  # and that far behind it …
_CUT_GROWTH = 1.25  # … a round outline is wider by more than this
_TOUCHES_PX = 2  # a mask that ends that near the image's border goes on beyond it
_SPECK = 0.02  # of the largest part's area: smaller parts are specks
_PIXEL_NOISE = 0.15  # px: the least that an outline made of pixels has

LEFT, TOP, RIGHT, BOTTOM = range(4)


@dataclass(frozen=True, eq=False)
class Silhouette:
    """A mask (H, W) prepared for the hull, in doubt for the rig: as a judge it allows all that it shows, as a witness
    it brings only what other views must show too.

    away_px (h, w): signed px from the mask's outline, above 0 outside it, at the pixel centres of a window whose outer
    corner lies at ``corner_px`` (2,) of the image. What lies beyond a cut side counts as inside: nobody can know.
    outline_px (M, 2): centres of subject pixels along the outline without thin parts (whiskers, the tail in small
    images) and specks, in order, off the cut sides.
    centroid_px (2,) and radius_px: of the visible part.  reach_px: what lies farther outside counts as that far.
    cut: sides of the image (LEFT, TOP, RIGHT, BOTTOM) on which the mask ends at a border, its own or a former one.
    size: (width, height) of the image.  box: the mask in its bounding box, 0 or 1.
    """

    away_px: F32
    corner_px: Array
    outline_px: Array
    centroid_px: Array
    radius_px: float
    reach_px: float
    cut: tuple[int, ...]
    size: tuple[int, int]
    box: U8

    @cached_property
    def noise_px(self) -> float:
        """Roughness of the mask's outline."""
        return _roughness(self.box, max(self.size) / REFERENCE_SIDE)

    def points(self, count: int) -> Array:
        """(≤ count, 2) of the outline, spread evenly."""
        picked = np.linspace(0, len(self.outline_px), min(count, len(self.outline_px)), endpoint=False)
        return self.outline_px[picked.astype(int)]


def silhouette(mask: BoolImage) -> Silhouette | None:
    """None where nothing is masked that is not thin."""
    solid = mask.view(np.uint8) if mask.flags.c_contiguous else mask.astype(np.uint8)
    x0, y0, w, h = cv2.boundingRect(solid)
    if w == 0:
        return None
    height, width = mask.shape
    scale = max(width, height) / REFERENCE_SIDE
    reach = int(np.ceil(_REACH * scale))
    box = solid[y0 : y0 + h, x0 : x0 + w]
    margins = (x0, y0, width - x0 - w, height - y0 - h)
    cut = _cut_sides(box, margins, scale)
    at_border = [reach if margin <= _TOUCHES_PX else 0 for margin in margins]
    window = np.pad(box, ((at_border[TOP], at_border[BOTTOM]), (at_border[LEFT], at_border[RIGHT])), mode="edge")
    rest = [reach - grown for grown in at_border]
    window = np.pad(window, ((rest[TOP], rest[BOTTOM]), (rest[LEFT], rest[RIGHT])))
    across = max(_THIN[0], round(_THIN[1] * scale)) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across))
    sure = _without_specks(np.asarray(cv2.morphologyEx(window, cv2.MORPH_OPEN, disc), dtype=np.uint8))
    _clear_beyond(sure, at_border, reach)
    lines = _lines(sure)
    if not lines:
        return None
    corner = np.array([x0 - reach, y0 - reach], dtype=np.float64)
    around = np.concatenate(lines)
    outline = _off_sides(around, cut, (reach, reach, reach + w, reach + h))
    moments = cv2.moments(sure, binaryImage=True)
    centroid = np.array([moments["m10"], moments["m01"]]) / moments["m00"] + 0.5
    radius = float(np.hypot(*(around - centroid).T).max())
    return Silhouette(
        away_px=_away(window, cut, reach),
        corner_px=corner,
        outline_px=outline + corner,
        centroid_px=centroid + corner,
        radius_px=radius,
        reach_px=float(reach),
        cut=cut,
        size=(width, height),
        box=box,
    )


def _cut_sides(box: U8, margins: tuple[int, int, int, int], scale: float) -> tuple[int, ...]:
    """Sides on which the mask in its box (h, w) ends at a border; margins: px from the box to the image's borders."""
    out = []
    depth, run = max(round(_CUT_DEPTH * scale), 4), _CUT_RUN * scale
    for side, margin in zip((LEFT, TOP, RIGHT, BOTTOM), margins, strict=True):
        inwards = {LEFT: box.T, TOP: box, RIGHT: box.T[::-1], BOTTOM: box[::-1]}[side]
        first, deeper = int(inwards[0].sum()), int(inwards[min(depth, len(inwards) - 1)].sum())
        if margin <= _TOUCHES_PX or (first >= run and deeper <= _CUT_GROWTH * first):
            out.append(side)
    return tuple(out)


def _without_specks(mask: U8) -> U8:
    if len(_lines(mask)) <= 1:  # quicker than labels, and the usual case
        return mask
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count <= 2:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = areas >= _SPECK * areas.max()
    return mask if kept[1:].all() else kept.astype(np.uint8)[labels]


def _beyond(shape: tuple[int, ...], side: int, depth: int) -> tuple[slice, slice]:
    """The strip of a window that is ``depth`` px deep along one of its sides."""
    everything = slice(None)
    return {
        LEFT: (everything, slice(None, depth)),
        TOP: (slice(None, depth), everything),
        RIGHT: (everything, slice(shape[1] - depth, None)),
        BOTTOM: (slice(shape[0] - depth, None), everything),
    }[side]


def _clear_beyond(window: U8, at_border: list[int], reach: int) -> None:
    for side, grown in enumerate(at_border):
        if grown:
            window[_beyond(window.shape, side, reach)] = 0


def _away(window: U8, cut: tuple[int, ...], reach: int) -> F32:
    allowed = window.copy()
    for side in cut:
        allowed[_beyond(allowed.shape, side, reach)] = 1
    # within 2 % of the exact distance, at a fifth of its cost; the march along rays is content with less
    outside = cv2.distanceTransform(1 - allowed, cv2.DIST_L2, cv2.DIST_MASK_5)
    inside = cv2.distanceTransform(allowed, cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.asarray(np.where(allowed, np.float32(0.5) - inside, outside - np.float32(0.5)))


def _lines(mask: U8) -> list[Array]:
    """Closed lines (M, 2) of pixel centres along all outlines of a mask."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return [contour[:, 0, :].astype(np.float64) + 0.5 for contour in contours]


def _off_sides(outline: Array, cut: tuple[int, ...], box: tuple[int, int, int, int]) -> Array:
    """Without points at the cut sides of a box (x0, y0, x1, y1): there the image ends, not the subject."""
    off = np.ones(len(outline), bool)
    for side in cut:
        off &= np.abs(outline[:, side % 2] - box[side]) > _TOUCHES_PX + 1
    return outline[off]


def _roughness(box: U8, scale: float) -> float:
    """px by which an outline wanders off an arc: third differences vanish on lines and arcs, their median ignores paws.

    An outline that wanders by 1 px RMS over some 10 px reads about 1.
    """
    line = max(_lines(box), key=len)
    step = max(round(_ARC * scale), 3)
    if len(line) < 8 * step:
        return _PIXEL_NOISE
    smooth = sum(np.roll(line, shift, axis=0) for shift in range(-2, 3)) / 5.0
    near, far, farther = (np.roll(smooth, -step * k, axis=0) for k in (1, 2, 3))
    third = smooth - 3 * near + 3 * far - farther
    along = far - near
    normal = np.stack([-along[:, 1], along[:, 0]], axis=-1)
    normal /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-9)
    spread = 1.4826 * float(np.median(np.abs(np.sum(third * normal, axis=-1))))
    return max(spread / np.sqrt(20.0), _PIXEL_NOISE)  # 1² + 3² + 3² + 1²: of independent points
