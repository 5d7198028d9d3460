"""Laws of the network: its rays, its order, its windows, and indifference to the order of views."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from mouseview.geometry.rays import RayEncoding, encode_rays, pixel_centres, to_plane  # noqa: E402
from mouseview.inference.config import GSLRMConfig  # noqa: E402
from mouseview.inference.gslrm import GSLRM  # noqa: E402
from tests.inference import tiny  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[2]
SEEDS = st.integers(0, 10_000)
ENCODINGS = st.sampled_from(RayEncoding)


def _rays(posed: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Origins and directions (V, H, W, 3), the way ``geometry`` computes them."""
    height, width = posed["images"].shape[1:3]
    origins, directions = [], []
    for (fx, fy, cx, cy), c2w in zip(posed["fxfycxcy"], posed["c2w"], strict=True):
        plane = to_plane(np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]]), pixel_centres(width, height))
        rays = np.concatenate([plane, np.ones_like(plane[..., :1])], axis=-1) @ c2w[:3, :3].T
        directions.append(rays / np.linalg.norm(rays, axis=-1, keepdims=True))
        origins.append(np.broadcast_to(c2w[:3, 3], rays.shape))
    return np.stack(origins), np.stack(directions)


def _run(network: GSLRM, posed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    with torch.inference_mode():
        scene = network(*tiny.as_batch(posed))
    return {name: getattr(scene, name)[0].numpy() for name in ("xyz", "sh", "scale", "rotation", "opacity")}


@settings(max_examples=20, deadline=None)
@given(SEEDS, ENCODINGS)
def test_what_it_is_fed_is_what_geometry_encodes(seed: int, encoding: RayEncoding) -> None:
    posed = tiny.posed_input(views=2, height=8, width=12, seed=seed)
    config = GSLRMConfig(encoding, d=16, d_head=8, n_layer=1, patch_size=4)
    ours = GSLRM(config).encode(*tiny.as_batch(posed))[0].numpy()
    theirs = np.concatenate([posed["images"] * 2 - 1, encode_rays(*_rays(posed), encoding)], axis=-1)
    np.testing.assert_allclose(ours, theirs.transpose(0, 3, 1, 2), rtol=0, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(SEEDS, ENCODINGS)
def test_pixel_aligned_gaussians_lie_on_the_rays_of_their_pixels(seed: int, encoding: RayEncoding) -> None:
    posed = tiny.posed_input(views=2, height=8, width=12, seed=seed)
    patch = 4
    config = GSLRMConfig(encoding, d=16, d_head=8, n_layer=1, patch_size=patch, n_gaussians=1)
    xyz = _run(tiny.network(config, seed), posed)["xyz"][1:]
    # view, patch row, patch column, row, column → view, row of the image, column of the image
    grid = xyz.reshape(2, 8 // patch, 12 // patch, patch, patch, 3).transpose(0, 1, 3, 2, 4, 5).reshape(2, 8, 12, 3)
    origins, directions = _rays(posed)
    depth = np.sum((grid - origins) * directions, axis=-1, keepdims=True)
    np.testing.assert_allclose(origins + depth * directions, grid, atol=1e-5)
    if encoding is RayEncoding.PLUCKER:
        assert depth.min() >= 1.2 - 1e-5
        assert depth.max() <= 4.2 + 1e-5
    else:
        nearest = -np.sum(origins * directions, axis=-1, keepdims=True)
        assert np.abs(depth - nearest).max() <= 1.8 + 1e-5
    assert np.ptp(depth) > 0.01  # the random network does say something about depth


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(4)), SEEDS)
def test_the_order_of_views_does_not_matter(order: list[int], seed: int) -> None:
    posed = tiny.posed_input(views=4, seed=seed)
    network = tiny.network()
    straight = _run(network, posed)
    shuffled = _run(network, {name: array[order] for name, array in posed.items()})
    free = network.config.n_gaussians
    for name, values in straight.items():
        expected = values[free:].reshape(4, -1, *values.shape[1:])[order].reshape(values[free:].shape)
        np.testing.assert_allclose(shuffled[name][free:], expected, atol=2e-5)
        np.testing.assert_allclose(shuffled[name][:free], values[:free], atol=2e-5)


def test_with_the_marker_the_first_view_is_told_apart() -> None:
    config = GSLRMConfig("aug", d=32, d_head=16, n_layer=2, patch_size=4, sh_degree=1, add_refsrc_marker=True)
    network, posed = tiny.network(config), tiny.posed_input(views=3)
    straight = _run(network, posed)["xyz"][:2]
    rest_swapped = _run(network, {name: array[[0, 2, 1]] for name, array in posed.items()})["xyz"][:2]
    first_swapped = _run(network, {name: array[[1, 0, 2]] for name, array in posed.items()})["xyz"][:2]
    np.testing.assert_allclose(rest_swapped, straight, atol=2e-5)
    assert np.abs(first_swapped - straight).max() > 1e-3


def test_activations_keep_their_bounds() -> None:
    network = tiny.network()
    for parameter in network.pixel_gaussian_decoder.parameters():
        parameter.data *= 30
    scene = _run(network, tiny.posed_input())
    assert scene["scale"].max() == pytest.approx(np.exp(-1.2))
    assert scene["scale"].min() >= 0
    assert 0 <= scene["opacity"].min() < scene["opacity"].max() <= 1
    np.testing.assert_allclose(np.linalg.norm(scene["rotation"], axis=1), 1, atol=1e-5)


def test_scenes_of_a_batch_do_not_see_each_other() -> None:
    network = tiny.network()
    one, other = (tiny.as_batch(tiny.posed_input(seed=seed)) for seed in (1, 2))
    with torch.inference_mode():
        both = network(*(torch.cat(pair) for pair in zip(one, other, strict=True)))
        np.testing.assert_allclose(both.xyz[1], network(*other).xyz[0], atol=2e-5)
        np.testing.assert_allclose(both.sh[0], network(*one).sh[0], atol=2e-5)


def test_gradients_reach_every_weight() -> None:
    config = GSLRMConfig("nearest", d=32, d_head=16, n_layer=2, patch_size=4, sh_degree=1, add_refsrc_marker=True)
    network = tiny.network(config)
    scene = network(*tiny.as_batch(tiny.posed_input()))
    total = scene.xyz.sum() + scene.sh.sum() + scene.scale.sum() + scene.opacity.sum()
    (total + (scene.rotation * torch.randn(4)).sum()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().max() > 0, name


def test_half_precision_keeps_rays_and_gaussians_in_full_precision() -> None:
    network, given = tiny.network(), tiny.as_batch(tiny.posed_input())
    with torch.inference_mode():
        full = network(*given)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            half = network(*given)
            fed = network.encode(*given)
        assert torch.equal(fed, network.encode(*given))
    assert half.xyz.dtype == half.opacity.dtype == torch.float32
    assert 0 < (half.xyz - full.xyz).abs().max() < 0.05


def test_images_that_no_patch_divides_are_refused() -> None:
    with pytest.raises(ValueError, match="18×16 px are no multiple of the patch size 4"):
        tiny.network()(*tiny.as_batch(tiny.posed_input(height=16, width=18)))


def test_the_layer_hook_can_stop_it() -> None:
    seen: list[tuple[int, int]] = []

    def hook(done: int, layers: int) -> None:
        seen.append((done, layers))
        if done == 1:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        tiny.network()(*tiny.as_batch(tiny.posed_input()), on_layer=hook)
    assert seen == [(0, 2), (1, 2)]


def test_opening_a_checkpoint_does_not_load_the_compiler() -> None:
    """torch's compiler takes seconds to import, and in its CUDA build brings an LLVM that can clash with OpenGL's."""
    script = """
import sys
from mouseview.inference import load_engine
load_engine("mouse-256", device="cpu")
print("torch" in sys.modules, "torch._dynamo" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=200, cwd=REPOSITORY)
    assert done.stdout == "True False\n", done.stderr[-2000:]
