from __future__ import annotations

import dataclasses
import itertools
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from mouseview import resources  # noqa: E402
from mouseview.geometry.rays import RayEncoding  # noqa: E402
from mouseview.inference.config import GSLRMConfig  # noqa: E402
from mouseview.inference.gslrm import GSLRM  # noqa: E402
from mouseview.inference.weights_file import read_weights, write_weights  # noqa: E402
from mouseview.phantom import make_mouse  # noqa: E402
from mouseview.training import packing  # noqa: E402
from mouseview.training.cameras import CameraSpread, random_views  # noqa: E402
from mouseview.training.evaluate import HELD_OUT_SEED, score_views  # noqa: E402
from mouseview.training.herd import Herd  # noqa: E402
from mouseview.training.loop import SMALL, Run, RunSettings  # noqa: E402
from mouseview.training.scenes import Placement, photograph, place  # noqa: E402
from mouseview.training.schedule import Schedule, Stage  # noqa: E402
from mouseview.training.splats import Splats  # noqa: E402
from mouseview.training.step import LossWeights, Trainer, loss_of, make_batch  # noqa: E402
from tests.training.reference_renderer import reference_renderer  # noqa: E402

CARD = resources.model_format("mouse-256")
TINY = GSLRMConfig(encoding=RayEncoding.NEAREST, d=32, d_head=16, n_layer=2, patch_size=8, n_gaussians=2)


def _blobs(mice: int, count: int = 40) -> torch.Tensor:
    """Packed stand-ins: a coloured cloud 60 mm long."""
    generator = torch.Generator().manual_seed(1)
    out = torch.rand(mice, count, packing.COLUMNS, generator=generator)
    out[..., packing.XYZ] = (out[..., packing.XYZ] - 0.5) * torch.tensor([60.0, 20.0, 20.0])
    out[..., packing.SCALE] = 5.0
    out[..., packing.OPACITY] = 0.9
    return out


def test_views_keep_the_format_and_the_spread() -> None:
    spread = CameraSpread(aim=0.0, roll_deg=0.0, ring=1.0)
    views = random_views(64, 6, 3, 128, CARD, spread, torch.Generator().manual_seed(0))
    centres = views.c2w[..., :3, 3].double()
    distance = centres.norm(dim=-1)
    assert distance.min() >= 2.7 * 0.7 - 1e-5
    assert distance.max() <= 2.7 * 1.3 + 1e-5
    assert distance.std() > 0.3
    elevation = torch.rad2deg(torch.asin(centres[..., 2] / distance))
    assert elevation.min() >= -5.001
    assert elevation.max() <= 60.001
    assert torch.allclose(views.fxfycxcy[0, 0], torch.tensor([548.9937744140625 / 4] * 2 + [64.0] * 2))
    origin = views.w2c[..., :3, 3]
    assert origin[..., :2].abs().max() < 1e-5  # aimed at the origin: it lies on every optical axis
    assert torch.allclose(views.w2c @ views.c2w, torch.eye(4).expand(64, 9, 4, 4), atol=1e-5)
    assert torch.allclose(torch.linalg.det(views.w2c[..., :3, :3]), torch.ones(64, 9), atol=1e-5)
    azimuth = torch.atan2(centres[:, :6, 1], centres[:, :6, 0]).sort(dim=1).values
    gaps = torch.diff(torch.cat([azimuth, azimuth[:, :1] + 2 * torch.pi], dim=1), dim=1)
    assert torch.rad2deg(gaps.max()) < 110  # a ring leaves no side of the subject unseen


def test_views_of_another_size_see_the_same() -> None:
    views = random_views(1, 4, 0, 128, CARD, CameraSpread(), torch.Generator().manual_seed(0))
    assert torch.allclose(views.at_size(256).K[..., :2, :], 2 * views.K[..., :2, :])


def test_placing_a_mouse_is_one_similarity() -> None:
    mouse = torch.from_numpy(packing.packed_mouse(3, 4000))[None]
    still = Placement(scale=0.0, offset=0.0, gain=0.0, tint=0.0)
    splats = place(mouse, still, torch.Generator().manual_seed(5))
    before, after = mouse[0, ::97, packing.XYZ], splats.xyz[0, ::97]
    ratio = torch.pdist(after) / torch.pdist(before)
    assert torch.allclose(ratio, torch.full_like(ratio, 2.7 / 311), rtol=1e-4)
    # the quaternions turn with the points: the image from a camera turned along is the same
    w, z = splats.rotation[0, :, 0], splats.rotation[0, :, 3]
    assert torch.allclose(splats.rotation.norm(dim=-1), torch.ones(1, 4000), atol=1e-5)
    turned_heading = torch.atan2(z, w) - torch.atan2(mouse[0, :, 12], mouse[0, :, 9])
    point = torch.atan2(after[:, 1], after[:, 0]) - torch.atan2(before[:, 1], before[:, 0])
    assert torch.allclose(torch.exp(2j * turned_heading).std(), torch.tensor(0.0), atol=1e-3)
    assert torch.allclose(torch.exp(2j * turned_heading).mean(), torch.exp(1j * point).mean(), atol=1e-3)


