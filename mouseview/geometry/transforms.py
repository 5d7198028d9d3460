"""Rigid motions and similarities, frozen and batched.

Frames are spelled in names so that products cancel: ``T_cam_world = T_cam_rig @ T_rig_world``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def _frozen(values: npt.ArrayLike) -> Array:
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False, slots=True)
class Rigid:
    """``T_a_b``: x_a = R x_b + t.  R (..., 3, 3), t (..., 3); leading axes broadcast."""

    R: Array
    t: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "R", _frozen(self.R))
        object.__setattr__(self, "t", _frozen(self.t))
        if self.R.shape[-2:] != (3, 3) or self.t.shape[-1:] != (3,):
            raise ValueError(f"Rigid needs R (..., 3, 3) and t (..., 3), got {self.R.shape} and {self.t.shape}")

    @classmethod
    def identity(cls) -> Rigid:
        return cls(np.eye(3), np.zeros(3))

    @classmethod
    def from_matrix(cls, matrix: npt.ArrayLike) -> Rigid:
        """From (..., 4, 4) or (..., 3, 4)."""
        m = np.asarray(matrix, dtype=np.float64)
        return cls(m[..., :3, :3], m[..., :3, 3])

    @property
    def matrix(self) -> Array:
        """(..., 4, 4)."""
        shape = np.broadcast_shapes(self.R.shape[:-2], self.t.shape[:-1])
        out = np.zeros((*shape, 4, 4))
        out[..., :3, :3] = self.R
        out[..., :3, 3] = self.t
        out[..., 3, 3] = 1.0
        return out

    def inverse(self) -> Rigid:
        R_inverse = np.swapaxes(self.R, -1, -2)
        return Rigid(R_inverse, -np.einsum("...ij,...j->...i", R_inverse, self.t))

    def apply(self, points: npt.ArrayLike) -> Array:
        """Map points (..., 3) from frame b to frame a."""
        return np.einsum("...ij,...j->...i", self.R, np.asarray(points, dtype=np.float64)) + self.t

    def rotate(self, vectors: npt.ArrayLike) -> Array:
        """Map directions (..., 3): the translation does not act."""
        return np.einsum("...ij,...j->...i", self.R, np.asarray(vectors, dtype=np.float64))

    def __matmul__(self, other: Rigid) -> Rigid:
        return Rigid(self.R @ other.R, self.apply(other.t))


@dataclass(frozen=True, eq=False, slots=True)
class Similarity:
    """``S_a_b``: x_a = scale · R x_b + t.  One for the whole rig, or it is no similarity of the rig.

    Acting on a camera it keeps K and every pixel: the camera frame itself is scaled along.
    """

    scale: Array
    R: Array
    t: Array

    def __post_init__(self) -> None:
        for name in ("scale", "R", "t"):
            object.__setattr__(self, name, _frozen(getattr(self, name)))
        if np.any(self.scale <= 0):
            raise ValueError(f"a similarity needs a positive scale, got {self.scale}")

    @classmethod
    def identity(cls) -> Similarity:
        return cls(np.array(1.0), np.eye(3), np.zeros(3))

    @classmethod
    def about(cls, centre: npt.ArrayLike, scale: float, R: npt.ArrayLike | None = None) -> Similarity:
        """x' = s R (x − centre): the centre becomes the origin."""
        rotation = np.eye(3) if R is None else np.asarray(R, dtype=np.float64)
        return cls(np.array(scale), rotation, -scale * rotation @ np.asarray(centre, dtype=np.float64))

    @property
    def matrix(self) -> Array:
        """(..., 4, 4) with s R in the upper left block."""
        out = Rigid(self.R, self.t).matrix
        out[..., :3, :3] *= self.scale[..., None, None]
        return out

    @property
    def centre(self) -> Array:
        """The point (..., 3) of frame b that becomes the origin of frame a."""
        return self.inverse().t

    def inverse(self) -> Similarity:
        R_inverse = np.swapaxes(self.R, -1, -2)
        s = 1.0 / self.scale
        return Similarity(s, R_inverse, -s[..., None] * np.einsum("...ij,...j->...i", R_inverse, self.t))

    def apply(self, points: npt.ArrayLike) -> Array:
        rotated = np.einsum("...ij,...j->...i", self.R, np.asarray(points, dtype=np.float64))
        return self.scale[..., None] * rotated + self.t

    def __matmul__(self, other: Similarity) -> Similarity:
        return Similarity(self.scale * other.scale, self.R @ other.R, self.apply(other.t))

    def move_camera(self, T_cam_b: Rigid) -> Rigid:
        """The pose ``T_cam_a`` of a camera whose images stay the same to the last pixel.

        R' = R_cam Rᵀ and t' = s t_cam − R' t, so that T_cam_a ∘ S = s · T_cam_b: depths scale, rays do not.
        """
        R_cam_a = T_cam_b.R @ np.swapaxes(self.R, -1, -2)
        t_cam_a = self.scale[..., None] * T_cam_b.t - np.einsum("...ij,...j->...i", R_cam_a, self.t)
        return Rigid(R_cam_a, t_cam_a)


