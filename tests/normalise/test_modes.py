"""Every mode on one rig: what is declared, what is true, and how both are labelled."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.geometry.transforms import Rigid, Similarity
from mouseview.model.errors import MouseViewError
from mouseview.model.finding import Truth
from mouseview.model.prepared import Prepared, SubjectCentre
from mouseview.model.recipe import CentreSource, Mode, Recipe
from mouseview.model.sample import Sample
from mouseview.normalise.centres import choose_centre, subject_centres
from mouseview.normalise.plan import OCCUPANCY, make_plan
from mouseview.normalise.prepare import prepare, source_to_canonical, to_world_mm
from mouseview.resources import model_format
from tests.rigs import SUBJECT_MM, conforming_ring, mouse_ring, with_camera
from tests.scene import Ellipsoid, photographed, sample_of

SIZE = (288, 256)
FORMAT = model_format("mouse-256")


@cache
def sample() -> Sample:
    return photographed(mouse_ring(SIZE))


@cache
def prepared(mode: Mode, **changes: object) -> Prepared:
    return prepare(sample(), dataclasses.replace(Recipe(mode=mode, model="mouse-256"), **changes))


EXACT = (Mode.EXACT_AIMED, Mode.EXACT_CENTRED, Mode.EXACT_ZOOM)


@pytest.mark.parametrize("mode", list(Mode))
def test_honest_label(mode: Mode) -> None:
    verdict = prepared(mode).ledger.verdict
    expected = mode.truth
    assert verdict.truth is expected
    formats = {Mode.DISTANCE_MATCHED, Mode.FORCED_K, Mode.PIXEL_BASED}
    if mode is Mode.DISTANCE_MATCHED:
        assert verdict.in_format
    elif mode not in formats:
        assert not verdict.in_format


@pytest.mark.parametrize("mode", list(Mode))
def test_shapes_and_white_padding(mode: Mode) -> None:
    result = prepared(mode)
    assert result.images.shape == (6, 256, 256, 4)
    assert result.images.dtype == np.float32
    assert result.rig.names == sample().rig.names
    outside = result.images[..., 3] == 0
    assert np.all(result.images[outside][:, :3] == 1.0)
    assert result.images.min() >= 0
    assert result.images.max() <= 1


@pytest.mark.parametrize("mode", EXACT)
def test_exact_modes_are_one_similarity(mode: Mode) -> None:
    result = prepared(mode)
    assert result.similarity is not None
    np.testing.assert_allclose(result.rig.centres, result.similarity.apply(sample().rig.centres), atol=1e-12)
    assert result.rig.distances(np.zeros(3)).mean() == pytest.approx(FORMAT.distance, abs=1e-12)


@pytest.mark.parametrize("mode", list(Mode))
@given(st.lists(st.floats(-12, 12), min_size=3, max_size=3))
@settings(max_examples=8, deadline=None)
def test_pixels_follow_the_world(mode: Mode, offset: list[float]) -> None:
    """A point of the world lands where the true camera sees it, whatever the mode."""
    result = prepared(mode)
    point = SUBJECT_MM + np.array(offset)
    world = result.chain[0]
    frame = Similarity(np.array(world["scale"]), np.array(world["rotation"]), np.array(world["translation"]))
    for index, camera in enumerate(sample().rig):
        pixel, seen = camera.project(point)
        assert seen
        there = source_to_canonical(result, index, camera, pixel)
        np.testing.assert_allclose(there, result.true_rig[index].project(frame.apply(point))[0], atol=1e-6)


@pytest.mark.parametrize("mode", list(Mode))
def test_source_to_canonical_agrees_with_the_pixels(mode: Mode) -> None:
    """The subject's centroid moves as the map says (its perspective shift stays below a pixel)."""
    result = prepared(mode)
    for index, camera in enumerate(sample().rig):
        mask = sample().image(index)[..., 3] > 127
        ys, xs = np.nonzero(mask)
        there = source_to_canonical(result, index, camera, np.stack([xs + 0.5, ys + 0.5], -1)).mean(axis=0)
        alpha = result.images[index, ..., 3]
        if alpha[[0, -1]].any() or alpha[:, [0, -1]].any():
            continue
        ys, xs = np.mgrid[:256, :256] + 0.5
        found = np.array([(alpha * xs).sum(), (alpha * ys).sum()]) / alpha.sum()
        np.testing.assert_allclose(found, there, atol=0.3)


@given(st.lists(st.floats(-200, 200), min_size=3, max_size=3))
def test_results_map_back_to_millimetres(point: list[float]) -> None:
    result = prepared(Mode.EXACT_AIMED)
    assert result.similarity is not None
    np.testing.assert_allclose(to_world_mm(result, result.similarity.apply(point)), point, atol=1e-9)


