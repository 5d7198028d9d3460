"""Our network against the numbers of the upstream model: the posed channels and every field of the Gaussians."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mouseview.inference.checkpoint import build_network, open_checkpoint  # noqa: E402
from mouseview.inference.engine import load_engine  # noqa: E402
from tests.shared_data import shared_path  # noqa: E402

GOLDENS = ("nearest", "nearest_uneven", "plucker", "aug_sh1_marker")
TOLERANCE = 2e-5


@pytest.mark.parametrize("name", GOLDENS)
def test_every_field_is_reproduced(name: str) -> None:
    folder = shared_path(f"golden/{name}")
    golden = np.load(folder / "io.npz")
    network = build_network(open_checkpoint(folder), torch.device("cpu"))
    given = [torch.from_numpy(golden[key])[None] for key in ("image", "fxfycxcy", "c2w")]
    with torch.inference_mode():
        posed = network.encode(*given)[0]
        scene = network(*given)
    np.testing.assert_allclose(posed, golden["posed"], rtol=0, atol=TOLERANCE)
    fields = {"rotation": scene.rotation_raw, "logit_opacity": scene.logit_opacity, "opacity": scene.opacity}
    fields |= {key: getattr(scene, key) for key in ("xyz", "sh", "log_scale", "scale")}
    for key, ours in fields.items():
        np.testing.assert_allclose(ours[0].reshape(golden[key].shape), golden[key], rtol=0, atol=TOLERANCE, err_msg=key)


@pytest.mark.parametrize("name", GOLDENS)
def test_the_engine_returns_them_activated_and_normalised(name: str) -> None:
    folder = shared_path(f"golden/{name}")
    golden = np.load(folder / "io.npz")
    engine = load_engine(folder, "cpu")
    given = (golden["image"].transpose(0, 2, 3, 1), golden["fxfycxcy"], golden["c2w"])
    gaussians = engine.reconstruct(*given)
    rotation = golden["rotation"] / np.linalg.norm(golden["rotation"], axis=1, keepdims=True)
    for ours, theirs in (
        (gaussians.xyz, golden["xyz"]),
        (gaussians.sh, golden["sh"]),
        (gaussians.scale, golden["scale"]),
        (gaussians.rotation, rotation),
        (gaussians.opacity, golden["opacity"][:, 0]),
        (engine.encode(*given), golden["posed"]),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE)