def rotation_between(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """The smallest rotation (3, 3) with R â = b̂ for two directions (3,). Opposite directions turn about any normal."""
    u = np.asarray(a, dtype=np.float64)
    v = np.asarray(b, dtype=np.float64)
    u = u / np.linalg.norm(u)
    v = v / np.linalg.norm(v)
    halfway = u + v
    if np.linalg.norm(halfway) < 1e-12:
        halfway = np.cross(u, np.eye(3)[int(np.argmin(np.abs(u)))])
    halfway /= np.linalg.norm(halfway)
    # two reflections make the rotation in the plane of both; no division by 1 + cos, which opposite directions spoil
    return (np.eye(3) - 2.0 * np.outer(halfway, halfway)) @ (np.eye(3) - 2.0 * np.outer(u, u))


def part_of_rotation(R: npt.ArrayLike, share: float) -> Array:
    """The rotation (3, 3) about the axis of ``R`` (3, 3) by ``share`` of its angle: 0 the identity, 1 ``R`` itself."""
    matrix = np.asarray(R, dtype=np.float64)
    sine_axis = np.array([matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1]]) / 2
    sine, cosine = float(np.linalg.norm(sine_axis)), (float(np.trace(matrix)) - 1) / 2
    angle = float(np.arctan2(sine, cosine))
    if angle < 1e-12:
        return np.eye(3)
    # near half a turn the antisymmetric part vanishes, and R + 1 = 2 a aᵀ has the axis in its columns
    symmetric = (matrix + matrix.T) / 2 - cosine * np.eye(3)
    axis = symmetric[:, int(np.argmax(np.diag(symmetric)))] if cosine < 0 else sine_axis
    axis = axis / np.linalg.norm(axis) * (-1.0 if cosine < 0 and axis @ sine_axis < 0 else 1.0)
    skew = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn = share * angle
    return np.eye(3) + np.sin(turn) * skew + (1 - np.cos(turn)) * skew @ skew


def look_at(eye: npt.ArrayLike, target: npt.ArrayLike, up: npt.ArrayLike = (0.0, 0.0, 1.0)) -> Rigid:
    """``T_cam_world`` of a camera at ``eye`` whose axis meets ``target``; OpenCV axes, no roll against ``up``."""
    e = np.asarray(eye, dtype=np.float64)
    forward = np.asarray(target, dtype=np.float64) - e
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, np.asarray(up, dtype=np.float64))
    length = float(np.linalg.norm(right))
    if length < 1e-9:
        raise ValueError("look_at: the viewing direction is parallel to up")
    right /= length
    R = np.stack([right, np.cross(forward, right), forward])
    return Rigid(R, -R @ e)