def test_aimed_cameras_look_at_the_origin() -> None:
    result = prepared(Mode.EXACT_AIMED)
    pixels = np.array([camera.project(np.zeros(3))[0] for camera in result.rig])
    np.testing.assert_allclose(pixels, 128.0, atol=1e-9)
    np.testing.assert_allclose([camera.K for camera in result.rig], FORMAT.K[None].repeat(6, 0))
    assert result.rig.cameras == result.true_rig.cameras


def test_centred_keeps_every_orientation() -> None:
    for mine, theirs in zip(prepared(Mode.EXACT_CENTRED).rig, sample().rig, strict=True):
        np.testing.assert_allclose(mine.pose.R, theirs.pose.R, atol=1e-12)


def test_zoom_is_declared_and_fits_the_subject() -> None:
    result = prepared(Mode.EXACT_ZOOM)
    zoom = result.rig[0].fx / FORMAT.focal
    assert zoom > 1.2
    assert all(camera.fx == pytest.approx(zoom * FORMAT.focal) for camera in result.rig)
    alpha = result.images[..., 3]
    assert not alpha[:, [0, -1]].any()
    assert not alpha[:, :, [0, -1]].any()
    reach = max(np.abs(np.argwhere(image > 0.5) + 0.5 - 128).max() for image in alpha)
    assert 0.88 * 128 < reach < 0.95 * 128
    assert prepared(Mode.EXACT_ZOOM, zoom=1.5).rig[0].fx == pytest.approx(1.5 * FORMAT.focal)


def test_distance_matched_is_true_on_one_plane() -> None:
    result = prepared(Mode.DISTANCE_MATCHED)
    assert result.similarity is None
    np.testing.assert_allclose(result.rig.distances(np.zeros(3)), FORMAT.distance, atol=1e-9)
    gaps = []
    for declared, true in zip(result.rig, result.true_rig, strict=True):
        across = declared.pose.R.T @ np.array([[0.2, 0, 0], [0, 0.2, 0]]).T
        deep = declared.pose.R.T @ np.array([0.1, 0.1, 0.3])
        np.testing.assert_allclose(declared.project(across.T)[0], true.project(across.T)[0], atol=1e-9)
        gaps.append(np.linalg.norm(declared.project(deep)[0] - true.project(deep)[0]))
        rows = {row.quantity: row for row in result.ledger.of(declared.name)}
        assert 0 < rows["projection error at the subject's radius"].after < 3
    assert max(gaps) > 0.05


def test_raw_keeps_poses_units_and_lens() -> None:
    result = prepared(Mode.RAW)
    source = sample().rig[0]
    np.testing.assert_allclose(result.rig[0].T_cam_world, source.T_cam_world)
    assert result.rig.units == "mm"
    np.testing.assert_allclose(result.true_rig[0].distortion, source.distortion)
    assert result.rig[0].is_pinhole
    scale = 256 / 288
    assert result.rig[0].cy == pytest.approx(scale * source.cy + (256 - scale * 256) / 2)
    rows = {row.quantity: row for row in result.ledger.of("")}
    assert rows["subject outside the ±1.8 window"].after > 95


def test_distance_only_moves_each_camera_by_itself() -> None:
    result = prepared(Mode.DISTANCE_ONLY)
    np.testing.assert_allclose(result.rig.distances(np.zeros(3)), FORMAT.distance, atol=1e-12)
    assert result.similarity is None
    assert result.true_rig.distances(np.zeros(3)).mean() == pytest.approx(FORMAT.distance)


def test_distance_only_refuses_a_camera_at_the_origin_it_measures_from() -> None:
    camera = mouse_ring(SIZE)[2]
    rig = with_camera(mouse_ring(SIZE), 2, T_cam_world=Rigid(camera.pose.R, np.zeros(3)).matrix)
    centre = SubjectCentre(CentreSource.POINT, SUBJECT_MM, None, "")
    with pytest.raises(MouseViewError, match="stands at the file's origin") as caught:
        make_plan(rig, (None,) * len(rig), centre, Recipe(mode=Mode.DISTANCE_ONLY), FORMAT)
    assert caught.value.place == camera.name
    assert "leave this view out" in caught.value.remedy


def test_forced_k_declares_the_format_over_a_crop() -> None:
    result = prepared(Mode.FORCED_K)
    np.testing.assert_allclose(result.rig[2].K, FORMAT.K)
    assert result.true_rig[2].fx == pytest.approx(sample().rig[2].fx)  # 256 of 288 px wide, to 256
    assert result.true_rig[2].cx == pytest.approx(sample().rig[2].cx - 16)
    assert result.rig.distances(np.zeros(3)).mean() == pytest.approx(FORMAT.distance)


