"""The engine: numpy in, Gaussians out, and every bad input named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mouseview.inference import load_engine  # noqa: E402
from mouseview.inference.engine import Engine, choose_device  # noqa: E402
from mouseview.model.errors import Cancelled, CheckpointError, EngineError  # noqa: E402
from tests.inference import tiny  # noqa: E402


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return load_engine(tiny.save_run(tmp_path_factory.mktemp("checkpoint") / "run"), "cpu")


def test_it_returns_gaussians_for_every_pixel(engine: Engine) -> None:
    gaussians = engine.reconstruct(**tiny.posed_input(views=2, height=8, width=16))
    assert len(gaussians) == 3 + 2 * 8 * 16
    assert gaussians.sh.shape == (len(gaussians), 1, 3)
    assert engine.config == tiny.CONFIG
    assert engine.device.type == "cpu"


def test_alpha_is_ignored(engine: Engine) -> None:
    posed = tiny.posed_input()
    alpha = np.zeros((*posed["images"].shape[:3], 1), dtype=np.float32)
    with_alpha = posed | {"images": np.concatenate([posed["images"], alpha], axis=-1)}
    np.testing.assert_array_equal(engine.encode(**with_alpha), engine.encode(**posed))
    np.testing.assert_array_equal(engine.reconstruct(**with_alpha).xyz, engine.reconstruct(**posed).xyz)


def test_progress_rises_to_one_and_a_cancel_stops_between_layers(engine: Engine) -> None:
    said: list[float] = []
    engine.reconstruct(**tiny.posed_input(), progress=lambda fraction, _: said.append(fraction))
    assert said == [0.0, 0.5, 1.0]
    said.clear()
    with pytest.raises(Cancelled):
        engine.reconstruct(
            **tiny.posed_input(),
            progress=lambda fraction, _: said.append(fraction),
            cancelled=lambda: len(said) == 2,
        )
    assert said == [0.0, 0.5]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda p: p | {"images": p["images"][..., :2]}, "images has shape (3, 16, 16, 2)"),
        (lambda p: p | {"images": p["images"][0]}, "images has shape (16, 16, 3)"),
        (lambda p: p | {"images": p["images"][:0]}, "images has shape (0, 16, 16, 3)"),
        (lambda p: p | {"images": (p["images"] * 255).astype(np.uint8)}, "images is uint8"),
        (lambda p: p | {"images": p["images"] * 255}, "0..1 expected"),
        (lambda p: p | {"images": p["images"] * np.float32("nan")}, "values from nan"),
        (lambda p: p | {"images": np.zeros((65, 4, 4, 3), np.float32)}, "65 views"),
        (lambda p: p | {"images": p["images"][:, :15]}, "16×15 px are no multiple of the patch size 4"),
        (lambda p: p | {"fxfycxcy": p["fxfycxcy"][:2]}, "fxfycxcy has shape (2, 4)"),
        (lambda p: p | {"fxfycxcy": -p["fxfycxcy"]}, "focal length"),
        (lambda p: p | {"c2w": p["c2w"][:, :3]}, "c2w has shape (3, 3, 4)"),
        (lambda p: p | {"c2w": p["c2w"] * np.inf}, "c2w holds NaN"),
    ],
)
def test_input_that_does_not_fit_is_refused_by_name(engine: Engine, change: Any, named: str) -> None:
    with np.errstate(invalid="ignore"):
        posed = change(tiny.posed_input())
    with pytest.raises(EngineError) as caught:
        engine.reconstruct(**posed)
    assert named in caught.value.message
    assert caught.value.remedy


def test_a_network_that_returns_nan_is_an_error_not_a_scene(tmp_path: Path) -> None:
    state = tiny.state()
    state["gaussian_upsampler.layernorm.weight"] *= 1e20
    state["gaussian_upsampler.linear.weight"] *= 1e30
    tiny.save_checkpoint(tmp_path / "w.pt", state)
    with pytest.raises(EngineError, match="NaN or infinity"):
        load_engine(tmp_path / "w.pt", "cpu", tiny.CONFIG).reconstruct(**tiny.posed_input())


@pytest.mark.parametrize("name", ["tpu", "meta", "cuda:x", "", "cuda:99"])
def test_devices_that_are_not_there_are_refused(name: str) -> None:
    with pytest.raises(EngineError) as caught:
        choose_device(name)
    assert "cpu" in caught.value.remedy


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(CheckpointError) as caught:
        load_engine("mouse-9000")
    assert "openfacelift" in caught.value.remedy


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_half_precision_on_cuda_stays_close(engine: Engine) -> None:
    on_gpu = load_engine(engine.checkpoint.source, "cuda").reconstruct(**tiny.posed_input())
    on_cpu = engine.reconstruct(**tiny.posed_input())
    assert np.abs(on_gpu.xyz - on_cpu.xyz).max() < 0.05
    assert np.abs(on_gpu.opacity - on_cpu.opacity).max() < 0.05