def test_packing_is_the_mouse() -> None:
    packed, mouse = packing.packed_mouse(11, 4000, "brown"), make_mouse(11, "brown", count=4000)
    assert np.allclose(packed[:, packing.XYZ] + mouse.centre, mouse.gaussians.xyz, atol=1e-4)
    assert np.allclose((packed[:, packing.RGB] - 0.5) / 0.28209479, mouse.gaussians.sh[:, 0], atol=1e-5)


def test_photographs_are_area_filtered_from_a_finer_render() -> None:
    splats = place(_blobs(1), Placement(), torch.Generator().manual_seed(0))
    views = random_views(1, 2, 0, 32, CARD, CameraSpread(), torch.Generator().manual_seed(0))
    rgb, alpha = photograph(splats, views, reference_renderer)
    fine = views.at_size(64)
    truth, _ = reference_renderer(splats, fine.w2c, fine.K, 64)
    assert rgb.shape == (1, 2, 3, 32, 32)
    assert alpha.shape == (1, 2, 32, 32)
    assert torch.allclose(rgb[0, 0, :, 3, 5], truth[0, 0, 6:8, 10:12].mean(dim=(0, 1)), atol=1e-5)
    assert 0.005 < float((alpha > 0.5).float().mean()) < 0.6


def test_loss_falls_on_one_batch() -> None:
    torch.manual_seed(0)
    batch = make_batch(_blobs(1), 3, 1, 16, CARD, reference_renderer, torch.Generator().manual_seed(0))
    trainer = Trainer(GSLRM(TINY))
    losses = []
    for _ in range(25):
        parts = loss_of(trainer.network, batch, reference_renderer, LossWeights(), supervised_inputs=1)
        assert trainer.apply(parts["total"], 3e-3)
        losses.append(float(parts["total"].detach()))
    assert losses[-1] < 0.5 * losses[0]


def test_every_parameter_is_trained() -> None:
    torch.manual_seed(0)
    batch = make_batch(_blobs(1), 3, 1, 16, CARD, reference_renderer, torch.Generator().manual_seed(0))
    network = GSLRM(TINY)
    loss_of(network, batch, reference_renderer, LossWeights(), 1)["total"].backward()
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in network.parameters())


def test_a_step_without_a_finite_gradient_is_left_out() -> None:
    network = GSLRM(TINY)
    trainer = Trainer(network)
    before = {k: v.clone() for k, v in network.state_dict().items()}
    bad = sum(p.sum() for p in network.parameters()) * float("nan")
    assert not trainer.apply(bad, 1e-3)
    assert all(torch.equal(before[k], v) for k, v in network.state_dict().items())


def test_the_network_has_the_size_the_bundle_allows() -> None:
    parameters = sum(p.numel() for p in GSLRM(SMALL).parameters())
    assert 6_000_000 < parameters < 8_000_000  # at two bytes each below 16 MB


def test_stages_and_rates_by_steps() -> None:
    schedule = Schedule((Stage(128, 30, 24), Stage(256, 10, 10)))
    seen = []
    for step in range(40):
        schedule.step = step
        seen.append(schedule.stage(schedule.progress).size)
    assert seen == [128] * 30 + [256] * 10
    schedule.step = 40
    assert schedule.progress == 1.0
    rates = [Schedule.learning_rate(1.0, p) for p in np.linspace(0, 1, 101)]
    assert rates[0] < 0.01
    assert max(rates) > 0.99
    assert rates[-1] <= 1e-3
    assert all(a >= b for a, b in itertools.pairwise(rates[3:]))


def test_a_resumed_run_by_the_clock_fills_the_time_it_is_given() -> None:
    now = [100.0]
    stages = (Stage(128, 10_000, 24), Stage(256, 8_000, 10))
    schedule = Schedule(stages, seconds=60.0, progress=0.4, clock=lambda: now[0])
    assert schedule.progress == pytest.approx(0.4)
    assert schedule.stage(0.42).size == 128
    now[0] += 30
    assert schedule.progress == pytest.approx(0.7)
    assert schedule.stage(0.7).size == 256
    now[0] += 1000
    assert schedule.progress == 1.0
    assert Schedule(stages, seconds=-5.0).progress == 1.0


