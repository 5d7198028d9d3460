"""Rotation matrices from and to quaternions of calibration files; rotation vectors are in ``geometry.rotations``."""

from __future__ import annotations

import numpy as np

from mouseview.geometry.transforms import Array


def from_quaternion(wxyz: Array) -> Array:
    """(3, 3) of a quaternion (4,), real part first, of any length; NaN for zero and for what is not finite."""
    with np.errstate(all="ignore"):
        largest = np.max(np.abs(wxyz))
        scaled = wxyz / largest  # so that neither huge nor tiny ones over- or underflow when squared
        w, x, y, z = scaled / np.linalg.norm(scaled)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def to_quaternion(R: Array) -> Array:
    """(4,) unit quaternion, real part first and not negative, of a proper rotation (3, 3)."""
    # four times the products of the components; the row of the largest one loses no digits
    products = np.array(
        [
            [1 + R[0, 0] + R[1, 1] + R[2, 2], R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]],
            [R[2, 1] - R[1, 2], 1 + R[0, 0] - R[1, 1] - R[2, 2], R[1, 0] + R[0, 1], R[0, 2] + R[2, 0]],
            [R[0, 2] - R[2, 0], R[1, 0] + R[0, 1], 1 - R[0, 0] + R[1, 1] - R[2, 2], R[2, 1] + R[1, 2]],
            [R[1, 0] - R[0, 1], R[0, 2] + R[2, 0], R[2, 1] + R[1, 2], 1 - R[0, 0] - R[1, 1] + R[2, 2]],
        ]
    )
    row = products[int(np.argmax(np.diagonal(products)))]
    quaternion = row / np.linalg.norm(row)
    return -quaternion if quaternion[0] < 0 else quaternion
