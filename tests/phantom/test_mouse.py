from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mouseview.phantom import Coat, make_mouse
from mouseview.phantom.mouse import quaternions


def test_a_seed_is_a_mouse() -> None:
    first, again, other = make_mouse(4), make_mouse(4), make_mouse(5)
    for name in ("xyz", "sh", "scale", "rotation", "opacity"):
        assert np.array_equal(getattr(first.gaussians, name), getattr(again.gaussians, name))
    assert first.coat == again.coat
    assert not np.array_equal(first.gaussians.xyz, other.gaussians.xyz)


@pytest.mark.parametrize("seed", range(12))
def test_mice_stand_on_the_floor_and_have_their_size(seed: int) -> None:
    mouse = make_mouse(seed, position_mm=(30.0, -20.0))
    xyz = mouse.gaussians.xyz
    assert len(mouse.gaussians) == 32_000
    assert np.isfinite(xyz).all()
    assert -1.0 < np.quantile(xyz[:, 2], 0.001) < 3.0
    assert np.allclose(mouse.centre[:2], (30.0, -20.0), atol=0.01)
    assert 8.0 < mouse.centre[2] < 32.0
    assert 75.0 < np.linalg.norm(mouse.extent) < 165.0
    assert np.allclose(np.linalg.norm(mouse.gaussians.rotation, axis=-1), 1.0, atol=1e-5)
    assert mouse.gaussians.scale.max() < 3.0


def test_turning_the_heading_turns_the_mouse() -> None:
    east, north = make_mouse(9, "pied", heading_deg=0.0), make_mouse(9, "pied", heading_deg=90.0)
    body = slice(0, 20_000)
    turned = east.gaussians.xyz[body] @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]], dtype=np.float32)
    assert np.allclose(turned, north.gaussians.xyz[body], atol=1e-2)


def test_coats_differ_in_brightness() -> None:
    bright = {coat: float(np.median(make_mouse(2, coat).gaussians.sh[:20_000])) for coat in Coat}
    assert bright[Coat.BLACK] < bright[Coat.BROWN] < bright[Coat.WHITE]


def test_quaternions_are_those_of_the_rotations() -> None:
    rotations = Rotation.random(500, rng=np.random.default_rng(0))
    half_turns = Rotation.from_rotvec(np.pi * np.eye(3))
    matrices = np.concatenate([rotations.as_matrix(), half_turns.as_matrix()])
    q = quaternions(matrices)
    back = Rotation.from_quat(q[:, [1, 2, 3, 0]]).as_matrix()
    assert np.allclose(back, matrices, atol=1e-9)


def test_too_few_gaussians_are_refused() -> None:
    with pytest.raises(ValueError, match="3000"):
        make_mouse(0, count=500)
