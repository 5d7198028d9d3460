"""Difference images on fixed scales, so that two views or two runs can be compared by eye."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from mouseview.metrics import colour_maps
from mouseview.metrics.colour_maps import U8
from mouseview.metrics.pixels import checked, same_size
from mouseview.metrics.ssim import ssim_map
from mouseview.model.gaussians import F32

LEGEND_HEIGHT_PX = 16
_LUMA = np.array([0.2126, 0.7152, 0.0722])


class DifferenceKind(StrEnum):
    ABSOLUTE = "absolute"  # mean over RGB of |prediction − truth|
    SIGNED = "signed"  # luma of the prediction minus luma of the truth
    SSIM = "ssim"  # 1 − SSIM


SCALES: dict[DifferenceKind, tuple[float, float]] = {
    DifferenceKind.ABSOLUTE: (0.0, 0.25),
    DifferenceKind.SIGNED: (-0.25, 0.25),
    DifferenceKind.SSIM: (0.0, 1.0),
}

MEANINGS: dict[DifferenceKind, str] = {
    DifferenceKind.ABSOLUTE: "mean absolute difference of RGB",
    DifferenceKind.SIGNED: "prediction darker (blue) or brighter (red) than the truth",
    DifferenceKind.SSIM: "1 − SSIM: structure missing or invented",
}


@dataclass(frozen=True, eq=False)
class Difference:
    """values (H, W) float32; image (H, W, 3) uint8, the values painted between ``low`` and ``high``; legend
    (16, 256, 3) uint8, low on the left; meaning: one line to stand beside the legend."""

    kind: DifferenceKind
    values: F32
    image: U8
    legend: U8
    low: float
    high: float
    meaning: str


def difference(
    prediction: npt.ArrayLike,
    truth: npt.ArrayLike,
    kind: DifferenceKind = DifferenceKind.ABSOLUTE,
    scale: tuple[float, float] | None = None,
) -> Difference:
    """How ``prediction`` (H, W, 3|4) differs from ``truth`` (H, W, 3|4), float in 0..1; alpha is not looked at.

    scale: (low, high) instead of the fixed one of the kind. Raises ``MouseViewError`` as ``compare`` does.
    """
    kind = DifferenceKind(kind)
    predicted, true = checked("prediction", prediction, clip=True), checked("truth", truth, clip=False)
    same_size(predicted, true)
    a, b = predicted[..., :3], true[..., :3]
    match kind:
        case DifferenceKind.ABSOLUTE:
            values = np.abs(a - b).mean(axis=-1)
        case DifferenceKind.SIGNED:
            values = (a - b) @ _LUMA
        case DifferenceKind.SSIM:
            values = 1.0 - ssim_map(a, b)
    low, high = SCALES[kind] if scale is None else scale
    if not low < high:
        raise ValueError(f"a scale needs low < high, got {low} and {high}")
    colours = colour_maps.diverging() if kind is DifferenceKind.SIGNED else colour_maps.sequential()
    return Difference(
        kind=kind,
        values=values.astype(np.float32),
        image=colour_maps.paint(values, low, high, colours),
        legend=np.repeat(colours[None], LEGEND_HEIGHT_PX, axis=0),
        low=low,
        high=high,
        meaning=MEANINGS[kind],
    )
