"""Epipolar curves: all of the ray that another view can see, and nothing else."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from mouseview.geometry.lenses import LensModel
from mouseview.geometry.transforms import Array, look_at
from mouseview.model.camera import Camera
from mouseview.multiview.epipolar import EpipolarCurve, EpipolarViews, epipolar_curve
from tests.geometry.strategies import fisheye_lenses, lenses, reals, vectors
from tests.rigs import SUBJECT_MM, mouse_ring, parallel_rig

SIZE = (1152, 1024)
unit = reals(0.0, 1.0)


@st.composite
def views(draw: st.DrawFn, lens: st.SearchStrategy = lenses) -> Camera:
    """A camera somewhere about the origin that looks near it, from tele to wide angle."""
    shape, eye = draw(lens), draw(vectors(400.0))
    towards = draw(vectors(60.0)) - eye
    assume(np.linalg.norm(towards) > 50 and np.linalg.norm(np.cross(towards, [0, 0, 1])) > 1)
    f = draw(reals(350, 2500))
    K = np.array([[f, draw(reals(-5, 5)), draw(reals(400, 750))], [0, f * draw(reals(0.9, 1.1)), 500], [0, 0, 1]])
    return Camera("view", *SIZE, K, shape.coefficients, look_at(eye, eye + towards).matrix, shape.model)


def distance_to(curve: EpipolarCurve, pixel: Array) -> float:
    """From a pixel (2,) to the nearest piece, in px."""
    nearest = np.inf
    for piece in curve.pieces:
        start, step = piece[:-1] if len(piece) > 1 else piece, np.diff(piece, axis=0) if len(piece) > 1 else 0 * piece
        share = np.clip(np.sum((pixel - start) * step, 1) / np.maximum(np.sum(step * step, 1), 1e-30), 0, 1)
        nearest = min(nearest, float(np.linalg.norm(start + share[:, None] * step - pixel, axis=1).min()))
    return nearest


@given(source=views(), other=views(), x=unit, y=unit, depths=st.lists(reals(-2, 4), min_size=4, max_size=12))
def test_every_point_of_the_ray_that_is_seen_lies_on_the_curve(
    source: Camera, other: Camera, x: float, y: float, depths: list[float]
) -> None:
    pixel = np.array([x, y]) * SIZE
    origin, direction = source.rays(pixel)
    assume(np.isfinite(direction).all())
    seen, valid = other.project(origin + 10.0 ** np.array(depths)[:, None] * direction)
    curve = epipolar_curve(source, pixel, other)
    for at in seen[valid & np.all((seen > 0.01) & (seen < np.array(SIZE) - 0.01), axis=-1)]:
        assert distance_to(curve, at) < 0.1


@given(source=views(), other=views(), x=unit, y=unit)
def test_the_curve_is_the_ray_and_stays_inside_the_image(source: Camera, other: Camera, x: float, y: float) -> None:
    pixel = np.array([x, y]) * SIZE
    origin, direction = source.rays(pixel)
    for piece, depth in zip(*_parts(epipolar_curve(source, pixel, other)), strict=True):
        assert np.all((piece >= -1e-6) & (piece <= np.array(SIZE) + 1e-6))
        assert np.all(depth[1:] >= depth[:-1])
        inner = slice(1, -1)  # the ends were cut between two samples, where the depth is interpolated
        finite = np.isfinite(depth[inner])
        again, valid = other.project(origin + depth[inner][finite][:, None] * direction)
        assert valid.all(), "nothing behind the camera or beyond the lens is drawn"
        np.testing.assert_allclose(again, piece[inner][finite], atol=1e-4)


@given(source=views(fisheye_lenses), other=views(fisheye_lenses), x=unit, y=unit)
def test_no_piece_jumps_across_the_picture(source: Camera, other: Camera, x: float, y: float) -> None:
    for piece in epipolar_curve(source, np.array([x, y]) * SIZE, other).pieces:
        steps = np.linalg.norm(np.diff(piece, axis=0), axis=1)
        assert steps.max(initial=0) < 0.35 * SIZE[0]


@given(seed=st.integers(0, 2**31), x=unit, y=unit)
def test_between_pinholes_it_is_the_line_of_the_fundamental_matrix(seed: int, x: float, y: float) -> None:
    source, *others = mouse_ring(lens=False)
    pixel = np.array([x, y]) * SIZE
    curves = EpipolarViews((source, *others)).curves(0, pixel)
    assert not curves[0].pieces, "its own view shows a point and no curve"
    for other, curve in zip(others, curves[1:], strict=True):
        R, t = (other.pose @ source.pose.inverse()).R, (other.pose @ source.pose.inverse()).t
        cross = np.array([[0, -t[2], t[1]], [t[2], 0, -t[0]], [-t[1], t[0], 0]])
        line = np.linalg.inv(other.K).T @ cross @ R @ np.linalg.inv(source.K) @ np.array([*pixel, 1.0])
        for piece in curve.pieces:
            away = np.abs(piece @ line[:2] + line[2]) / np.linalg.norm(line[:2])
            assert away.max() < 1e-6


def test_lenses_bend_the_curve() -> None:
    source, other = mouse_ring()[0], mouse_ring()[2]
    pixel, _ = source.project(SUBJECT_MM + np.array([0, 0, 60]))
    bent = []
    for view in (other, other.replace(distortion=np.zeros(0))):
        (piece,) = epipolar_curve(source, pixel, view).pieces
        chord = (piece[-1] - piece[0]) / np.linalg.norm(piece[-1] - piece[0])
        offset = piece - piece[0]
        bent.append(np.abs(offset[:, 0] * chord[1] - offset[:, 1] * chord[0]).max())
    assert bent[0] > 2
    assert bent[1] < 1e-6


def test_a_ray_that_crosses_the_others_camera_plane_is_cut_there() -> None:
    K = np.array([[600.0, 0, 576], [0, 600, 512], [0, 0, 1]])
    ahead = Camera("ahead", *SIZE, K, np.zeros(0), look_at([0.0, 0, 0], [100.0, 0, 0]).matrix)
    beside = Camera("beside", *SIZE, K, np.zeros(0), look_at([300.0, -200, 0], [300.0, 0, 0.0]).matrix)
    behind = Camera("behind", *SIZE, K, np.zeros(0), look_at([-50.0, 10, 0], [-150.0, 20, 0]).matrix)
    centre = [576.0, 512.0]
    (piece,) = epipolar_curve(ahead, centre, beside).pieces
    np.testing.assert_allclose(piece[[0, -1], 1], 512.0, atol=1e-9)
    assert {0.0, 1152.0} == set(np.round(piece[[0, -1], 0], 6)), "from border to border"
    assert not epipolar_curve(ahead, centre, behind).pieces, "it looks away"
    assert not epipolar_curve(behind, centre, ahead).pieces


def test_a_ray_seen_end_on_is_a_point() -> None:
    rig = mouse_ring()
    twin = rig[1].replace(name="twin")
    (piece,) = epipolar_curve(rig[1], [300.0, 700.0], twin).pieces
    np.testing.assert_allclose(piece, [[300.0, 700.0]], atol=1e-6)
    eye, target = np.array([0.0, -300, 0]), np.zeros(3)
    first = rig[0].replace(T_cam_world=look_at(eye, target).matrix)
    second = rig[0].replace(T_cam_world=look_at(eye * 2, target).matrix)
    pixel, _ = second.project(eye)
    (point,) = epipolar_curve(second, pixel, first).pieces
    np.testing.assert_allclose(point, pixel[None], atol=1e-6)


def test_a_pixel_that_no_ray_reaches_has_no_curves() -> None:
    strong = mouse_ring()[0].replace(distortion=np.array([-0.6]), K=np.diag([500.0, 500, 1]))
    assert not np.isfinite(strong.rays([1100.0, 1000])[1]).any()
    views = EpipolarViews((strong, *mouse_ring()))
    assert not any(curve.pieces for curve in views.curves(0, [1100.0, 1000]))
    assert not any(curve.pieces for curve in views.curves(0, [np.nan, 3.0]))


def test_impossible_cameras_have_no_curves() -> None:
    rig = mouse_ring()
    broken = [
        rig[1].replace(K=np.full((3, 3), np.nan)),
        rig[1].replace(T_cam_world=np.full((4, 4), np.nan)),
        rig[1].replace(distortion=np.array([np.nan, 0.0])),
    ]
    assert not any(curve.pieces for curve in EpipolarViews((rig[0], *broken)).curves(0, [500.0, 500.0]))


def test_parallel_views_have_parallel_lines() -> None:
    rig = parallel_rig()
    pixel, _ = rig[0].project(SUBJECT_MM + np.array([0, 0, 60]))
    for camera in rig.cameras[1:]:
        (piece,) = epipolar_curve(rig[0], pixel, camera).pieces
        np.testing.assert_allclose(piece[:, 1], pixel[1], atol=1e-9)


def test_a_fisheye_sees_both_ends_of_a_ray_that_passes_behind_it() -> None:
    shape = Camera("wide", *SIZE, np.array([[180.0, 0, 576], [0, 180, 512], [0, 0, 1]]), np.zeros(0),
                   look_at([0.0, 0, 0], [0.0, 100, 0]).matrix, LensModel.FISHEYE)  # fmt: skip
    K = np.array([[600.0, 0, 576], [0, 600, 512], [0, 0, 1]])
    source = Camera("source", *SIZE, K, np.zeros(0), look_at([-300.0, -60, 0], [300.0, -60, 0]).matrix)
    curve = epipolar_curve(source, [576.0, 512.0], shape)
    origin, direction = source.rays([576.0, 512.0])
    for depth in (10.0, 100.0, 250.0, 290.0, 310.0, 400.0, 3000.0):
        at, valid = shape.project(origin + depth * direction)
        if valid and np.all((at >= 0) & (at <= SIZE)):
            assert distance_to(curve, at) < 0.1
    assert sum(len(piece) for piece in curve.pieces) > 2


def _parts(curve: EpipolarCurve) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    return curve.pieces, curve.depths
