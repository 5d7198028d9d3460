"""Named points of the mouse's anatomy: what a keypoint detector would look for, known exactly."""

from __future__ import annotations

import numpy as np

from mouseview.phantom.anatomy import Anatomy
from mouseview.phantom.surface import Array, Disc, Tube

NAMES = (
    "nose", "ear_left", "ear_right", "neck", "back", "tail_base", "tail_middle", "tail_tip",
    "hind_paw_left", "hind_paw_right", "fore_paw_left", "fore_paw_right",
)  # fmt: skip


def landmarks(anatomy: Anatomy) -> Array:
    """(N, 3) in mm, in the frame of the anatomy, in the order of ``NAMES``."""
    trunk = anatomy.trunk
    ears = [part.surface.centre for part in anatomy.parts if isinstance(part.surface, Disc)]
    tail = next(part.surface for part in anatomy.parts if part.kind == "tail")
    assert isinstance(tail, Tube)
    # a limb is upper part, lower part and paw; the lower part ends at ankle or wrist
    limbs = [part.surface for part in anatomy.parts if part.kind == "limb" and isinstance(part.surface, Tube)]
    return np.array(
        [
            trunk.centres[-1],
            *ears,
            _on_back(trunk, 0.70),
            _on_back(trunk, 0.40),
            trunk.centres[0],
            tail.centres[len(tail.centres) // 2],
            tail.centres[-1],
            *(lower.centres[-1] for lower in limbs[1::2]),
        ]
    )


def _on_back(trunk: Tube, place: float) -> Array:
    return np.asarray(trunk.at(place, np.pi / 2).xyz[0])
