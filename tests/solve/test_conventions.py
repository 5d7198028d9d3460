"""The right reading wins without hints, wrong ones are named with what they leave, and what nothing tells is said."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.formats import read_labels, read_rig
from mouseview.geometry.transforms import Similarity
from mouseview.model.camera import Labels, Rig
from mouseview.model.correction import Correction
from mouseview.model.errors import MouseViewError
from mouseview.solve.conventions.evidence import Evidence, of_labels
from mouseview.solve.conventions.measure import Bench, Kind, Measured, compare
from mouseview.solve.conventions.solver import Ranked, Solution, Standing, explains, solve_conventions
from mouseview.solve.conventions.views import images_of, ranked_orders
from tests.rigs import SUBJECT_MM, conforming_ring, mouse_ring, parallel_rig
from tests.shared_data import shared_path
from tests.solve import as_stored
from tests.solve.misread import misread

RIG = mouse_ring()
UPRIGHT = Correction(transpose_K=True, transpose_R=True)
PLAIN = Correction()


def marked(rig: Rig, noise_px: float, points: int = 30, seed: int = 0, middle: np.ndarray = SUBJECT_MM) -> Labels:
    """2D labels alone, of random points about ``middle``."""
    rng = np.random.default_rng(seed)
    world = middle + rng.normal(size=(points, 3)) * 30
    pixels = np.stack([camera.project(world)[0] for camera in rig])[:, None]
    pixels = pixels + rng.normal(size=pixels.shape) * noise_px
    return Labels(np.full((1, points, 3), np.nan), points_px=pixels)


def row(solution: Solution, words: str) -> Ranked:
    return next(ranked for ranked in solution.ranked if ranked.differs == words)


def score(solution: Solution, words: str) -> float:
    measured = solution.score(row(solution, words) if words else solution.best)
    assert measured is not None
    return measured.score


# ---- real data, as the arrays stand on disk ------------------------------------------------------------------------


def test_the_monkey_rig_is_read_right_from_its_bare_arrays_and_each_wrong_reading_is_named() -> None:
    solution = solve_conventions(of_labels(*as_stored.jarvis(shared_path("data/jarvis_12cam_monkey"))))
    assert solution.best.correction == UPRIGHT
    assert solution.kind is Kind.KEYPOINTS
    assert solution.fits
    assert not solution.agrees
    assert 0.7 < score(solution, "") < 1.0
    assert score(solution, "R not transposed") > 600
    assert score(solution, "poses from camera to world") > 100
    assert row(solution, "K not transposed").standing is Standing.IMPOSSIBLE
    for words in ("OpenGL axes", "R not transposed", "poses from camera to world", "images undistorted already"):
        assert row(solution, words).standing is Standing.WORSE
    half = row(solution, "principal point +0.5 px")
    assert half.standing is Standing.WORSE
    assert half.gap is not None
    assert half.gap.ratio > 1.4
    exchanged = [ranked for ranked in solution.ranked if "exchanged" in ranked.differs]
    assert exchanged
    assert all(ranked.standing is Standing.WORSE for ranked in exchanged)
    assert solution.current.differs == "K not transposed, R not transposed"
    said = " ".join(solution.unseparated)
    assert "labels and K share" in said
    assert "unit of length" in said
    assert "rounded" in said, "labels in whole numbers leave half a pixel open"


def test_the_mouse_rig_is_read_right_from_its_bare_arrays_with_and_without_3d_labels() -> None:
    rig, labels = as_stored.dannce(shared_path("data/dannce_markerless_mouse_1/label3d_demo.mat"))
    without = dataclasses.replace(labels, points_world=np.full_like(labels.points_world, np.nan))
    for given_labels, kind in ((labels, Kind.LABELS), (without, Kind.KEYPOINTS)):
        solution = solve_conventions(of_labels(rig, given_labels))
        assert solution.best.correction == UPRIGHT
        assert solution.kind is kind
        assert score(solution, "") < 1e-6
        assert score(solution, "R not transposed") > 100
        for shift in (-1.0, -0.5, 0.5, 1.0):
            assert row(solution, f"principal point {shift:+g} px").standing is Standing.WORSE
        assert row(solution, "images undistorted already").standing is Standing.WORSE


@pytest.mark.parametrize("name", ["jarvis_12cam_monkey", "dannce_markerless_mouse_1/label3d_demo.mat"])
def test_our_readers_read_real_calibrations_right(name: str) -> None:
    path = shared_path("data") / name
    solution = solve_conventions(of_labels(read_rig(path), read_labels(path)))
    assert solution.best.correction == PLAIN
    assert solution.agrees


# ---- keypoints on a phantom rig ------------------------------------------------------------------------------------

readings = st.builds(
    Correction,
    transpose_K=st.booleans(),
    transpose_R=st.booleans(),
    camera_to_world=st.booleans(),
    opengl_axes=st.booleans(),
    pixel_shift_px=st.sampled_from([0.0, -1.0, -0.5, 0.5, 1.0]),
    K_size=st.sampled_from([None, (2304, 2048), (576, 512)]),
)


@given(readings, st.integers(0, 1000))
@settings(max_examples=8, deadline=None)
def test_any_misreading_is_undone_by_keypoints(correction: Correction, seed: int) -> None:
    solution = solve_conventions(of_labels(misread(RIG, correction), marked(RIG, 0.1, seed=seed)))
    assert solution.best.correction == correction
    assert solution.fits
    assert solution.agrees is correction.is_identity


def test_the_world_frame_the_unit_and_bad_marks_change_nothing() -> None:
    """A similarity of the world is no evidence; a tenth of wild marks is not enough to mislead."""
    labels = marked(RIG, 0.3)
    assert labels.points_px is not None
    rng = np.random.default_rng(3)
    wild = rng.random(labels.points_px.shape[:3]) < 0.1
    pixels = np.where(wild[..., None], rng.uniform(0, 1000, labels.points_px.shape), labels.points_px)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    for scale in (0.001, 1.0, 50.0):
        moved = RIG.moved(Similarity(scale, turn, rng.normal(size=3)), "unknown")
        bad = misread(moved, Correction(transpose_R=True, opengl_axes=True))
        solution = solve_conventions(of_labels(bad, dataclasses.replace(labels, points_px=pixels)))
        assert solution.best.correction == Correction(transpose_R=True, opengl_axes=True)


def test_half_a_pixel_drowns_in_larger_noise_and_that_is_said() -> None:
    quiet = solve_conventions(of_labels(RIG, marked(RIG, 0.1)))
    loud = solve_conventions(of_labels(RIG, marked(RIG, 4.0)))
    for words in ("principal point +0.5 px", "principal point -0.5 px"):
        assert row(quiet, words).standing is Standing.WORSE
        assert row(loud, words).standing is Standing.ALIKE
        assert any(words in sentence for sentence in loud.unseparated)
    assert loud.agrees
    assert row(loud, "R transposed").standing is Standing.WORSE
    shifted = solve_conventions(of_labels(misread(RIG, Correction(pixel_shift_px=0.5)), marked(RIG, 4.0)))
    assert shifted.best.correction == PLAIN, "what cannot be told from the file's reading does not replace it"


def test_a_shift_in_all_images_of_parallel_cameras_moves_the_world_and_is_not_seen() -> None:
    rig = parallel_rig()
    labels = marked(rig, 0.2, middle=np.array([90.0, 0.0, 100.0]))
    solution = solve_conventions(of_labels(rig, labels))
    assert row(solution, "principal point +1 px").standing is Standing.ALIKE
    assert row(solution, "OpenGL axes").standing is not Standing.BEST


def test_what_is_behind_cameras_counts_as_missed_not_as_unseen() -> None:
    bench = Bench(of_labels(RIG, marked(RIG, 0.1)))
    behind = bench.reading(Correction(opengl_axes=True)).measured[Kind.KEYPOINTS]
    assert behind.capped
    assert np.isfinite(behind.items).all()
    right = bench.reading(PLAIN).measured[Kind.KEYPOINTS]
    assert len(behind.items) == len(right.items), "every reading is asked about the same points"


def test_K_and_labels_apart_by_half_a_pixel_are_found_and_either_may_be_at_fault() -> None:
    solution = solve_conventions(of_labels(misread(RIG, Correction(pixel_shift_px=-0.5)), marked(RIG, 0.1)))
    assert solution.best.correction == Correction(pixel_shift_px=-0.5)
    assert any("the labels are" in sentence for sentence in solution.unseparated)


def test_labels_without_fractions_leave_half_a_pixel_open() -> None:
    labels = marked(RIG, 0.05, points=40)
    assert labels.points_px is not None
    cut_off = solve_conventions(of_labels(RIG, dataclasses.replace(labels, points_px=np.floor(labels.points_px))))
    assert cut_off.best.correction == PLAIN
    assert row(cut_off, "principal point -0.5 px").standing is Standing.ROUNDING
    assert cut_off.agrees


def test_undistorted_images_are_told_from_raw_ones() -> None:
    pinholes = RIG.replace(cameras=tuple(camera.replace(distortion=np.zeros(0)) for camera in RIG))
    solution = solve_conventions(of_labels(RIG, marked(pinholes, 0.2)))
    assert solution.best.correction == Correction(drop_lens=True)
    assert row(solution, "lens still in the images").standing is Standing.WORSE


def test_image_sizes_of_the_images_themselves_are_asked() -> None:
    halves = RIG.replace(cameras=tuple(camera.resized(576, 512) for camera in RIG))
    sizes = ((576, 512),) * 6
    solution = solve_conventions(of_labels(RIG, marked(halves, 0.1), image_sizes=sizes))
    assert solution.best.correction == Correction(size=(576, 512), K_size=(1152, 1024))
    corrected = solution.best.correction.apply(RIG)
    np.testing.assert_allclose(corrected[0].K, halves[0].K)
    assert corrected[0].size == (576, 512)


# ---- whose images are whose ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(0, 2, 1, 3, 4, 5), (3, 5, 0, 1, 2, 4)])
def test_exchanged_views_are_found_together_with_a_misread_pose(order: tuple[int, ...]) -> None:
    truth = Correction(transpose_R=True, images_of=images_of(order, RIG.names))
    labels = marked(RIG, 0.3)
    assert labels.points_px is not None
    pixels = labels.points_px[[order.index(view) for view in range(6)]]
    solution = solve_conventions(of_labels(misread(RIG, truth), dataclasses.replace(labels, points_px=pixels)))
    assert solution.best.correction == truth


def test_twelve_views_in_any_order_are_sorted_by_their_keypoints() -> None:
    path = shared_path("data/jarvis_12cam_monkey")
    rig, labels = read_rig(path), read_labels(path)
    assert labels is not None
    assert labels.points_px is not None
    order = tuple(int(view) for view in np.random.default_rng(4).permutation(12))
    pixels = labels.points_px[[order.index(view) for view in range(12)]]
    solution = solve_conventions(of_labels(rig, dataclasses.replace(labels, points_px=pixels)))
    assert solution.best.correction.images_of == images_of(order, rig.names)


def test_an_order_without_evidence_is_not_guessed() -> None:
    """Cameras aimed at one place that all see it in their middle: any order of the views fits as well."""
    rig = conforming_ring()
    labels = marked(rig, 0.05, points=4, middle=np.zeros(3))
    nearly = dataclasses.replace(labels, points_px=256 + np.random.default_rng(1).normal(size=(6, 1, 4, 2)) * 0.2)
    solution = solve_conventions(of_labels(rig, nearly))
    assert solution.best.correction.images_of == ()
    assert any("images of" in sentence or "another order" in sentence for sentence in solution.unseparated)


@given(st.permutations(range(9)), st.integers(0, 50))
@settings(max_examples=20, deadline=None)
def test_orders_of_many_views_are_found_without_trying_all(order: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    costs = rng.uniform(5, 20, (9, 9, 9, 9))
    for i, j in itertools.permutations(range(9), 2):
        costs[i, order[i], j, order[j]] = rng.uniform(0, 1)
    assert ranked_orders(costs, 1) == (tuple(order),)


# ---- cameras alone -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("switch", ["transpose_K", "camera_to_world", "opengl_axes"])
def test_structure_alone_tells_poses_and_says_what_it_cannot_tell(switch: str) -> None:
    wrong = Correction(**{switch: True})
    solution = solve_conventions(Evidence(misread(RIG, wrong)))
    assert solution.kinds == (Kind.STRUCTURE,)
    assert solution.best.correction == wrong
    assert any("neither labels nor masks" in sentence for sentence in solution.unseparated)
    assert row(solution, "principal point +0.5 px").standing is Standing.ALIKE
    assert explains(Evidence(RIG))


def test_axes_that_meet_near_the_origin_cannot_tell_R_from_its_transpose() -> None:
    """t ≈ (0, 0, d) puts the origin before every camera whatever R is: cameras alone leave that open."""
    solution = solve_conventions(Evidence(misread(RIG, Correction(transpose_R=True))))
    assert solution.best.correction == PLAIN
    assert row(solution, "R transposed").standing is Standing.ALIKE
    labelled = solve_conventions(of_labels(misread(RIG, Correction(transpose_R=True)), marked(RIG, 0.5)))
    assert labelled.best.correction == Correction(transpose_R=True)


def test_cameras_side_by_side_say_nothing_of_their_poses() -> None:
    solution = solve_conventions(Evidence(parallel_rig()))
    assert solution.best.correction == PLAIN
    assert solution.agrees
    assert row(solution, "OpenGL axes").standing is Standing.ALIKE


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, 1e300, -1.0])
def test_impossible_cameras_are_named(value: float) -> None:
    broken = RIG.replace(cameras=(*RIG.cameras[:3], RIG[3].replace(K=np.full((3, 3), value)), *RIG.cameras[4:]))
    posed = RIG.replace(cameras=(*RIG.cameras[:3], RIG[3].replace(T_cam_world=np.full((4, 4), value)), RIG[4]))
    mirrored = RIG.replace(cameras=(RIG[3].replace(T_cam_world=np.diag([1.0, 1.0, -1.0, 1.0])), *RIG.cameras[1:]))
    for rig in (broken, posed, mirrored):
        for evidence in (Evidence(rig), of_labels(rig, marked(rig if rig is posed else RIG, 0.5))):
            with pytest.raises(MouseViewError, match="cam3") as caught:
                solve_conventions(evidence)
            assert caught.value.remedy


# ---- margins -------------------------------------------------------------------------------------------------------


def measured(items: np.ndarray) -> Measured:
    return Measured(float(np.median(items)), items, 1000.0)


def test_a_margin_needs_more_than_chance_and_more_than_a_trifle() -> None:
    rng = np.random.default_rng(0)
    noise = rng.lognormal(0, 0.5, 40)
    assert compare(measured(noise), measured(noise * 3), Kind.KEYPOINTS).certain
    assert not compare(measured(noise), measured(noise * 1.01), Kind.KEYPOINTS).certain, "a trifle, however sure"
    other = rng.lognormal(0.05, 0.5, 40)
    assert not compare(measured(noise), measured(other), Kind.KEYPOINTS).certain, "chance"
    assert not compare(measured(noise[:2]), measured(noise[:2] * 900), Kind.KEYPOINTS).certain, "too few"
    assert compare(measured(noise[:3]), measured(noise[:3] * 900), Kind.KEYPOINTS).certain
    assert compare(measured(noise), measured(noise * 3), Kind.KEYPOINTS).ratio == pytest.approx(3, rel=0.01)
    tiny = np.full(10, 1e-9)
    assert not compare(measured(tiny), measured(tiny * 100), Kind.KEYPOINTS).certain, "both are arithmetic"


@given(st.integers(3, 60), st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_readings_that_differ_by_chance_alone_are_rarely_told_apart(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    wins = sum(
        compare(measured(rng.lognormal(0, 0.6, count)), measured(rng.lognormal(0, 0.6, count)), Kind.KEYPOINTS).certain
        for _ in range(10)
    )
    assert wins <= 1
