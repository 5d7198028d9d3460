"""All modes judged on the same source pixels: the truth itself must score high there in every exact mode."""

from __future__ import annotations

import numpy as np
import pytest

from mouseview.model.errors import Cancelled, CheckpointError
from mouseview.model.finding import Truth
from mouseview.model.recipe import Mode, Recipe
from mouseview.model.sample import Sample
from mouseview.phantom.mouse import Mouse
from mouseview.phantom.rig import HELD_OUT
from mouseview.workflow.compare_modes import ModeResult, compare_modes, comparison_camera, shrink
from mouseview.workflow.reconstruct import HELD_OUT as HELD_OUT_ROLE
from mouseview.workflow.reconstruct import INPUT
from mouseview.workflow.report import headline
from tests.rigs import mouse_ring
from tests.scene import photographed
from tests.workflow.stage import TruthfulClient, fed_names, phantom_sample, small_rig

EXACT = (Mode.EXACT_AIMED, Mode.EXACT_CENTRED, Mode.EXACT_ZOOM)
FALSE = (Mode.DISTANCE_ONLY, Mode.FORCED_K, Mode.PIXEL_BASED)
VIEWS = ("cam_000", "cam_001", "cam_003", "cam_005", "held_side")


@pytest.fixture(scope="module")
def phantom() -> tuple[Mouse, Sample]:
    return phantom_sample(small_rig().subset(VIEWS))


def client_for(phantom: tuple[Mouse, Sample]) -> TruthfulClient:
    mouse, sample = phantom
    return TruthfulClient(mouse, sample.rig.subset(fed_names(sample.rig)))


@pytest.fixture(scope="module")
def results(phantom: tuple[Mouse, Sample]) -> dict[Mode, ModeResult]:
    client = client_for(phantom)
    compared = compare_modes(phantom[1], held_out=("held_side",), client=client)
    assert client.requests == len(Mode)
    assert not client.closed  # a client that was lent is given back alive
    return {result.mode: result for result in compared}


@pytest.mark.parametrize("mode", EXACT)
def test_the_truth_scores_high_wherever_the_mode_is_exact(results: dict[Mode, ModeResult], mode: Mode) -> None:
    assert results[mode].truth is Truth.TRUE
    assert len(results[mode].views) == len(VIEWS)
    for view in results[mode].views:
        assert view.scores.psnr_subject is not None
        assert view.scores.psnr_subject > 28, view.name
        assert view.scores.silhouette_iou is not None
        assert view.scores.silhouette_iou > 0.97, view.name


@pytest.mark.parametrize("mode", FALSE)
def test_false_modes_pay_for_what_they_declare(results: dict[Mode, ModeResult], mode: Mode) -> None:
    assert results[mode].truth is Truth.FALSE
    best_false = max(results[mode].input_psnr_subject, results[mode].heldout_psnr_subject)
    worst_exact = min(results[exact].heldout_psnr_subject for exact in EXACT)
    assert best_false < worst_exact - 10


def test_raw_is_true_but_for_its_lens(results: dict[Mode, ModeResult]) -> None:
    raw = results[Mode.RAW]
    assert raw.truth is Truth.APPROXIMATE
    assert raw.input_psnr_subject > 24  # the gaussians are in millimetres and still at the right place
    pinholes = small_rig().subset(VIEWS)
    pinholes = pinholes.replace(
        cameras=tuple(camera.replace(distortion=np.zeros(0), K=_without_skew(camera.K)) for camera in pinholes)
    )
    without = phantom_sample(pinholes)
    (result,) = compare_modes(without[1], (Mode.RAW,), held_out=("held_side",), client=client_for(without))
    assert result.truth is Truth.TRUE
    assert result.heldout_psnr_subject > 28


def _without_skew(K: np.ndarray) -> np.ndarray:
    return K * np.array([[1, 0, 1], [1, 1, 1], [1, 1, 1]])


def test_every_mode_is_judged_on_the_same_pixels(results: dict[Mode, ModeResult]) -> None:
    first = results[Mode.EXACT_AIMED].views
    for result in results.values():
        assert [view.role for view in result.views] == [INPUT] * 4 + [HELD_OUT_ROLE]
        for view, other in zip(result.views, first, strict=True):
            np.testing.assert_array_equal(view.truth, other.truth)
            assert view.prediction.shape == view.truth.shape
        assert result.white_baseline_subject == results[Mode.EXACT_AIMED].white_baseline_subject


def test_the_headline_is_the_difference_of_the_modes(results: dict[Mode, ModeResult]) -> None:
    exact, forced = results[Mode.EXACT_AIMED], results[Mode.FORCED_K]
    key = headline(tuple(results.values()))
    assert key["exact_over_forced_k_db"] == pytest.approx(exact.heldout_psnr_subject - forced.heldout_psnr_subject)
    assert key["raw_white_collapse"] is False  # the truth in millimetres does not collapse; a network does


def test_comparison_camera_shares_the_focal_length_and_never_enlarges() -> None:
    source = mouse_ring()[0]
    view = comparison_camera(source, 549.0)
    assert view.fx == pytest.approx(549.0, rel=2e-3)
    assert view.fx / view.width == pytest.approx(source.fx / source.width)
    assert comparison_camera(source, 5000.0).size == source.size


def test_shrinking_never_lets_hidden_colour_through() -> None:
    image = np.zeros((8, 8, 4), np.uint16)
    image[..., 0] = 65535  # red that alpha hides
    image[:4, :, 3] = 65535
    small = shrink(image, 2, 2)
    np.testing.assert_allclose(small[0], [[1, 0, 0, 1]] * 2, atol=1e-6)
    np.testing.assert_allclose(small[1], [[1, 1, 1, 0]] * 2, atol=1e-6)


def test_a_mode_that_cannot_be_done_is_a_result_with_its_error(phantom: tuple[Mouse, Sample]) -> None:
    sample = photographed(mouse_ring((144, 128)), supersample=1)
    sources = tuple(
        None if source is None else type(source)(None, source.load, has_mask=False) for source in sample.sources
    )
    bare = Sample("bare", sample.rig, sources)
    client = TruthfulClient(phantom[0], sample.rig)
    pixel, forced = compare_modes(bare, (Mode.PIXEL_BASED, Mode.FORCED_K), client=client)
    assert pixel.error is not None
    assert "mask" in pixel.error
    assert pixel.reconstruction is None
    assert pixel.truth is Truth.FALSE
    assert np.isnan(pixel.heldout_psnr_subject)
    assert not pixel.white_collapse
    assert forced.error is None


def test_cancelling_ends_all_modes(phantom: tuple[Mouse, Sample]) -> None:
    client = client_for(phantom)
    with pytest.raises(Cancelled):
        compare_modes(phantom[1], held_out=HELD_OUT[:1], client=client, cancelled=lambda: client.requests > 0)
    assert client.requests == 1


def test_a_checkpoint_that_cannot_be_used_ends_all_modes(phantom: tuple[Mouse, Sample]) -> None:
    with pytest.raises(CheckpointError):
        compare_modes(phantom[1], (Mode.RAW, Mode.FORCED_K), checkpoint="no such thing", recipe=Recipe())
