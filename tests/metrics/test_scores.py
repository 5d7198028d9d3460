"""Metrics against slow formulas written on their own, and laws that any score must keep."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.metrics import Scores, compare, pooled, to_float
from mouseview.metrics.pixels import checked
from mouseview.metrics.ssim import ssim_map
from mouseview.model.errors import MouseViewError


def views(seed: int, height: int = 30, width: int = 26) -> tuple[np.ndarray, np.ndarray]:
    """A prediction (H, W, 4) and a truth (H, W, 4) with a disc as subject on white."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    disc = np.hypot(y - height / 2, x - width / 2) < 8
    truth = np.ones((height, width, 4), np.float32)
    truth[..., :3][disc] = rng.uniform(0.0, 0.8, (disc.sum(), 3))
    truth[..., 3] = disc
    prediction = np.clip(truth + rng.normal(0, 0.08, truth.shape), 0, 1).astype(np.float32)
    return prediction, truth


def slow_ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Wang et al. 2004, equation 13, window by window over one channel: weighted means, variances, covariance."""
    g = np.array([[math.exp(-((u - 5) ** 2 + (v - 5) ** 2) / (2 * 1.5**2)) for u in range(11)] for v in range(11)])
    g /= g.sum()
    values = []
    for top in range(a.shape[0] - 10):
        for left in range(a.shape[1] - 10):
            p, q = a[top : top + 11, left : left + 11], b[top : top + 11, left : left + 11]
            mp, mq = (g * p).sum(), (g * q).sum()
            vp, vq = (g * (p - mp) ** 2).sum(), (g * (q - mq) ** 2).sum()
            cov = (g * (p - mp) * (q - mq)).sum()
            values.append(((2 * mp * mq + 1e-4) * (2 * cov + 9e-4)) / ((mp * mp + mq * mq + 1e-4) * (vp + vq + 9e-4)))
    return float(np.mean(values))


def test_ssim_is_the_published_formula() -> None:
    prediction, truth = views(1)
    expected = np.mean(
        [slow_ssim(*(image[..., c].astype(np.float64) for image in (prediction, truth))) for c in range(3)]
    )
    assert 0.2 < expected < 0.98
    assert compare(prediction, truth).ssim == pytest.approx(expected, abs=1e-9)


def test_ssim_of_the_subject_is_the_mean_of_the_map() -> None:
    prediction, truth = views(2)
    similarity = ssim_map(prediction[..., :3].astype(np.float64), truth[..., :3].astype(np.float64))
    scores = compare(prediction, truth)
    assert scores.ssim_subject == pytest.approx(similarity[truth[..., 3] > 0.5].mean(), abs=1e-12)
    assert scores.ssim_subject != scores.ssim


def test_psnr_and_every_baseline_by_hand() -> None:
    prediction, truth = views(3)
    scores = compare(prediction, truth)
    inside = truth[..., 3] > 0.5

    def db(a: np.ndarray, b: np.ndarray) -> float:
        return 10 * math.log10(1 / np.mean((a.astype(np.float64) - b) ** 2))

    rgb, true = prediction[..., :3], truth[..., :3]
    assert scores.psnr == pytest.approx(db(rgb, true))
    assert scores.psnr_subject == pytest.approx(db(rgb[inside], true[inside]))
    assert scores.white_baseline == pytest.approx(db(np.ones_like(true), true))
    assert scores.white_baseline_subject == pytest.approx(db(np.ones_like(true[inside]), true[inside]))
    flat = true[inside].astype(np.float64).mean(axis=0)
    assert scores.mean_colour_baseline_subject == pytest.approx(db(np.tile(flat, (inside.sum(), 1)), true[inside]))
    share = inside.mean()  # the background costs nothing, so the error is spread over more pixels
    assert scores.mean_colour_baseline == pytest.approx(scores.mean_colour_baseline_subject - 10 * math.log10(share))
    assert scores.gain_over_white_subject == pytest.approx(scores.psnr_subject - scores.white_baseline_subject)
    assert (scores.pixels, scores.subject_pixels) == (inside.size, inside.sum())


def test_identical_images_score_infinity() -> None:
    _, truth = views(4)
    scores = compare(truth, truth)
    assert scores.psnr == scores.psnr_subject == math.inf
    assert scores.ssim == pytest.approx(1) == scores.ssim_subject
    assert scores.silhouette_iou == 1
    assert scores.white_collapse is False


def test_a_blank_white_image_scores_its_baseline_and_is_called_collapsed() -> None:
    _, truth = views(5)
    blank = np.ones_like(truth)
    blank[..., 3] = 0
    scores = compare(blank, truth)
    assert scores.psnr == scores.white_baseline
    assert scores.psnr_subject == scores.white_baseline_subject
    assert scores.gain_over_white_subject == 0
    assert scores.silhouette_iou == 0
    assert scores.subject_alpha == 0
    assert scores.white_collapse is True


def test_silhouette_iou_counts_pixels() -> None:
    truth = np.ones((12, 12, 4))
    truth[..., 3] = 0
    truth[2:6, 2:6, 3] = 1
    prediction = truth.copy()
    prediction[..., 3] = 0
    prediction[4:8, 2:6, 3] = 0.7
    assert compare(prediction, truth).silhouette_iou == pytest.approx(8 / 24)


def test_without_alpha_only_the_whole_image_is_measured() -> None:
    prediction, truth = views(6)
    scores = compare(prediction[..., :3], truth[..., :3])
    assert scores.psnr == compare(prediction, truth).psnr
    for name in ("psnr_subject", "ssim_subject", "white_baseline_subject", "mean_colour_baseline", "silhouette_iou"):
        assert getattr(scores, name) is None
    assert scores.white_collapse is None
    assert scores.gain_over_mean_colour_subject is None
    given_mask = compare(prediction, truth[..., :3], alpha=truth[..., 3] > 0.5)
    assert given_mask == compare(prediction, truth)
    empty = compare(prediction, truth[..., :3], alpha=np.zeros(truth.shape[:2]))
    assert empty.psnr_subject is None
    assert empty.subject_pixels == 0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), noise=st.floats(0.01, 0.2))
def test_more_noise_never_scores_better(seed: int, noise: float) -> None:
    _, truth = views(seed)
    error = np.random.default_rng(seed).normal(0, 1, truth.shape)
    soft = 0.25 + 0.5 * truth[..., :3]  # away from 0 and 1, so nothing is clipped away
    few, many = (compare(soft + s * noise * np.clip(error[..., :3], -1.2, 1.2), soft) for s in (0.5, 1.0))
    assert few.psnr == pytest.approx(many.psnr + 20 * math.log10(2), abs=1e-4)
    assert few.ssim > many.ssim


def test_pooled_is_one_large_image() -> None:
    (a, ta), (b, tb) = views(7), views(8)
    b = np.clip(b + 0.1, 0, 1)
    together = pooled([compare(a, ta), compare(b, tb)])
    joint = compare(np.concatenate([a, b]), np.concatenate([ta, tb]))
    for name in ("psnr", "psnr_subject", "white_baseline", "white_baseline_subject", "subject_alpha"):
        assert getattr(together, name) == pytest.approx(getattr(joint, name)), name
    assert together.pixels == joint.pixels
    assert together.subject_pixels == joint.subject_pixels
    assert together.ssim == pytest.approx((compare(a, ta).ssim + compare(b, tb).ssim) / 2)


def test_pooled_keeps_what_is_known_and_infinity() -> None:
    prediction, truth = views(9)
    known, unknown = compare(prediction, truth), compare(prediction[..., :3], truth[..., :3])
    mixed = pooled([known, unknown])
    assert mixed.psnr_subject == pytest.approx(known.psnr_subject)
    assert pooled([unknown]).psnr_subject is None
    assert pooled([compare(truth, truth)] * 2).psnr == math.inf
    assert isinstance(mixed, Scores)
    with pytest.raises(ValueError, match="nothing"):
        pooled([])


@pytest.mark.parametrize(
    ("prediction", "truth", "message"),
    [
        (np.ones((20, 20, 3)), np.ones((20, 21, 3)), "20 × 20 px and 21 × 20 px"),
        (np.ones((20, 20)), np.ones((20, 20, 3)), "shape"),
        (np.ones((20, 20, 3), np.uint8), np.ones((20, 20, 3)), "to_float"),
        (np.ones((20, 20, 3)), 255 * np.ones((20, 20, 3)), "not 0 to 1"),
        (np.full((20, 20, 3), np.nan), np.ones((20, 20, 3)), "NaN"),
        (np.ones((0, 20, 3)), np.ones((0, 20, 3)), "shape"),
        (np.ones((8, 20, 3)), np.ones((8, 20, 3)), "11 px window"),
    ],
)
def test_unusable_images_are_refused(prediction: np.ndarray, truth: np.ndarray, message: str) -> None:
    with pytest.raises(MouseViewError, match=message) as caught:
        compare(prediction, truth)
    assert caught.value.place
    assert caught.value.remedy


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(MouseViewError, match="shape"):
        compare(np.ones((20, 20, 3)), np.ones((20, 20, 3)), alpha=np.ones((20, 19)))


def test_whole_numbers_become_floats() -> None:
    assert to_float(np.array([0, 128, 255], np.uint8)).tolist() == pytest.approx([0, 128 / 255, 1])
    assert to_float(np.array([0, 65535], np.uint16)).tolist() == [0, 1]
    assert to_float(np.zeros(1, np.uint16)).dtype == np.float32
    with pytest.raises(MouseViewError, match="int32"):
        to_float(np.zeros(1, np.int32))


def test_a_bright_prediction_is_clipped_as_a_saved_image_would_be() -> None:
    bright = np.full((12, 12, 3), 1.3, np.float32)
    assert checked("prediction", bright, clip=True).max() == 1
    assert compare(bright, np.ones((12, 12, 3))).psnr == math.inf
