"""The order of the fed views is irrelevant: another order gives the same Gaussians in another order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from mouseview.inference import load_engine  # noqa: E402
from mouseview.inference.config import GSLRMConfig  # noqa: E402
from mouseview.inference.engine import Engine  # noqa: E402
from mouseview.inference.gslrm import GSLRM  # noqa: E402
from mouseview.model.camera import Camera  # noqa: E402
from mouseview.model.gaussians import Gaussians  # noqa: E402
from mouseview.splats.rasterise import render  # noqa: E402
from tests.inference import tiny  # noqa: E402

VIEWS, SIDE_PX = 4, 64
FIELDS = ("xyz", "sh", "scale", "rotation", "opacity")
MARKED = GSLRMConfig(encoding="nearest", d=32, d_head=16, n_layer=2, patch_size=4, add_refsrc_marker=True)


def in_order(posed: dict[str, np.ndarray], order: tuple[int, ...]) -> dict[str, np.ndarray]:
    return {name: values[list(order)] for name, values in posed.items()}


def by_view(gaussians: np.ndarray, free: int, views: int) -> np.ndarray:
    """(V, per view, …), the free ones left out."""
    return gaussians[free:].reshape(views, -1, *gaussians.shape[1:])


def of_network(network: GSLRM, posed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    with torch.inference_mode():
        scene = network(*tiny.as_batch(posed))
    return {name: getattr(scene, name)[0].numpy() for name in FIELDS}


NETWORK = tiny.network()
POSED = tiny.posed_input(views=VIEWS)
AS_IT_IS = of_network(NETWORK, POSED)


@settings(max_examples=15)
@given(st.permutations(range(VIEWS)))
def test_permuting_the_views_permutes_the_gaussians_and_nothing_else(order: list[int]) -> None:
    permuted = of_network(NETWORK, in_order(POSED, tuple(order)))
    free = tiny.CONFIG.n_gaussians
    for name in FIELDS:
        np.testing.assert_allclose(permuted[name][:free], AS_IT_IS[name][:free], atol=2e-5)
        blocks = by_view(AS_IT_IS[name], free, VIEWS)[order]
        np.testing.assert_allclose(by_view(permuted[name], free, VIEWS), blocks, atol=2e-5)


def test_a_network_that_marks_its_first_view_tells_the_order() -> None:
    network = tiny.network(MARKED)
    free = MARKED.n_gaussians
    straight, swapped = (of_network(network, in_order(POSED, order)) for order in ((0, 1, 2, 3), (1, 0, 2, 3)))
    last = by_view(straight["xyz"], free, VIEWS)[2:], by_view(swapped["xyz"], free, VIEWS)[2:]
    assert np.abs(last[0] - last[1]).max() > 1e-2
    # the order of those that are not marked is still irrelevant
    turned = of_network(network, in_order(POSED, (0, 3, 1, 2)))
    blocks = by_view(straight["xyz"], free, VIEWS)[[0, 3, 1, 2]]
    np.testing.assert_allclose(by_view(turned["xyz"], free, VIEWS), blocks, atol=2e-5)


@pytest.fixture(scope="module")
def bundled() -> Engine:
    return load_engine("mouse-256", "cpu")


def test_renders_of_the_bundled_network_are_the_same_in_every_order(bundled: Engine) -> None:
    posed = tiny.posed_input(views=VIEWS, height=SIDE_PX, width=SIDE_PX, seed=3)
    first, *others = (
        bundled.reconstruct(**in_order(posed, order)) for order in ((0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2))
    )
    assert first.opacity.max() > 0.3, "nothing would be compared"
    for view in range(VIEWS):
        camera = camera_of(posed, view)
        here = painted(first, camera)
        assert here.min() < 0.9, "the camera sees something"
        for other in others:
            assert 255 * np.abs(painted(other, camera) - here).max() < 1.0
            assert 255 * np.abs(painted(other, camera) - here).mean() < 1e-3


def camera_of(posed: dict[str, np.ndarray], view: int) -> Camera:
    fx, fy, cx, cy = posed["fxfycxcy"][view]
    K = np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])
    return Camera(f"view_{view}", SIDE_PX, SIDE_PX, K, np.zeros(0), np.linalg.inv(posed["c2w"][view]))


def painted(gaussians: Gaussians, camera: Camera) -> np.ndarray:
    return np.clip(render(gaussians, camera)[..., :3], 0, 1)
