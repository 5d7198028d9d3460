"""What is fed, how it is judged, what is written; and once with the real network that comes with the program."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mouseview.formats.images import read_image
from mouseview.model.errors import Cancelled, MouseViewError
from mouseview.model.gaussians import Gaussians
from mouseview.model.recipe import Mode, Recipe
from mouseview.model.sample import Sample
from mouseview.phantom.mouse import Mouse
from mouseview.splats.ply import read_ply
from mouseview.workflow.reconstruct import (
    HELD_OUT,
    INPUT,
    Reconstruction,
    reconstruct,
    strip,
    worker_or,
    write_reconstruction,
)
from tests.rigs import with_camera
from tests.scene import sample_of
from tests.workflow.stage import TruthfulClient, phantom_sample, small_rig

VIEWS = ("cam_000", "cam_002", "cam_004", "held_above")


@pytest.fixture(scope="module")
def phantom() -> tuple[Mouse, Sample]:
    return phantom_sample(small_rig().subset(VIEWS))


def client_for(phantom: tuple[Mouse, Sample], fed: tuple[str, ...] = VIEWS[:3]) -> TruthfulClient:
    return TruthfulClient(phantom[0], phantom[1].rig.subset(fed))


@pytest.fixture(scope="module")
def told() -> list[tuple[float, str]]:
    return []


@pytest.fixture(scope="module")
def result(phantom: tuple[Mouse, Sample], told: list[tuple[float, str]]) -> Reconstruction:
    return reconstruct(
        phantom[1],
        Recipe(),
        held_out=("held_above",),
        client=client_for(phantom),
        progress=lambda fraction, what: told.append((fraction, what)),
    )


def test_roles_and_the_format_of_the_checkpoint(result: Reconstruction) -> None:
    assert [view.name for view in result.views] == list(VIEWS)
    assert [view.role for view in result.views] == [INPUT] * 3 + [HELD_OUT]
    assert [view.name for view in result.of(HELD_OUT)] == ["held_above"]
    assert result.prepared.model == "mouse-256"
    assert result.prepared.images.shape == (4, 256, 256, 4)
    assert result.device == "imagination"  # where it ran, not what was asked for


def test_fed_views_alone_decide_the_scale(result: Reconstruction, phantom: tuple[Mouse, Sample]) -> None:
    distances = np.linalg.norm(result.prepared.rig.centres, axis=-1)
    assert distances[:3].mean() == pytest.approx(2.7)
    assert distances.mean() != pytest.approx(2.7, rel=1e-3)
    (row,) = [row for row in result.prepared.ledger.of("") if row.quantity == "mean distance"]
    assert row.after == pytest.approx(2.7)
    assert row.before == pytest.approx(phantom[1].rig.subset(VIEWS[:3]).distances(result.prepared.centre.point).mean())
    assert "3 fed views" in row.note
    (spread,) = [row for row in result.prepared.ledger.of("") if row.quantity == "distance spread (CV)"]
    assert spread.after == pytest.approx(100 * distances[:3].std() / distances[:3].mean())


def test_the_truth_does_not_collapse(result: Reconstruction) -> None:
    assert result.predicted_alpha > 0.9
    assert not result.white_collapse


def test_progress_only_grows_and_ends_at_one(result: Reconstruction, told: list[tuple[float, str]]) -> None:
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert any("dreaming" in what for _, what in told)


class Blind(TruthfulClient):
    """Paints nothing, as a network does that is fed millimetres."""

    def reconstruct(self, *arguments: object, **options: object) -> Gaussians:  # type: ignore[override]
        gaussians = super().reconstruct(*arguments, **options)  # type: ignore[arg-type]
        return Gaussians(
            gaussians.xyz + np.float32(1e4), gaussians.sh, gaussians.scale, gaussians.rotation, gaussians.opacity
        )


def test_white_collapse_is_measured_inside_the_masks(phantom: tuple[Mouse, Sample]) -> None:
    blind = Blind(phantom[0], phantom[1].rig.subset(VIEWS[:3]))
    result = reconstruct(phantom[1], Recipe(), held_out=VIEWS[3:], client=blind)
    assert result.predicted_alpha < 1e-3
    assert result.white_collapse
    for view in result.views:
        assert view.scores.psnr == pytest.approx(view.scores.white_baseline, abs=1e-6)


def test_without_masks_nothing_is_said_about_the_subject(phantom: tuple[Mouse, Sample], tmp_path: Path) -> None:
    bare = sample_of([*phantom[1].images()], phantom[1].rig, has_mask=False)
    result = reconstruct(bare, Recipe(), held_out=VIEWS[3:], client=client_for(phantom))
    assert result.white_collapse is None  # the frame is not the subject: most of it is rightly white
    assert all(view.scores.psnr_subject is None for view in result.views)
    document = write_reconstruction(result, tmp_path / "out")
    assert document["white_collapse"] is None
    assert document["predicted_alpha"] is None


def test_what_is_written(result: Reconstruction, tmp_path: Path) -> None:
    document = write_reconstruction(result, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "metrics.json").read_text("utf-8")) == document
    assert [view["role"] for view in document["views"]] == [INPUT] * 3 + [HELD_OUT]
    for view in document["views"]:
        assert view.keys() >= {"name", "role", "psnr", "psnr_subject", "ssim", "white_baseline"}
    assert document.keys() >= {"gaussians", "seconds", "views", "white_collapse"}
    again = read_ply(Path(document["gaussians"]))
    np.testing.assert_allclose(again.xyz, result.gaussians.xyz, atol=1e-6)
    for view in result.views:
        image = read_image(tmp_path / "out" / "renders" / f"{view.name}.png")
        np.testing.assert_array_equal(image[..., :3], strip(view.truth, view.prediction))


def test_names_of_cameras_are_no_paths(result: Reconstruction, tmp_path: Path) -> None:
    rig = result.prepared.rig
    for index, name in enumerate(["../../climbs", "/tmp/absolute", "a/b", "a_b"]):
        rig = with_camera(rig, index, name=name)
    views = tuple(
        type(view)(camera.name, view.role, view.truth, view.prediction, view.scores)
        for view, camera in zip(result.views, rig, strict=True)
    )
    hostile = Reconstruction(result.prepared, result.gaussians, views, 0.0, 1.0, "cpu", "x")
    write_reconstruction(hostile, tmp_path / "inner" / "out")
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert len(files) == 6
    assert all(file.startswith("inner/out/") for file in files)


@pytest.mark.parametrize("when", [0, 1])
def test_a_cancel_is_heard_before_and_within_the_network(phantom: tuple[Mouse, Sample], when: int) -> None:
    client = client_for(phantom)
    with pytest.raises(Cancelled):
        reconstruct(phantom[1], Recipe(), held_out=VIEWS[3:], client=client, cancelled=lambda: client.requests >= when)
    assert client.requests == when


def test_too_few_views_are_refused_before_anything_is_opened(phantom: tuple[Mouse, Sample]) -> None:
    client = client_for(phantom)
    with pytest.raises(MouseViewError, match="1 view"):
        reconstruct(phantom[1], Recipe(), held_out=VIEWS[1:], client=client)
    assert client.requests == 0


def test_a_worker_of_our_own_is_ended_and_a_lent_one_is_not(phantom: tuple[Mouse, Sample]) -> None:
    lent = client_for(phantom)
    with worker_or(lent) as worker:
        assert worker is lent
    assert not lent.closed
    with worker_or(None) as own:
        assert own.pid is None  # nothing is started before it is needed


def test_the_bundled_network_goes_white_on_millimetres_and_not_on_the_exact_mode() -> None:
    pytest.importorskip("torch")
    _, sample = phantom_sample()
    held = ("held_side", "held_above")
    with worker_or(None) as worker:
        exact = reconstruct(sample, Recipe(), device="cpu", held_out=held, client=worker)
        raw = reconstruct(sample, Recipe(mode=Mode.RAW), device="cpu", held_out=held, client=worker)
        pid = worker.pid
    assert pid is not None
    assert exact.device == "cpu"
    assert not exact.white_collapse
    for view in exact.of(HELD_OUT):
        assert view.scores.psnr_subject is not None
        assert view.scores.gain_over_mean_colour_subject is not None
        assert view.scores.gain_over_mean_colour_subject > 2
    assert raw.white_collapse
    assert raw.predicted_alpha < 0.05
