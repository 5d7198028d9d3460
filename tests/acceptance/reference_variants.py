"""What the lab's variants do to its rig: RMS px at 512 by which labelled points of the rig fail to meet.

Points: the 214 finite 3D labels of the calibration file (10 frames all over the arena). Images, cameras and solver of
every variant are those of ``mouseview damage``, which says each of them; masks of pixel-based images are the convex
hulls of the labels of their frame.
"""

from __future__ import annotations

from functools import cache

from mouseview.normalise.damage.cost import Cost
from mouseview.workflow.damage import PlacesKind, measure_damage
from tests.acceptance.reference_mouse import mouse


@cache
def variants() -> dict[str, Cost]:
    """By key of the declaration."""
    report = measure_damage(mouse(), PlacesKind.LABELS)
    return {cost.declaration.key: cost for cost in report.costs}


def variant(key: str) -> float:
    """RMS px; of several cases (which camera, which pair) the median."""
    return variants()[key].rms_px


def swaps() -> tuple[float, float]:
    """The least and the worst of the fifteen exchanges of two views' images."""
    swapped = variants()["swapped-views"]
    return swapped.least_px, swapped.most_px
