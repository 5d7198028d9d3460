"""Figures of one predicted view against its photograph, each beside what costs nothing to reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from mouseview.metrics.pixels import F64, checked, checked_plane, same_size
from mouseview.metrics.ssim import interior_mean, ssim_map

COLLAPSE_ALPHA = 0.1
"""Mean predicted alpha inside the truth's mask below which a prediction counts as collapsed to background."""


@dataclass(frozen=True)
class Scores:
    """PSNR in dB (inf for identical pixels), SSIM −1..1. ``_subject``: over the subject's pixels only.

    None where there is nothing to measure: no alpha says where the subject is, the subject has no pixel, or the
    prediction has no alpha.

    white_baseline: PSNR of a blank white image.  mean_colour_baseline: PSNR of the truth with its subject painted
    its own mean colour; over the whole image the background is the truth's own.  silhouette_iou: of predicted and
    true alpha above the threshold.  subject_alpha: mean predicted alpha on the subject's pixels.
    """

    psnr: float
    psnr_subject: float | None
    ssim: float
    ssim_subject: float | None
    white_baseline: float
    white_baseline_subject: float | None
    mean_colour_baseline: float | None
    mean_colour_baseline_subject: float | None
    silhouette_iou: float | None
    subject_alpha: float | None
    pixels: int
    subject_pixels: int

    @property
    def white_collapse(self) -> bool | None:
        """The subject is all but absent from the prediction."""
        return None if self.subject_alpha is None else self.subject_alpha < COLLAPSE_ALPHA

    @property
    def gain_over_white_subject(self) -> float | None:
        """dB on the subject over a blank white image."""
        return _difference(self.psnr_subject, self.white_baseline_subject)

    @property
    def gain_over_mean_colour_subject(self) -> float | None:
        """dB on the subject over painting it its mean colour."""
        return _difference(self.psnr_subject, self.mean_colour_baseline_subject)


def compare(
    prediction: npt.ArrayLike,
    truth: npt.ArrayLike,
    alpha: npt.ArrayLike | None = None,
    subject_threshold: float = 0.5,
) -> Scores:
    """Scores of ``prediction`` (H, W, 3|4) against ``truth`` (H, W, 3|4), float in 0..1, both RGB already composited.

    alpha: (H, W) of the truth, in 0..1 or bool, by default its fourth channel; the subject is where it exceeds
    ``subject_threshold``. A fourth channel of the prediction is its alpha. Predicted colours outside 0..1 are
    clipped, as saving would do. Raises ``MouseViewError`` for whole-number, non-finite or unequal images, and for a
    truth outside 0..1.
    """
    predicted = checked("prediction", prediction, clip=True)
    true = checked("truth", truth, clip=False)
    same_size(predicted, true)
    if alpha is not None:
        cover: F64 | None = checked_plane("alpha", alpha, true.shape[:2])
    else:
        cover = true[..., 3] if true.shape[2] == 4 else None
    predicted_alpha = predicted[..., 3] if predicted.shape[2] == 4 else None
    rgb, true_rgb = predicted[..., :3], true[..., :3]
    subject = None if cover is None else cover > subject_threshold
    if subject is not None and not subject.any():
        subject = None

    similarity = ssim_map(rgb, true_rgb)
    whole = np.ones(true.shape[:2], bool)
    white = np.ones_like(true_rgb)
    painted = true_rgb.copy()
    if subject is not None:
        painted[subject] = true_rgb[subject].mean(axis=0)

    iou = None
    if predicted_alpha is not None and subject is not None:
        silhouette = predicted_alpha > subject_threshold
        iou = float(np.count_nonzero(silhouette & subject) / np.count_nonzero(silhouette | subject))
    return Scores(
        psnr=_psnr(rgb, true_rgb, whole),
        psnr_subject=None if subject is None else _psnr(rgb, true_rgb, subject),
        ssim=interior_mean(similarity),
        ssim_subject=None if subject is None else float(similarity[subject].mean()),
        white_baseline=_psnr(white, true_rgb, whole),
        white_baseline_subject=None if subject is None else _psnr(white, true_rgb, subject),
        mean_colour_baseline=None if subject is None else _psnr(painted, true_rgb, whole),
        mean_colour_baseline_subject=None if subject is None else _psnr(painted, true_rgb, subject),
        silhouette_iou=iou,
        subject_alpha=None if subject is None or predicted_alpha is None else float(predicted_alpha[subject].mean()),
        pixels=whole.size,
        subject_pixels=0 if subject is None else int(np.count_nonzero(subject)),
    )


def pooled(scores: Sequence[Scores]) -> Scores:
    """One set of figures for several views: errors are averaged over all their pixels before they become dB, SSIM,
    IoU and alpha over views in proportion to their pixels. Views without a figure do not take part in it."""
    if not scores:
        raise ValueError("nothing to pool")
    in_db = {f.name for f in fields(Scores) if f.name.startswith("psnr") or "baseline" in f.name}
    of_subject = {f.name for f in fields(Scores) if f.name.endswith("_subject")} | {"silhouette_iou", "subject_alpha"}
    figures: dict[str, float | None] = {}
    for name in (f.name for f in fields(Scores) if not f.name.endswith("pixels")):
        known = [s for s in scores if getattr(s, name) is not None]
        if not known:
            figures[name] = None
            continue
        weights = [s.subject_pixels if name in of_subject else s.pixels for s in known]
        values = np.array([getattr(s, name) for s in known])
        if name in in_db:
            figures[name] = _decibels(float(np.average(10 ** (-values / 10), weights=weights)))
        else:
            figures[name] = float(np.average(values, weights=weights))
    return Scores(
        **figures,  # type: ignore[arg-type]
        pixels=sum(s.pixels for s in scores),
        subject_pixels=sum(s.subject_pixels for s in scores),
    )


def _psnr(prediction: F64, truth: F64, where: npt.NDArray[np.bool_]) -> float:
    return _decibels(float(np.mean((prediction[where] - truth[where]) ** 2)))


def _decibels(mean_square: float) -> float:
    return -10.0 * float(np.log10(mean_square)) if mean_square > 0 else float("inf")


def _difference(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None or a == b == float("inf") else a - b
