"""From where the scene is looked at: a turntable, a flight into a camera, and what lies between. Pure numpy."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.app.scene3d.geometry import ShownCamera
from mouseview.geometry.transforms import Array, Rigid, part_of_rotation

_MARGIN = 0.94  # share of the widget that a fitted thing may fill


@dataclass(frozen=True, eq=False)
class Viewpoint:
    """pose: ``T_eye_display``, OpenCV axes.  focal: in widget heights.  centre: of projection, shares of the widget.

    distance: to what is looked at, in display units; it sets the near plane.
    """

    pose: Rigid
    focal: float
    centre: tuple[float, float]
    distance: float

    @property
    def eye(self) -> Array:
        return self.pose.inverse().t

    @property
    def near(self) -> float:
        return 0.004 * self.distance

    def project(self, points: npt.ArrayLike, size: tuple[float, float]) -> Array:
        """Display points (..., 3) → (..., 3): x, y from the widget's top left corner in the unit of ``size``, depth.

        NaN at or behind the near plane.
        """
        width, height = size
        p = self.pose.apply(points)
        z = np.where(p[..., 2] > self.near, p[..., 2], np.nan)
        x = self.focal * height * p[..., 0] / z + self.centre[0] * width
        y = self.focal * height * p[..., 1] / z + self.centre[1] * height
        return np.stack([x, y, z], axis=-1)

    def ray(self, position: tuple[float, float], size: tuple[float, float]) -> tuple[Array, Array]:
        """A place in the widget → (origin (3,), unit direction (3,)) in the display frame."""
        width, height = size
        x = (position[0] - self.centre[0] * width) / (self.focal * height)
        y = (position[1] - self.centre[1] * height) / (self.focal * height)
        direction = self.pose.R.T @ np.array([x, y, 1.0])
        return self.eye, direction / np.linalg.norm(direction)

    def matrix(self, aspect: float, far: float) -> Array:
        """(4, 4): display frame → OpenGL clip coordinates; aspect = width / height."""
        near = self.near
        far = max(far, 2 * near)
        cx, cy = 2 * self.centre[0] - 1, 1 - 2 * self.centre[1]
        projection = np.array(
            [
                [2 * self.focal / aspect, 0, cx, 0],
                [0, -2 * self.focal, cy, 0],
                [0, 0, (far + near) / (far - near), -2 * far * near / (far - near)],
                [0, 0, 1, 0],
            ]
        )
        return projection @ self.pose.matrix


@dataclass(frozen=True)
class Orbit:
    """A Z-up turntable: angles in degrees, pivot and distance in display units, vertical field of view in degrees."""

    pivot: tuple[float, float, float] = (0.0, 0.0, 0.0)
    distance: float = 8.0
    azimuth_deg: float = -62.0
    elevation_deg: float = 29.0
    fov_deg: float = 32.0

    @property
    def focal(self) -> float:
        return float(0.5 / np.tan(np.radians(self.fov_deg) / 2))

    @property
    def rotation(self) -> Array:
        """Rows: right, down, forward of the eye in the display frame."""
        return _turntable_rotation(np.radians(self.azimuth_deg), np.radians(self.elevation_deg))

    @property
    def viewpoint(self) -> Viewpoint:
        R = self.rotation
        eye = np.asarray(self.pivot) - self.distance * R[2]
        return Viewpoint(Rigid(R, -R @ eye), self.focal, (0.5, 0.5), self.distance)

    def turned(self, right_deg: float, up_deg: float) -> Orbit:
        elevation = float(np.clip(self.elevation_deg + up_deg, -89.9, 89.9))
        return dataclasses.replace(self, azimuth_deg=self.azimuth_deg + right_deg, elevation_deg=elevation)

    def panned(self, dx: float, dy: float, height: float) -> Orbit:
        """What is under the cursor follows it: dx, dy and the widget's height in the same pixels."""
        R = self.rotation
        pivot = np.asarray(self.pivot) - (dx * R[0] + dy * R[1]) * self.distance / (self.focal * height)
        return dataclasses.replace(self, pivot=tuple(pivot.tolist()))

    def zoomed(self, factor: float) -> Orbit:
        return dataclasses.replace(self, distance=float(np.clip(self.distance * factor, 1e-6, 1e9)))

    def about(self, pivot: npt.ArrayLike) -> Orbit:
        return dataclasses.replace(self, pivot=tuple(np.asarray(pivot, dtype=np.float64).tolist()))

    def fitted(self, points: Array, aspect: float, margin: float = 0.86) -> Orbit:
        """Same direction, nearest distance from which all points (N, 3) are in the widget, centred up and down.

        The pivot moves along Z only, so that turning keeps the subject in the middle.
        """
        R = self.rotation
        half_y = margin * 0.5 / self.focal
        half_x = half_y * aspect
        pivot = np.asarray(self.pivot, dtype=np.float64)
        distance = 1e-6
        for _ in range(12):
            p = (points - pivot) @ R.T
            needed = np.maximum(np.abs(p[:, 0]) / half_x, np.abs(p[:, 1]) / half_y) - p[:, 2]
            distance = max(float(needed.max()), 1e-6)
            height = p[:, 1] / (p[:, 2] + distance)
            middle = 0.5 * float(height.max() + height.min())
            # down in the widget is −Z seen at an angle; the cosine is floored so that a view from above cannot run away
            pivot[2] -= 0.7 * middle * distance / max(abs(float(R[1, 2])), 0.5)
        return dataclasses.replace(self, pivot=tuple(pivot.tolist()), distance=distance)