def test_pixel_based_centres_and_fills_by_the_mask() -> None:
    result = prepared(Mode.PIXEL_BASED)
    for image in result.images:
        mask = image[..., 3] > 0.5
        assert np.sqrt(mask.mean()) == pytest.approx(OCCUPANCY, abs=0.01)
        np.testing.assert_allclose((np.argwhere(mask) + 0.5).mean(axis=0), 128, atol=0.5)
    forced = prepared(Mode.FORCED_K)
    for mine, theirs in zip(result.rig, forced.rig, strict=True):
        np.testing.assert_array_equal(mine.T_cam_world, theirs.T_cam_world)


def test_pixel_based_needs_masks() -> None:
    bare = sample_of(sample().images(), sample().rig, has_mask=False)
    with pytest.raises(MouseViewError, match="mask") as caught:
        prepare(bare, Recipe(mode=Mode.PIXEL_BASED, model="mouse-256"))
    assert caught.value.place == "cam0"
    assert caught.value.remedy


def test_only_fed_views_decide_scale_and_centre() -> None:
    fed = ("cam0", "cam2", "cam3", "cam5")
    result = prepared(Mode.EXACT_AIMED, views=fed)
    assert result.rig.names == sample().rig.names
    assert result.rig.subset(fed).distances(np.zeros(3)).mean() == pytest.approx(FORMAT.distance)
    recipe = Recipe(model="mouse-256", views=fed)
    np.testing.assert_array_equal(result.centre.point, choose_centre(sample(), recipe).point)
    with pytest.raises(MouseViewError, match="cam9"):
        prepare(sample(), Recipe(views=("cam9",)))


def test_mask_centroids_find_the_subject() -> None:
    first = subject_centres(sample())[0]
    assert first.source is CentreSource.MASKS
    assert np.linalg.norm(first.point - SUBJECT_MM) < 0.5
    assert first.residual is not None
    assert first.residual < 1.0


def test_recipe_may_fix_scale_and_point() -> None:
    result = prepared(Mode.EXACT_AIMED, centre=CentreSource.POINT, point=(40.0, 45.0, 25.0), scale=0.008)
    assert result.similarity is not None
    np.testing.assert_allclose(result.similarity.centre, [40, 45, 25], atol=1e-9)
    assert float(result.similarity.scale) == 0.008
    with pytest.raises(MouseViewError, match="point"):
        choose_centre(sample(), Recipe(centre=CentreSource.POINT))
    with pytest.raises(MouseViewError, match="labels"):
        choose_centre(sample(), Recipe(centre=CentreSource.LABELS))


@pytest.mark.parametrize("mode", [Mode.EXACT_AIMED, Mode.EXACT_CENTRED, Mode.DISTANCE_MATCHED, Mode.RAW, Mode.FORCED_K])
def test_a_conforming_rig_is_left_alone(mode: Mode) -> None:
    subject = Ellipsoid(np.array([0.05, 0.0, 0.02]), (0.4, 0.2, 0.2), 0.1)
    conforming = photographed(conforming_ring(), subject, supersample=1)
    result = prepare(conforming, Recipe(mode=mode))
    assert not result.resampled
    assert result.ledger.verdict.truth is Truth.TRUE
    assert result.ledger.verdict.in_format
    for mine, theirs, image, original in zip(
        result.rig, conforming.rig, result.images, conforming.images(), strict=True
    ):
        np.testing.assert_allclose(mine.T_cam_world, theirs.T_cam_world, atol=1e-12)
        solid = original[..., 3] == 255
        np.testing.assert_allclose(image[solid][:, :3], original[solid][:, :3] / 255, atol=1e-6)


def test_image_of_another_size_is_refused_by_name() -> None:
    images = sample().images()
    wrong = sample_of([images[0][:-4], *images[1:]], sample().rig)
    with pytest.raises(MouseViewError, match="288×252") as caught:
        prepare(wrong, Recipe(model="mouse-256"))
    assert caught.value.place == "cam0"


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    "change",
    [
        {"T_cam_world": np.full((4, 4), np.nan)},
        {"K": np.full((3, 3), np.nan)},
        {"distortion": np.array([np.nan])},
        {"T_cam_world": np.zeros((4, 4))},
    ],
)
def test_impossible_cameras_are_refused_by_name(mode: Mode, change: dict[str, object]) -> None:
    broken = dataclasses.replace(sample(), rig=with_camera(sample().rig, 2, **change))
    with pytest.raises(MouseViewError) as caught:
        prepare(broken, Recipe(mode=mode, model="mouse-256"))
    assert "cam2" in caught.value.place
    assert caught.value.remedy


def test_cameras_at_the_subject_are_refused_by_name() -> None:
    here = Rigid(np.eye(3), -SUBJECT_MM).matrix
    broken = dataclasses.replace(sample(), rig=with_camera(sample().rig, 2, T_cam_world=here))
    recipe = Recipe(model="mouse-256", centre=CentreSource.POINT, point=tuple(SUBJECT_MM))
    with pytest.raises(MouseViewError) as caught:
        prepare(broken, recipe)
    assert caught.value.place == "cam2"
