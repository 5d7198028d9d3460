"""The journey on FaceLift's own sample, on a phantom in the real rig, and on the demo, through the command line.

The remaining numbers of these files stand in ``tests/normalise/test_numbers.py``, normalised phantoms against direct
renders in ``tests/normalise/test_phantom.py``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mouseview.formats import open_dataset, read_rig
from mouseview.model.recipe import Mode
from mouseview.phantom.rig import HELD_OUT
from mouseview.workflow.compare_modes import ModeResult, compare_modes
from mouseview.workflow.open import open_path
from mouseview.workflow.report import headline
from tests.acceptance.conftest import REAL_RIG
from tests.cli.conftest import Cli
from tests.shared_data import shared_path

AXES_MM = [46.9455, 49.1770, 59.6116]


def ledger_of(document: dict[str, Any]) -> dict[str, Any]:
    ledger: dict[str, Any] = json.loads(Path(document["samples"][0]["ledger"]).read_text(encoding="utf-8"))
    return ledger


def row(ledger: dict[str, Any], quantity: str, view: str = "") -> dict[str, Any]:
    (found,) = [row for row in ledger["rows"] if row["quantity"] == quantity and row["view"] == view]
    return dict(found)


def test_facelifts_own_sample_is_left_alone(cli: Cli, tmp_path: Path) -> None:
    source = shared_path("data/facelift_sample")
    document = cli.json("inspect", source)
    assert document["distance_mean"] == pytest.approx(2.7, abs=1e-4)
    assert document["distance_cv"] == pytest.approx(0, abs=1e-5)
    written = cli.json("normalize", source, "--out", tmp_path / "out")
    ledger = ledger_of(written)
    assert ledger["resampled"] is False
    assert (ledger["truth"], ledger["in_format"]) == ("true", True)
    assert written["similarity"]["scale"] == 1.0
    before = open_dataset(source)[0]
    after = open_dataset(tmp_path / "out")[0]
    assert after.rig.names == before.rig.names
    for index, (mine, theirs) in enumerate(zip(after.rig, before.rig, strict=True)):
        np.testing.assert_allclose(mine.K, theirs.K, rtol=0, atol=1e-6)
        np.testing.assert_allclose(mine.T_cam_world, theirs.T_cam_world, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(after.image(index), before.image(index))
        assert row(ledger, "resample ratio", mine.name)["note"] == "image copied, not resampled"


def test_the_bundled_network_runs_on_facelifts_own_sample(cli: Cli, tmp_path: Path) -> None:
    """A human head: no measure of quality, but the journey ends with Gaussians and figures."""
    source = shared_path("data/facelift_sample")
    words = ("--views", "cam_000,cam_004,cam_008,cam_016", "--held-out", "cam_024", "--device", "cpu")
    document = cli.json("reconstruct", source, "--out", tmp_path, *words)
    assert document["mode"] == "exact-aimed"
    assert document["count"] > 0
    roles = [view["role"] for view in document["views"]]
    assert roles.count("input") == 4
    assert roles.count("held-out") == 4
    assert all(view["psnr"] is not None for view in document["views"])
    assert Path(document["gaussians"]).is_file()


def test_what_the_real_calibration_says(cli: Cli) -> None:
    document = cli.json("inspect", shared_path(REAL_RIG))
    assert document["units"] == "mm"
    np.testing.assert_allclose(document["axes_point"], AXES_MM, atol=5e-5)
    assert document["axes_rms"] == pytest.approx(12.5, abs=0.05)
    assert document["axes_max"] == pytest.approx(22.4, abs=0.05)
    distances = [camera["distance"] for camera in document["cameras"]]
    np.testing.assert_allclose(distances, [304.3, 333.2, 307.7, 303.2, 312.6, 309.0], atol=0.05)
    assert document["distance_mean"] == pytest.approx(311.652, abs=5e-4)
    assert document["distance_cv"] == pytest.approx(0.0325, abs=5e-5)
    (centre,) = [finding for finding in document["findings"] if finding["code"] == "centre"]
    assert "labels: (73.24, 63.61, 33.31) mm" in centre["message"]
    assert "distances CV 6.02 %" in centre["message"]
    assert "CV 15.65 %" in centre["message"]  # about the file's origin
    assert any("0.00852882" in finding["remedy"] for finding in document["findings"])
    assert document["violated"] is False  # a true rig in millimetres


def test_the_phantom_in_the_real_rig_about_its_axes(cli: Cli, phantom_in_the_real_rig: Path, tmp_path: Path) -> None:
    document = cli.json("normalize", phantom_in_the_real_rig, "--out", tmp_path, "--centre", "axes")
    assert document["similarity"]["scale"] == pytest.approx(0.00866350, abs=5e-9)
    np.testing.assert_allclose(document["similarity"]["centre"], AXES_MM, atol=5e-5)
    np.testing.assert_allclose(document["similarity"]["rotation"], np.eye(3), atol=1e-12)
    written = open_dataset(tmp_path)[0]
    declared = written.rig.distances(np.zeros(3))
    np.testing.assert_allclose(declared, [2.636, 2.887, 2.666, 2.626, 2.708, 2.677], atol=5e-4)
    ledger = ledger_of(document)
    assert ledger["truth"] == "true"
    assert ledger["in_format"] is False  # the distances, and nothing else
    assert row(ledger, "mean distance")["before"] == pytest.approx(311.652, abs=5e-4)
    assert row(ledger, "distance spread (CV)")["before"] == pytest.approx(3.25, abs=5e-3)
    assert row(ledger, "distance spread (CV)")["after"] == pytest.approx(3.25, abs=5e-3)
    tilts = [row(ledger, "tilt", name)["after"] for name in written.rig.names]
    np.testing.assert_allclose(tilts, [1.63, 2.36, 1.62, 1.19, 1.36, 4.16], atol=6e-3)


def test_the_phantom_in_the_real_rig_about_the_origin(cli: Cli, phantom_in_the_real_rig: Path, tmp_path: Path) -> None:
    document = cli.json("normalize", phantom_in_the_real_rig, "--out", tmp_path, "--centre", "origin")
    spread = row(ledger_of(document), "distance spread (CV)")
    assert spread["before"] == pytest.approx(15.65, abs=5e-3)
    distances = open_dataset(tmp_path)[0].rig.distances(np.zeros(3))
    assert distances.min() == pytest.approx(2.00, abs=5e-3)
    assert distances.max() == pytest.approx(3.38, abs=5e-3)


def test_the_chain_leads_back_to_millimetres(cli: Cli, phantom_in_the_real_rig: Path, tmp_path: Path) -> None:
    """From what is on disk alone: a written camera's centre, through the ledger's chain, is the calibration's."""
    chain = ledger_of(cli.json("normalize", phantom_in_the_real_rig, "--out", tmp_path))["chain"]
    world, views = chain[0], chain[1:]
    assert (world["step"], world["from"], world["to"]) == ("similarity", "mm", "model")
    R, t = np.array(world["rotation"]), np.array(world["translation"])
    rig = read_rig(shared_path(REAL_RIG))
    for camera, step, true in zip(open_dataset(tmp_path)[0].rig, views, rig, strict=True):
        np.testing.assert_allclose(R.T @ (camera.centre - t) / world["scale"], true.centre, atol=1e-9)
        assert step["camera"] == true.name
        np.testing.assert_allclose(step["K_source"], true.K, atol=1e-12)


