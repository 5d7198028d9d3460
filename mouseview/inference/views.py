"""The arrays an engine takes, checked once for the engine and for the worker's client; torch-free."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.model.errors import EngineError

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

MAX_VIEWS = 64
_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class PosedViews:
    """images (V, H, W, 3) in 0..1, composited on white.  fxfycxcy (V, 4) px.  c2w (V, 4, 4), OpenCV axes."""

    images: F32
    fxfycxcy: F64
    c2w: F64


def posed_views(images: npt.ArrayLike, fxfycxcy: npt.ArrayLike, c2w: npt.ArrayLike) -> PosedViews:
    """Checked copies. A fourth channel (alpha) is dropped: the images are on white already.

    Raises ``EngineError`` naming the array for a wrong shape, NaN, values outside 0..1 or a focal length ≤ 0.
    """
    pixels = np.asarray(images)
    if pixels.ndim != 4 or pixels.shape[3] not in (3, 4) or 0 in pixels.shape:
        raise _refused("images", f"has shape {pixels.shape}; (V, H, W, 3 or 4) expected")
    if not np.issubdtype(pixels.dtype, np.floating):
        raise _refused("images", f"is {pixels.dtype}; floats in 0..1 expected")
    count = len(pixels)
    if count > MAX_VIEWS:
        raise _refused("images", f"holds {count} views; at most {MAX_VIEWS}")
    rgb = np.ascontiguousarray(pixels[..., :3], dtype=np.float32)
    low, high = float(rgb.min()), float(rgb.max())
    if not (low >= -_TOLERANCE and high <= 1 + _TOLERANCE):  # written so that NaN is refused too
        raise _refused("images", f"has values from {low:g} to {high:g}; 0..1 expected")
    intrinsics = _finite("fxfycxcy", fxfycxcy, (count, 4))
    if (intrinsics[:, :2] <= 0).any():
        raise _refused("fxfycxcy", "has a focal length that is not positive")
    return PosedViews(rgb, intrinsics, _finite("c2w", c2w, (count, 4, 4)))


def _finite(name: str, values: npt.ArrayLike, shape: tuple[int, ...]) -> F64:
    array = np.ascontiguousarray(values, dtype=np.float64)
    if array.shape != shape:
        raise _refused(name, f"has shape {array.shape}; {shape} expected")
    if not np.isfinite(array).all():
        raise _refused(name, "holds NaN or infinity")
    return array


def _refused(name: str, why: str) -> EngineError:
    return EngineError(f"{name} {why}", place="input of the network", remedy="normalise the sample before running it")
