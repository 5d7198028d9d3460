"""What a comparison takes: float images of one size, values in 0..1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mouseview.model.errors import MouseViewError
from mouseview.model.gaussians import F32

F64 = npt.NDArray[np.float64]
_SLACK = 1e-4  # rounding of whoever resampled the image


def to_float(image: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]) -> F32:
    """uint8 or uint16 of any shape → float32 in 0..1."""
    full = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}.get(image.dtype)
    if full is None:
        raise _refused("image", f"has type {image.dtype}, not uint8 or uint16", "Give whole numbers of 8 or 16 bits.")
    return image.astype(np.float32) / np.float32(full)


def checked(name: str, image: npt.ArrayLike, *, clip: bool) -> F64:
    """(H, W, 3 or 4) float64 in 0..1. With ``clip``, values outside are clipped as a saved image would be; without,
    they are refused, as is anything that is not float or not finite."""
    array = np.asarray(image)
    if array.ndim != 3 or array.shape[2] not in (3, 4) or 0 in array.shape:
        raise _refused(name, f"has shape {array.shape}, not (H, W, 3) or (H, W, 4)", "Give one image with RGB or RGBA.")
    return _unit(name, array, clip)


def checked_plane(name: str, plane: npt.ArrayLike, shape: tuple[int, ...]) -> F64:
    """(H, W) float64 in 0..1 of the given shape; booleans count as 0 and 1."""
    array = np.asarray(plane)
    if array.shape != shape:
        raise _refused(name, f"has shape {array.shape}, not {shape}", "Give one value per pixel of the images.")
    return _unit(name, array.astype(np.float32) if array.dtype == np.bool_ else array, clip=False)


def same_size(prediction: F64, truth: F64) -> None:
    if prediction.shape[:2] != truth.shape[:2]:
        sizes = " and ".join(f"{image.shape[1]} × {image.shape[0]} px" for image in (prediction, truth))
        raise _refused("prediction and truth", f"differ in size: {sizes}", "Render at the truth's size.")


def _unit(name: str, array: npt.NDArray[np.generic], clip: bool) -> F64:
    if not np.issubdtype(array.dtype, np.floating):
        raise _refused(name, f"has type {array.dtype}, not float", "Convert whole numbers with compare.to_float.")
    values = array.astype(np.float64)
    if not np.all(np.isfinite(values)):
        raise _refused(name, "holds NaN or infinite values", "Find out what produced them before comparing.")
    if not clip and (values.min() < -_SLACK or values.max() > 1 + _SLACK):
        raise _refused(name, f"ranges {values.min():.4g} to {values.max():.4g}, not 0 to 1", "Scale it to 0..1.")
    return np.clip(values, 0.0, 1.0)


def _refused(name: str, message: str, remedy: str) -> MouseViewError:
    return MouseViewError(message, place=f"compare, {name}", remedy=remedy)