@pytest.mark.parametrize("text", ["128", "0:10", "128:10:2:3", "128:x"])
def test_a_stage_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"stage|invalid literal"):
        Stage.parse(text)


def test_scores_of_known_errors() -> None:
    truth = torch.ones(1, 8, 8, 3)
    truth[:, :4, :4] = torch.tensor([0.2, 0.4, 0.6])
    truth[:, :4, :2] += 0.2
    alpha = torch.zeros(1, 8, 8)
    alpha[:, :4, :4] = 1
    scores = score_views(truth + 0.1 * alpha[..., None], truth, alpha)
    assert float(scores["psnr_subject"]) == pytest.approx(20.0, abs=1e-3)
    assert float(scores["psnr"]) == pytest.approx(20.0 + 10 * np.log10(4), abs=1e-3)
    assert float(scores["mean_colour_subject"]) == pytest.approx(20.0, abs=1e-3)  # ± 0.1 about the mean


def test_a_herd_grows_in_the_order_of_its_seeds() -> None:
    with Herd(3, 4000, 7, torch.device("cpu"), workers=1) as herd:
        herd.wait_for(3)
        drawn = herd.sample(16, torch.Generator().manual_seed(0))
        assert torch.equal(herd._mice[1], torch.from_numpy(packing.packed_mouse(8, 4000)))
    assert drawn.shape == (16, 4000, packing.COLUMNS)


def test_a_herd_tells_why_its_workers_failed() -> None:
    with Herd(2, 5, 0, torch.device("cpu"), workers=1) as herd, pytest.raises(RuntimeError, match="mice failed"):
        herd.wait_for(1)


def _few(splats: Splats, w2c: torch.Tensor, K: torch.Tensor, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The reference renderer on every 40th of many Gaussians: fast, and no matter how coarse."""
    n = splats.xyz.shape[1]
    keep = slice(None, None, 40 if n > 3000 else 1)
    thin = Splats(*(getattr(splats, k)[:, keep] for k in ("xyz", "rgb", "scale", "rotation", "opacity")))
    return reference_renderer(thin, w2c, K, size)


def _settings(out: Path, steps: int, resume: bool = False) -> RunSettings:
    return RunSettings(
        out, (Stage(16, steps, 1),), config=TINY, views=(4, 4), novel=1, supervised_inputs=1, mice=2,
        gaussians=4000, held_out=1, workers=1, resume=resume,
    )  # fmt: skip


def test_a_run_leaves_weights_card_and_a_state_to_go_on_from(tmp_path: Path) -> None:
    cpu = torch.device("cpu")
    first = Run(_settings(tmp_path, 2), _few, cpu, 0.0)
    card = first.train()
    assert card["step"] == 2
    assert card["figures"]["mice"] == 4
    assert set(card["figures"]["coats"]) == {"black", "white", "brown", "pied"}
    weights = read_weights(tmp_path / "model.safetensors")
    assert weights.config == TINY
    assert weights.model_format == "mouse-256"
    assert weights.recipe == card
    assert json.loads((tmp_path / "card.json").read_text()) == card
    assert (tmp_path / "strip_final.png").stat().st_size > 100
    again = Run(_settings(tmp_path, 3, resume=True), _few, cpu, 0.0)
    assert again.step == 2
    for a, b in zip(first.trainer.network.parameters(), again.trainer.network.parameters(), strict=True):
        assert torch.equal(a, b)
    assert again.train()["step"] == 3


def test_sigterm_ends_a_run_with_its_results_written(tmp_path: Path) -> None:
    calls = itertools.count()

    def terminated(splats: Splats, w2c: torch.Tensor, K: torch.Tensor, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        if next(calls) == 4:  # photographs and renders take turns: in the third step
            os.kill(os.getpid(), signal.SIGTERM)
        return _few(splats, w2c, K, size)

    card = Run(_settings(tmp_path, 1_000_000), terminated, torch.device("cpu"), 0.0).train()
    assert card["step"] == 3
    assert read_weights(tmp_path / "model.safetensors").recipe == card


def test_a_run_can_start_from_finished_weights(tmp_path: Path) -> None:
    torch.manual_seed(3)
    other = GSLRM(TINY)
    write_weights(tmp_path / "old.safetensors", other.state_dict(), TINY)
    settings = dataclasses.replace(_settings(tmp_path / "run", 1), start_from=tmp_path / "old.safetensors")
    run = Run(settings, _few, torch.device("cpu"), 0.0)
    for a, b in zip(other.parameters(), run.trainer.network.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-3)


def test_held_out_seeds_are_no_training_seeds() -> None:
    assert 1_000_000 * 900 + RunSettings(Path(), ()).mice < HELD_OUT_SEED