def inside_camera(shown: ShownCamera, aspect: float, distance: float, zoom: float = 1.0) -> Viewpoint:
    """At the camera's centre, turned as it is, its whole image in the widget and angles true (square pixels).

    zoom: about the middle of the image.
    """
    directions = shown.directions[shown.directions[..., 2] > 0.25]
    plane = directions[..., :2] / directions[..., 2:] if len(directions) else np.array([[-1.0, -1.0], [1.0, 1.0]])
    low, high = plane.min(axis=0), plane.max(axis=0)
    span = np.maximum(high - low, 1e-6)
    focal = zoom * _MARGIN * float(min(aspect / span[0], 1.0 / span[1]))
    middle = 0.5 * (low + high)
    centre = (float(0.5 - focal * middle[0] / aspect), float(0.5 - focal * middle[1]))
    return Viewpoint(shown.pose.inverse(), focal, centre, distance)


def _turntable_rotation(azimuth_rad: float, elevation_rad: float) -> Array:
    """Rows right, down, forward of an eye at these angles that looks at the pivot, Z up."""
    a, e = azimuth_rad, elevation_rad
    forward = -np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
    right = np.array([-np.sin(a), np.cos(a), 0.0])
    return np.stack([right, np.cross(forward, right), forward])


def _about(viewpoint: Viewpoint, pivot: Array) -> tuple[float, float, float, Array]:
    """Azimuth and elevation (rad), log distance of the eye from the pivot, and how it is turned off the pivot."""
    offset = viewpoint.eye - pivot
    radius = max(float(np.linalg.norm(offset)), 1e-9)
    azimuth = float(np.arctan2(offset[1], offset[0]))
    elevation = float(np.arcsin(np.clip(offset[2] / radius, -1, 1)))
    return azimuth, elevation, float(np.log(radius)), viewpoint.pose.R @ _turntable_rotation(azimuth, elevation).T


def between(a: Viewpoint, b: Viewpoint, t: float, pivot: npt.ArrayLike) -> Viewpoint:
    """Smoothly from a (t = 0) to b (t = 1), round the pivot as on a turntable and never through the subject."""
    if t <= 0.0:
        return a
    if t >= 1.0:
        return b
    centre = np.asarray(pivot, dtype=np.float64)
    azimuth_a, elevation_a, log_a, off_a = _about(a, centre)
    azimuth_b, elevation_b, log_b, off_b = _about(b, centre)
    azimuth = azimuth_a + t * ((azimuth_b - azimuth_a + np.pi) % (2 * np.pi) - np.pi)
    turntable = _turntable_rotation(azimuth, (1 - t) * elevation_a + t * elevation_b)
    R = part_of_rotation(off_b @ off_a.T, t) @ off_a @ turntable
    eye = centre - np.exp((1 - t) * log_a + t * log_b) * turntable[2]
    mix = tuple((1 - t) * p + t * q for p, q in zip(a.centre, b.centre, strict=True))
    return Viewpoint(
        Rigid(R, -R @ eye),
        float(a.focal ** (1 - t) * b.focal**t),
        (mix[0], mix[1]),
        float(a.distance ** (1 - t) * b.distance**t),
    )


def ease(t: float) -> float:
    """Slow at both ends: 0..1 → 0..1."""
    t = min(max(t, 0.0), 1.0)
    return t * t * t * (t * (6 * t - 15) + 10)
