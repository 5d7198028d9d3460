"""Rotations as vectors: axis times angle, their exponential, and the mean of several."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array


def skew(vectors: npt.ArrayLike) -> Array:
    """(..., 3) → (..., 3, 3): the matrix that takes the cross product with the vector."""
    v = np.asarray(vectors, dtype=np.float64)
    out = np.zeros((*v.shape, 3))
    out[..., 0, 1], out[..., 0, 2], out[..., 1, 2] = -v[..., 2], v[..., 1], -v[..., 0]
    out[..., 1, 0], out[..., 2, 0], out[..., 2, 1] = v[..., 2], -v[..., 1], v[..., 0]
    return out


def rotation_of(vectors: npt.ArrayLike) -> Array:
    """Rotation vectors (..., 3) in radians → rotations (..., 3, 3)."""
    v = np.asarray(vectors, dtype=np.float64)
    angle = np.linalg.norm(v, axis=-1)[..., None, None]
    cross = skew(v)
    # sin x / x and (1 − cos x) / x² without a division by a vanishing angle
    first = np.sinc(angle / np.pi)
    second = 0.5 * np.sinc(angle / (2 * np.pi)) ** 2
    return np.eye(3) + first * cross + second * (cross @ cross)


def rotation_vector(R: npt.ArrayLike) -> Array:
    """Rotations (..., 3, 3) → axis times angle (..., 3) in radians, angle in 0..π; exact for tiny angles too."""
    m = np.asarray(R, dtype=np.float64)
    # 4 q qᵀ of the unit quaternion (w, x, y, z): its column with the largest diagonal never loses digits
    square = np.empty((*m.shape[:-2], 4, 4))
    diagonal = [m[..., i, i] for i in range(3)]
    square[..., 0, 0] = 1 + diagonal[0] + diagonal[1] + diagonal[2]
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        square[..., i + 1, i + 1] = 1 + diagonal[i] - diagonal[j] - diagonal[k]
        square[..., 0, i + 1] = square[..., i + 1, 0] = m[..., k, j] - m[..., j, k]
        square[..., j + 1, k + 1] = square[..., k + 1, j + 1] = m[..., j, k] + m[..., k, j]
    largest = np.argmax(np.diagonal(square, axis1=-2, axis2=-1), axis=-1)
    q = np.take_along_axis(square, largest[..., None, None], axis=-1)[..., 0]
    q = q / np.linalg.norm(q, axis=-1, keepdims=True)
    q = np.where(q[..., :1] < 0, -q, q)
    sine = np.linalg.norm(q[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, q[..., :1])
    return np.where(sine > 0, angle / np.where(sine > 0, sine, 1.0), 2.0) * q[..., 1:]


def nearest_rotation(matrix: npt.ArrayLike) -> Array:
    """The rotation (..., 3, 3) nearest to a matrix (..., 3, 3), det +1."""
    U, _, Vt = np.linalg.svd(np.asarray(matrix, dtype=np.float64))
    sign = np.sign(np.linalg.det(U @ Vt))
    U = np.concatenate([U[..., :2], U[..., 2:] * np.where(sign == 0, 1.0, sign)[..., None, None]], axis=-1)
    return U @ Vt
