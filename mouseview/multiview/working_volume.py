"""The ball in which the subject moves: where differences between cameras are measured in pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.geometry.rays import to_plane
from mouseview.geometry.transforms import Array
from mouseview.geometry.triangulation import meeting_point
from mouseview.model.camera import Camera, Rig

_CELLS = 11  # along the diameter: about 600 points in the ball
_AHEAD = 3.0  # times the cameras' spread: how far in front a parallel rig is taken to look
_PART_OF_DISTANCE = 0.25  # radius where no camera's image bounds it


@dataclass(frozen=True, eq=False)
class WorkingVolume:
    """centre (3,) and radius in the rig's frame and units; ``told``: where they come from, in words."""

    centre: Array
    radius: float
    told: str

    def points(self) -> Array:
        """(N, 3): a grid in the ball, its centre included."""
        steps = np.linspace(-1.0, 1.0, _CELLS)
        grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
        return self.centre + self.radius * grid[np.linalg.norm(grid, axis=-1) <= 1.0 + 1e-9]


def working_volume(rig: Rig, about: npt.ArrayLike | None = None, radius: float | None = None) -> WorkingVolume:
    """Of a rig of possible cameras: about the optical axes' meeting point unless ``about`` (3,) is given.

    Without ``radius`` it is the ball that half of the cameras see wholly.
    """
    if about is None:
        centre, told = _looked_at(rig)
    else:
        centre, told = np.asarray(about, dtype=np.float64), "the point given"
    if radius is not None:
        return WorkingVolume(centre, float(radius), f"{told}, with the radius given")
    seen = [reach for reach in (_seen_radius(camera, centre) for camera in rig) if reach > 0]
    if seen:
        return WorkingVolume(centre, float(np.median(seen)), f"{told}, as far as half of the cameras see it wholly")
    distance = float(np.median(rig.distances(centre)))
    return WorkingVolume(
        centre, _PART_OF_DISTANCE * distance, f"{told}, which no camera has in its image; a quarter of its distance"
    )


def _looked_at(rig: Rig) -> tuple[Array, str]:
    if len(rig) >= 2:
        meeting = meeting_point(rig.centres, rig.forwards)
        ahead = np.sum((meeting.point - rig.centres) * rig.forwards, axis=-1) > 0
        if meeting.reliable and 2 * np.count_nonzero(ahead) > len(rig):
            return meeting.point, "the optical axes' meeting point"
    middle = np.mean(rig.centres, axis=0)
    spread = float(np.median(np.linalg.norm(rig.centres - middle, axis=-1))) if len(rig) > 1 else 0.0
    forward = np.mean(rig.forwards, axis=0)
    length = float(np.linalg.norm(forward))
    forward = forward / length if length > 1e-9 else np.zeros(3)
    return (
        middle + _AHEAD * (spread or 1.0) * forward,
        f"a point {_AHEAD:g} times the cameras' spread ahead of them (their axes do not meet: name a point)",
    )


def _seen_radius(camera: Camera, centre: Array) -> float:
    """Radius of the largest ball about ``centre`` inside the image, or 0 when the centre is not in it."""
    pixel, valid = camera.project(centre)
    if not valid or not np.all((pixel > 0) & (pixel < camera.size)):
        return 0.0
    width, height = camera.size
    share = np.linspace(0, 1, 17)
    zero, one = np.zeros_like(share), np.ones_like(share)
    border = np.concatenate(
        [
            np.stack(sides, axis=-1)
            for sides in (
                (share * width, zero),
                (share * width, one * height),
                (zero, share * height),
                (one * width, share * height),
            )
        ]
    )
    directions, reached = camera.unproject(border)
    if not np.any(reached):  # every border pixel lies beyond the lens's fold: the ideal pinhole bounds it
        plane = to_plane(camera.K, border)
        directions = np.concatenate([plane, np.ones((len(plane), 1))], axis=-1)
        directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
        reached = np.ones(len(border), bool)
    place = camera.pose.apply(centre)
    rays = directions[reached]
    across = place - (rays @ place)[:, None] * rays
    return float(np.linalg.norm(across, axis=-1).min())
