"""Places that a window's middle jumps to when it comes near: the principal point, the subject, its mask, a probe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera

if TYPE_CHECKING:  # OpenCV comes with it
    from mouseview.multiview.masks import MaskStats

SNAP_SCREEN_PX = 9.0  # of the middle's way to a target
SNAP_ROLL_DEG = 1.5


@dataclass(frozen=True, eq=False)
class Target:
    """name: in a hint.  pixel (2,): of the photograph.  is_subject: it is the subject's centre."""

    name: str
    pixel: Array
    is_subject: bool = False


def targets(
    camera: Camera, subject_world: Array, stats: MaskStats | None, probes_world: Sequence[Array]
) -> tuple[Target, ...]:
    """What a window of this view can be centred on; what the view cannot see is left out."""
    found = [Target("principal point", np.array(camera.K[:2, 2]))]
    found.append(Target("subject's centre", camera.project(subject_world)[0], is_subject=True))
    if stats is not None and stats.usable:
        found.append(Target("mask's centroid", stats.centroid_px))
    found += [Target("probed point", camera.project(point)[0]) for point in probes_world]
    return tuple(target for target in found if np.all(np.isfinite(target.pixel)))


def nearest(places: Sequence[Target], pixel: Array, within_px: float) -> Target | None:
    """The target closest to a pixel (2,) of the photograph, none farther than ``within_px``."""
    distances = [float(np.linalg.norm(place.pixel - pixel)) for place in places]
    best = int(np.argmin(distances)) if distances else -1
    return places[best] if best >= 0 and distances[best] <= within_px else None


def snapped_roll(roll_deg: float) -> float:
    """Upright, or a quarter turn, where it is nearly that."""
    quarter = 90.0 * round(roll_deg / 90.0)
    return quarter if abs(roll_deg - quarter) <= SNAP_ROLL_DEG else roll_deg


def on_mask(stats: MaskStats | None, pixel: Array) -> bool:
    """Whether a pixel (2,) of the photograph belongs to the subject."""
    if stats is None or not stats.usable:
        return False
    x, y = np.floor(pixel).astype(int)
    height, width = stats.mask.shape
    return bool(0 <= x < width and 0 <= y < height and stats.mask[y, x])
