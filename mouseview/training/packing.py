"""A mouse as one flat array, so that worker processes can hand it over without importing torch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mouseview.phantom import make_mouse

# columns: xyz relative to the mouse's centre, mm; rgb; scale, mm; quaternion wxyz; opacity
XYZ, RGB, SCALE, ROTATION, OPACITY = slice(0, 3), slice(3, 6), slice(6, 9), slice(9, 13), 13
COLUMNS = 14
_SH_C0 = 0.28209479177387814


def packed_mouse(seed: int, count: int, coat: str | None = None) -> npt.NDArray[np.float32]:
    """(count, 14) float32."""
    mouse = make_mouse(seed, coat, count=count)
    g = mouse.gaussians
    out = np.empty((count, COLUMNS), dtype=np.float32)
    out[:, XYZ] = g.xyz - mouse.centre
    out[:, RGB] = np.clip(0.5 + _SH_C0 * g.sh[:, 0], 0.0, 1.0)
    out[:, SCALE] = g.scale
    out[:, ROTATION] = g.rotation
    out[:, OPACITY] = g.opacity
    return out