def test_the_real_rig_is_flagged_before_it_is_fed_and_its_phantom_is_not_false(
    cli: Cli, phantom_in_the_real_rig: Path
) -> None:
    document = cli.json("inspect", phantom_in_the_real_rig)
    codes = {finding["code"]: finding["severity"] for finding in document["findings"]}
    assert codes["units-and-distances"] == "warning"
    assert "error" not in codes.values()
    assert "lens-left-in" in codes
    assert "intrinsics-against-format" in codes


@pytest.fixture(scope="module")
def modes(demo_dataset: Path) -> dict[Mode, ModeResult]:
    sample = open_path(demo_dataset)[0]
    chosen = (Mode.EXACT_AIMED, Mode.FORCED_K, Mode.RAW)
    return {result.mode: result for result in compare_modes(sample, chosen, "mouse-256", "cpu", HELD_OUT)}


def test_exact_normalisation_beats_forced_intrinsics(modes: dict[Mode, ModeResult]) -> None:
    exact, forced = modes[Mode.EXACT_AIMED], modes[Mode.FORCED_K]
    assert exact.heldout_psnr_subject - forced.heldout_psnr_subject >= 4
    for mine, theirs in zip(exact.views, forced.views, strict=True):
        np.testing.assert_array_equal(mine.truth, theirs.truth)  # the same source pixels
    assert headline(tuple(modes.values()))["exact_over_forced_k_db"] >= 4
    assert exact.heldout_psnr_subject > exact.white_baseline_subject + 10


def test_millimetres_are_flagged_before_the_run_and_white_after_it(
    cli: Cli, demo_dataset: Path, modes: dict[Mode, ModeResult]
) -> None:
    flagged = [f for f in cli.json("inspect", demo_dataset)["findings"] if f["code"] == "units-and-distances"]
    assert len(flagged) == 1
    assert "render white" in flagged[0]["message"]
    assert "exact-aimed" in flagged[0]["remedy"]
    assert modes[Mode.RAW].white_collapse
    assert not modes[Mode.EXACT_AIMED].white_collapse


def test_the_command_line_tells_of_the_collapse(cli: Cli, demo_dataset: Path, tmp_path: Path) -> None:
    words = ("reconstruct", demo_dataset, "--sample", "sample_000001", "--out", tmp_path, "--device", "cpu")
    document = cli.json(*words, "--mode", "raw")
    assert document["white_collapse"] is True
    assert {view["name"] for view in document["views"] if view["role"] == "held-out"} == set(HELD_OUT)
    assert "white collapse" in cli.err
    assert document["device"] == "cpu"
