"""Track: what one video shows of the subject over several frames, reduced to points in pixels.

A mask is kept as its support points: the outermost outline point in each of ``DIRECTIONS`` directions. They carry the
tangents of the silhouette, and tangents are what two views must agree upon.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array

DIRECTIONS = 72
_ANGLES = np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS)
_UNIT = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=-1)
_LEAST_PX = 30  # a mask of fewer pixels is dirt
_WHOLE_IMAGE = 0.6  # a mask that covers more than this share is no animal's
_HALF_PIXEL = 0.5
_OUTWARDS_PX = 0.2  # from the outermost pixel's centre to the outline, on average

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Track:
    """name: of the video or camera.  size: (width, height) in px.  frames (F,): session frames, ascending.

    outline_px (F, DIRECTIONS, 2): support points of the mask in the house pixel origin, NaN where a frame has no
    usable mask.  clipped (F, DIRECTIONS): the point lies on the image's border, so the subject may go on beyond it.
    keypoints_px (F, N, 2): NaN where unseen; the same N in every track.
    """

    name: str
    size: tuple[int, int]
    frames: npt.NDArray[np.int64]
    outline_px: Array
    clipped: npt.NDArray[np.bool_]
    keypoints_px: Array

    @property
    def has_masks(self) -> bool:
        return bool(np.isfinite(self.outline_px).any())

    @property
    def has_keypoints(self) -> bool:
        return bool(np.isfinite(self.keypoints_px).any())


def support_points(mask: Mask) -> tuple[Array, npt.NDArray[np.bool_]]:
    """(H, W) → support points (DIRECTIONS, 2) and whether each lies on the border; NaN for an unusable mask."""
    height, width = mask.shape
    none = np.full((DIRECTIONS, 2), np.nan), np.zeros(DIRECTIONS, bool)
    outlines, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outlines = [outline[:, 0] for outline in outlines]
    if not outlines:
        return none
    areas = [cv2.contourArea(outline) + len(outline) for outline in outlines]
    largest = max(areas)
    if largest < _LEAST_PX or np.count_nonzero(mask) > _WHOLE_IMAGE * mask.size:
        return none
    # a limb cut off by a fence counts, specks do not
    kept = np.concatenate([o for o, area in zip(outlines, areas, strict=True) if area > 0.1 * largest])
    hull = cv2.convexHull(kept)[:, 0].astype(np.float64)
    chosen = hull[np.argmax(hull @ _UNIT.T, axis=0)]
    on_border = (chosen <= 0).any(axis=-1) | (chosen[:, 0] >= width - 1) | (chosen[:, 1] >= height - 1)
    return chosen + _HALF_PIXEL + _OUTWARDS_PX * _UNIT, on_border


def track_of_masks(
    name: str,
    masks: dict[int, Mask | None],
    size: tuple[int, int],
    keypoints_px: Array | None = None,
) -> Track:
    """From masks (H, W) by session frame (None: none there) and keypoints (F, N, 2) of the same frames in order."""
    frames = np.array(sorted(masks), dtype=np.int64)
    outline = np.full((len(frames), DIRECTIONS, 2), np.nan)
    clipped = np.zeros((len(frames), DIRECTIONS), bool)
    for row, frame in enumerate(frames):
        mask = masks[int(frame)]
        if mask is not None:
            outline[row], clipped[row] = support_points(mask)
    points = np.zeros((len(frames), 0, 2)) if keypoints_px is None else np.asarray(keypoints_px, dtype=np.float64)
    return Track(name, size, frames, outline, clipped, points)
