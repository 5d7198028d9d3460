"""Shapes of the scene: true to the cameras, exact at both ends of the blend, sane between."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.app.scene3d import geometry
from mouseview.app.scene3d.state import Layers, RayField, SceneState
from mouseview.geometry.transforms import Similarity
from mouseview.model.camera import Camera, Rig
from tests.app.scene3d.example import SCALE, normalised, rig_mm, similarity

CARD = "facelift"


def state(blend: float = 0.0) -> SceneState:
    before = rig_mm()
    return SceneState(before=before, after=normalised(before), similarity=similarity(), blend=blend)


@pytest.mark.parametrize("blend", [0.0, 1.0])
def test_image_surface_projects_to_the_image_grid(blend: float) -> None:
    for shown in geometry.shown_cameras(state(blend)):
        pixels, valid = shown.camera.project(shown.surface(0.7))
        n = geometry.CELLS + 1
        x, y = np.meshgrid(np.linspace(0, shown.camera.width, n), np.linspace(0, shown.camera.height, n))
        assert valid.all()
        np.testing.assert_allclose(pixels, np.stack([x, y], axis=-1), atol=1e-6)


def test_outline_bends_with_the_lens_and_is_straight_without() -> None:
    def bend(shown: geometry.ShownCamera) -> float:
        top = shown.surface(1.0)[0]
        chord = top[-1] - top[0]
        return float(np.abs(np.cross(top - top[0], chord / np.linalg.norm(chord))).max())

    before, after = geometry.shown_cameras(state(0.0))[0], geometry.shown_cameras(state(1.0))[0]
    assert bend(before) > 1e-3
    assert bend(after) < 1e-12


def test_frustum_is_off_centre_where_the_principal_point_is() -> None:
    shown = geometry.shown_cameras(state())[5]
    left, right = np.abs(shown.directions[8, [0, -1], 0] / shown.directions[8, [0, -1], 2])
    expected = shown.camera.cx / (shown.camera.width - shown.camera.cx)
    assert left / right == pytest.approx(expected, rel=0.02)


def test_blend_is_exact_at_both_ends_and_monotone_between() -> None:
    before, after = rig_mm().moved(similarity(), "model"), normalised(rig_mm())
    for index in range(6):
        angles = []
        for blend in (0.0, 0.25, 0.5, 0.75, 1.0):
            shown = geometry.shown_cameras(state(blend))[index]
            np.testing.assert_allclose(shown.centre, before[index].centre, atol=1e-9)
            angles.append(np.degrees(np.arccos(np.clip(shown.pose.R[:, 2] @ before[index].forward, -1, 1))))
            if blend in (0.0, 1.0):
                np.testing.assert_allclose(shown.pose.R[:, 2], (after if blend else before)[index].forward, atol=1e-12)
        assert np.all(np.diff(angles) > 0)
        assert angles[2] == pytest.approx(angles[-1] / 2, rel=1e-6)


def test_an_exact_normalisation_keeps_every_ray_in_place_while_the_window_moves() -> None:
    shown = geometry.shown_cameras(state(0.5))[3]
    before, after = state().before, state().after
    assert before is not None
    assert after is not None
    for camera, uv in ((before.moved(similarity(), "m")[3], shown.uv_before), (after[3], shown.uv_after)):
        known = geometry.inside(uv)
        assert known.sum() > 100
        directions = camera.rays(uv[known] * camera.size)[1]
        np.testing.assert_allclose(directions, shown.pose.rotate(shown.directions)[known], atol=1e-8)


def test_cameras_on_one_side_only() -> None:
    before = rig_mm()
    after = normalised(before).subset(("cam_0", "cam_1"))
    with_similarity = SceneState(before=before, after=after, similarity=similarity(), blend=1.0)
    assert [c.presence for c in geometry.shown_cameras(with_similarity)] == [1.0] * 6
    without = with_similarity.replace(similarity=None)
    assert [c.name for c in geometry.shown_cameras(without)] == ["cam_0", "cam_1"]


def test_without_a_similarity_both_rigs_have_one_size() -> None:
    pair = state().replace(similarity=None)
    moved = geometry.display_similarity(pair)
    lengths = [np.mean(np.linalg.norm(rig.centres, axis=1)) for rig in (pair.before.moved(moved, "d"), pair.after)]
    assert lengths[0] == pytest.approx(lengths[1])
    assert float(geometry.display_similarity(pair.replace(after=None)).scale) == 1.0


def test_impossible_cameras_are_left_out_and_the_others_stay() -> None:
    rig = rig_mm()
    broken = rig[1].replace(K=np.full((3, 3), np.nan))
    no_focal = rig[2].replace(K=np.diag([0.0, 0.0, 1.0]))
    shown = geometry.shown_cameras(SceneState(before=Rig((rig[0], broken, no_focal), units="mm")))
    assert [camera.name for camera in shown] == ["cam_0"]


def test_depth_window_lies_about_the_nearest_point_of_every_ray() -> None:
    shown = geometry.shown_cameras(state(1.0))[2]
    near, far = geometry.depth_window(shown, 1.8)
    middle = 0.5 * (near + far)
    direction = shown.pose.rotate(shown.directions)
    np.testing.assert_allclose(np.linalg.norm(far - near, axis=-1), 3.6, atol=1e-9)
    np.testing.assert_allclose(np.sum(middle * direction, axis=-1), 0.0, atol=1e-9)


@given(st.floats(1e-6, 1e6), st.integers(3, 40))
def test_nice_step(extent: float, lines: int) -> None:
    step = geometry.nice_step(extent, lines)
    assert extent / step <= lines * (1 + 1e-6)
    assert step <= 2.5001 * extent / lines
    mantissa = step / 10 ** np.floor(np.log10(step) + 1e-9)
    assert min(abs(mantissa - m) for m in (1, 2, 5)) < 1e-6


def test_points_of_the_file_land_where_the_similarity_puts_them() -> None:
    shown = state().replace(subject_centre=similarity().centre)
    np.testing.assert_allclose(geometry.scene_pivot(shown), 0.0, atol=1e-12)
    apart = geometry.display_point(shown, similarity().centre + np.array([10.0, 0, 0]))
    np.testing.assert_allclose(apart, [10 * SCALE, 0, 0], atol=1e-12)


def test_home_holds_all_cameras_and_the_box() -> None:
    shown = geometry.shown_cameras(state())
    points = geometry.scene_points(state(), shown)
    for camera in shown:
        assert np.any(np.all(np.isclose(points, camera.centre), axis=1))
    assert points[:, 2].min() <= -1.0


def test_state_refuses_what_it_cannot_show() -> None:
    with pytest.raises(ValueError, match="RGBA uint8"):
        SceneState(textures=(np.zeros((4, 4, 3), np.uint8),))
    with pytest.raises(ValueError, match="1 to 128"):
        RayField("a", density=500)
    assert SceneState(blend=3.0, theme="dark").blend == 1.0
    assert Layers().replace(ghost=True).ghost


def test_a_raw_rig_stays_in_its_own_frame() -> None:
    rig = rig_mm()
    shown = geometry.shown_cameras(SceneState(before=rig))
    np.testing.assert_allclose([camera.centre for camera in shown], rig.centres)
    assert geometry.ground(SceneState(before=rig), shown).height == 0.0
    assert isinstance(geometry.display_similarity(SceneState(before=rig)), Similarity)


def test_an_image_that_reaches_beyond_its_lens_ends_in_a_curve() -> None:
    """A strong barrel lens shows nothing in the corners of its image."""
    K = np.array([[770.0, 0.0, 640.0], [0.0, 770.0, 512.0], [0.0, 0.0, 1.0]])
    camera = Camera("wide", 1280, 1024, K, np.array([-0.285, 0, 0, 0, 0]), np.eye(4))
    pixels = np.stack(np.meshgrid(np.linspace(0, 1280, 17), np.linspace(0, 1024, 17)), axis=-1)
    _, reached = camera.unproject(pixels)
    directions = geometry.image_directions(camera)
    assert not reached[0, 0], "the corner is beyond the lens, else this proves nothing"
    assert np.isfinite(directions).all()
    shown, valid = camera.project(directions[~reached] * 0.999 + 0.001 * np.array([0, 0, 1.0]))
    assert valid.all()
    wanted = pixels[~reached] - [640, 512]
    inward = shown - [640, 512]
    turned = inward[:, 0] * wanted[:, 1] - inward[:, 1] * wanted[:, 0]
    lengths = np.linalg.norm(wanted, axis=1) * np.linalg.norm(inward, axis=1)
    assert np.abs(turned / lengths).max() < 1e-6, "each stays on its way from the principal point"
