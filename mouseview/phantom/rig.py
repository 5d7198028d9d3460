"""The arena rig that the phantom lives in: modelled on a real six-camera mouse rig, plus two held-out cameras."""

from __future__ import annotations

import json
from functools import cache

import numpy as np

from mouseview import resources
from mouseview.geometry.transforms import Array, Rigid
from mouseview.model.camera import Camera, Rig

HELD_OUT = ("held_side", "held_above")


def _pose(position: list[float], forward: list[float], right: list[float]) -> Rigid:
    """The card's rounded axes made orthonormal: the forward axis is kept, the right one made normal to it."""
    z = np.array(forward) / np.linalg.norm(forward)
    x = np.array(right) - np.dot(right, z) * z
    x /= np.linalg.norm(x)
    R = np.stack([x, np.cross(z, x), z])
    return Rigid(R, -R @ np.array(position, dtype=float))


@cache
def demo_rig() -> Rig:
    """Eight cameras in mm, Z up, floor at z = 0; the last two (``HELD_OUT``) are never fed to a model."""
    card = json.loads(resources.path("rigs/arena.json").read_text(encoding="utf-8"))
    cameras = [
        Camera(
            name=entry["name"],
            width=card["width"],
            height=card["height"],
            K=np.array([[entry["fx"], entry["skew"], entry["cx"]], [0.0, entry["fy"], entry["cy"]], [0.0, 0.0, 1.0]]),
            distortion=np.array(entry["distortion"]),
            T_cam_world=_pose(entry["position"], entry["forward"], entry["right"]).matrix,
        )
        for entry in card["cameras"]
    ]
    return Rig(tuple(cameras), units=card["units"], format="arena")


def subject_mm() -> Array:
    """(3,) where on the floor the phantom stands, mm."""
    card = json.loads(resources.path("rigs/arena.json").read_text(encoding="utf-8"))
    return np.array(card["subject_mm"])
