"""The compiled twins of ``Camera.project`` and ``Camera.unproject`` say what these say."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.model.camera import Camera
from mouseview.multiview.compiled_projection import Projection, rays, unproject
from tests.geometry.strategies import cameras


@settings(max_examples=60, deadline=None)
@given(camera=cameras(), seed=st.integers(0, 2**31))
def test_compiled_code_projects_and_unprojects_as_the_camera_does(camera: Camera, seed: int) -> None:
    rng = np.random.default_rng(seed)
    in_front = rng.normal(size=(300, 3)) * (1.0, 1.0, 2.0)
    world = camera.pose.inverse().apply(in_front)
    at, seen = camera.project(world)
    pixels, depth, visible = Projection.of([camera, camera]).project(world, skipped=1)
    np.testing.assert_array_equal(visible, [seen, np.zeros_like(seen)])
    np.testing.assert_allclose(pixels[0][seen], at[seen], rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(depth[0][seen], in_front[seen, 2], rtol=1e-4, atol=1e-3)
    assert not pixels[1].any()
    around = rng.uniform(-0.2, 1.2, (300, 2)) * camera.size
    directions, reached = camera.unproject(around)
    mine = unproject(camera, around)
    np.testing.assert_array_equal(np.isfinite(mine).all(axis=-1), reached)
    np.testing.assert_allclose(mine[reached], directions[reached], atol=1e-8)
    origin, theirs = camera.rays(around)
    np.testing.assert_array_equal(rays(camera, around)[0], origin)
    np.testing.assert_allclose(rays(camera, around)[1][reached], theirs[reached], atol=1e-8)
