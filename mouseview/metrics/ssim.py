"""Structural similarity, the variant of Wang et al. 2004."""

from __future__ import annotations

import cv2
import numpy as np

from mouseview.metrics.pixels import F64
from mouseview.model.errors import MouseViewError

WINDOW = 11
SIGMA = 1.5
MARGIN = WINDOW // 2
_C1, _C2 = 0.01**2, 0.03**2  # for a data range of 1


def ssim_map(prediction: F64, truth: F64) -> F64:
    """(H, W) from two (H, W, C) float64 images in 0..1: Gaussian window of 11 px with σ = 1.5, population
    covariances, K1 = 0.01, K2 = 0.03, mean over channels. The border is mirrored; the outer 5 px depend on that.
    """
    if min(truth.shape[:2]) < WINDOW:
        raise MouseViewError(
            f"images of {truth.shape[1]} × {truth.shape[0]} px are smaller than the {WINDOW} px window of SSIM",
            place="compare",
            remedy="Compare larger images.",
        )
    taps = np.exp(-0.5 * ((np.arange(WINDOW) - MARGIN) / SIGMA) ** 2)
    taps /= taps.sum()

    def mean(image: F64) -> F64:
        return cv2.sepFilter2D(image, cv2.CV_64F, taps, taps, borderType=cv2.BORDER_REFLECT).reshape(image.shape)

    mean_a, mean_b = mean(prediction), mean(truth)
    variance_a = mean(prediction * prediction) - mean_a * mean_a
    variance_b = mean(truth * truth) - mean_b * mean_b
    covariance = mean(prediction * truth) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + _C1) / (mean_a**2 + mean_b**2 + _C1)
    structure = (2 * covariance + _C2) / (variance_a + variance_b + _C2)
    return np.mean(luminance * structure, axis=-1)


def interior_mean(similarity: F64) -> float:
    """Mean of a map over the pixels whose whole window lies inside the image: the published figure."""
    return float(similarity[MARGIN:-MARGIN, MARGIN:-MARGIN].mean())
