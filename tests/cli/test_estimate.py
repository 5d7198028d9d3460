"""``reconstruct --estimate`` and ``--check-order``: what a run would cost, and whether the order of views matters."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mouseview.inference.passes import known_passes
from mouseview.model.camera import Rig
from tests.cli.conftest import Cli
from tests.workflow.viewwise import ViewwiseClient


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of a tiny random network."""
    pytest.importorskip("torch")
    from mouseview.geometry.rays import RayEncoding
    from mouseview.inference.config import GSLRMConfig
    from tests.inference.tiny import save_run

    sizes = GSLRMConfig(RayEncoding.NEAREST, d=64, d_head=64, n_layer=1, patch_size=16)
    return save_run(tmp_path_factory.mktemp("estimate") / "run", sizes)


def test_an_estimate_needs_no_folder_and_writes_nothing(
    cli: Cli, sample_folder: Path, small_rig: Rig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MOUSEVIEW_CACHE", str(tmp_path))
    held = small_rig.names[-1]
    words = ("reconstruct", sample_folder, "--held-out", held, "--device", "cpu")
    document = cli.json(*words, "--estimate")
    assert document["held_out"] == [held]
    assert document["fed"] == list(small_rig.names[:-1])
    assert document["estimate"]["tokens"] == 5 * 32 * 32 + 2
    assert document["estimate"]["gaussians"] == 5 * 256 * 256 + 2
    assert document["estimate"]["seconds"] is None
    assert cli(*words, "--dry-run") == 0
    assert f"not fed: {held}" in cli.out
    assert "5 views · 5,122 tokens · about 435 MB" in cli.out
    assert "+1 view: +20 % tokens" in cli.out
    assert cli(*words) == 2, "without --estimate a folder for the results is needed"
    assert "--out" in cli.err


def test_weights_that_do_not_declare_their_sizes_are_asked(
    cli: Cli, sample_folder: Path, checkpoint: Path, tmp_path: Path
) -> None:
    (trained,) = checkpoint.glob("*.pt")
    bare = shutil.copy(trained, tmp_path / "bare.pt")
    estimate = cli.json("reconstruct", sample_folder, "--estimate", "--checkpoint", bare)["estimate"]
    assert estimate["tokens"] == 6 * (512 // 16) ** 2 + 2  # FaceLift's format, where none is declared
    assert estimate["trained_views"] == [4, 6]


def test_other_orders_change_nothing(
    cli: Cli, sample_folder: Path, small_rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mouseview.inference.worker.client.WorkerClient", ViewwiseClient)
    monkeypatch.setenv("MOUSEVIEW_CACHE", str(tmp_path))
    words = ("reconstruct", sample_folder, "--out", tmp_path / "out", "--views", ",".join(small_rig.names[:2]))
    document = cli.json(*words, "--check-order")
    assert document["order"]["matters"] is False
    assert document["order"]["orders"][0]["fed"] == [small_rig.names[1], small_rig.names[0]]
    assert document["pass"]["seconds"] == 0.5
    assert len(known_passes()) == 3  # what was measured serves the next estimate
    assert "order" not in cli.json(*words)
